import CatalogKV
import Testing
import VitrineIO
import VitrineTestSupport

@Suite("A journal after a crash")
struct JournalCrashTests {
    @Test("has what was acknowledged, in order, without a half record; at every operation, twice")
    func sweep() async throws {
        let report = try await CrashSweep.run(
            seed: TestEnvironment.seed(21),
            rounds: TestEnvironment.count(2, soak: 40),
            recoveryCrashes: 1
        ) { disk, record in
            let writer = try JournalWriter(disk)
            for index in 0..<36 {
                record.attempt(index)
                let value = [UInt8](repeating: UInt8(index), count: 150)
                let isSynced = index % 4 == 3
                let outcome = try await writer.append([("a\(index)", value), ("b\(index)", value)])
                if isSynced {
                    try await writer.journal.settle(outcome.placement.end)
                    for settled in max(0, index - 3)...index { record.acknowledge(settled) }
                }
            }
            try await writer.close()
        } check: { disk, record in
            let writer = try JournalWriter(disk)
            // A check that a crash ended may have written before.
            let entries = writer.entries.filter { $0.name != "new" }
            try hold(entries.count % 2 == 0, "half a record")
            for (place, entry) in entries.enumerated() {
                try hold(entry.sequence == UInt64(place) + 1, "sequence \(entry.sequence) at \(place)")
                let name = (place % 2 == 0 ? "a" : "b") + "\(place / 2)"
                try hold(entry.name == name && entry.value.count == 150, "\(entry.name) in place of \(name)")
            }
            try hold(entries.count / 2 >= record.acknowledged.count, "\(record.acknowledged.count) were promised")
            try hold(entries.count / 2 <= record.attempted.count, "more than was written")
            try await writer.put("new", [1])
            let again = try JournalWriter(disk.restarted(after: .lost))
            try hold(again.entries.count == writer.entries.count + 1, "what was written after the crash")
        }
        #expect(report.failures.isEmpty, "\(report)")
        #expect(report.checkCount > 400)
    }

    @Test("damage in front of something that was flushed later is named, not cut off", arguments: [1, 2, 3])
    func damage(segment: UInt32) async throws {
        let disk = SimulatedFileSystem()
        let writer = try JournalWriter(disk)
        while writer.journal.segmentList().count < 4 { try await writer.put("key", [UInt8](repeating: 1, count: 200)) }
        for _ in 0..<3 { try await writer.put("key", [UInt8](repeating: 1, count: 200)) }
        let name = "/store/journal/0000000\(segment).log"
        for offset in [20, 60, 900] {
            let damaged = disk.restarted(after: .kept)
            damaged.flipBit(3, ofByte: offset, in: name)
            let error = #expect(throws: CatalogError.self) { try JournalWriter(damaged) }
            #expect(error?.code == .isCorrupt && error?.message.contains(name) == true, "offset \(offset)")
        }
        // A whole sector of zeros in place of records.
        let damaged = disk.restarted(after: .kept)
        try damaged.open(name, .readWrite).writeAll([UInt8](repeating: 0, count: 512).span, at: 1_024)
        let error = #expect(throws: CatalogError.self) { try JournalWriter(damaged) }
        #expect(error?.code == .isCorrupt)
    }

    @Test("an end that was never flushed is cut off, with the segments behind it")
    func tornAcrossSegments() async throws {
        let disk = SimulatedFileSystem()
        let writer = try JournalWriter(disk)
        for index in 0..<5 { try await writer.put("s\(index)", [UInt8](repeating: 1, count: 200)) }
        let end = writer.journal.place(nextSequence: 6).place.offset
        while writer.journal.segmentList().count < 3 {
            try await writer.put("u", [UInt8](repeating: 2, count: 200), isSynced: false)
        }
        let torn = disk.restarted(after: .kept)
        torn.flipBit(1, ofByte: Int(end) + 40, in: "/store/journal/00000001.log")
        let again = try JournalWriter(torn)
        #expect(again.entries.map(\.name) == (0..<5).map { "s\($0)" })
        #expect(again.recovery.tornByteCount > 0)
        #expect(again.journal.segmentList().count == 1)
        try await again.put("after", [3])
        #expect(try JournalWriter(torn.restarted(after: .lost)).entries.count == 6)
    }

    @Test("a segment whose beginning was never flushed is cut off also behind one whose seal gave way to a close")
    func tornHeaderBehindClose() async throws {
        let disk = SimulatedFileSystem()
        let writer = try JournalWriter(disk)
        for index in 0..<3 { try await writer.put("s\(index)", [UInt8](repeating: 1, count: 1_000)) }
        // What is left holds a record, and one mark, but not two.
        let end = Int(writer.journal.place(nextSequence: 4).place.offset)
        let overhead = (end - SegmentHeader.byteCount) / 3 - 1_000
        let wanted = 4_096 - 2 * RecordHeader.byteCount + 1
        try await writer.put("s3", [UInt8](repeating: 1, count: wanted - end - overhead))
        try await writer.close()
        let rolled = disk.restarted(after: .kept)
        let again = try JournalWriter(rolled)
        #expect(again.journal.segmentList().count == 1)
        try await again.put("lost", [UInt8](repeating: 2, count: 1_000), isSynced: false)
        #expect(again.journal.segmentList().count == 2)
        let torn = rolled.restarted(after: .kept)
        let header = [UInt8](repeating: 0, count: SegmentHeader.byteCount)
        try torn.open("/store/journal/00000002.log", .readWrite).writeAll(header.span, at: 0)
        let last = try JournalWriter(torn)
        #expect(last.entries.map(\.name) == (0..<4).map { "s\($0)" })
        #expect(last.recovery.tornByteCount > 0)
        try await last.put("after", [3])
        #expect(try JournalWriter(torn.restarted(after: .lost)).entries.map(\.name).suffix(2) == ["s3", "after"])
    }
}
