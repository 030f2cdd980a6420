internal import Glibc
internal import VitrineIO

extension JournalReader {
    /// Makes what was read durable before anybody is told of it, cuts off what was torn, and maps every segment.
    ///
    /// The records since the last place known to be flushed are written once more where they stand. After a flush that
    /// failed, the system may keep pages in memory that it no longer means to write (Rebello et al., "Can applications
    /// recover from fsync failures?", 2020): a process that restarts reads them, and a flush then reports success.
    package mutating func settle() throws -> JournalState {
        try rewriteUnsettled()
        try cutTail()
        let lastBegun = listed.lastIndex { $0.header != nil }
        // A segment that a checkpoint spares from being read must still be one.
        for segment in listed[..<(lastBegun ?? 0)] where segment.header == nil {
            throw CatalogError.corrupt(options.path(ofSegment: segment.number), at: 0, "the segment's header is gone")
        }
        let isSealed = lastBegun.map { listed[$0].scan?.ending == .sealed } ?? true
        let activeIndex = isSealed ? nil : lastBegun
        try dropUnfitSpares(after: lastBegun)
        for (index, segment) in listed.enumerated() where index != activeIndex && segment.header != nil {
            try install(segment, isWritable: false)
        }
        let spareIndex = listed.lastIndex { $0.header == nil }
        let spare = try spareIndex.map { try install(listed[$0], isWritable: true) }
        let active: ActiveSegment
        var remainingSpare = spare
        if let activeIndex {
            active = try resume(activeIndex)
        } else {
            active = try begin(in: try spare ?? makeSpare(), after: lastBegun)
            remainingSpare = nil
        }
        return JournalState(
            storeID: manifest.storeID,
            segmentByteCount: ordinaryByteCount,
            preparesAhead: options.segmentByteCount >= JournalOptions.preparedByteCountMin,
            active: active,
            sealed: sealedSegments(activeIndex),
            spare: remainingSpare,
            endsWithClose: recovery.endsWithClose
        )
    }

    /// What an ordinary segment is made with.
    private var ordinaryByteCount: Int {
        options.ordinaryByteCount(live: listed.reduce(0) { $0 + options.segments.liveByteCount($1.number) })
    }

    private func rewriteUnsettled() throws {
        let scans = listed.compactMap(\.scan)
        let settled = scans.map(\.settled).max() ?? 0
        for segment in listed {
            guard let scan = segment.scan else { continue }
            guard scan.start + UInt64(scan.end) > settled else { continue }
            let from = settled > scan.start ? Int(settled - scan.start) : 0
            // A close alone too: it holds nothing, but what is written behind it will vouch for its place.
            try onDisk("making the end of the journal safe") { () throws(IOError) in
                let bytes = try segment.file.readBytes(scan.end - from, at: Int64(from))
                try segment.file.writeAll(bytes.span, at: Int64(from))
                try segment.file.synchronize()
            }
        }
    }

    /// Takes the torn end off, and all segments behind it.
    private mutating func cutTail() throws {
        guard let cut else { return }
        var dropped = Array(listed[(cut.index + 1)...])
        if cut.end < SegmentHeader.byteCount {
            dropped.insert(listed[cut.index], at: 0)
            listed.removeSubrange(cut.index...)
        } else {
            let segment = listed[cut.index]
            try onDisk("cutting off the torn end of the journal") { () throws(IOError) in
                // The zeros that follow must be zeros: what is torn could be taken for records later.
                try segment.file.truncate(to: Int64(cut.end))
                try segment.file.synchronize()
            }
            listed.removeSubrange((cut.index + 1)...)
        }
        try drop(dropped)
    }

    /// Of the segments that were not begun, one of full size is kept, if all of it can be set aside on the disk.
    private mutating func dropUnfitSpares(after lastBegun: Int?) throws {
        let first = lastBegun.map { $0 + 1 } ?? 0
        guard first < listed.count else { return }
        var dropped: [ListedSegment] = []
        var kept: [ListedSegment] = []
        for segment in listed[first...] {
            if kept.isEmpty, segment.size >= ordinaryByteCount, try isSetAside(segment) {
                kept.append(segment)
            } else {
                dropped.append(segment)
            }
        }
        listed.replaceSubrange(first..., with: kept)
        try drop(dropped)
    }

    /// Sets the disk's room aside for all of a segment; one that was copied may have holes, and to store into a hole of a
    /// mapped file kills the process when the disk is full.
    private func isSetAside(_ segment: ListedSegment) throws -> Bool {
        try onDisk("setting room aside for the journal") { () throws(IOError) in
            do throws(IOError) {
                try segment.file.preallocate(to: Int64(segment.size))
                return true
            } catch {
                if error.errno != ENOSPC && error.errno != EDQUOT { throw error }
                return false
            }
        }
    }

    private mutating func drop(_ segments: [ListedSegment]) throws {
        if segments.isEmpty { return }
        let gone = Set(segments.map(\.number))
        manifest.segments.removeAll { gone.contains($0) }
        try writeManifest()
        try onDisk("removing segments that a crash left unfinished") { () throws(IOError) in
            for segment in segments {
                try segment.file.close()
                try options.disk.remove(options.path(ofSegment: segment.number))
            }
        }
    }

    private func writeManifest() throws {
        try onDisk("replacing the manifest") { () throws(IOError) in
            try options.disk.replaceFile(
                at: options.manifestPath,
                with: manifest.encoded().span
            )
        }
    }

    @discardableResult
    private func install(_ segment: ListedSegment, isWritable: Bool) throws -> SegmentFile {
        try onDisk("mapping the journal") { () throws(IOError) in
            if let scan = segment.scan, !isWritable, segment.size > scan.end + 4_096 {
                try segment.file.truncate(to: Int64(scan.end))
            }
            let mapped = try SegmentFile(number: segment.number, file: segment.file, isWritable: isWritable)
            options.segments.install(mapped)
            return mapped
        }
    }

    /// Goes on in the segment in which the journal ended.
    private func resume(_ index: Int) throws -> ActiveSegment {
        let segment = listed[index]
        guard let scan = segment.scan, let header = segment.header else {
            throw CatalogError.corrupt(
                options.path(ofSegment: segment.number),
                at: 0,
                "the journal ends before the place at which the checkpoint goes on"
            )
        }
        let mapped = try onDisk("mapping the journal") { () throws(IOError) in
            do throws(IOError) {
                try segment.file.preallocate(to: Int64(max(ordinaryByteCount, segment.size)))
            } catch {
                if error.errno != ENOSPC && error.errno != EDQUOT { throw error }
                // What is there can be read, and the next write says what is wrong: it must not be stored into room that
                // the disk may not have.
                try segment.file.truncate(to: Int64(scan.end))
            }
            return try SegmentFile(number: segment.number, file: segment.file, isWritable: true)
        }
        options.segments.install(mapped)
        return ActiveSegment(segment: mapped, header: header, start: scan.start, end: scan.end)
    }

    private mutating func makeSpare() throws -> SegmentFile {
        let number = manifest.nextNumber
        let path = options.path(ofSegment: number)
        let byteCount = ordinaryByteCount
        let file = try onDisk("a journal segment of \(byteCount) bytes") { () throws(IOError) in
            let file = try options.disk.open(path, .createIfMissing)
            try file.truncate(to: 0)
            try file.preallocate(to: Int64(byteCount))
            try file.synchronize()
            try options.disk.synchronizeDirectory(options.journalDirectory)
            return file
        }
        manifest.segments.append(number)
        manifest.nextNumber = number + 1
        try writeManifest()
        let listing = ListedSegment(number: number, file: file, size: byteCount, header: nil)
        return try install(listing, isWritable: true)
    }

    private func begin(in spare: SegmentFile, after lastBegun: Int?) throws -> ActiveSegment {
        let last = lastBegun.map { listed[$0] }
        let previousEnd = last.map { $0.scan?.end ?? $0.size } ?? 0
        let header = SegmentHeader(
            storeID: manifest.storeID,
            number: spare.number,
            baseSequence: recovery.nextSequence,
            previousNumber: last?.number ?? 0,
            previousByteCount: UInt32(previousEnd)
        )
        try onDisk("beginning a journal segment") { () throws(IOError) in
            try spare.store(header.encoded().span, at: 0)
            try spare.file.synchronize()
        }
        let start = last?.scan.map { $0.start + UInt64($0.end) } ?? 0
        return ActiveSegment(segment: spare, header: header, start: start, end: SegmentHeader.byteCount)
    }

    private func sealedSegments(_ activeIndex: Int?) -> [SealedSegment] {
        listed.enumerated().compactMap { index, segment in
            guard index != activeIndex, let header = segment.header else { return nil }
            // One that was not read ended where the next one says, if that follows it.
            let next = index + 1 < listed.count ? listed[index + 1].header : nil
            let stated = next?.previousNumber == segment.number ? next.map { Int($0.previousByteCount) } : nil
            let end = segment.scan?.end ?? stated ?? segment.size
            return SealedSegment(
                number: segment.number,
                byteCount: end,
                baseSequence: header.baseSequence,
                previousNumber: header.previousNumber,
                lastTime: segment.scan?.lastTime ?? sealTime(segment, end: end)
            )
        }
    }

    /// When a segment that was not read was sealed; without a seal as late as anything is known of.
    private func sealTime(_ segment: ListedSegment, end: Int) -> UInt64 {
        let offset = end - RecordHeader.byteCount
        let seed = SegmentHeader.checksumSeed(storeID: manifest.storeID, number: segment.number)
        guard let bytes = try? segment.file.readBytes(RecordHeader.byteCount, at: Int64(offset)),
            let seal = RecordHeader(bytes.span, at: offset, seed: seed)
        else { return recovery.lastTime }
        return seal.time
    }
}
