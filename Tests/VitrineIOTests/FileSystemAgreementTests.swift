import Glibc
import Testing
import VitrineIO
import VitrineTestSupport

/// Runs the same random calls on the real and the simulated disk; results and error numbers must be the same.
@Suite("The simulated disk agrees with the real one")
struct FileSystemAgreementTests {
    @Test("on the results and errors of random calls", arguments: 0..<UInt64(TestEnvironment.count(12, soak: 500)))
    func randomCalls(round: UInt64) throws {
        let seed = TestEnvironment.seed(7_000) + round
        let directory = try TemporaryDirectory()
        var real = Caller(disk: PosixFileSystem(), root: directory.path)
        let simulated = SimulatedFileSystem(seed: seed)
        try simulated.createDirectory("/root")
        var model = Caller(disk: simulated, root: "/root")
        var generator = SeededGenerator(seed: seed)
        for step in 0..<400 {
            let call = Call(using: &generator)
            let expected = real.make(call)
            let found = model.make(call)
            try #require(found == expected, "seed \(seed), step \(step): \(call)")
        }
        #expect(model.answers.count > 10, "seed \(seed): the calls were all alike")
    }

    @Test("that a mapping shows later writes, and that what it maps must be there")
    func mappings() throws {
        let directory = try TemporaryDirectory()
        for (disk, root) in Self.disks(directory.path) {
            let file = try disk.open(root + "/mapped", .createNew)
            try file.writeAll([1, 2, 3, 4].span, at: 0)
            let mapping = try file.map(count: 3)
            #expect(mapping.count == 3)
            try file.writeAll([9].span, at: 1)
            #expect(mapping.bytes[0] == 1 && mapping.bytes[1] == 9)
            try disk.remove(root + "/mapped")
            try file.close()
            #expect(mapping.bytes[2] == 3, "the mapping outlives name and descriptor")
            let other = try disk.open(root + "/other", .createNew)
            for count in [0, -1, 1] {
                let error = #expect(throws: IOError.self) { try other.map(count: count) }
                #expect(error?.errno == EINVAL && error?.operation == .map)
            }
        }
    }

    @Test("that what is stored through a mapping is read from the file, and needs a file open for writing")
    func writableMappings() throws {
        let directory = try TemporaryDirectory()
        for (disk, root) in Self.disks(directory.path) {
            let file = try disk.open(root + "/stored", .createNew)
            try file.preallocate(to: 9_000)
            #expect(try file.size() == 9_000)
            let mapping = try file.mapWritable(count: 9_000)
            mapping.prefault(4_000..<9_000)
            try mapping.store([1, 2, 3].span, at: 8_997)
            #expect(try file.readBytes(4, at: 8_996) == [0, 1, 2, 3])
            try file.writeAll([7].span, at: 10)
            #expect(mapping.bytes[10] == 7 && mapping.bytes[8_999] == 3)
            try file.synchronize()
            let reader = try disk.open(root + "/stored", .read)
            let error = #expect(throws: IOError.self) { try reader.mapWritable(count: 10) }
            #expect(error?.errno == EACCES && error?.operation == .map)
        }
    }

    @Test("on replacing, reading whole, and making directories")
    func helpers() throws {
        let directory = try TemporaryDirectory()
        for (disk, root) in Self.disks(directory.path) {
            try disk.createDirectories(root + "/a/b/c")
            try disk.createDirectories(root + "/a/b/c")
            let path = root + "/a/b/c/file"
            for contents in [[UInt8](repeating: 1, count: 3_000), [2, 3], []] {
                try disk.replaceFile(at: path, with: contents.span)
                #expect(try disk.contents(of: path, byteCountMax: 3_000) == contents)
            }
            #expect(try disk.list(root + "/a/b/c") == ["file"])
            try disk.replaceFile(at: path, with: [1, 2, 3].span)
            let error = #expect(throws: IOError.self) { try disk.contents(of: path, byteCountMax: 2) }
            #expect(error?.errno == EFBIG && error?.detail?.contains("3 bytes") == true)
            #expect(throws: IOError.self) { try disk.createDirectories(path + "/below-a-file") }
        }
    }

    private static func disks(_ directory: String) -> [(any FileSystem, String)] {
        [(PosixFileSystem(), directory), (SimulatedFileSystem(), "")]
    }
}

/// One random call, its paths below a root.
private enum Call {
    case open(String, OpenMode)
    case info(String)
    case list(String)
    case createDirectory(String)
    case rename(String, String)
    case remove(String)
    case removeDirectory(String)
    case synchronizeDirectory(String)
    case write(Int, [UInt8], Int64)
    case read(Int, Int, Int64)
    case truncate(Int, Int64)
    case preallocate(Int, Int64)
    case synchronize(Int)
    case size(Int)
    case close(Int)

    init(using generator: inout SeededGenerator) {
        let path = Call.path(using: &generator)
        let slot = Int.random(in: 0..<4, using: &generator)
        let offset = Int64([-1, 0, 3, 700, 5_000].randomElement(using: &generator) ?? 0)
        switch Int.random(in: 0..<20, using: &generator) {
        case 0...3:
            let modes: [OpenMode] = [.read, .readWrite, .createIfMissing, .createNew]
            self = .open(path, modes.randomElement(using: &generator) ?? .read)
        case 4: self = .info(path)
        case 5: self = .list(path)
        case 6, 7: self = .createDirectory(path)
        case 8, 9: self = .rename(path, Call.path(using: &generator))
        case 10: self = .remove(path)
        case 11: self = .removeDirectory(path)
        case 12: self = .synchronizeDirectory(path)
        case 13, 14:
            self = .write(slot, generator.bytes(Int.random(in: 0...900, using: &generator)), offset)
        case 15, 16: self = .read(slot, Int.random(in: 0...2_000, using: &generator), offset)
        case 17:
            self =
                [.truncate(slot, offset), .preallocate(slot, offset)].randomElement(using: &generator) ?? .size(slot)
        case 18: self = [.synchronize(slot), .size(slot)].randomElement(using: &generator) ?? .size(slot)
        default: self = .close(slot)
        }
    }

    private static func path(using generator: inout SeededGenerator) -> String {
        let names = ["a", "b", "c"]
        var path = ""
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            path += "/" + (names.randomElement(using: &generator) ?? "a")
        }
        switch Int.random(in: 0..<40, using: &generator) {
        case 0: return path + "/" + String(repeating: "n", count: 256)
        case 1: return "/." + path
        case 2: return ""
        case 3: return path + "\0hidden"
        default: return path
        }
    }
}

/// Makes calls on one disk and tells what came of them, in words that do not depend on the disk.
private struct Caller {
    let disk: any FileSystem
    let root: String
    var files: [Int: any StorageFile] = [:]
    var answers: Set<String> = []

    init(disk: any FileSystem, root: String) {
        self.disk = disk
        self.root = root
    }

    mutating func make(_ call: Call) -> String {
        let answer: String
        do {
            answer = try attempt(call)
        } catch let error as IOError {
            answer = "\(error.operation) \(error.path.dropFirst(root.count)) \(error.offset ?? -2) \(error.errno)"
        } catch {
            answer = "\(error)"
        }
        answers.insert(answer)
        return answer
    }

    private mutating func attempt(_ call: Call) throws -> String {
        switch call {
        case .open(let path, let mode):
            // The newest file takes the place of an older one, which the deinit closes.
            files[path.utf8.count % 4] = try disk.open(root + path, mode)
            return "opened"
        case .info(let path):
            let info = try disk.info(root + path)
            // The size of a directory means nothing.
            return info.map { $0.isDirectory ? "directory" : "file of \($0.size)" } ?? "nothing"
        case .list(let path): return try disk.list(root + path).joined(separator: " ")
        case .createDirectory(let path): try disk.createDirectory(root + path)
        case .rename(let path, let newPath): try disk.rename(root + path, to: root + newPath)
        case .remove(let path): try disk.remove(root + path)
        case .removeDirectory(let path):
            // The two roots differ: one is the root of its disk.
            if path.isEmpty { return "" }
            try disk.removeDirectory(root + path)
        case .synchronizeDirectory(let path): try disk.synchronizeDirectory(root + path)
        case .write(let slot, let bytes, let offset): return "\(try files[slot]?.write(bytes.span, at: offset) ?? -1)"
        case .read(let slot, let count, let offset):
            guard let file = files[slot] else { return "" }
            var bytes = [UInt8](repeating: 0, count: count)
            var span = bytes.mutableSpan
            let filled = try file.read(into: &span, at: offset)
            return "\(filled) \(CRC32C.checksum(of: bytes.span))"
        case .truncate(let slot, let size): try files[slot]?.truncate(to: size)
        case .preallocate(let slot, let size): try files[slot]?.preallocate(to: size)
        case .synchronize(let slot): try files[slot]?.synchronize()
        case .size(let slot): return "\(try files[slot]?.size() ?? -1)"
        case .close(let slot): try files[slot]?.close()
        }
        return "done"
    }
}
