import Testing
import VitrineTestSupport

/// A call of a register's history.
private typealias RegisterCall = HistoryCall<VersionedRegister.Call, VersionedRegister.Answer>
/// A call of a store's history.
private typealias StoreCall = HistoryCall<SmallStore.Call, SmallStore.Answer>

/// A call that began and ended at these moments.
private func call<Call, Answer>(
    _ moments: ClosedRange<Int>,
    _ call: Call,
    _ answer: Answer
) -> HistoryCall<Call, Answer> {
    HistoryCall(client: 0, call: call, began: moments.lowerBound, ended: moments.upperBound, answer: answer)
}

/// A call whose caller never heard.
private func unheard<Call, Answer>(_ began: Int, _ call: Call) -> HistoryCall<Call, Answer> {
    HistoryCall(client: 0, call: call, began: began)
}

@Suite("The checker of histories")
struct LinearizabilityCheckerTests {
    private static let goodHistories: [[RegisterCall]] = [
        [],
        [call(0...1, .put(1), .done(version: 7)), call(2...3, .get, .item(.init(value: 1, version: 7)))],
        // A get that meets a put may see either.
        [call(0...3, .put(1), .done(version: 7)), call(1...2, .get, .item(nil))],
        [call(0...3, .put(1), .done(version: 7)), call(1...2, .get, .item(.init(value: 1, version: 7)))],
        // Two gets that meet a put, and see first nothing and then the value.
        [
            call(0...9, .put(1), .done(version: 7)), call(1...2, .get, .item(nil)),
            call(3...4, .get, .item(.init(value: 1, version: 7))),
        ],
        // Puts that meet stand in the order of their versions.
        [
            call(0...5, .put(1), .done(version: 9)), call(1...4, .put(2), .done(version: 8)),
            call(6...7, .get, .item(.init(value: 1, version: 9))),
        ],
        // Of two conditional puts on one version, one is refused.
        [
            call(0...5, .putIf(1, version: 0), .done(version: 3)), call(1...4, .putIf(2, version: 0), .refused),
            call(6...7, .putIf(3, version: 3), .done(version: 4)), call(8...9, .delete, .done(version: 5)),
            call(10...11, .get, .item(nil)),
        ],
        // Nobody heard of the put: it may have been done late, or never.
        [unheard(0, .put(1)), call(1...2, .get, .item(nil)), call(3...4, .get, .item(.init(value: 1, version: 2)))],
        [unheard(0, .put(1)), call(1...2, .get, .item(nil)), call(3...4, .get, .item(nil))],
        [unheard(0, .put(1)), call(1...2, .putIf(2, version: 5), .done(version: 6))],
    ]

    private static let badHistories: [[RegisterCall]] = [
        // A put that was done and is not seen.
        [call(0...1, .put(1), .done(version: 7)), call(2...3, .get, .item(nil))],
        // A value that nobody put, and one with another's version.
        [call(0...1, .get, .item(.init(value: 1, version: 7)))],
        [call(0...1, .put(1), .done(version: 7)), call(2...3, .get, .item(.init(value: 1, version: 6)))],
        // Two gets see the new value first and the old one then.
        [
            call(0...9, .put(1), .done(version: 7)), call(1...2, .get, .item(.init(value: 1, version: 7))),
            call(3...4, .get, .item(nil)),
        ],
        // Both conditional puts on one version were done.
        [
            call(0...5, .putIf(1, version: 0), .done(version: 3)),
            call(1...4, .putIf(2, version: 0), .done(version: 4)),
        ],
        // A conditional put was refused though its version stood all the time.
        [call(0...1, .put(1), .done(version: 3)), call(2...3, .putIf(2, version: 3), .refused)],
        // A deleted item came back.
        [
            call(0...1, .put(1), .done(version: 3)), call(2...3, .delete, .done(version: 4)),
            call(4...5, .get, .item(.init(value: 1, version: 3))),
        ],
        // A later put got an older version.
        [call(0...1, .put(1), .done(version: 3)), call(2...3, .put(2), .done(version: 2))],
        // A put that nobody heard of came and went.
        [
            unheard(0, .put(1)), call(1...2, .get, .item(.init(value: 1, version: 2))), call(3...4, .get, .item(nil)),
        ],
    ]

    @Test("finds the order of histories that have one", arguments: 0..<10)
    func acceptsGood(_ index: Int) {
        let verdict = LinearizabilityChecker.check(Self.goodHistories[index], against: VersionedRegister())
        #expect(verdict == .linearizable)
    }

    @Test("refuses histories that have none, and shows the calls that fit nowhere", arguments: 0..<9)
    func refusesBad(_ index: Int) {
        let verdict = LinearizabilityChecker.check(Self.badHistories[index], against: VersionedRegister())
        guard case .impossible(let text) = verdict else {
            Issue.record("history \(index): \(verdict)")
            return
        }
        #expect(text.contains("client 0"))
    }

    @Test("sees a transaction that was half there, and one that read what was gone")
    func transactions() {
        let both = call(0...5, SmallStore.Call.transact(checks: [:], writes: [1: 10, 2: 20]), SmallStore.Answer.done)
        let whole = [both, call(1...2, .readAll, .items([:])), call(3...4, .readAll, .items([1: 10, 2: 20]))]
        #expect(LinearizabilityChecker.check(whole, against: SmallStore()) == .linearizable)
        for items in [[1: 10], [2: 20], [1: 10, 2: 21]] {
            let half: [StoreCall] = [both, call(1...2, .readAll, .items(items))]
            #expect(LinearizabilityChecker.check(half, against: SmallStore()) != .linearizable)
        }
        // Write skew: each checks what the other writes, and both were done.
        let skew: [StoreCall] = [
            call(0...3, .transact(checks: [1: 1], writes: [2: 0]), .done),
            call(1...2, .transact(checks: [2: 1], writes: [1: 0]), .done),
        ]
        #expect(LinearizabilityChecker.check(skew, against: SmallStore([1: 1, 2: 1])) != .linearizable)
        let serial = [skew[0], call(1...2, .transact(checks: [2: 1], writes: [1: 0]), .refused)]
        #expect(LinearizabilityChecker.check(serial, against: SmallStore([1: 1, 2: 1])) == .linearizable)
    }

    @Test("tells a register that lies now and then from one that does not", arguments: 1...20 as ClosedRange<UInt64>)
    func simulated(_ usual: UInt64) {
        let seed = TestEnvironment.seed(usual)
        for lies in [false, true] {
            let calls = Self.simulate(seed: seed, callCount: 120, lies: lies)
            let verdict = LinearizabilityChecker.check(calls, against: VersionedRegister())
            if lies {
                #expect(verdict != .linearizable, "seed \(seed)")
            } else {
                #expect(verdict == .linearizable, "seed \(seed)")
            }
        }
    }

    /// Calls of four clients on one register that does each at a seeded moment between its beginning and its end; one that
    /// lies answers one get in the middle with a value that was overwritten long before.
    private static func simulate(seed: UInt64, callCount: Int, lies: Bool) -> [RegisterCall] {
        var generator = SeededGenerator(seed: seed)
        var item: VersionedRegister.Item?
        var version: UInt64 = 0
        var calls: [RegisterCall] = []
        var clocks = [0, 1, 2, 3]
        // Moments at which calls are done rise in steps; each call reaches a little to both sides, never into the next
        // call of the same client.
        for number in 0..<callCount {
            let client = number % 4
            let done = 100 * (number + 1)
            let began = max(clocks[client] + 1, done - 4 * Int.random(in: 1...60, using: &generator)) / 4 * 4 + client
            let ended = (done + 4 * Int.random(in: 1...60, using: &generator)) / 4 * 4 + client
            clocks[client] = ended
            let call: VersionedRegister.Call
            let answer: VersionedRegister.Answer
            switch Int.random(in: 0..<4, using: &generator) {
            case 0:
                version += 1
                item = VersionedRegister.Item(value: number, version: version)
                (call, answer) = (.put(number), .done(version: version))
            case 1:
                let expected = Bool.random(using: &generator) ? version : item?.version ?? 0
                let holds = expected == item?.version ?? 0
                if holds {
                    version += 1
                    item = VersionedRegister.Item(value: number, version: version)
                }
                call = .putIf(number, version: expected)
                answer = holds ? .done(version: version) : .refused
            default:
                (call, answer) = (.get, .item(item))
            }
            calls.append(
                RegisterCall(client: client, call: call, began: 2 * began, ended: 2 * ended + 1, answer: answer)
            )
        }
        if lies, let victim = calls.indices.last(where: { calls[$0].call == .get }) {
            calls[victim].answer = .item(.init(value: 9_999, version: 1))
            if let first = calls.first(where: { if case .put = $0.call { true } else { false } }),
                case .put(let value) = first.call, case .done(let version) = first.answer
            {
                calls[victim].answer = .item(.init(value: value, version: version))
            }
        }
        return calls
    }
}
