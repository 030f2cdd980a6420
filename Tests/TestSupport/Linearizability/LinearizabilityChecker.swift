// Wing and Gong, "Testing and verifying concurrent objects" (1993): look for an order of the calls that the object
// could have answered one after the other, in which no call stands before one that had ended when it began. Lowe,
// "Testing for linearizability" (2017): never look twice at the same set of calls with the same state.

/// An object that answers one call after the other: what a concurrent one must be indistinguishable from.
package protocol SequentialObject: Sendable {
    /// All that later answers depend on.
    associatedtype State: Hashable & Sendable
    /// What can be asked.
    associatedtype Call: Sendable
    /// What is answered.
    associatedtype Answer: Sendable

    /// The state before any call.
    var initial: State { get }

    /// The state after `call` was answered with `answer`, or `nil` when the object could not have answered so.
    ///
    /// An answer of `nil` stands for any: nobody heard it.
    func state(after call: Call, answering answer: Answer?, from state: State) -> State?
}

/// What the checker found.
package enum Linearizability: Sendable, Equatable {
    /// There is such an order.
    case linearizable
    /// There is none; the text shows the longest that was found and the calls that fit nowhere behind it.
    case impossible(String)
    /// The search was given up after so many states.
    case undecided(visited: Int)
}

/// Decides whether recorded histories are linearizable.
package enum LinearizabilityChecker {
    /// Searches for an order of `calls` that `object` could have answered one after the other.
    package static func check<Object: SequentialObject>(
        _ calls: [HistoryCall<Object.Call, Object.Answer>],
        against object: Object,
        stateCountMax: Int = 2_000_000
    ) -> Linearizability {
        var search = LinearizationSearch(calls, object)
        return search.run(stateCountMax: stateCountMax)
    }
}

/// A set of calls that were put in order, and the state that they leave.
private struct Configuration<State: Hashable>: Hashable {
    let ordered: [UInt64]
    let state: State
}

/// The search itself: the events of the history in a linked list from which calls are lifted in pairs with their ends.
private struct LinearizationSearch<Object: SequentialObject> {
    private let object: Object
    private let calls: [HistoryCall<Object.Call, Object.Answer>]
    // Node 0 is the head; call i has node 2i + 1 for its beginning and 2i + 2 for its end.
    private var next: [Int]
    private var previous: [Int]
    private var endedRemaining: Int

    private var state: Object.State
    private var ordered: [UInt64]
    private var order: [(index: Int, stateBefore: Object.State)] = []
    private var longest: [Int] = []
    private var visited: Set<Configuration<Object.State>> = []

    init(_ calls: [HistoryCall<Object.Call, Object.Answer>], _ object: Object) {
        self.object = object
        self.calls = calls
        state = object.initial
        ordered = [UInt64](repeating: 0, count: calls.count / 64 + 1)
        endedRemaining = calls.count { $0.ended != nil }
        next = [Int](repeating: -1, count: 2 * calls.count + 1)
        previous = next
        var events: [(moment: Int, node: Int)] = []
        for (index, call) in calls.enumerated() {
            events.append((call.began, 2 * index + 1))
            if let ended = call.ended { events.append((ended, 2 * index + 2)) }
        }
        events.sort { $0.moment < $1.moment }
        var last = 0
        for event in events {
            next[last] = event.node
            previous[event.node] = last
            last = event.node
        }
    }

    mutating func run(stateCountMax: Int) -> Linearizability {
        var node = next[0]
        while endedRemaining > 0 {
            if node % 2 == 1 {
                if place(call: (node - 1) / 2) {
                    if visited.count > stateCountMax { return .undecided(visited: visited.count) }
                    node = next[0]
                } else {
                    node = next[node]
                }
            } else {
                // This call has ended: whatever comes first must be put in order before what began later.
                guard let undone = takeBack() else { return .impossible(explanation) }
                node = next[2 * undone + 1]
            }
        }
        return .linearizable
    }

    /// Puts a call next in order, unless the object could not have answered it or this was tried before.
    private mutating func place(call index: Int) -> Bool {
        let call = calls[index]
        guard let after = object.state(after: call.call, answering: call.answer, from: state) else { return false }
        ordered[index / 64] |= 1 << UInt64(index % 64)
        guard visited.insert(Configuration(ordered: ordered, state: after)).inserted else {
            ordered[index / 64] &= ~(1 << UInt64(index % 64))
            return false
        }
        order.append((index, state))
        state = after
        unlink(2 * index + 1)
        if call.ended != nil {
            unlink(2 * index + 2)
            endedRemaining -= 1
        }
        if order.count > longest.count { longest = order.map(\.index) }
        return true
    }

    /// Takes the last call out of the order again and returns it.
    private mutating func takeBack() -> Int? {
        guard let (index, before) = order.popLast() else { return nil }
        state = before
        ordered[index / 64] &= ~(1 << UInt64(index % 64))
        if calls[index].ended != nil {
            relink(2 * index + 2)
            endedRemaining += 1
        }
        relink(2 * index + 1)
        return index
    }

    private mutating func unlink(_ node: Int) {
        next[previous[node]] = next[node]
        if next[node] >= 0 { previous[next[node]] = previous[node] }
    }

    private mutating func relink(_ node: Int) {
        next[previous[node]] = node
        if next[node] >= 0 { previous[next[node]] = node }
    }

    private var explanation: String {
        let placed = Set(longest)
        let left = calls.indices.filter { !placed.contains($0) }.prefix(12)
        let lines =
            ["no order fits; the longest has \(longest.count) of \(calls.count) calls and ends with"]
            + longest.suffix(8).map(line) + ["behind which none of these fits"] + left.map(line)
        return lines.joined(separator: "\n  ")
    }

    private func line(_ index: Int) -> String {
        let call = calls[index]
        let end = call.ended.map { "\($0)" } ?? "never"
        return "\(call.began)...\(end) client \(call.client): \(call.call) -> \(call.answer.map { "\($0)" } ?? "?")"
    }
}
