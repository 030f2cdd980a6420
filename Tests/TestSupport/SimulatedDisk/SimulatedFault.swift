/// A moment at which the simulated machine stops.
package enum CrashPoint: Sendable, Hashable, CustomStringConvertible {
    /// The operation with this index does not happen.
    case before(Int)
    /// The operation happens, but its caller never hears of it.
    case after(Int)

    /// For reports.
    package var description: String {
        switch self {
        case .before(let index): "before #\(index)"
        case .after(let index): "after #\(index)"
        }
    }
}

/// How long a fault lasts.
package enum FaultExtent: Sendable, CaseIterable {
    /// It strikes one operation.
    case once
    /// It strikes that operation and every later one that it applies to.
    case fromThenOn
}

/// An operation that is to fail.
struct SimulatedFault: Sendable {
    let errno: Int32
    let extent: FaultExtent
    let applies: @Sendable (SimulatedOperation) -> Bool
}
