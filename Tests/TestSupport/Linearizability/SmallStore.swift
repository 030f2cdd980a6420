/// A few items that are read and written together: transactions with checks, and reads of all items at one moment.
package struct SmallStore: SequentialObject {
    /// What can be asked of it.
    package enum Call: Sendable, Hashable {
        /// Reads every item.
        case readAll
        /// Reads one item.
        case read(key: Int)
        /// Writes all of `writes`, if every key of `checks` has the value beside it; a value of `nil` is no item.
        case transact(checks: [Int: Int?], writes: [Int: Int?])
    }

    /// What it answers.
    package enum Answer: Sendable, Hashable {
        /// All items by key.
        case items([Int: Int])
        /// One item, `nil` for none.
        case item(Int?)
        /// The transaction was done.
        case done
        /// A check did not hold.
        case refused
    }

    /// Nothing.
    package let initial: [Int: Int]

    /// A store that holds `items` to begin with.
    package init(_ items: [Int: Int] = [:]) {
        initial = items
    }

    /// What the store is after `call`, if it can have answered so.
    package func state(after call: Call, answering answer: Answer?, from state: [Int: Int]) -> [Int: Int]? {
        switch (call, answer) {
        case (.readAll, .items(let seen)): return seen == state ? state : nil
        case (.read(let key), .item(let seen)): return state[key] == seen ? state : nil
        case (.readAll, nil), (.read, nil): return state
        case (.transact(let checks, let writes), _):
            let holds = checks.allSatisfy { state[$0.key] == $0.value }
            switch answer {
            case .done where holds, nil where holds: return state.merging(writes)
            case .refused where !holds, nil: return state
            default: return nil
            }
        default: return nil
        }
    }
}

extension [Int: Int] {
    /// These items after `writes`.
    fileprivate func merging(_ writes: [Int: Int?]) -> [Int: Int] {
        var items = self
        for (key, value) in writes { items[key] = value }
        return items
    }
}
