import CatalogKV
import Testing
import VitrineIO
import VitrineTestSupport

@Suite("Of damaged files, a catalog")
struct CatalogDamageTests {
    /// A store of a few items in several segments, with a checkpoint when it was closed.
    private struct Store {
        let disk: SimulatedFileSystem
        let items: [ItemName: ModelItem]
        /// Every value that an item ever had: what a catalog that lost its newest records may show.
        let ever: [ItemName: Set<[UInt8]>]
        /// A session of the user "ada".
        var session: SessionToken?
        /// Where the consumer "index" stands.
        var position: UInt64 = 0
    }

    private static func store(isClosed: Bool) async throws -> Store {
        let disk = SimulatedFileSystem()
        let catalog = try await CatalogUnderTest.open(disk)
        var model = ModelCatalog(time: CrashTrial.startTime)
        var ever: [ItemName: Set<[UInt8]>] = [:]
        var maker = StepMaker(seed: 77, valueByteCounts: [3, 20, 60])
        for _ in 0..<TestEnvironment.count(9, soak: 60) {
            let step = maker.write()
            #expect(try await catalog.perform(step) == model.apply(step))
            for (name, item) in model.living { ever[name, default: []].insert(item.value) }
        }
        let session = try await SessionStore(catalog: catalog.catalog).create(user: "ada").token
        let position = catalog.catalog.statistics.sequence
        _ = try await catalog.catalog.consumer(named: "index", startingAfter: position)
        // Enough to begin a second file.
        let filler = [UInt8](repeating: 5, count: 900)
        for number in 0..<4 {
            let name = ItemName(table: 0, partition: 9, sort: number + 1)
            try await catalog.bytes.put(filler, for: name.key)
            model.apply(.write(.put(name, filler, lifetime: nil), .synced))
            ever[name] = [filler]
        }
        #expect(catalog.catalog.statistics.segmentCount > 1)
        if isClosed { try await catalog.close() } else { disk.crash() }
        return Store(
            disk: disk.restarted(after: .kept),
            items: model.living,
            ever: ever,
            session: session,
            position: position
        )
    }

    /// Every file below /store, but for the lock, which holds nothing but the name of its holder.
    private static func files(of disk: SimulatedFileSystem) throws -> [String] {
        var files: [String] = []
        var directories = ["/store"]
        while let directory = directories.popLast() {
            for name in try disk.list(directory) where name != "lock" {
                let path = directory.appendingPath(name)
                if try disk.info(path)?.isDirectory == true { directories.append(path) } else { files.append(path) }
            }
        }
        return files.sorted()
    }

    /// One bit of a file of the store.
    private struct Flip: Sendable, CustomStringConvertible {
        let path: String
        let offset: Int
        let bit: Int

        var description: String { "bit \(bit) of byte \(offset) of \(path)" }
    }

    /// A bit of each byte, by turns; every one in a soak.
    private static func flips(of store: Store) throws -> [Flip] {
        var flips: [Flip] = []
        for path in try files(of: store.disk) {
            let bytes = try #require(store.disk.contents(ofFile: path))
            for offset in bytes.indices {
                // In the midst of a long run of one byte, room that was set aside or the filler, positions differ in
                // nothing but their number, and the checksum finds each flipped bit alike: every seventh stands for them.
                if TestEnvironment.isBrief, offset % 13 != 0 { continue }
                let isRun = bytes[offset...].prefix(64).allSatisfy { $0 == bytes[offset] }
                if isRun, offset % 7 != 0, !TestEnvironment.isSoak { continue }
                let bits = TestEnvironment.isSoak ? 0..<8 : offset % 8..<offset % 8 + 1
                for bit in bits { flips.append(Flip(path: path, offset: offset, bit: bit)) }
            }
        }
        return flips
    }

    @Test(
        "never returns a flipped bit, names the file that has it, and reads everything else",
        arguments: [true, false]
    )
    func flips(isClosed: Bool) async throws {
        let store = try await Self.store(isClosed: isClosed)
        let flips = try Self.flips(of: store)
        #expect(flips.count > (TestEnvironment.isBrief ? 50 : 700))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<2 {
                group.addTask {
                    for index in stride(from: worker, to: flips.count, by: 2) {
                        try await Self.check(flips[index], store, isClosed: isClosed)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private static func check(_ flip: Flip, _ store: Store, isClosed: Bool) async throws {
        let disk = store.disk.restarted(after: .kept)
        disk.flipBit(flip.bit, ofByte: flip.offset, in: flip.path)
        // What is whole but for the flip is found damaged by whoever looks at all of it.
        do {
            let report = try await Catalog.verify(at: "/store", disk: disk)
            let isNamed = report.findings.contains { $0.path == flip.path }
            // The last record, in a closed store the mark of its closing, and the room behind it may be a torn tail.
            #expect(isNamed || report.tornByteCount > 0, "\(flip) went unnoticed")
        } catch let error as CatalogError {
            #expect(error.isAbout(flip.path), "\(flip): \(error)")
        }
        do {
            let catalog = try await CatalogUnderTest.open(disk, checkpointIntervalByteCount: 1 << 30)
            try await examine(catalog, store, isClosed: isClosed, flip)
            try? await catalog.close()
        } catch let error as CatalogError {
            #expect(error.isAbout(flip.path), "\(flip): \(error)")
            if flip.offset % 4 == 0 || flip.path.hasSuffix("manifest") {
                try await repair(disk, store, isClosed: isClosed, flip)
            }
        }
    }

    /// Reads everything of a catalog that opened: each item is right, or its damage is named.
    private static func examine(
        _ catalog: CatalogUnderTest,
        _ store: Store,
        isClosed: Bool,
        _ flip: Flip
    ) async throws {
        var missing = 0
        for name in store.ever.keys.union(store.items.keys) {
            do {
                let item = try catalog.item(name)
                if item != store.items[name] {
                    // What was not closed may have lost its last record, whose place no later one vouches for.
                    let isOlder = item.map { store.ever[name]?.contains($0.value) == true } ?? true
                    #expect(!isClosed && isOlder, "\(flip): \(name) is \(item as Any)")
                    missing += 1
                }
            } catch let error as CatalogError {
                #expect(error.isAbout(flip.path), "\(flip): \(name): \(error)")
                missing += 1
            }
        }
        let own: [(String, () async throws -> Bool)] = [
            (
                "the session",
                {
                    guard let token = store.session else { return true }
                    return try SessionStore(catalog: catalog.catalog).resolve(token)?.user == "ada"
                }
            ),
            (
                "the consumer",
                { try await catalog.catalog.consumer(named: "index").position() == store.position }
            ),
        ]
        for (name, isRight) in own {
            do {
                #expect(try await isRight(), "\(flip): \(name) is another")
            } catch let error as CatalogError {
                #expect(error.isAbout(flip.path), "\(flip): \(name): \(error)")
                missing += 1
            }
        }
        #expect(missing <= (isClosed ? 1 : 6), "\(flip) took \(missing) items")
        if missing == 0, flip.path.contains("checkpoint") {
            let finding = catalog.catalog.statistics.opening.checkpointFinding
            #expect(finding?.contains(flip.path) == true, "\(flip): \(finding ?? "no finding")")
        }
    }

    /// A store that does not open any more is salvaged but for what the flip took.
    private static func repair(
        _ disk: SimulatedFileSystem,
        _ store: Store,
        isClosed: Bool,
        _ flip: Flip
    ) async throws {
        let report = try await Catalog.repair(
            at: "/store",
            into: "/repaired",
            segmentByteCountMax: 4_096,
            disk: disk,
            freshStoreID: 1
        )
        #expect(!report.verification.findings.isEmpty, "\(flip)")
        let catalog = try await CatalogUnderTest.open(disk, at: "/repaired")
        var missing = 0
        for name in store.ever.keys.union(store.items.keys) {
            let item = try catalog.item(name)
            if item == store.items[name] { continue }
            missing += 1
            let isOlder = item.map { store.ever[name]?.contains($0.value) == true } ?? true
            #expect(isOlder, "\(flip): \(name) was repaired to \(item as Any)")
        }
        // One operation, or what was not closed its last group, which looks broken off.
        #expect(missing <= (isClosed ? 1 : 6), "\(flip) took \(missing) items from the repaired catalog")
        try await catalog.close()
    }

    @Test("opens or names every length that a file can be cut to, and returns no value that was never there")
    func truncations() async throws {
        let disk = SimulatedFileSystem()
        let catalog = try await CatalogUnderTest.open(disk)
        var ever: [ItemName: Set<[UInt8]>] = [:]
        for number in 0..<4 {
            let name = ItemName(table: number % 2, partition: 1, sort: number / 2)
            let value = [UInt8](repeating: UInt8(number), count: 20)
            _ = try await catalog.perform(.write(.put(name, value, lifetime: nil), .synced))
            ever[name] = [value]
        }
        try await catalog.close()
        let store = Store(disk: disk.restarted(after: .kept), items: [:], ever: ever)
        for path in try Self.files(of: store.disk) {
            let bytes = try #require(store.disk.contents(ofFile: path))
            // Behind the last record there is room, of which one length is like the next.
            let used = (bytes.lastIndex { $0 != 0 } ?? 0) + 2
            for length in Array(0..<min(used, bytes.count)) + stride(from: used, to: bytes.count, by: 509) {
                if TestEnvironment.isBrief, length % 17 != 0 { continue }
                let disk = store.disk.restarted(after: .kept)
                try disk.install(Array(bytes[..<length]), at: path)
                do {
                    let catalog = try await CatalogUnderTest.open(disk)
                    for name in store.ever.keys {
                        guard let item = try catalog.item(name) else { continue }
                        #expect(store.ever[name]?.contains(item.value) == true, "\(path) cut to \(length): \(name)")
                    }
                    try? await catalog.close()
                } catch let error as CatalogError {
                    #expect(error.isAbout(path), "cut to \(length): \(error)")
                }
            }
        }
    }

    @Test("names a segment that is gone, and one of another store")
    func strangers() async throws {
        let store = try await Self.store(isClosed: true)
        let segments = try Self.files(of: store.disk).filter { $0.hasSuffix(".log") }
        let other = SimulatedFileSystem()
        var configuration = CatalogConfiguration(segmentByteCountMax: 4_096, indexPartitionCount: 4)
        configuration.now = ManualClock().now
        let catalog = try await Catalog.open(at: "/store", configuration: configuration, disk: other, freshStoreID: 99)
        let table = try await catalog.bytesTable("bytes")
        for number in 0..<12 {
            try await table.put([UInt8](repeating: 1, count: 900), for: Key(partition: "\(number)"))
        }
        try await catalog.close()
        for segment in segments {
            let disk = store.disk.restarted(after: .kept)
            try disk.remove(segment)
            await Self.expectRefusal(disk, naming: segment)
            guard let stranger = other.contents(ofFile: segment) else { continue }
            try disk.install(stranger, at: segment)
            await Self.expectRefusal(disk, naming: segment)
        }
    }

    private static func expectRefusal(_ disk: SimulatedFileSystem, naming path: String) async {
        let error = await #expect(throws: CatalogError.self, "\(path)") { _ = try await CatalogUnderTest.open(disk) }
        #expect(error?.code == .isCorrupt && error?.message.contains(path) == true, "\(String(describing: error))")
    }
}

extension Dictionary.Keys where Key == ItemName {
    fileprivate func union(_ others: some Sequence<ItemName>) -> Set<ItemName> { Set(self).union(others) }
}

extension CatalogError {
    /// Whether it says that this file is damaged.
    fileprivate func isAbout(_ path: String) -> Bool {
        (code == .isCorrupt || code == .unsupportedFormat) && message.contains(path)
    }
}
