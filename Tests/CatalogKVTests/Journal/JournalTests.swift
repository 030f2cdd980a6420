import CatalogKV
import Testing
import VitrineIO
import VitrineSync
import VitrineTestSupport

@Suite("The journal")
struct JournalTests {
    @Test("gives back what was appended, over many segments, after a close and after the process ended")
    func reopens() async throws {
        for isClosed in [true, false] {
            let disk = SimulatedFileSystem()
            var expected: [JournalEntry] = []
            let writer = try JournalWriter(disk)
            for index in 0..<200 {
                let value = [UInt8](repeating: UInt8(index), count: 100)
                let (first, placement) = try await writer.put("k\(index)", value, isSynced: index % 3 == 0)
                expected.append(JournalEntry(sequence: first, name: "k\(index)", value: value))
                #expect(placement.end == writer.journal.place(nextSequence: first + 1).position)
            }
            #expect(writer.journal.segmentList().count > 5)
            if isClosed { try await writer.close() }
            let again = try JournalWriter(disk.restarted(after: .kept))
            #expect(again.entries == expected)
            #expect(again.recovery.endsWithClose == isClosed)
            #expect(again.recovery.nextSequence == 201)
            #expect(again.recovery.tornByteCount == 0)
            try await again.put("last", [1])
            try await again.close()
            #expect(disk.misuses.isEmpty)
        }
    }

    @Test("reads what it appended from memory at once")
    func readsAtOnce() async throws {
        let writer = try JournalWriter(SimulatedFileSystem())
        var locations: [(Location, [UInt8])] = []
        for index in 0..<100 {
            let value = [UInt8](repeating: UInt8(index), count: 80)
            let (_, placement) = try await writer.put("key", value, isSynced: false)
            locations.append((placement.location(ofFrameAt: RecordHeader.byteCount, byteCount: 16 + 3 + 80), value))
        }
        let segments = writer.journal.segments
        for (location, value) in locations {
            let bytes = segments.bytes(at: location)
            let found = if let frame = OperationFrame(bytes), frame.isIntact() { frame.value.copied } else { [UInt8]() }
            #expect(found == value)
        }
        try await writer.close()
    }

    @Test("a record larger than a segment gets a segment of its own size")
    func largeRecord() async throws {
        let disk = SimulatedFileSystem()
        let writer = try JournalWriter(disk)
        try await writer.put("small", [1])
        try await writer.put("large", [UInt8](repeating: 2, count: 100_000))
        try await writer.put("after", [3])
        try await writer.close()
        let again = try JournalWriter(disk.restarted(after: .kept))
        #expect(again.entries.map(\.value.count) == [1, 100_000, 1])
    }

    @Test("writers that wait together share flushes")
    func sharesFlushes() async throws {
        let directory = try TemporaryDirectory()
        let writer = try JournalWriter(PosixFileSystem(), at: directory.path, segmentByteCount: 1 << 20)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<32 {
                group.addTask {
                    for index in 0..<20 { try await writer.put("t\(task)", [UInt8(index)]) }
                }
            }
            try await group.waitForAll()
        }
        #expect(writer.journal.flushCount < 320)
        try await writer.close()
        #expect(try JournalWriter(PosixFileSystem(), at: directory.path).entries.count == 640)
    }

    @Test("a failed flush ends writing for good, and says why")
    func failedFlush() async throws {
        let disk = SimulatedFileSystem()
        let writer = try JournalWriter(disk)
        try await writer.put("a", [1])
        disk.fail(errno: 5) { $0.kind == .synchronize }
        let first = await #expect(throws: CatalogError.self) { try await writer.put("b", [2]) }
        #expect(first?.code == .ioFailed)
        let second = await #expect(throws: CatalogError.self) { try await writer.put("c", [3]) }
        #expect(second?.code == .isReadOnly)
        await #expect(throws: CatalogError.self) { try await writer.close() }
        #expect(disk.misuses.isEmpty)
    }

    @Test("a full disk refuses the record that needs a new segment, and only as long as it is full")
    func fullDisk() async throws {
        let disk = SimulatedFileSystem(capacity: 10_000)
        let writer = try JournalWriter(disk)
        var error: CatalogError?
        var count = 0
        while error == nil, count < 100 {
            do {
                try await writer.put("k\(count)", [UInt8](repeating: 1, count: 300))
                count += 1
            } catch let caught as CatalogError {
                error = caught
            }
        }
        #expect(error?.code == .diskFull)
        #expect(count > 15)
        disk.setCapacity(100_000)
        try await writer.put("more", [2])
        try await writer.close()
        #expect(try JournalWriter(disk.restarted(after: .kept)).entries.count == count + 1)
    }

    @Test("goes on from a checkpoint's place, and from later segments once that one is gone")
    func startsInTheMiddle() async throws {
        let disk = SimulatedFileSystem()
        let writer = try JournalWriter(disk)
        for index in 0..<40 { try await writer.put("k\(index)", [UInt8](repeating: 0, count: 300)) }
        let (place, _) = writer.journal.place(nextSequence: 41)
        for index in 40..<80 { try await writer.put("k\(index)", [UInt8](repeating: 0, count: 300)) }
        try writer.journal.discard([1, 2])
        try await writer.close()
        let again = try JournalWriter(disk.restarted(after: .kept), from: place)
        #expect(again.entries.map(\.sequence) == Array(41...80))
        #expect(!again.journal.segmentList().contains { $0.number <= 2 })
    }

    @Test("a listed segment that is missing is named")
    func missingSegment() async throws {
        let disk = SimulatedFileSystem()
        let writer = try JournalWriter(disk)
        for index in 0..<40 { try await writer.put("k\(index)", [UInt8](repeating: 0, count: 300)) }
        try await writer.close()
        let damaged = disk.restarted(after: .kept)
        try damaged.remove("/store/journal/00000002.log")
        let error = #expect(throws: CatalogError.self) { try JournalWriter(damaged) }
        #expect(error?.code == .isCorrupt && error?.message.contains("00000002.log") == true)
        try disk.remove("/store/manifest")
        let other = #expect(throws: CatalogError.self) { try JournalWriter(disk.restarted(after: .kept)) }
        #expect(other?.code == .isCorrupt && other?.message.contains("manifest") == true)
    }

    @Test("a store of the first format is refused by name")
    func firstFormat() throws {
        let disk = SimulatedFileSystem()
        try disk.createDirectories("/store/journal")
        var bytes = Array("VitrKVJ\n".utf8)
        bytes.appendLittleEndian(UInt32(1))
        bytes += [UInt8](repeating: 0, count: 36)
        try disk.replaceFile(at: "/store/journal/00000001.log", with: bytes.span)
        let error = #expect(throws: CatalogError.self) { try JournalWriter(disk) }
        #expect(error?.code == .unsupportedFormat && error?.message.contains("format 1") == true)
    }

    @Test("leaves its manifest alone once it is closed, for another may have the directory then")
    func closedManifest() async throws {
        let disk = SimulatedFileSystem()
        let writer = try JournalWriter(disk)
        for number in 0..<40 {
            _ = try await writer.append([(name: "a", value: [UInt8](repeating: 1, count: 300 + number))])
        }
        try await writer.journal.close(nextSequence: 41, time: 0)
        let before = disk.contents(ofFile: "/store/manifest")
        let change = #expect(throws: CatalogError.self) { try writer.journal.updateManifest { $0.nextNumber += 1 } }
        #expect(change?.code == .isClosed)
        let discard = #expect(throws: CatalogError.self) { try writer.journal.discard([1]) }
        #expect(discard?.code == .isClosed)
        #expect(disk.contents(ofFile: "/store/manifest") == before)
        #expect(try disk.info("/store/journal/00000001.log") != nil)
    }
}
