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
    }

    private static func store(isClosed: Bool) async throws -> Store {
        let disk = SimulatedFileSystem()
        let catalog = try await CatalogUnderTest.open(disk)
        var model = ModelCatalog(time: CrashTrial.startTime)
        var ever: [ItemName: Set<[UInt8]>] = [:]
        var maker = StepMaker(seed: 77, valueByteCounts: [3, 40, 150])
        for _ in 0..<40 {
            let step = maker.write()
            #expect(try await catalog.perform(step) == model.apply(step))
            for (name, item) in model.living { ever[name, default: []].insert(item.value) }
        }
        #expect(catalog.catalog.statistics.segmentCount > 1)
        if isClosed { try await catalog.close() } else { disk.crash() }
        return Store(disk: disk.restarted(after: .kept), items: model.living, ever: ever)
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

    @Test(
        "never returns a flipped bit, names the file that has it, and reads everything else",
        arguments: [true, false]
    )
    func flips(isClosed: Bool) async throws {
        let store = try await Self.store(isClosed: isClosed)
        var refusedCount = 0
        var unreadableCount = 0
        var unnoticed: [String: Int] = [:]
        for path in try Self.files(of: store.disk) {
            let bytes = try #require(store.disk.contents(ofFile: path))
            let flips = bytes.indices.flatMap { offset in
                TestEnvironment.isSoak ? (0..<8).map { (offset, $0) } : [(offset, offset % 8)]
            }
            for (offset, bit) in flips {
                // Room that was set aside and never written holds nothing; a part of it stands for the rest.
                if bytes[offset...].prefix(64).allSatisfy({ $0 == 0 }), offset % 61 != 0 { continue }
                let disk = store.disk.restarted(after: .kept)
                disk.flipBit(bit, ofByte: offset, in: path)
                let place = "bit \(bit) of byte \(offset) of \(path)"
                do {
                    let catalog = try await CatalogUnderTest.open(disk)
                    let missing = try await Self.examine(catalog, store, isClosed: isClosed, path, place)
                    unreadableCount += missing
                    if missing == 0 { unnoticed[path, default: 0] += 1 }
                    try? await catalog.close()
                } catch let error as CatalogError {
                    #expect(error.code == .isCorrupt || error.code == .unsupportedFormat, "\(place): \(error)")
                    #expect(error.message.contains(path), "\(place): \(error)")
                    refusedCount += 1
                }
            }
        }
        #expect(refusedCount > 100)
        print("flips \(isClosed): \(refusedCount) refused, \(unreadableCount) unreadable items, unnoticed \(unnoticed)")
    }

    /// Reads everything of a catalog that opened, and returns how many items it could not.
    private static func examine(
        _ catalog: CatalogUnderTest,
        _ store: Store,
        isClosed: Bool,
        _ path: String,
        _ place: String
    ) async throws -> Int {
        var missing = 0
        for name in store.ever.keys.union(store.items.keys) {
            do {
                let item = try catalog.item(name)
                if item != store.items[name] {
                    // What was not closed may have lost its last record, whose place no later one vouches for.
                    let isOlder = item.map { store.ever[name]?.contains($0.value) == true } ?? true
                    #expect(!isClosed && isOlder, "\(place): \(name) is \(item as Any)")
                    missing += 1
                }
            } catch let error as CatalogError {
                #expect(error.code == .isCorrupt && error.message.contains(path), "\(place): \(name): \(error)")
                missing += 1
            }
        }
        #expect(missing <= 6, "\(place) took \(missing) items")
        return missing
    }

    @Test("opens or names every length that a file can be cut to, and returns no value that was never there")
    func truncations() async throws {
        let store = try await Self.store(isClosed: true)
        for path in try Self.files(of: store.disk) {
            let bytes = try #require(store.disk.contents(ofFile: path))
            for length in stride(from: 0, to: bytes.count, by: TestEnvironment.count(7, soak: 1)) {
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
                    #expect(error.code == .isCorrupt || error.code == .unsupportedFormat, "\(path) cut to \(length)")
                    #expect(error.message.contains(path), "cut to \(length): \(error)")
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
