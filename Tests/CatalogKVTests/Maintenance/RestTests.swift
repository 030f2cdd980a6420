import CatalogKV
import Glibc
import Testing
import VitrineIO
import VitrineTestSupport

@Suite("A catalog at rest")
struct RestTests {
    private static let itemCount = 20_000

    @Test("keeps little more than its items, and is written to and opened again as before", .timeLimit(.minutes(10)))
    func rest() async throws {
        let directory = try TemporaryDirectory()
        var catalog = try await Catalog.open(at: directory.path)
        var table = try await catalog.bytesTable("items")
        func key(_ number: Int) -> Key { Key(partition: "\(number / 100)", sort: "\(number % 100)") }
        func value(_ number: Int, _ generation: UInt8) -> [UInt8] {
            [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 600) + [generation]
        }
        func write(_ numbers: Range<Int>, _ generation: UInt8) async throws {
            for number in numbers {
                try await table.put(value(number, generation), for: key(number), durability: .buffered)
            }
        }
        for generation in UInt8(0)..<3 { try await write(0..<Self.itemCount, generation) }
        // As `run()` does while nobody writes, without the waits.
        for _ in 0..<6 { while try await catalog.maintainOnce() {} }
        let live = catalog.statistics.liveByteCount
        // A tenth of what the configuration allows, and a megabyte.
        #expect(catalog.statistics.journalByteCount <= live * 103 / 100 + (1 << 20))
        var blocks = try blocks(of: directory.path)
        // The keeper's thread gives the room back.
        while blocks > live * 108 / 100 + (3 << 20) {
            try await Task.sleep(for: .milliseconds(5))
            blocks = try self.blocks(of: directory.path)
        }
        try await write(0..<Self.itemCount / 2, 3)
        for _ in 0..<2 {
            for number in 0..<Self.itemCount {
                #expect(try table.get(key(number)) == value(number, number < Self.itemCount / 2 ? 3 : 2))
            }
            try await catalog.close()
            catalog = try await Catalog.open(at: directory.path)
            table = try await catalog.bytesTable("items")
        }
        #expect(try await catalog.verify().findings.isEmpty)
        try await catalog.close()
    }

    /// Bytes of the disk's blocks that the files of a store take.
    private func blocks(of path: String) throws -> Int {
        var sum = 0
        for directory in [path, path + "/journal"] {
            for name in try PosixFileSystem().list(directory) {
                var status = stat()
                let isThere = unsafe lstat("\(directory)/\(name)", &status) == 0
                if isThere, status.st_mode & S_IFMT == S_IFREG { sum += Int(status.st_blocks) * 512 }
            }
        }
        return sum
    }
}
