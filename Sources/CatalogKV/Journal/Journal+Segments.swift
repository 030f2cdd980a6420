internal import VitrineIO
internal import VitrineSync

/// What is known of one segment.
package struct SegmentSummary: Sendable {
    package let number: UInt32
    /// Up to the end of its last record.
    package let byteCount: Int
    package let baseSequence: UInt64
    package let isSealed: Bool
    /// The segment that was written before it, which may be gone; 0 for the first of all.
    package let previousNumber: UInt32
    /// When its last record was written, in milliseconds since the Unix epoch; the highest number for the active one.
    package let lastTime: UInt64
    /// Bytes of frames that the index leads to.
    package let liveByteCount: Int
}

extension ActiveSegment {
    /// How far ahead of the writer pages are made ready, and how near to their end that is done anew.
    private static let prefaultByteCount = 1 << 20

    package var wantsPrefault: Bool {
        prefaultedEnd < limit && end + ActiveSegment.prefaultByteCount / 2 > prefaultedEnd
    }

    /// The next part whose pages are to be made ready.
    package mutating func takePrefault() -> Range<Int>? {
        guard wantsPrefault else { return nil }
        let start = max(end, prefaultedEnd)
        prefaultedEnd = min(limit, start + ActiveSegment.prefaultByteCount)
        return start..<prefaultedEnd
    }
}

extension Journal {
    /// Suspends until a record of so many bytes has room.
    ///
    /// - Throws: `CatalogError` with `diskFull`, after which it may be tried again; `isClosed`, `isReadOnly`, `ioFailed`.
    package func makeRoom(for recordByteCount: Int) async throws {
        let error = await withCheckedContinuation { (continuation: CheckedContinuation<CatalogError?, Never>) in
            requestRoom(for: recordByteCount) { continuation.resume(returning: $0) }
        }
        if let error { throw error }
    }

    /// The same for a thread of its own, which it blocks.
    package func makeRoomBlocking(for recordByteCount: Int) throws {
        let answer = BlockingAnswer()
        requestRoom(for: recordByteCount) { answer.give($0) }
        if let error = answer.wait() { throw error }
    }

    /// Has the keeper make room, and calls `answer` once when there is some, or with the reason why not.
    private func requestRoom(for recordByteCount: Int, _ answer: @escaping @Sendable (CatalogError?) -> Void) {
        let outcome = state.withLock { state -> (isDone: Bool, error: CatalogError?) in
            do throws(CatalogError) {
                try state.checkWritable()
            } catch {
                return (true, error)
            }
            let needed = JournalState.segmentByteCount(for: recordByteCount)
            if state.active.hasRoom(for: recordByteCount) { return (true, nil) }
            if let spare = state.spare, spare.capacity >= needed { return (true, nil) }
            state.wantedByteCount = max(needed, state.wantedByteCount ?? 0)
            state.roomWaiters.append(answer)
            return (false, nil)
        }
        if outcome.isDone {
            answer(outcome.error)
        } else {
            signalKeeper()
        }
    }

    /// The files that make up the store, as they are listed now.
    package var manifest: Manifest { manifestState.withLock { $0 } }

    /// Changes the manifest, on disk and then here; blocks.
    ///
    /// - Throws: `CatalogError` with `isClosed` once the journal is closed, for the directory may be another's by then;
    ///   otherwise the old or the new one is in force on disk, and nothing more is written.
    package func updateManifest(_ change: (inout Manifest) -> Void) throws {
        try manifestState.withLock { manifest in
            try state.withLock { state throws(CatalogError) in
                if state.isClosed { throw CatalogError.closed() }
                if let failure = state.failure { throw failure }
            }
            var next = manifest
            change(&next)
            do {
                try onDisk("replacing the manifest") { () throws(IOError) in
                    try options.disk.replaceFile(
                        at: options.manifestPath,
                        with: next.encoded().span
                    )
                }
            } catch let error as CatalogError {
                // Which of the two a crash would leave is not known: nothing may be built on either.
                if error.code != .diskFull { failAll(error) }
                throw error
            }
            manifest = next
        }
    }

    /// All segments that were begun, oldest first.
    package func segmentList() -> [SegmentSummary] {
        let (sealed, active) = state.withLock { ($0.sealed, $0.active) }
        var list = sealed.map { segment in
            SegmentSummary(
                number: segment.number,
                byteCount: segment.byteCount,
                baseSequence: segment.baseSequence,
                isSealed: true,
                previousNumber: segment.previousNumber,
                lastTime: segment.lastTime,
                liveByteCount: segments.liveByteCount(segment.number)
            )
        }
        list.append(
            SegmentSummary(
                number: active.segment.number,
                byteCount: active.end,
                baseSequence: active.header.baseSequence,
                isSealed: false,
                previousNumber: active.header.previousNumber,
                lastTime: .max,
                liveByteCount: segments.liveByteCount(active.segment.number)
            )
        )
        return list
    }

    /// Takes sealed segments out of the store and removes their files; blocks.
    ///
    /// The caller has seen to it that nothing that counts is left in them, on disk, and that no snapshot needs them.
    package func discard(_ numbers: [UInt32]) throws {
        let gone = Set(numbers)
        try updateManifest { $0.segments.removeAll { gone.contains($0) } }
        state.withLock { $0.sealed.removeAll { gone.contains($0.number) } }
        for number in numbers {
            // A file that is still there when the store is opened next is removed then.
            try? options.disk.remove(options.path(ofSegment: number))
            // Who has read of a place in it and is about to look there has to find it.
            options.retire { [segments] in _ = segments.remove(number) }
        }
    }

    /// Ends all writing and wakes all who wait.
    package func failAll(_ error: CatalogError) {
        fail(error)
        flusher.fail(error)
    }

    /// Has the keeper make a spare segment, if there is none.
    package func wantSpare() {
        state.withLock { $0.wantedByteCount = max(0, $0.wantedByteCount ?? 0) }
        signalKeeper()
    }

    /// One turn of the keeper's thread: makes ready what will be needed next.
    package func keep() {
        let pages = state.withLock { state -> (SegmentFile, Range<Int>)? in
            guard state.preparesAhead, !state.isClosed else { return nil }
            return state.active.takePrefault().map { (state.active.segment, $0) }
        }
        if let pages { pages.0.prefault(pages.1) }
        giveBackRoom()
        let job = takeSpareJob()
        guard let job else { return endWait(state.withLock { $0.failure }) }
        do {
            let spare = try makeSpare(job)
            segments.install(spare)
            state.withLock { $0.spare = spare }
            endWait(nil)
        } catch {
            let error = error as? CatalogError ?? CatalogError(.ioFailed, "no segment was made", cause: error)
            if error.code != .diskFull, error.code != .isClosed { failAll(error) }
            state.withLock { $0.spare = job.enlarged }
            endWait(error)
        }
    }

    private func takeSpareJob() -> SpareJob? {
        guard state.withLock({ $0.wantedByteCount != nil }) else { return nil }
        let ordinary = options.ordinaryByteCount(live: segmentList().reduce(0) { $0 + $1.liveByteCount })
        return state.withLock { state in
            state.segmentByteCount = state.isAtRest ? min(ordinary, JournalOptions.preparedByteCountMin) : ordinary
            return state.takeSpareJob()
        }
    }

    /// Wakes those who wait for room; who needs more than was made asks again.
    func endWait(_ error: CatalogError?) {
        let waiters = state.withLock { state in
            defer { state.roomWaiters = [] }
            return state.roomWaiters
        }
        for waiter in waiters { waiter(error) }
    }

    /// Makes a file of zeros and lists it, or a spare that is too small longer; blocks.
    private func makeSpare(_ job: SpareJob) throws -> SegmentFile {
        let number = if let enlarged = job.enlarged { enlarged.number } else { try nextNumber() }
        let path = options.path(ofSegment: number)
        let disk = options.disk
        let file = try onDisk("a journal segment of \(job.byteCount) bytes") { () throws(IOError) in
            let file = if let enlarged = job.enlarged { enlarged.file } else { try disk.open(path, .createIfMissing) }
            do throws(IOError) {
                if job.enlarged == nil { try file.truncate(to: 0) }
                try file.preallocate(to: Int64(job.byteCount))
            } catch {
                // What was set aside so far would keep the disk full.
                if job.enlarged == nil { try? file.truncate(to: 0) }
                throw error
            }
            try file.synchronize()
            try disk.synchronizeDirectory(options.journalDirectory)
            return file
        }
        if job.enlarged == nil {
            try updateManifest { manifest in
                manifest.segments.append(number)
                manifest.nextNumber = number + 1
            }
        }
        return try onDisk("mapping a journal segment") { () throws(IOError) in
            try SegmentFile(number: number, file: file, isWritable: true)
        }
    }

    private func nextNumber() throws -> UInt32 {
        let number = manifest.nextNumber
        guard number < SegmentTable.numberEnd else {
            throw CatalogError(.ioFailed, "the journal has used up its \(SegmentTable.numberEnd) segment numbers")
        }
        return number
    }
}

/// A spare segment to make.
package struct SpareJob: Sendable {
    package let byteCount: Int
    /// One that is there and too small.
    package let enlarged: SegmentFile?
}

extension JournalState {
    /// What the keeper is to make now, if anything.
    package mutating func takeSpareJob() -> SpareJob? {
        guard let wanted = wantedByteCount, failure == nil else { return nil }
        wantedByteCount = nil
        if let spare, spare.capacity >= wanted { return nil }
        return SpareJob(byteCount: max(wanted, segmentByteCount), enlarged: takeSpare())
    }

    /// The spare must not be written to while it is made longer.
    private mutating func takeSpare() -> SegmentFile? {
        defer { spare = nil }
        return spare
    }
}

/// What one thread waits for from another.
private final class BlockingAnswer: Sendable {
    private let isGiven = Semaphore()
    private let error = Locked<CatalogError?>(nil)

    func give(_ error: CatalogError?) {
        self.error.withLock { $0 = error }
        isGiven.signal()
    }

    func wait() -> CatalogError? {
        isGiven.wait()
        return error.withLock { $0 }
    }
}
