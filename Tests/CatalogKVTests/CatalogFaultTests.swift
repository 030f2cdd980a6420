import CatalogKV
import Testing
import VitrineTestSupport

@Suite("When the disk fails, a catalog")
struct CatalogFaultTests {
    private static let key = Key(partition: "p", sort: "1")

    @Test(
        "throws a typed error, goes read-only for good, serves reads, and has what was acknowledged when opened again",
        arguments: [SimulatedOperation.Kind.write, .synchronize],
        [5, 28] as [Int32]
    )
    func readOnly(_ kind: SimulatedOperation.Kind, errno: Int32) async throws {
        let disk = SimulatedFileSystem()
        let catalog = try await openCatalog(on: disk)
        let key = CatalogFaultTests.key
        try await catalog.put([1], for: key)
        disk.fail(errno: errno) { $0.kind == kind }
        do {
            try await catalog.put([2], for: key)
            Issue.record("a write was acknowledged though its \(kind) failed")
        } catch let error as CatalogError {
            #expect(error.code == .ioFailed && "\(error)".contains("errno \(errno)"))
            #expect("\(error)".contains("00000001.log"))
        }
        // The disk is well again, and still nothing is written: a second flush would report success it does not have.
        do {
            try await catalog.put([3], for: key)
            Issue.record("a write was taken after a failed one")
        } catch let error as CatalogError {
            #expect(error.code == .isReadOnly && "\(error)".contains("errno \(errno)"))
        }
        #expect(await code { try await catalog.delete(key) } == .isReadOnly)
        #expect(catalog.statistics.readOnlyReason?.contains("errno \(errno)") == true)
        #expect(try catalog.value(for: key) == [1])
        try await catalog.close()
        #expect(disk.misuses == [])

        disk.crash()
        let again = try await openCatalog(on: disk.restarted(after: .lost))
        #expect(try again.value(for: key) == [1])
        try await again.put([4], for: key)
        #expect(again.statistics.readOnlyReason == nil)
        try await again.close()
    }

    @Test("goes read-only when a new segment cannot be started")
    func rollFails() async throws {
        let disk = SimulatedFileSystem()
        let catalog = try await openCatalog(on: disk)
        disk.fail(errno: 28) { $0.kind == .rename }
        let value = [UInt8](repeating: 3, count: 1_500)
        try await catalog.put(value, for: Key(partition: "1"))
        try await catalog.put(value, for: Key(partition: "2"))
        #expect(await code { try await catalog.put(value, for: Key(partition: "3")) } == .ioFailed)
        #expect(await code { try await catalog.put(value, for: Key(partition: "4")) } == .isReadOnly)
        #expect(try catalog.value(for: Key(partition: "2")) == value)
        try await catalog.close()
        let again = try await openCatalog(on: disk)
        #expect(try again.value(for: Key(partition: "2")) == value)
        #expect(try again.value(for: Key(partition: "3")) == nil)
        try await again.put(value, for: Key(partition: "3"))
        #expect(again.statistics.segmentCount == 2)
        try await again.close()
    }

    @Test("reports a read that fails and stays writable")
    func readFails() async throws {
        let disk = SimulatedFileSystem()
        let catalog = try await openCatalog(on: disk)
        try await catalog.put([1], for: CatalogFaultTests.key)
        disk.fail(errno: 5) { $0.kind == .read }
        #expect(await code { _ = try catalog.value(for: CatalogFaultTests.key) } == .ioFailed)
        #expect(try catalog.value(for: CatalogFaultTests.key) == [1])
        try await catalog.put([2], for: CatalogFaultTests.key)
        try await catalog.close()
    }

    @Test("that could not be opened lets go of the directory")
    func openFails() async throws {
        let disk = SimulatedFileSystem()
        disk.fail(errno: 5) { $0.kind == .list }
        #expect(await code { _ = try await openCatalog(on: disk) } == .ioFailed)
        #expect(disk.heldLockCount == 0)
        try await openCatalog(on: disk).close()
    }
}
