import Glibc
import Testing
import VitrineIO
import VitrineTestSupport

@Suite("Stores through a mapping of the simulated disk")
struct MappedStoreTests {
    @Test(
        "are lost by a crash like writes until the file is flushed, and outlive the process",
        arguments: [false, true]
    )
    func crash(isFlushed: Bool) throws {
        let disk = SimulatedFileSystem()
        let file = try disk.open("/a", .createNew)
        try file.preallocate(to: 2_000)
        try file.synchronize()
        try disk.synchronizeDirectory("/")
        let mapping = try file.mapWritable(count: 2_000)
        try mapping.store([1, 2, 3].span, at: 1_000)
        if isFlushed { try file.synchronize() }
        let lost = disk.restarted(after: .lost).contents(ofFile: "/a") ?? []
        #expect(lost.count == 2_000)
        #expect(Array(lost[1_000..<1_003]) == (isFlushed ? [1, 2, 3] : [0, 0, 0]))
        let kept = disk.restarted(after: .kept).contents(ofFile: "/a") ?? []
        #expect(Array(kept[1_000..<1_003]) == [1, 2, 3])
    }

    @Test("are operations: a crash point and a fault meet them")
    func operations() throws {
        let disk = SimulatedFileSystem()
        let file = try disk.open("/a", .createNew)
        try file.preallocate(to: 2_000)
        let mapping = try file.mapWritable(count: 2_000)
        let next = disk.operationCount
        try mapping.store([1].span, at: 0)
        #expect(disk.log[next].kind == .store && disk.log[next].changesDisk)
        disk.crash(at: .before(next + 1))
        let error = #expect(throws: IOError.self) { try mapping.store([1].span, at: 1) }
        #expect(error?.isSimulatedCrash == true)
    }

    @Test("room that is set aside counts against the disk's capacity")
    func capacity() throws {
        let disk = SimulatedFileSystem(capacity: 3_000)
        let file = try disk.open("/a", .createNew)
        try file.preallocate(to: 2_000)
        let other = try disk.open("/b", .createNew)
        let error = #expect(throws: IOError.self) { try other.preallocate(to: 1_001) }
        #expect(error?.errno == ENOSPC && error?.operation == .allocate)
        try other.preallocate(to: 1_000)
        let mapping = try file.mapWritable(count: 2_000)
        try mapping.store([UInt8](repeating: 9, count: 2_000).span, at: 0)
    }

    @Test("a store past the end of a cut file is noted as a misuse")
    func pastTheEnd() throws {
        let disk = SimulatedFileSystem()
        let file = try disk.open("/a", .createNew)
        try file.preallocate(to: 2_000)
        let mapping = try file.mapWritable(count: 2_000)
        try file.truncate(to: 100)
        #expect(throws: IOError.self) { try mapping.store([1].span, at: 500) }
        #expect(disk.misuses.count == 2)
    }
}
