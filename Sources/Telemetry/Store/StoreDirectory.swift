internal import VitrineIO

/// Where a store's files lie.
struct StoreDirectory: Sendable {
    let disk: any FileSystem
    let path: String

    var formatPath: String { path.appendingPath("format") }
    var lockPath: String { path.appendingPath("lock") }
    var catalogPath: String { path.appendingPath("series") }
    var blocksPath: String { path.appendingPath("blocks") }
    var logsPath: String { path.appendingPath("log") }

    static let magic = "VTRNTSD\n"

    /// Takes the lock, and makes the directories and the format file where they are missing.
    ///
    /// - Returns: the lock, and the tiers with the spans that the store was made with.
    func prepare(_ layout: [TierLayout]) throws(TelemetryError) -> (lock: any FileLock, layout: [TierLayout]) {
        try storing("making \(path)") { () throws(IOError) in try disk.createDirectories(path) }
        let names = try storing("listing \(path)") { () throws(IOError) in try disk.list(path) }
        let known: Set = ["format", "format.new", "lock", "series", "series.new", "blocks", "log"]
        if let other = names.first(where: { !known.contains($0) }), !names.contains("format") {
            throw TelemetryError(.notStore, "\(path) holds \(other) and no store; choose another directory")
        }
        let lock = try storing("locking \(path)") { () throws(IOError) in try disk.lock(lockPath) }
        do throws(TelemetryError) {
            let layout = try names.contains("format") ? existing(layout) : made(layout)
            return (lock, layout)
        } catch {
            lock.release()
            throw error
        }
    }

    private func existing(_ layout: [TierLayout]) throws(TelemetryError) -> [TierLayout] {
        let found = try storing("reading \(formatPath)") { () throws(IOError) in
            try disk.contents(of: formatPath, byteCountMax: 4_096)
        }
        let result = try decode(found, layout)
        // An earlier process may have been broken off before the directory was flushed.
        try storing("flushing \(path)") { () throws(IOError) in try disk.synchronizeDirectory(path) }
        return result
    }

    private func made(_ layout: [TierLayout]) throws(TelemetryError) -> [TierLayout] {
        let held = try storing("making \(path)") { () throws(IOError) in
            try disk.createDirectory(blocksPath)
            try disk.createDirectory(logsPath)
            return try disk.list(blocksPath)
        }
        guard held.isEmpty else {
            throw TelemetryError(.storeIsDamaged, "\(path) has blocks and no file named format; restore that file")
        }
        try storing("making \(path)") { () throws(IOError) in
            try disk.synchronizeDirectory(path)
            try disk.replaceFile(at: formatPath, with: Self.format(layout).span)
        }
        return layout
    }

    private func decode(_ found: [UInt8], _ layout: [TierLayout]) throws(TelemetryError) -> [TierLayout] {
        var reader = ByteReader(found.span)
        guard reader.readBytes(8) == Array(Self.magic.utf8), let version = reader.readUInt32(),
            let count = reader.readUInt32(), found.count >= 20
        else { throw TelemetryError(.notStore, "\(formatPath) is not a store's; choose another directory") }
        var tail = ByteReader(found.span.extracting(last: 4))
        guard tail.readUInt32() == CRC32C.checksum(of: found.span.extracting(0..<found.count - 4)) else {
            throw TelemetryError(.storeIsDamaged, "\(formatPath) is damaged; restore it")
        }
        guard version == 1 else {
            throw TelemetryError(.unsupportedFormat, "\(path) has version \(version) and needs a later release")
        }
        var result: [TierLayout] = []
        for tier in layout {
            guard Int(count) == layout.count, let resolution = reader.readInt64(), let span = reader.readInt64(),
                resolution == tier.resolution, span > 0, span < StoredTime.end
            else {
                throw TelemetryError(
                    .unsupportedFormat,
                    "\(path) was made with tiers of other resolutions; open it with those, or make another store"
                )
            }
            result.append(TierLayout(resolution: resolution, retention: tier.retention, span: span))
        }
        return result
    }

    /// Magic, version, and each tier's resolution and span.
    private static func format(_ layout: [TierLayout]) -> [UInt8] {
        var bytes = Array(magic.utf8)
        bytes.appendLittleEndian(UInt32(1))
        bytes.appendLittleEndian(UInt32(layout.count))
        for tier in layout {
            bytes.appendLittleEndian(tier.resolution)
            bytes.appendLittleEndian(tier.span)
        }
        bytes.appendLittleEndian(CRC32C.checksum(of: bytes.span))
        return bytes
    }
}
