import Testing
import VitrineIO
import VitrineTestSupport

/// Three small stores that each leave out one step, and the same stores with it: the sweep must tell them apart.
@Suite("The sweep finds writers that are wrong and passes those that are right")
struct WrongWriterTests {
    static let seed = TestEnvironment.seed(0xC0FFEE)

    @Test("a log that is flushed before it acknowledges passes; one that is not is caught", arguments: [true, false])
    func flushBeforeAcknowledging(isRight: Bool) async throws {
        let report = try await CrashSweep.run(seed: Self.seed, rounds: 3, recoveryCrashes: 1) {
            (disk, record: SweepRecord<UInt8>) in
            try disk.createDirectories("/store")
            let file = try disk.open("/store/log", .createNew)
            try disk.synchronizeDirectory("/store")
            for value in UInt8(1)...6 {
                record.attempt(value)
                try file.writeAll(
                    ChecksummedLog.record(value).span,
                    at: Int64(value - 1) * ChecksummedLog.recordByteCount
                )
                if isRight { try file.synchronize() }
                record.acknowledge(value)
            }
        } check: { disk, record in
            try ChecksummedLog.check(disk, record)
        }
        #expect(report.failures.isEmpty == isRight, "\(report)")
        #expect(report.checkCount > 100, "\(report)")
    }

    @Test("a recorded sweep tells the same logs apart, and counts each disk once", arguments: [true, false])
    func recorded(isRight: Bool) async throws {
        let report = try await RecordedCrashSweep.run(seed: Self.seed, rounds: 3, recoveryInterval: 5) {
            (disk, record: SweepRecord<UInt8>) in
            try disk.createDirectories("/store")
            let file = try disk.open("/store/log", .createNew)
            try disk.synchronizeDirectory("/store")
            for value in UInt8(1)...60 {
                record.attempt(value)
                let bytes = ChecksummedLog.record(value)
                try file.writeAll(bytes.span, at: Int64(value - 1) * ChecksummedLog.recordByteCount)
                // Now and then it forgets the flush, which only a sweep of every moment must find.
                if isRight || value != 40 { try file.synchronize() }
                record.acknowledge(value)
            }
        } check: { disk, record in
            try ChecksummedLog.check(disk, record)
        }
        #expect(report.failures.isEmpty == isRight, "\(report)")
        #expect(report.runCount == 1)
        #expect(report.checkCount > 200, "\(report)")
    }

    @Test("a recorded sweep tells a killed process from lost power", arguments: [true, false])
    func recordedKills(checksBuffered: Bool) async throws {
        let report = try await RecordedCrashSweep.run(seed: Self.seed) { (disk, record: SweepRecord<UInt8>) in
            try disk.createDirectories("/store")
            let file = try disk.open("/store/log", .createNew)
            try disk.synchronizeDirectory("/store")
            for value in UInt8(1)...20 {
                record.attempt(value)
                let bytes = ChecksummedLog.record(value)
                try file.writeAll(bytes.span, at: Int64(value - 1) * ChecksummedLog.recordByteCount)
                record.acknowledge(value)
            }
        } check: { disk, record in
            if record.hasLostPower, !checksBuffered { return }
            try ChecksummedLog.check(disk, record)
        }
        // What was never flushed survives the process, torn last write and all, and not the machine.
        #expect(report.failures.isEmpty != checksBuffered, "\(report)")
    }

    @Test(
        "a replacement that flushes the directory passes; rename alone is caught",
        arguments: [true, false]
    )
    func directoryFlushAfterRename(isRight: Bool) async throws {
        let report = try await CrashSweep.run(seed: Self.seed, rounds: 3) { (disk, record: SweepRecord<[UInt8]>) in
            for generation in UInt8(1)...4 {
                let contents = [UInt8](repeating: generation, count: 1_300)
                record.attempt(contents)
                if isRight {
                    try disk.replaceFile(at: "/config", with: contents.span)
                } else {
                    let file = try disk.open("/config.new", .createIfMissing)
                    try file.truncate(to: 0)
                    try file.writeAll(contents.span, at: 0)
                    try file.synchronize()
                    try file.close()
                    try disk.rename("/config.new", to: "/config")
                }
                record.acknowledge(contents)
            }
        } check: { disk, record in
            try Self.checkReplaced(disk, record)
        }
        #expect(report.failures.isEmpty == isRight, "\(report)")
    }

    @Test("a replacement that renames before it flushes the file is caught")
    func renameBeforeFlush() async throws {
        let report = try await CrashSweep.run(seed: Self.seed, rounds: 3) { (disk, record: SweepRecord<[UInt8]>) in
            for generation in UInt8(1)...4 {
                let contents = [UInt8](repeating: generation, count: 1_300)
                record.attempt(contents)
                let file = try disk.open("/config.new", .createIfMissing)
                try file.truncate(to: 0)
                try file.writeAll(contents.span, at: 0)
                try disk.rename("/config.new", to: "/config")
                try disk.synchronizeDirectory("/")
                try file.synchronize()
                try file.close()
                record.acknowledge(contents)
            }
        } check: { disk, record in
            try Self.checkReplaced(disk, record)
        }
        #expect(!report.failures.isEmpty, "\(report)")
    }

    @Test(
        "a log with checksums drops a torn tail; one without takes it for a record and is caught",
        arguments: [true, false]
    )
    func checksum(isRight: Bool) async throws {
        let report = try await CrashSweep.run(seed: Self.seed, rounds: 6) { (disk, record: SweepRecord<UInt8>) in
            let file = try disk.open("/log", .createNew)
            try disk.synchronizeDirectory("/")
            for value in UInt8(1)...4 {
                record.attempt(value)
                try file.writeAll(LongLog.record(value, hasChecksum: isRight).span, at: LongLog.offset(of: value))
                try file.synchronize()
                record.acknowledge(value)
            }
        } check: { disk, record in
            let values = try LongLog.read(disk, checksChecksum: isRight)
            try hold(values.starts(with: record.acknowledged), "found \(values), acknowledged \(record.acknowledged)")
            try hold(record.attempted.starts(with: values), "found \(values), attempted \(record.attempted)")
        }
        #expect(report.failures.isEmpty == isRight, "\(report)")
    }

    private static func checkReplaced(
        _ disk: SimulatedFileSystem,
        _ record: SweepRecord<[UInt8]>
    ) throws {
        guard let found = disk.contents(ofFile: "/config") else {
            try hold(record.acknowledged.isEmpty, "the file is gone")
            return
        }
        try hold(record.attempted.contains(found), "neither old nor new: \(found.count) bytes")
        let index = record.attempted.lastIndex(of: found) ?? 0
        try hold(index >= record.acknowledged.count - 1, "an older version came back")
    }
}

/// Records of one value each, shorter than a sector, with a checksum over it.
private enum ChecksummedLog {
    static let recordByteCount: Int64 = 5

    static func record(_ value: UInt8) -> [UInt8] {
        var bytes = [value]
        bytes.appendLittleEndian(CRC32C.checksum(of: [value].span))
        return bytes
    }

    static func check(_ disk: SimulatedFileSystem, _ record: SweepRecord<UInt8>) throws {
        var values: [UInt8] = []
        if try disk.info("/store/log") != nil {
            let bytes = try disk.contents(of: "/store/log", byteCountMax: 1_000)
            var reader = ByteReader(bytes.span)
            while let value = reader.readUInt8(), let crc = reader.readUInt32(),
                crc == CRC32C.checksum(of: [value].span)
            {
                values.append(value)
            }
        }
        try hold(values.starts(with: record.acknowledged), "found \(values), acknowledged \(record.acknowledged)")
        try hold(record.attempted.starts(with: values), "found \(values), attempted \(record.attempted)")
    }
}

/// Records of more than two sectors: length, bytes that all equal the value and, when it has one, a checksum.
private enum LongLog {
    static let bodyByteCount = 1_200
    static let recordByteCount = 4 + bodyByteCount + 4

    static func offset(of value: UInt8) -> Int64 { Int64(value - 1) * Int64(recordByteCount) }

    static func record(_ value: UInt8, hasChecksum: Bool) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(UInt32(bodyByteCount))
        bytes += [UInt8](repeating: value, count: bodyByteCount)
        bytes.appendLittleEndian(hasChecksum ? CRC32C.checksum(of: bytes.span) : 0)
        return bytes
    }

    static func read(_ disk: SimulatedFileSystem, checksChecksum: Bool) throws -> [UInt8] {
        guard try disk.info("/log") != nil else { return [] }
        let bytes = try disk.contents(of: "/log", byteCountMax: 100_000)
        var reader = ByteReader(bytes.span)
        var values: [UInt8] = []
        while reader.remaining > 0 {
            let start = reader.position
            guard let count = reader.readUInt32(), count == bodyByteCount, let body = reader.readBytes(Int(count)),
                let checksum = reader.readUInt32()
            else { break }
            let isWhole = checksum == CRC32C.checksum(of: bytes.span.extracting(start..<start + 4 + Int(count)))
            if checksChecksum, !isWhole { break }
            let value = body[0]
            // What a reader without a checksum would hand to its caller: a record that nobody wrote.
            if !body.allSatisfy({ $0 == value }) { throw SweepViolation("a record of mixed bytes") }
            values.append(value)
        }
        return values
    }
}
