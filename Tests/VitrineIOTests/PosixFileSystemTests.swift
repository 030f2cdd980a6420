import Foundation
import Glibc
import Testing
import VitrineIO
import VitrineTestSupport

@Suite("The real file system")
struct PosixFileSystemTests {
    let disk = PosixFileSystem()

    @Test("errors carry operation, path, offset and errno, and say so in one line")
    func errors() throws {
        let directory = try TemporaryDirectory()
        let missing = directory.path + "/missing"
        let calls: [(IOError.Operation, () throws -> Void)] = [
            (.open, { _ = try disk.open(missing, .read) }),
            (.list, { _ = try disk.list(missing) }),
            (.createDirectory, { try disk.createDirectory(missing + "/below") }),
            (.rename, { try disk.rename(missing, to: missing + "2") }),
            (.remove, { try disk.remove(missing) }),
            (.remove, { try disk.removeDirectory(missing) }),
            (.synchronizeDirectory, { try disk.synchronizeDirectory(missing) }),
            (.lock, { _ = try disk.lock(missing + "/lock") }),
        ]
        for (operation, call) in calls {
            let error = #expect(throws: IOError.self) { try call() }
            #expect(error?.operation == operation && error?.errno == ENOENT)
            #expect(error?.path.hasPrefix(missing) == true)
        }
        #expect(try disk.info(missing) == nil)
        let file = try disk.open(missing, .createNew)
        let error = #expect(throws: IOError.self) { try file.write([1].span, at: -7) }
        #expect(error?.description == "write \(missing) at offset -7: Invalid argument (errno 22)")
    }

    @Test("a closed file answers EBADF to everything, and a second close nothing")
    func closedFile() throws {
        let directory = try TemporaryDirectory()
        let file = try disk.open(directory.path + "/a", .createNew)
        try file.writeAll([1].span, at: 0)
        try file.close()
        try file.close()
        let calls: [() throws -> Void] = [
            { _ = try file.size() }, { _ = try file.readBytes(1, at: 0) }, { _ = try file.write([1].span, at: 0) },
            { try file.truncate(to: 0) }, { try file.synchronize() }, { _ = try file.map(count: 1) },
        ]
        for call in calls {
            let error = #expect(throws: IOError.self) { try call() }
            #expect(error?.errno == EBADF)
        }
    }

    @Test("lengths and offsets out of a damaged file are answered, not obeyed")
    func foreignNumbers() throws {
        let directory = try TemporaryDirectory()
        let file = try disk.open(directory.path + "/a", .createNew)
        try file.writeAll([1, 2, 3].span, at: 0)
        #expect(try file.readBytes(Int.max, at: 1) == [2, 3])
        #expect(try file.readBytes(Int.max, at: 100) == [])
        #expect(try file.readBytes(5, at: 2) == [3])
        for (count, offset) in [(-1, Int64(0)), (1, -1), (Int.min, .min)] {
            let error = #expect(throws: IOError.self) { try file.readBytes(count, at: offset) }
            #expect(error?.errno == EINVAL)
        }
        #expect(throws: IOError.self) { try file.readBytes(8, at: .max) }
        #expect(throws: IOError.self) { try file.writeAll([1, 2].span, at: .max) }
        #expect(throws: IOError.self) { try file.truncate(to: -1) }
    }

    @Test("a path with a zero byte is refused: the system would use another file")
    func zeroByte() throws {
        let directory = try TemporaryDirectory()
        let error = #expect(throws: IOError.self) { try disk.open(directory.path + "/a\0b", .createNew) }
        #expect(error?.errno == EINVAL)
        #expect(try disk.list(directory.path) == [])
    }

    @Test("a directory is listed in order, hidden names too")
    func list() throws {
        let directory = try TemporaryDirectory()
        for name in ["b", ".hidden", "a", "ä"] { try disk.open(directory.path + "/" + name, .createNew).close() }
        try disk.createDirectory(directory.path + "/d")
        #expect(try disk.list(directory.path) == [".hidden", "a", "b", "d", "ä"])
        let error = #expect(throws: IOError.self) { try disk.open(directory.path + "/d", .read) }
        #expect(error?.errno == EISDIR)
    }

    @Test("a second lock in this process fails and names this process; release or the end of the object frees it")
    func lockInProcess() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/lock"
        let lock = try disk.lock(path)
        let error = #expect(throws: IOError.self) { try disk.lock(path) }
        #expect(error?.operation == .lock && error?.errno == EWOULDBLOCK)
        #expect(error?.detail == "held by process \(getpid())")
        lock.release()
        lock.release()
        do { _ = try disk.lock(path) }
        _ = try disk.lock(path)
    }

    @Test("a released lock is free although a child that forked, and did not exec yet, has its descriptor")
    func lockInChild() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/lock"
        let lock = try disk.lock(path)
        let held = try #require(
            (0..<1_024).first { number in
                (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(number)")) == path
            }
        )
        let copy = dup(Int32(held))
        try #require(copy >= 0)
        defer { close(copy) }
        lock.release()
        _ = try disk.lock(path)
    }

    @Test("a lock that another process holds names that process, and is free when it dies")
    func lockOfAnotherProcess() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/lock"
        // flock(1) locks a descriptor that the shell opened; the shell's own id stands in the file, as ours would.
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-c", "exec 9>\"$0\"; flock -n 9 || exit 1; echo $$ >&9; echo ready; read line", path]
        let input = Pipe()
        let output = Pipe()
        shell.standardInput = input
        shell.standardOutput = output
        try shell.run()
        let ready = output.fileHandleForReading.availableData
        try #require(ready == Data("ready\n".utf8), "flock(1) is missing or failed")
        let error = #expect(throws: IOError.self) { try disk.lock(path) }
        #expect(error?.detail == "held by process \(shell.processIdentifier)")
        shell.terminate()
        shell.waitUntilExit()
        _ = try disk.lock(path)
        #expect(try disk.contents(of: path, byteCountMax: 100) == Array("\(getpid())\n".utf8))
    }

    @Test("room that is given back takes no blocks, reads as zeros, and can be set aside again")
    func givingBack() throws {
        let directory = try TemporaryDirectory()
        let file = try disk.open(directory.path + "/file", .createNew)
        func blockByteCount() throws -> Int {
            var status = stat()
            try #require(unsafe stat(file.path, &status) == 0)
            return Int(status.st_blocks) * 512
        }
        try file.preallocate(to: 1 << 20)
        try file.writeAll([1, 2, 3].span, at: 0)
        let mapping = try file.mapWritable(count: 1 << 20)
        try file.giveBack(from: 1 << 16)
        #expect(try file.size() == 1 << 20)
        #expect(try blockByteCount() < 1 << 18)
        #expect(try file.readBytes(3, at: 0) == [1, 2, 3])
        #expect(mapping.bytes[(1 << 20) - 1] == 0)
        try file.preallocate(to: 1 << 20)
        #expect(try blockByteCount() >= 1 << 20)
        try mapping.store([9].span, at: (1 << 20) - 1)
        #expect(try file.readBytes(1, at: (1 << 20) - 1) == [9])
        try file.giveBack(from: 1 << 20)
    }

    @Test(
        "the directory of a path is all before its last slash",
        arguments: [
            ("/a/b", "/a"), ("/a", "/"), ("a", "."), ("a/b/c", "a/b"), ("/", "/"),
        ]
    )
    func parents(path: String, parent: String) {
        #expect(path.parentDirectory == parent)
        #expect("/a".appendingPath("b") == "/a/b" && "/".appendingPath("b") == "/b")
    }
}
