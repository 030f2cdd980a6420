internal import VitrineIO

/// Which files a store has, as far as can be told although some of them may be damaged.
struct StoreFiles {
    let storeID: UInt64
    /// In the order in which they were written.
    let segments: [UInt32]
    let checkpoint: CheckpointMark?
    /// What is wrong with the manifest.
    var findings: [StoreFinding] = []
}

/// Reads a store's files without changing them.
struct StoreReader {
    let disk: any FileSystem
    let directory: String

    func path(ofSegment number: UInt32) -> String {
        directory.appendingPath("journal").appendingPath(SegmentHeader.fileName(number))
    }

    /// Refuses a directory in which there is neither a catalog nor a backup.
    func checkIsThere() throws {
        let isThere = try onDisk("looking for a catalog") { () throws(IOError) in
            for name in [Manifest.fileName, "journal"] where try disk.info(directory.appendingPath(name)) != nil {
                return true
            }
            return false
        }
        guard isThere else {
            throw CatalogError(.invalidArgument, "there is neither a catalog nor a backup at \(directory)")
        }
    }

    /// Reads the manifest, or what the journal's own files say in its place when it is damaged.
    ///
    /// - Throws: `CatalogError` with `invalidArgument` when there is nothing, `isCorrupt` when what there is tells nothing,
    ///   `unsupportedFormat`, `ioFailed`.
    func files() throws -> StoreFiles {
        try checkIsThere()
        let path = directory.appendingPath(Manifest.fileName)
        do {
            let bytes = try onDisk("reading the manifest") { () throws(IOError) in
                try disk.contents(of: path, byteCountMax: Manifest.byteCountMax)
            }
            let manifest = try Manifest(bytes.span, path: path)
            return StoreFiles(
                storeID: manifest.storeID,
                segments: manifest.segments,
                checkpoint: manifest.checkpoint
            )
        } catch let error as CatalogError where error.code != .unsupportedFormat {
            var files = try filesWithoutManifest(error)
            files.findings.append(StoreFinding(path, at: 0, error.message))
            return files
        }
    }

    private func filesWithoutManifest(_ error: CatalogError) throws -> StoreFiles {
        let names = try onDisk("listing the journal") { () throws(IOError) in
            try disk.list(directory.appendingPath("journal"))
        }
        let numbers = names.compactMap(SegmentHeader.number(ofFile:)).sorted()
        for number in numbers {
            let head = try? disk.open(path(ofSegment: number), .read).readBytes(SegmentHeader.byteCount, at: 0)
            guard let head, let storeID = SegmentHeader.storeID(of: head.span) else { continue }
            return StoreFiles(storeID: storeID, segments: numbers, checkpoint: try newestCheckpoint(of: storeID))
        }
        throw error
    }

    /// The newest of the checkpoints whose front is whole.
    private func newestCheckpoint(of storeID: UInt64) throws -> CheckpointMark? {
        let names = try onDisk("listing the store") { () throws(IOError) in try disk.list(directory) }
        let headers = names.compactMap { name -> CheckpointHeader? in
            guard let number = CheckpointHeader.number(ofFile: name) else { return nil }
            let path = directory.appendingPath(name)
            let bytes = try? disk.open(path, .read).readBytes(CheckpointHeader.byteCount, at: 0)
            guard let bytes, let header = try? CheckpointHeader(bytes, path: path) else { return nil }
            return header.storeID == storeID && header.number == number ? header : nil
        }
        return headers.max { $0.number < $1.number }.map { CheckpointMark(number: $0.number, place: $0.place) }
    }

    /// Makes the directories of a new store, with their names on disk.
    func makeDirectories() throws {
        let journal = directory.appendingPath("journal")
        try onDisk("making the directory") { () throws(IOError) in
            try disk.createDirectories(journal)
            for path in [journal, directory, directory.parentDirectory] { try disk.synchronizeDirectory(path) }
        }
    }

    /// The whole contents of a segment; `nil` when there is no such file.
    func contents(ofSegment number: UInt32) throws -> [UInt8]? {
        let path = path(ofSegment: number)
        return try onDisk("reading the journal") { () throws(IOError) -> [UInt8]? in
            guard try disk.info(path) != nil else { return nil }
            let file = try disk.open(path, .read)
            defer { try? file.close() }
            return try file.readBytes(Int(try file.size()), at: 0)
        }
    }

    /// Bytes of all the segments together.
    func byteCount(of segments: [UInt32]) -> Int {
        segments.reduce(0) { sum, number in
            // What cannot be looked at is found when it is read.
            let info = try? disk.info(path(ofSegment: number))
            return sum + Int(info?.size ?? 0)
        }
    }
}

extension SegmentHeader {
    /// The store that a whole header names, whichever that is.
    static func storeID(of bytes: Span<UInt8>) -> UInt64? {
        guard bytes.count >= byteCount, begins(bytes),
            CRC32C.checksum(of: bytes.extracting(0..<44)) == bytes.littleEndian(at: 44)
        else { return nil }
        return bytes.littleEndian(at: 16)
    }
}
