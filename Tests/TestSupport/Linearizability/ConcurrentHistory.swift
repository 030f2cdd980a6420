internal import VitrineSync

/// One call of a recorded history: when it began, when it ended, and what it was told.
package struct HistoryCall<Call: Sendable, Answer: Sendable>: Sendable {
    /// Who made it, for reports.
    package let client: Int
    /// What was asked.
    package let call: Call
    /// The moment it began; no two events of a history share one.
    package let began: Int
    /// The moment it ended, `nil` when its caller never heard: it may have taken effect at any time since, or never.
    package var ended: Int?
    /// What it was told, `nil` when it never ended.
    package var answer: Answer?

    /// Describes a call.
    package init(client: Int, call: Call, began: Int, ended: Int? = nil, answer: Answer? = nil) {
        self.client = client
        self.call = call
        self.began = began
        self.ended = ended
        self.answer = answer
    }
}

/// Records the calls that tasks make at the same time, to be held against a sequential object afterwards.
package final class ConcurrentHistory<Call: Sendable, Answer: Sendable>: Sendable {
    private let recorded: Locked<(moment: Int, calls: [HistoryCall<Call, Answer>])> = Locked((0, []))

    /// A history of nothing.
    package init() {}

    /// All calls so far, in the order in which they began.
    package var calls: [HistoryCall<Call, Answer>] { recorded.withLock { $0.calls } }

    /// Makes a call and notes what it answers; a call that throws is one whose caller never heard.
    package func record<Failure: Error>(
        client: Int,
        _ call: Call,
        _ body: () async throws(Failure) -> Answer
    ) async throws(Failure) {
        let index = recorded.withLock { recorded -> Int in
            recorded.calls.append(HistoryCall(client: client, call: call, began: recorded.moment))
            recorded.moment += 1
            return recorded.calls.count - 1
        }
        let answer = try await body()
        recorded.withLock { recorded in
            recorded.calls[index].ended = recorded.moment
            recorded.calls[index].answer = answer
            recorded.moment += 1
        }
    }
}
