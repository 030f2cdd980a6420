import Foundation
import Harness
import ObjectVault

/// Memory that a put and a read of an object of more than 2 GB take, in a process of its own.
///
///     ObjectVaultBenchmarks --child DIRECTORY    prints the peak above the empty vault's, in bytes
enum MemoryRow {
    private static let flag = "--child"
    private static let pieces = 2_200
    private static let pieceBytes = 1_000_000

    static var comparison: Comparison {
        Comparison(
            "memory: put and read of a stream of 2.2 GB",
            measure: .figure(.bytes),
            ours: Contender("ObjectVault", version: "this commit", settings: ["process": "its own"]) {
                let directory = NSTemporaryDirectory() + "/vitrine-memory-\(UUID().uuidString)"
                defer { try? FileManager.default.removeItem(atPath: directory) }
                return try await peak(directory)
            },
            rivals: [],
            oursMax: Double(64 << 20),
            roundsMax: 3,
            isWarmedUp: false
        )
    }

    /// Does what a parent asked for and exits, when this process is a child.
    static func actIfAsked() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard arguments.count == 2, arguments[0] == flag else { return }
        do {
            let vault = try await Vault.open(at: arguments[1])
            try await vault.createBucket("streams")
            let before = try status("VmRSS:")
            let name = ObjectName("streams", "long")
            try await vault.put(MadeStream(pieces: pieces, pieceBytes: pieceBytes), as: name)
            var expected = MadeStream(pieces: pieces, pieceBytes: pieceBytes).makeAsyncIterator()
            for try await piece in try vault.stream(name, pieceSize: pieceBytes) { try check(piece, &expected) }
            guard expected.left == 0 else { throw WrongResult("\(expected.left) pieces are missing") }
            print(try status("VmHWM:") - before)
            try await vault.close()
            exit(0)
        } catch {
            FileHandle.standardError.write(Data("child: \(error)\n".utf8))
            exit(1)
        }
    }

    /// Compared with a value of its own, not with the call's result: of that the compiler (6.3.1) keeps every piece.
    private static func check(_ piece: [UInt8], _ expected: inout MadeStream.Iterator) throws {
        let wanted = expected.make() ?? []
        guard piece.elementsEqual(wanted) else {
            throw WrongResult("a piece is wrong, \(expected.left) before the end")
        }
    }

    /// Bytes, from the kernel's account of this process.
    private static func status(_ name: String) throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name) }),
            let kibibytes = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap({
                Int($0)
            })
        else { throw WrongResult("/proc/self/status has no \(name)") }
        return kibibytes * 1_024
    }

    private static func peak(_ directory: String) async throws -> Double {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = [flag, directory]
        process.standardOutput = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0, let bytes = text.split(separator: "\n").last.flatMap({ Double($0) })
        else {
            throw WrongResult("the child ended with \(process.terminationStatus)")
        }
        return bytes
    }
}

/// Bytes without end, made while they are asked for.
private struct MadeStream: AsyncSequence, Sendable {
    let pieces: Int
    let pieceBytes: Int

    func makeAsyncIterator() -> Iterator { Iterator(left: pieces, pieceBytes: pieceBytes) }

    struct Iterator: AsyncIteratorProtocol {
        var left: Int
        let pieceBytes: Int
        var chance = Chance(seed: 1)

        mutating func next() async -> [UInt8]? { make() }

        mutating func make() -> [UInt8]? {
            guard left > 0 else { return nil }
            left -= 1
            return chance.bytes(pieceBytes)
        }
    }
}
