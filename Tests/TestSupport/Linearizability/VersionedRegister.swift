/// One item of a store, with a version that every write raises: get, put, put if the version still is, delete.
package struct VersionedRegister: SequentialObject {
    /// What can be asked of it.
    package enum Call: Sendable, Hashable {
        /// Reads value and version.
        case get
        /// Writes a value whatever stands there.
        case put(Int)
        /// Writes a value if the item has that version, 0 standing for no item.
        case putIf(Int, version: UInt64)
        /// Removes the item; refused when there is none.
        case delete
    }

    /// What it answers.
    package enum Answer: Sendable, Hashable {
        /// What a get saw, `nil` for no item.
        case item(Item?)
        /// A write was done and has this version.
        case done(version: UInt64)
        /// A condition did not hold.
        case refused
    }

    /// A value and its version.
    package struct Item: Sendable, Hashable {
        /// What a put wrote; each put of a history should write another.
        package let value: Int
        /// The version that the store gave it, `nil` where nobody has heard it yet.
        package let version: UInt64?

        /// Describes an item.
        package init(value: Int, version: UInt64?) {
            self.value = value
            self.version = version
        }
    }

    /// The item, and the highest version that any answer told of.
    package struct State: Sendable, Hashable {
        var item: Item?
        var newestVersion: UInt64
    }

    /// No item.
    package let initial = State(item: nil, newestVersion: 0)

    /// A register with nothing in it.
    package init() {}

    /// What the register is after `call`, if it can have answered so.
    package func state(after call: Call, answering answer: Answer?, from state: State) -> State? {
        switch call {
        case .get:
            guard case .item(let seen) = answer else { return state }
            return reading(seen, in: state)
        case .put(let value):
            return writing(value, answer, to: state)
        case .putIf(let value, let expected):
            return writing(value, ifVersion: expected, answer, to: state)
        case .delete:
            switch answer {
            case .refused: return state.item == nil ? state : nil
            case nil: return state.item == nil ? state : writing(nil, nil, to: state)
            default: return state.item == nil ? nil : writing(nil, answer, to: state)
            }
        }
    }

    private func reading(_ seen: Item?, in state: State) -> State? {
        guard let seen else { return state.item == nil ? state : nil }
        guard let item = state.item, item.value == seen.value, let version = seen.version else { return nil }
        if let known = item.version { return known == version ? state : nil }
        // A write whose answer nobody heard: this is how its version becomes known.
        guard version > state.newestVersion else { return nil }
        return State(item: seen, newestVersion: version)
    }

    private func writing(_ value: Int?, _ answer: Answer?, to state: State) -> State? {
        switch answer {
        case nil:
            return State(item: value.map { Item(value: $0, version: nil) }, newestVersion: state.newestVersion)
        case .done(let version):
            guard version > state.newestVersion else { return nil }
            return State(item: value.map { Item(value: $0, version: version) }, newestVersion: version)
        case .item, .refused:
            return nil
        }
    }

    private func writing(_ value: Int, ifVersion expected: UInt64, _ answer: Answer?, to state: State) -> State? {
        // An item whose version nobody heard may have the expected one, if that is newer than all known.
        let holds: Bool? =
            if let item = state.item {
                item.version.map { $0 == expected } ?? (expected > state.newestVersion ? nil : false)
            } else {
                expected == 0
            }
        switch answer {
        case .refused:
            return holds == true ? nil : state
        case .done:
            if holds == false { return nil }
            return writing(value, answer, to: state)
        case nil:
            return holds == true ? writing(value, nil, to: state) : state
        case .item:
            return nil
        }
    }
}
