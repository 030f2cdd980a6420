import CatalogKV
import Synchronization
import Testing
import VitrineSync
import VitrineTestSupport

@Suite("Readers of the index beside its writer", .timeLimit(.minutes(2)))
struct IndexConcurrencyTests {
    private static let keyCount = 64

    private static func key(_ number: Int) -> [UInt8] {
        IndexModel.key(Array("p\(number % 7)".utf8), Array("k\(number)".utf8))
    }

    private static func write(_ index: VersionedIndex, _ number: Int, _ sequence: UInt64, isDeleted: Bool = false) {
        let location = Location(segment: 1, offset: UInt32(truncatingIfNeeded: sequence), byteCount: 32)
        index.apply(key(number).span, ItemVersion(sequence: sequence, location: location, isDeleted: isDeleted))
    }

    @Test("see each transaction whole in a snapshot, and never go back in time")
    func snapshotsAreWhole() throws {
        let index = VersionedIndex(partitionCount: 4)
        let isDone = Atomic(false)
        // Every transaction writes each key once: in a snapshot all versions lie within one transaction.
        func transaction(_ number: UInt64) {
            let first = number * UInt64(Self.keyCount) + 1
            for key in 0..<Self.keyCount { Self.write(index, key, first + UInt64(key)) }
            index.publish(first + UInt64(Self.keyCount) - 1)
        }
        transaction(0)
        try withReaders(2) { reader in
            var latest: UInt64 = 0
            while !isDone.load(ordering: .relaxed) {
                let snapshot = index.snapshot()
                let first = snapshot.sequence - UInt64(Self.keyCount) + 1
                for key in 0..<Self.keyCount {
                    let seen = index.version(of: Self.key(key), at: snapshot.sequence)?.sequence
                    if seen != first + UInt64(key) { return "key \(key) is at \(seen ?? 0) in \(snapshot.sequence)" }
                }
                let newest = index.version(of: Self.key(reader))?.sequence ?? 0
                if newest < latest || newest < first { return "went from \(latest) back to \(newest)" }
                latest = newest
            }
            return nil
        } writing: {
            for number in 1..<UInt64(TestEnvironment.count(500, soak: 100_000)) { transaction(number) }
            isDone.store(true, ordering: .relaxed)
        }
    }

    @Test("scan what their snapshot held while keys come and go")
    func scansAreWhole() throws {
        let index = VersionedIndex(partitionCount: 1)
        let isDone = Atomic(false)
        let first = 1_000
        // Even keys stay; odd ones are put and deleted again, one transaction each.
        for number in 0..<first where number % 2 == 0 { Self.write(index, number, UInt64(number) + 1) }
        index.publish(UInt64(first))
        try withReaders(2) { reader in
            while !isDone.load(ordering: .relaxed) {
                let snapshot = index.snapshot()
                let found = index.range([], [255], partition: 0, at: snapshot.sequence, reversed: reader == 1)
                if found.contains(where: { $0.version.sequence > snapshot.sequence }) { return "saw the future" }
                // Puts and deletes take turns, so that there is one odd key after an odd number of writes.
                let expected = first / 2 + Int(snapshot.sequence - UInt64(first)) % 2
                if found.count != expected { return "\(found.count) keys at \(snapshot.sequence), not \(expected)" }
            }
            return nil
        } writing: {
            var generator = SeededGenerator(seed: TestEnvironment.seed(3))
            var sequence = UInt64(first)
            for _ in 0..<TestEnvironment.count(3_000, soak: 1_000_000) {
                let number = Int.random(in: 0..<first / 2, using: &generator) * 2 + 1
                for isDeleted in [false, true] {
                    sequence += 1
                    Self.write(index, number, sequence, isDeleted: isDeleted)
                    index.publish(sequence)
                }
            }
            isDone.store(true, ordering: .relaxed)
        }
    }

    @Test("never miss a key that is overwritten and moved all the time")
    func overwritesAreSeamless() throws {
        let index = VersionedIndex(partitionCount: 2)
        let isDone = Atomic(false)
        for key in 0..<Self.keyCount { Self.write(index, key, UInt64(key) + 1) }
        index.publish(UInt64(Self.keyCount))
        try withReaders(2) { _ in
            var round = 0
            while !isDone.load(ordering: .relaxed) {
                round += 1
                guard let version = index.version(of: Self.key(round % Self.keyCount)) else { return "a key was gone" }
                // Every location's byte count is 32 more than its segment's number less one.
                let location = version.location
                if location.byteCount != 31 + location.segment { return "place and length of different frames" }
            }
            return nil
        } writing: {
            var sequence = UInt64(Self.keyCount)
            for step in 0..<TestEnvironment.count(10_000, soak: 3_000_000) {
                sequence += 1
                let number = step % Self.keyCount
                Self.write(index, number, sequence)
                index.publish(sequence)
                for segment in 2...4 as ClosedRange<UInt32> {
                    let place = Location(segment: segment, offset: 8, byteCount: 31 + segment)
                    _ = index.relocate(Self.key(number).span, sequence: sequence, to: place)
                }
            }
            isDone.store(true, ordering: .relaxed)
        }
    }

    /// Runs `body` on threads of their own beside `writing`; a text that it returns is a failure.
    private func withReaders(
        _ count: Int,
        _ body: @escaping @Sendable (Int) -> String?,
        writing: () -> Void
    ) throws {
        let failures = FailureList()
        let threads = try (0..<count).map { reader in
            try WorkerThread(name: "reader") {
                if let failure = body(reader) { failures.add(failure) }
            }
        }
        for thread in threads { thread.signal() }
        writing()
        for thread in threads { thread.stop() }
        #expect(failures.all == [])
    }

    private final class FailureList: Sendable {
        private let texts = Locked<[String]>([])

        func add(_ text: String) {
            texts.withLock { $0.append(text) }
        }

        var all: [String] { texts.withLock { $0 } }
    }
}
