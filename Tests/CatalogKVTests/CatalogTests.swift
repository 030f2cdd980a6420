import CatalogKV
import Testing
import VitrineIO
import VitrineTestSupport

@Suite("A catalog")
struct CatalogTests {
    @Test("keeps, overwrites and deletes items, and has them after it was opened again, on a real disk")
    func roundTrip() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/deep/catalog"
        let lamp = Key(partition: "lamps", sort: "arc")
        let first = try await Catalog.open(at: path)
        #expect(first.statistics.replay == .init())
        try await first.put([1, 2, 3], for: lamp)
        try await first.put([4], for: lamp)
        try await first.put([], for: Key(partition: "empty"))
        try await first.put([9], for: Key(partition: "gone"))
        #expect(try await first.delete(Key(partition: "gone")))
        #expect(try await !first.delete(Key(partition: "gone")))
        #expect(try first.value(for: lamp) == [4])
        try await first.close()

        let second = try await Catalog.open(at: path)
        #expect(try second.value(for: lamp) == [4])
        #expect(try second.value(for: Key(partition: "empty")) == [])
        #expect(try second.value(for: Key(partition: "gone")) == nil)
        #expect(try second.value(for: Key(partition: "lamps")) == nil)
        #expect(second.statistics.keyCount == 2)
        #expect(second.statistics.replay.operationCount == 5)
        #expect(second.statistics.replay.wasClosed)
        #expect(second.statistics.replay.tornByteCount == 0)
        try await second.close()
    }

    @Test("returns a range in the byte order of its sort keys, within its bounds, from either end")
    func ranges() async throws {
        let catalog = try await openCatalog(on: SimulatedFileSystem())
        for sort in ["b", "a", "ab", "c", "", "abc", "\u{FF}"] {
            try await catalog.put(Array(sort.utf8), for: Key(partition: "p", sort: sort), durability: .buffered)
        }
        try await catalog.put([1], for: Key(partition: "p2", sort: "a"))
        try await catalog.put([1], for: Key(partition: "o", sort: "a"))
        func sorts(_ entries: [Catalog.Entry]) -> [String] {
            entries.map { String(decoding: $0.key.sort, as: UTF8.self) }
        }
        #expect(try sorts(catalog.range(of: "p")) == ["", "a", "ab", "abc", "b", "c", "\u{FF}"])
        #expect(try sorts(catalog.range(of: "p", from: "ab", through: "b")) == ["ab", "abc", "b"])
        #expect(try sorts(catalog.range(of: "p", after: "ab", before: "c")) == ["abc", "b"])
        #expect(try sorts(catalog.range(of: "p", prefix: "a")) == ["a", "ab", "abc"])
        #expect(try sorts(catalog.range(of: "p", after: "a", prefix: "a", limit: 1)) == ["ab"])
        #expect(try sorts(catalog.range(of: "p", limit: 2, reversed: true)) == ["\u{FF}", "c"])
        #expect(try sorts(catalog.range(of: "p", before: "ab", reversed: true)) == ["a", ""])
        #expect(try sorts(catalog.range(of: "p", prefix: "a", reversed: true)) == ["abc", "ab", "a"])
        #expect(try sorts(catalog.range(of: "p", from: "c", through: "a")) == [])
        #expect(try sorts(catalog.range(of: "p", limit: 0)) == [])
        #expect(try sorts(catalog.range(of: "q")) == [])
        #expect(try catalog.range(of: [UInt8]("p".utf8), from: [0xFF]).isEmpty)
        #expect(try catalog.range(of: "p", from: "b", through: "b").map(\.value) == [Array("b".utf8)])
        try await catalog.close()
    }

    @Test("reads a prefix that ends in 255s to its end")
    func highPrefix() async throws {
        let catalog = try await openCatalog(on: SimulatedFileSystem())
        let sorts: [[UInt8]] = [[0xFE], [0xFF], [0xFF, 0], [0xFF, 0xFF], [0xFF, 0xFF, 7]]
        for partition in [[0xFF], [0xFF, 0xFF]] as [[UInt8]] {
            for sort in sorts { try await catalog.put(sort, for: Key(partition: partition, sort: sort)) }
        }
        #expect(try catalog.range(of: [0xFF], prefix: [0xFF]).map(\.key.sort) == Array(sorts[1...]))
        #expect(try catalog.range(of: [0xFF], prefix: [0xFF, 0xFF]).map(\.key.sort) == Array(sorts[3...]))
        #expect(try catalog.range(of: [0xFF], reversed: true).count == 5)
        try await catalog.close()
    }

    @Test("writes a batch in one record, the later of two operations on a key winning")
    func batches() async throws {
        let catalog = try await openCatalog(on: SimulatedFileSystem())
        let keys = ["x", "y", "z"].map { Key(partition: $0) }
        try await catalog.put([0], for: keys[2])
        var batch = WriteBatch()
        batch.put([1], for: keys[0])
        batch.put([2], for: keys[1])
        batch.put([3], for: keys[0])
        batch.delete(keys[2])
        batch.delete(Key(partition: "never there"))
        try await catalog.write(batch)
        #expect(try keys.map { try catalog.value(for: $0) } == [[3], [2], nil])
        #expect(catalog.statistics.writtenRecordCount == 2)
        try await catalog.write(WriteBatch())
        #expect(catalog.statistics.writtenRecordCount == 2)
        try await catalog.close()
    }

    @Test("tells an item's version, which grows with each put, and its expiry")
    func entries() async throws {
        let clock = ManualClock(sinceEpoch: .milliseconds(1_000))
        let catalog = try await openCatalog(on: SimulatedFileSystem(), clock: clock)
        let key = Key(partition: "p")
        try await catalog.put([1], for: key)
        let first = try #require(try catalog.entry(for: key))
        try await catalog.put([2], for: key, lifetime: .milliseconds(5))
        let second = try #require(try catalog.entry(for: key))
        #expect(first.value == [1] && second.value == [2] && first.version < second.version)
        #expect(first.expiry == nil && second.expiry == .milliseconds(1_005))
        #expect(try catalog.entry(for: Key(partition: "q")) == nil)
        try await catalog.close()
    }

    @Test("refuses what is over its limits, and takes what is just within")
    func limits() async throws {
        let catalog = try await openCatalog(on: SimulatedFileSystem())
        let long = [UInt8](repeating: 7, count: 2_048)
        let widest = Key(partition: long, sort: Array(long[..<1_024]))
        try await catalog.put([1], for: widest)
        #expect(try catalog.value(for: widest) == [1])
        #expect(try catalog.range(of: long, prefix: Array(long[..<1_000])).count == 1)
        let tooLong = [
            Key(partition: ""), Key(partition: long + [1]), Key(partition: [1], sort: Array(long[..<1_025])),
        ]
        for key in tooLong {
            #expect(await code { try await catalog.put([], for: key) } == .keyTooLong)
            #expect(await code { try await catalog.delete(key) } == .keyTooLong)
            #expect(await code { _ = try catalog.value(for: key) } == .keyTooLong)
            #expect(await code { _ = try catalog.range(of: key.partition, prefix: key.sort) } == .keyTooLong)
        }
        let huge = [UInt8](repeating: 0, count: Catalog.valueByteCountMax + 1)
        #expect(await code { try await catalog.put(huge, for: widest) } == .valueTooLarge)
        #expect(await code { _ = try catalog.range(of: "p", limit: -1) } == .invalidArgument)
        var many = WriteBatch()
        for number in 0...100 { many.put([], for: Key(partition: "\(number)")) }
        #expect(await code { try await catalog.write(many) } == .batchTooLarge)
        var heavy = WriteBatch()
        for number in 0..<5 { heavy.put(Array(huge.dropLast()), for: Key(partition: "\(number)")) }
        #expect(await code { try await catalog.write(heavy) } == .batchTooLarge)
        #expect(catalog.statistics.keyCount == 1)
        try await catalog.close()
    }

    @Test("keeps the largest value, which is a record beyond the segment's limit")
    func largestValue() async throws {
        let disk = SimulatedFileSystem()
        let value = [UInt8](repeating: 0xA5, count: Catalog.valueByteCountMax)
        let first = try await openCatalog(on: disk)
        try await first.put([1], for: Key(partition: "small"))
        try await first.put(value, for: Key(partition: "large"))
        try await first.put([2], for: Key(partition: "small"))
        #expect(first.statistics.segmentCount == 3)
        try await first.close()
        let second = try await openCatalog(on: disk)
        #expect(try second.value(for: Key(partition: "large")) == value)
        #expect(try second.value(for: Key(partition: "small")) == [2])
        try await second.close()
    }

    @Test("refuses settings that mean nothing")
    func settings() async throws {
        var configurations = [CatalogConfiguration](repeating: CatalogConfiguration(), count: 5)
        configurations[0].segmentByteCountMax = 4_095
        configurations[1].segmentByteCountMax = (1 << 30) + 1
        configurations[2].indexPartitionCount = 0
        configurations[3].sweepInterval = .zero
        configurations[4].sweepItemCountMax = 0
        for configuration in configurations {
            let code = await code {
                _ = try await Catalog.open(
                    at: "/store",
                    configuration: configuration,
                    disk: SimulatedFileSystem(),
                    freshStoreID: 1
                )
            }
            #expect(code == .invalidArgument)
        }
    }

    @Test("throws isClosed after it was closed, and closing twice is no error")
    func closing() async throws {
        let disk = SimulatedFileSystem()
        let catalog = try await openCatalog(on: disk)
        let key = Key(partition: "p")
        try await catalog.put([1], for: key)
        try await catalog.close()
        try await catalog.close()
        #expect(await code { _ = try catalog.value(for: key) } == .isClosed)
        #expect(await code { _ = try catalog.range(of: "p") } == .isClosed)
        #expect(await code { try await catalog.put([2], for: key) } == .isClosed)
        #expect(await code { try await catalog.delete(key) } == .isClosed)
        let size = disk.contents(ofFile: segmentPath(1))?.count
        for _ in 0..<3 { try await openCatalog(on: disk).close() }
        #expect(disk.contents(ofFile: segmentPath(1))?.count == size, "opening and closing writes nothing")
    }

    @Test("cannot be opened twice at a time, and the error names the process that holds it")
    func locking() async throws {
        let directory = try TemporaryDirectory()
        let first = try await Catalog.open(at: directory.path)
        do {
            _ = try await Catalog.open(at: directory.path)
            Issue.record("a second catalog opened the directory")
        } catch let error as CatalogError {
            let holder = try PosixFileSystem().contents(of: directory.path + "/lock", byteCountMax: 32)
            let pid = String(decoding: holder, as: UTF8.self).dropLast()
            #expect(error.code == .isLocked)
            #expect(error.message.contains("process \(pid)") && Int(pid) != nil)
        }
        try await first.close()
        try await Catalog.open(at: directory.path).close()
    }

    @Test("describes keys for people, whatever their bytes are")
    func keyDescriptions() {
        #expect("\(Key(partition: "lamp", sort: "arc"))" == "\"lamp\" / \"arc\"")
        #expect("\(Key(partition: [0, 0xAB]))" == "0x00ab")
        #expect("\(Key(partition: String(repeating: "x", count: 99)))" == "\"\(String(repeating: "x", count: 64))\"…")
    }
}
