import CatalogKV
import Testing
import VitrineIO
import VitrineTestSupport

@Suite("A checkpoint of the index")
struct CheckpointTests {
    private static let directory = "/store"

    private func makeDisk() throws -> SimulatedFileSystem {
        let disk = SimulatedFileSystem(seed: 3, hasShortTransfers: true)
        try disk.createDirectories(Self.directory)
        return disk
    }

    /// An index of random items, some of them expiring, some deleted.
    private func makeModel(_ count: Int, partitionCount: Int, seed: UInt64 = 5) -> IndexModel {
        var generator = SeededGenerator(seed: TestEnvironment.seed(seed))
        var model = IndexModel(partitionCount: partitionCount)
        for step in 0..<count {
            let key = IndexModel.randomKey(partitions: 40, using: &generator)
            let isDeleted = step % 7 == 6
            let expiry = step % 5 == 0 ? Int64(step) - 100 : ItemVersion.never
            _ = model.write(key, isDeleted: isDeleted, expiry: isDeleted ? ItemVersion.never : expiry)
        }
        model.index.publish(model.sequence)
        return model
    }

    @discardableResult
    private func write(
        _ index: VersionedIndex,
        _ snapshot: IndexSnapshot,
        on disk: any FileSystem,
        number: UInt64 = 1,
        step: (CheckpointProgress) throws -> Void = { _ in }
    ) throws -> CheckpointHeader {
        let header = CheckpointHeader(
            storeID: 77,
            number: number,
            segment: 2,
            offset: 64,
            sequence: snapshot.sequence,
            snapshotSequence: snapshot.sequence
        )
        return try CheckpointWriter(disk: disk, directory: Self.directory)
            .write(header, of: index, at: snapshot, keyCount: 0, step: step)
    }

    private func load(
        _ number: UInt64 = 1,
        storeID: UInt64 = 77,
        into index: VersionedIndex,
        from disk: any FileSystem
    ) throws -> CheckpointLoader.Loaded {
        try CheckpointLoader(disk: disk, directory: Self.directory)
            .load(number, storeID: storeID, into: index) { _ in }
    }

    private func contents(_ index: VersionedIndex, at sequence: UInt64) -> [[UInt8]: ItemVersion] {
        var found: [[UInt8]: ItemVersion] = [:]
        for partition in 0..<index.partitionCount {
            for item in index.range([], [255, 255, 255], partition: partition, at: sequence) {
                found[item.key] = item.version
            }
        }
        return found
    }

    @Test(
        "brings back what a snapshot showed, into any number of partitions",
        arguments: [(0, 16), (1, 16), (6_000, 16), (6_000, 4), (6_000, 64)]
    )
    func roundTrip(_ count: Int, _ partitionCount: Int) throws {
        let disk = try makeDisk()
        var model = makeModel(count, partitionCount: 16)
        let snapshot = model.index.snapshot()
        let expected = contents(model.index, at: snapshot.sequence)
        // What comes later does not belong to it.
        for key in model.keys.prefix(500) { _ = model.write(key, isDeleted: true) }
        model.index.publish(model.sequence)
        let written = try write(model.index, snapshot, on: disk)
        #expect(written.entryCount == expected.count)
        let index = VersionedIndex(partitionCount: partitionCount)
        let loaded = try load(into: index, from: disk)
        #expect(loaded.header == written)
        index.publish(snapshot.sequence)
        #expect(contents(index, at: index.visible) == expected)
        #expect(index.usage.keyCount == expected.count)
        #expect(loaded.header.expiringCount == expected.values.count { $0.expiry != ItemVersion.never })
        #expect(loaded.liveByteCounts.reduce(0, +) == expected.values.reduce(0) { $0 + Int($1.location.byteCount) })
        for key in expected.keys.prefix(300) {
            let version = ItemVersion(sequence: 1 << 40, location: Location(segment: 9, offset: 1, byteCount: 1))
            let replaced = index.apply(key.span, version)
            #expect(replaced == expected[key])
        }
        #expect(disk.misuses == [])
    }

    @Test("holds a partition of many blocks")
    func largePartition() throws {
        let disk = try makeDisk()
        let index = VersionedIndex(partitionCount: 4)
        let count = 1_500
        for number in 0..<count {
            let sort = [UInt8](repeating: 0, count: 2) + [UInt8(number >> 8), UInt8(number & 255)]
            let padding = [UInt8](repeating: UInt8(number % 251), count: 1_000)
            let location = Location(segment: 1, offset: UInt32(number), byteCount: 5)
            let version = ItemVersion(sequence: UInt64(number + 1), location: location)
            index.apply(IndexModel.key(Array("one".utf8), sort + padding).span, version)
        }
        index.publish(UInt64(count))
        let snapshot = index.snapshot()
        try write(index, snapshot, on: disk)
        let info = try disk.info("/store/checkpoint-00000001")
        #expect(try #require(info).size > 1 << 20)
        let second = VersionedIndex(partitionCount: 4)
        _ = try load(into: second, from: disk)
        second.publish(UInt64(count))
        #expect(contents(second, at: second.visible) == contents(index, at: index.visible))
    }

    @Test("is refused, and leaves the index empty, when any byte of it has changed or is missing")
    func damage() throws {
        let disk = try makeDisk()
        let model = makeModel(60, partitionCount: 4)
        try write(model.index, model.index.snapshot(), on: disk)
        let path = "/store/" + CheckpointHeader.fileName(1)
        let bytes = try disk.contents(of: path, byteCountMax: 1 << 20)
        let index = VersionedIndex(partitionCount: 4)
        func isRefused(_ damaged: [UInt8]) throws -> Bool {
            try disk.replaceFile(at: path, with: damaged.span)
            do {
                _ = try load(into: index, from: disk)
                return false
            } catch let finding as CheckpointFinding {
                return finding.kind == .damaged || finding.kind == .unsupported || finding.kind == .foreign
            }
        }
        for place in bytes.indices {
            var damaged = bytes
            damaged[place] ^= 1 << UInt8(place % 8)
            let isFound = try isRefused(damaged)
            #expect(isFound, "byte \(place) of \(bytes.count)")
        }
        for count in stride(from: 0, to: bytes.count, by: 7) {
            let isFound = try isRefused(Array(bytes[..<count]))
            #expect(isFound, "cut to \(count) bytes")
        }
        index.publish(model.sequence)
        #expect(contents(index, at: index.visible).isEmpty)
        #expect(index.usage.keyCount == 0)
    }

    @Test("of another store, with another number, or that is not there is a finding of its own kind")
    func foreign() throws {
        let disk = try makeDisk()
        let model = makeModel(20, partitionCount: 4)
        try write(model.index, model.index.snapshot(), on: disk)
        let index = VersionedIndex(partitionCount: 4)
        #expect(throws: CheckpointFinding.self) { try load(storeID: 78, into: index, from: disk) }
        let missing = #expect(throws: CheckpointFinding.self) { try load(2, into: index, from: disk) }
        #expect(missing?.kind == .missing)
        try disk.rename("/store/" + CheckpointHeader.fileName(1), to: "/store/" + CheckpointHeader.fileName(2))
        let renamed = #expect(throws: CheckpointFinding.self) { try load(2, into: index, from: disk) }
        #expect(renamed?.kind == .foreign)
        disk.fail(at: disk.operationCount, errno: 5, .fromThenOn)
        let unreadable = #expect(throws: CheckpointFinding.self) { try load(2, into: index, from: disk) }
        #expect(unreadable?.kind == .unreadable)
    }

    @Test("that is cancelled leaves no file")
    func cancellation() throws {
        let disk = try makeDisk()
        let model = makeModel(9_000, partitionCount: 1)
        var steps = 0
        #expect(throws: CancellationError.self) {
            try write(model.index, model.index.snapshot(), on: disk) { _ in
                steps += 1
                if steps == 3 { throw CancellationError() }
            }
        }
        #expect(try disk.list(Self.directory).isEmpty)
    }

    @Test("is whole or absent after a failure of any disk operation and a crash", arguments: [1, 2] as [UInt64])
    func faults(_ seed: UInt64) async throws {
        let model = makeModel(200, partitionCount: 4)
        let snapshot = model.index.snapshot()
        let expected = contents(model.index, at: snapshot.sequence)
        let base = SimulatedFileSystem(seed: seed)
        try base.createDirectories(Self.directory)
        let report = try await FaultSweep.run(seed: seed, base: base, errnos: [5, 28]) {
            (disk, record: SweepRecord<UInt8>) in
            record.attempt(1)
            try write(model.index, snapshot, on: disk)
            record.acknowledge(1)
        } check: { disk, record in
            let index = VersionedIndex(partitionCount: 4)
            do {
                _ = try load(into: index, from: disk)
                index.publish(snapshot.sequence)
                #expect(contents(index, at: index.visible) == expected)
            } catch {
                #expect(record.acknowledged.isEmpty, "\(error)")
            }
        }
        #expect(report.failures.isEmpty, "\(report)")
    }

    @Test("a checkpoint that a crash left behind beside a newer one goes at the next opening")
    func leftOver() async throws {
        let disk = SimulatedFileSystem()
        var store = try await MaintainedStore(disk, checkpointIntervalByteCount: 1)
        for index in 0..<60 { try await store.put("k\(index)", [UInt8](repeating: 1, count: 300)) }
        try await store.catalog.close()
        let name = try #require(disk.list("/store").first { $0.hasPrefix("checkpoint") })
        let stale = "/store/checkpoint-00000099"
        try #require(stale.count == "/store/".count + name.count)
        try disk.replaceFile(at: stale, with: [1, 2, 3].span)
        try await store.reopened(disk).check(store.model, keyCount: 60)
        #expect(try disk.info(stale) == nil)
        #expect(try disk.info("/store/" + name) != nil)
    }

}
