import CatalogKV
import Testing
import VitrineIO
import VitrineTestSupport

/// What a shop does beside writing items: sessions, expiry, a change stream with a durable consumer, and maintenance, on a
/// disk that fails or stops.
@Suite("When the disk fails or the machine stops under sessions, streams and sweeps, a catalog")
struct ServiceFaultTests {
    /// What was done, and what it was answered.
    private enum Event: Sendable {
        case put(Int)
        /// Everything up to the put with this number was handed to the consumer, who said so.
        case consumed(Int)
        case created(SessionToken, user: String)
        case rotated(from: SessionToken, to: SessionToken)
        case revoked(SessionToken)
    }

    private static let lifetime = Duration.seconds(100)

    private static func configuration(_ clock: ManualClock) -> CatalogConfiguration {
        var configuration = CatalogConfiguration(
            segmentByteCountMax: 4_096,
            indexPartitionCount: 4,
            residentValueByteCountMax: 300,
            spaceAmplificationMax: 1.1,
            checkpointIntervalByteCount: 2_000,
            changeRetention: ChangeRetention()
        )
        configuration.now = clock.now
        return configuration
    }

    private static func open(_ disk: SimulatedFileSystem, _ clock: ManualClock) async throws -> Catalog {
        try await Catalog.open(at: "/store", configuration: configuration(clock), disk: disk, freshStoreID: 11)
    }

    private static func key(_ number: Int) -> Key { Key(partition: "p", sort: "\(number)") }
    private static func value(_ number: Int) -> [UInt8] { Array("\(number) ".utf8) + [UInt8](repeating: 9, count: 150) }

    /// Does everything, whatever fails.
    private static func perform(_ disk: SimulatedFileSystem, _ record: SweepRecord<Event>) async throws {
        let clock = ManualClock()
        let catalog = try await open(disk, clock)
        let table = try await catalog.bytesTable("t", options: TableOptions(changeImages: .newAndOld))
        let sessions = SessionStore(catalog: catalog)
        let consumer = try? await catalog.consumer(named: "c", startingAfter: 0)
        var tokens: [SessionToken] = []
        for round in 0..<2 {
            for number in round * 5..<round * 5 + 5 {
                await attempt {
                    record.attempt(.put(number))
                    let lifetime = number == 4 ? Self.lifetime : nil
                    try await table.put(value(number), for: key(number), lifetime: lifetime)
                    record.acknowledge(.put(number))
                }
            }
            await attempt {
                let (token, session) = try await sessions.create(user: "user \(round)", data: [UInt8(round)])
                record.acknowledge(.created(token, user: session.user))
                tokens.append(token)
            }
            if round == 0, let token = tokens.first {
                await attempt {
                    record.attempt(.revoked(token))
                    if let rotated = try await sessions.rotate(token) {
                        record.acknowledge(.rotated(from: token, to: rotated))
                    }
                }
            }
            if round == 1, let token = tokens.last {
                await attempt {
                    record.attempt(.revoked(token))
                    if try await sessions.revoke(token) { record.acknowledge(.revoked(token)) }
                }
            }
            if let consumer {
                await attempt {
                    let last = try await table.put([1], for: Key(partition: "p", sort: "mark")).version
                    try await consume(consumer, through: last, record)
                }
            }
            if round == 0 {
                clock.advance(by: .seconds(200))
                await attempt { try await catalog.sweepExpired() }
            }
            // What run() does in a round.
            await attempt { try await catalog.maintainOnce() }
        }
        try? await catalog.close()
    }

    private static func attempt(_ body: () async throws -> Void) async {
        do {
            try await body()
        } catch {
            if !(error is CatalogError) { Issue.record("\(error) is no CatalogError") }
        }
    }

    /// Reads what is there and acknowledges it.
    private static func consume(
        _ consumer: ChangeConsumer,
        through last: UInt64,
        _ record: SweepRecord<Event>
    ) async throws {
        var newest = -1
        var sequence = try consumer.position()
        for set in try await consumer.changes().sets(through: last) {
            for change in set.changes where change.kind == .put { newest = max(newest, number(of: change) ?? -1) }
            sequence = set.lastSequence
        }
        record.attempt(.consumed(newest))
        try await consumer.acknowledge(through: sequence, durability: .synced)
        record.acknowledge(.consumed(newest))
    }

    private static func number(of change: Change) -> Int? { Int(String(decoding: change.key.sort, as: UTF8.self)) }

    private static func check(_ disk: SimulatedFileSystem, _ record: SweepRecord<Event>) async throws {
        let clock = ManualClock()
        clock.advance(by: .seconds(200))
        let catalog = try await open(disk, clock)
        let table = try await catalog.bytesTable("t")
        var present: Set<Int> = []
        for number in 0..<10 {
            guard let found = try table.get(key(number)) else { continue }
            try hold(found == value(number), "item \(number) is something else")
            present.insert(number)
        }
        func consumed(_ events: [Event]) -> Int {
            events.map { if case .consumed(let number) = $0 { number } else { -1 } }.max() ?? -1
        }
        for event in record.acknowledged {
            switch event {
            case .put(let number):
                try hold(number == 4 || present.contains(number), "item \(number) is gone")
            default: break
            }
        }
        try hold(!present.contains(4), "an item lives beyond its time")
        try await check(SessionStore(catalog: catalog), record)
        let last = try await table.put([1], for: Key(partition: "p", sort: "mark")).version
        let range = consumed(record.acknowledged)...max(consumed(record.acknowledged), consumed(record.attempted))
        try await checkStream(catalog, through: last, behind: range, present)
        try await catalog.sweepExpired()
        try await catalog.close()
    }

    private static func check(_ sessions: SessionStore, _ record: SweepRecord<Event>) async throws {
        var users: [[UInt8]: String] = [:]
        var ended: Set<[UInt8]> = []
        for event in record.attempted { if case .revoked(let token) = event { ended.insert(token.bytes) } }
        for event in record.acknowledged {
            switch event {
            case .created(let token, let user): users[token.bytes] = user
            case .rotated(let old, let new):
                users[new.bytes] = users.removeValue(forKey: old.bytes)
                try hold(try sessions.resolve(old) == nil, "a rotated token is still good")
            case .revoked(let token):
                users[token.bytes] = nil
                try hold(try sessions.resolve(token) == nil, "a revoked token is still good")
            default: break
            }
        }
        // Whether one that was begun to be ended is, nobody knows.
        for (bytes, user) in users where !ended.contains(bytes) {
            guard let token = SessionToken(bytes: bytes) else { continue }
            try hold(try sessions.resolve(token)?.user == user, "the session of \(user) is gone")
        }
    }

    /// The consumer goes on behind what it acknowledged, and the whole stream has every put once and in order.
    private static func checkStream(
        _ catalog: Catalog,
        through last: UInt64,
        behind consumed: ClosedRange<Int>,
        _ present: Set<Int>
    ) async throws {
        let all = try await catalog.changes(after: 0).sets(through: last).flatMap(\.changes)
        let puts = all.filter { $0.kind == .put && $0.table == "t" }.compactMap(number)
        try hold(puts == puts.sorted() && Set(puts).count == puts.count, "the stream has \(puts)")
        try hold(Set(puts).isSuperset(of: present), "the stream has \(puts), and \(present) are there")
        let expired = all.filter { $0.kind == .expire && $0.table == "t" }
        try hold(expired.allSatisfy { $0.oldImage.map { $0.bytes.count > 150 } == true }, "an expiry without its image")
        let consumer = try await catalog.consumer(named: "c", startingAfter: 0)
        let rest = try await consumer.changes().sets(through: last).flatMap(\.changes)
            .filter { $0.kind == .put && $0.table == "t" }.compactMap(number)
        try hold(puts.suffix(rest.count).elementsEqual(rest), "the consumer goes on with \(rest) of \(puts)")
        try hold(rest.allSatisfy { $0 > consumed.lowerBound }, "behind \(consumed) the consumer has \(rest) again")
        let missing = Set(puts.filter { $0 > consumed.upperBound }).subtracting(rest)
        try hold(missing.isEmpty, "behind \(consumed) the consumer goes on with \(rest)")
    }

    @Test("keeps its promises, whichever operation failed and how short the transfers are")
    func faults() async throws {
        let seed = TestEnvironment.seed(51)
        let report = try await FaultSweep.run(
            seed: seed,
            base: SimulatedFileSystem(seed: seed, hasShortTransfers: true),
            errnos: [5, 28],
            extents: TestEnvironment.isBrief ? [.once] : FaultExtent.allCases,
            outcomes: TestEnvironment.isSoak ? CrashOutcome.allCases : [.reordered],
            scenario: Self.perform,
            check: Self.check
        )
        #expect(report.failures.isEmpty, "\(report)")
        #expect(report.checkCount > (TestEnvironment.isBrief ? 150 : 300), "\(report)")
    }

    @Test("keeps its promises wherever the machine stopped")
    func crashes() async throws {
        let seed = TestEnvironment.seed(52)
        let report = try await RecordedCrashSweep.run(
            seed: seed,
            rounds: TestEnvironment.count(2, soak: 40, brief: 1),
            scenario: Self.perform,
            check: Self.check
        )
        #expect(report.failures.isEmpty, "\(report)")
        #expect(report.checkCount > 300, "\(report)")
    }
}
