internal import VitrineSync

/// A value that the tasks of one test share: a `Locked` that closures can capture.
package final class Shared<Value: Sendable>: Sendable {
    private let locked: Locked<Value>

    package init(_ value: Value) {
        locked = Locked(value)
    }

    package var value: Value { locked.withLock { $0 } }

    @discardableResult
    package func update<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
        locked.withLock { body(&$0) }
    }
}
