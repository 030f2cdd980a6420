package import VitrineIO

/// How far reading the journal has got.
package struct JournalProgress: Sendable {
    package var replayedByteCount: Int
    package var totalByteCount: Int
}

/// What reading the journal found.
package struct JournalRecovery: Sendable {
    /// The number that the next operation gets.
    package var nextSequence: UInt64 = 1
    /// Whether the last thing in the journal is a close, or there is nothing.
    package var endsWithClose = true
    package var recordCount = 0
    package var operationCount = 0
    package var replayedByteCount = 0
    /// Bytes cut off because a crash had left them unfinished.
    package var tornByteCount = 0
    /// The latest time that a record states.
    package var lastTime: UInt64 = 0
}

extension Journal {
    /// Reads the journal, hands over its operations from `start` on, and stands ready to append; blocks.
    ///
    /// - Parameters:
    ///   - start: loads the checkpoint that the manifest names and returns where the journal goes on from it, or `nil`
    ///     to read all of it.
    ///   - progress: told now and then how far reading has got.
    ///   - replay: takes each operation, in order, of records that are whole.
    /// - Throws: `CatalogError` with `isCorrupt`, `unsupportedFormat`, `ioFailed` or `diskFull`; what the closures throw.
    package static func open(
        _ options: JournalOptions,
        start: (Manifest) throws -> JournalPlace?,
        progress: (JournalProgress) -> Void,
        replay: FrameHandler
    ) throws -> (journal: Journal, recovery: JournalRecovery) {
        var reader = try JournalReader(options)
        let place = try start(reader.manifest)
        try reader.readRecords(from: place, progress: progress, replay: replay)
        let state = try reader.settle()
        return (try Journal(options, reader.manifest, state), reader.recovery)
    }
}

/// One listed segment, while the journal is read.
package struct ListedSegment {
    package let number: UInt32
    package let file: any StorageFile
    package let size: Int
    /// `nil` for one that was not begun, or whose beginning is lost.
    package let header: SegmentHeader?
    /// What reading found, for those that were read.
    package var scan: SegmentScan?
}

/// Reads a journal from its oldest segment or from a checkpoint's place, and makes its end fit to be written on.
package struct JournalReader {
    package let options: JournalOptions
    package var manifest: Manifest
    package var listed: [ListedSegment] = []
    package var recovery = JournalRecovery()
    /// Which of the listed segments is read first.
    package var firstRead = 0
    /// The segment whose end was torn, and where.
    package var cut: (index: Int, end: Int)?

    private var disk: any FileSystem { options.disk }

    /// Reads the manifest, or begins a new store, and opens every listed file.
    package init(_ options: JournalOptions) throws {
        self.options = options
        manifest = try JournalReader.readManifest(options)
        if manifest.segments.isEmpty { recovery.nextSequence = options.freshSequence }
        try removeUnlisted()
        for number in manifest.segments { listed.append(try open(number)) }
    }

    private static func readManifest(_ options: JournalOptions) throws -> Manifest {
        let path = options.manifestPath
        let disk = options.disk
        let bytes = try onDisk("opening the store") { () throws(IOError) -> [UInt8]? in
            try disk.createDirectories(options.journalDirectory)
            return try disk.info(path) == nil ? nil : try disk.contents(of: path, byteCountMax: Manifest.byteCountMax)
        }
        if let bytes { return try Manifest(bytes.span, path: path) }
        // The manifest is the first file that a store gets.
        let names = try onDisk("listing the journal") { () throws(IOError) in try disk.list(options.journalDirectory) }
        if let name = names.first(where: { SegmentHeader.number(ofFile: $0) != nil }) {
            let segmentPath = options.journalDirectory.appendingPath(name)
            let head = try onDisk("reading the journal") { () throws(IOError) in
                try disk.open(segmentPath, .read).readBytes(SegmentHeader.byteCount, at: 0)
            }
            if head.count >= 12, SegmentHeader.begins(head.span) {
                let version: UInt32 = head.span.littleEndian(at: 8)
                if version != SegmentHeader.formatVersion {
                    throw CatalogError.unsupportedJournal(segmentPath, version: version)
                }
            }
            throw CatalogError.corrupt(path, at: 0, "the manifest is missing, and \(segmentPath) is there")
        }
        let fresh = Manifest(storeID: options.freshStoreID)
        try onDisk("beginning a store") { () throws(IOError) in
            try disk.replaceFile(at: path, with: fresh.encoded().span)
        }
        return fresh
    }

    /// What is not listed was left over by a crash, or by a removal that failed.
    private func removeUnlisted() throws {
        let known = Set(manifest.segments)
        try onDisk("tidying the journal") { () throws(IOError) in
            for name in try disk.list(options.journalDirectory) {
                guard let number = SegmentHeader.number(ofFile: name), !known.contains(number) else { continue }
                try disk.remove(options.path(ofSegment: number))
            }
            let directory = options.manifestPath.parentDirectory
            for name in try disk.list(directory) {
                guard let number = CheckpointHeader.number(ofFile: name), number != manifest.checkpoint?.number else {
                    continue
                }
                try disk.remove(directory.appendingPath(name))
            }
        }
    }

    private func open(_ number: UInt32) throws -> ListedSegment {
        let path = options.path(ofSegment: number)
        let (file, size, head) = try onDisk("opening the journal") {
            () throws(IOError) -> (any StorageFile, Int64, [UInt8])? in
            guard try disk.info(path) != nil else { return nil }
            let file = try disk.open(path, .readWrite)
            return (file, try file.size(), try file.readBytes(SegmentHeader.byteCount, at: 0))
        }.orThrow(CatalogError.corrupt(path, at: 0, "the segment is listed in the manifest, and its file is missing"))
        // Positions in a segment are 32 bits wide, and none is made that passes them.
        guard size <= Int64(UInt32.max) else {
            throw CatalogError.corrupt(path, at: 0, "\(size) bytes are more than a segment can have")
        }
        let header = try SegmentHeader.read(head.span, storeID: manifest.storeID, number: number, path: path)
        return ListedSegment(number: number, file: file, size: Int(size), header: header)
    }
}

extension Optional {
    /// The value, or the error when there is none.
    fileprivate func orThrow(_ error: @autoclosure () -> CatalogError) throws -> Wrapped {
        guard let self else { throw error() }
        return self
    }
}
