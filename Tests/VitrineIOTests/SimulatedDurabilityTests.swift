import Testing
import VitrineIO
import VitrineTestSupport

@Suite("The simulated disk keeps what POSIX promises and nothing else")
struct SimulatedDurabilityTests {
    @Test("a flushed file is lost while its directory is not flushed")
    func flushedFileWithoutName() throws {
        let disk = SimulatedFileSystem()
        let file = try disk.open("/a", .createNew)
        try file.writeAll([1, 2, 3].span, at: 0)
        try file.synchronize()
        #expect(try disk.restarted(after: .lost).info("/a") == nil)
        #expect(disk.restarted(after: .kept).contents(ofFile: "/a") == [1, 2, 3])
        try disk.synchronizeDirectory("/")
        #expect(disk.restarted(after: .lost).contents(ofFile: "/a") == [1, 2, 3])
    }
}
