import Foundation
import Harness
import ObjectVault

/// Reads of 64 KiB of an object of 100 MB, in the page cache, against pread of a file.
struct RangeRows: Sendable {
    private static let objectBytes = 100_000_000
    private static let rangeBytes = 1 << 16
    private let vault: Vault
    private let name = ObjectName("ranges", "object")
    private let file: String
    private let bytes: [UInt8]

    init(directory: String) async throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        vault = try await Vault.open(at: directory + "/vault")
        var chance = Chance(seed: 64)
        bytes = chance.bytes(Self.objectBytes)
        file = directory + "/file"
        try await vault.createBucket("ranges")
        try await vault.put(bytes, as: name)
        try Data(bytes).write(to: URL(fileURLWithPath: file))
    }

    var comparison: Comparison {
        Comparison(
            "read 64 KiB of 100 MB, hot",
            measure: .threadCPU,
            operations: 4_000,
            ours: Contender(
                "ObjectVault",
                version: "this commit",
                settings: ["checked": "CRC-32C of each frame"],
                check: {},
                work: readFromVault
            ),
            rivals: [
                .init(
                    Contender(
                        "pread",
                        version: "POSIX",
                        settings: ["checked": "not at all"],
                        check: {},
                        work: readFromFile
                    ),
                    ratioMin: 1.0 / 3
                )
            ]
        )
    }

    private func start(_ turn: Int) -> Int { turn &* 7_919_777 % (Self.objectBytes - Self.rangeBytes) }

    private func readFromVault(_ operations: Int, _ thread: Int) throws {
        for turn in 0..<operations {
            let start = start(turn)
            let found = try vault.read(name, range: Int64(start)..<Int64(start + Self.rangeBytes))
            guard found.count == Self.rangeBytes, found[turn % found.count] == bytes[start + turn % found.count] else {
                throw WrongResult("the range at \(start) is wrong")
            }
        }
    }

    private func readFromFile(_ operations: Int, _ thread: Int) throws {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw WrongResult("\(file) cannot be opened") }
        defer { close(descriptor) }
        for turn in 0..<operations {
            let start = start(turn)
            let found = [UInt8](unsafeUninitializedCapacity: Self.rangeBytes) { buffer, count in
                count = max(0, pread(descriptor, buffer.baseAddress, Self.rangeBytes, off_t(start)))
            }
            guard found.count == Self.rangeBytes, found[turn % found.count] == bytes[start + turn % found.count] else {
                throw WrongResult("the range at \(start) is wrong")
            }
        }
    }
}
