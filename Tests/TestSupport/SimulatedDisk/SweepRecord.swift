internal import VitrineSync

/// What a sweep's scenario tells its check: what it began, and what the store told it was done.
package final class SweepRecord<Entry: Sendable>: Sendable {
    private let lists: Locked<(attempted: [Entry], acknowledged: [Entry])>

    /// Whether the machine may have lost power since, and not only a process have been killed: what was acknowledged
    /// as buffered need not be found then.
    package let hasLostPower: Bool

    /// A record of nothing.
    package convenience init() {
        self.init(attempted: [], acknowledged: [], hasLostPower: true)
    }

    init(attempted: [Entry], acknowledged: [Entry], hasLostPower: Bool) {
        lists = Locked((attempted, acknowledged))
        self.hasLostPower = hasLostPower
    }

    /// Notes what is about to be asked of the store: from now on its effect may be found, whole, or not.
    package func attempt(_ entry: Entry) {
        lists.withLock { $0.attempted.append(entry) }
    }

    /// Notes what the store said is done: from now on its effect must be found.
    package func acknowledge(_ entry: Entry) {
        lists.withLock { $0.acknowledged.append(entry) }
    }

    /// How many were begun, and how many said to be done.
    var counts: (attempted: Int, acknowledged: Int) {
        lists.withLock { (attempted: $0.attempted.count, acknowledged: $0.acknowledged.count) }
    }

    /// All that was begun, in order.
    package var attempted: [Entry] { lists.withLock { $0.attempted } }

    /// All that was said to be done, in order.
    package var acknowledged: [Entry] { lists.withLock { $0.acknowledged } }
}

/// A promise that a sweep's check found broken.
package struct SweepViolation: Error, CustomStringConvertible {
    /// What was found, and what should have been.
    package let description: String

    /// Describes a broken promise.
    package init(_ description: String) {
        self.description = description
    }
}

/// Throws a `SweepViolation` unless `condition` holds: what a sweep's check uses in place of `#expect`, so that the
/// report names the crash that broke the promise.
package func hold(_ condition: Bool, _ description: @autoclosure () -> String) throws(SweepViolation) {
    if !condition { throw SweepViolation(description()) }
}
