internal import Synchronization
internal import VitrineCIntrinsics
internal import VitrineIO
internal import VitrineSync

/// Where the bytes of every segment are in memory, and how many of them still count: looked up without a lock.
///
/// A segment that is taken out stays mapped until the index has no reader left that could have looked it up before.
@safe package final class SegmentTable: @unchecked Sendable {
    /// One more than the highest number that a segment can have.
    package static let numberEnd = UInt32(rootCount * entryCount)
    private static let rootCount = 4_096
    private static let entryCount = 4_096

    private struct Entry: ~Copyable {
        // Released after `count`, acquired before it: who sees a base sees its count.
        let base = Atomic<UInt>(0)
        let count = Atomic<Int>(0)
        // A sum whose reader needs no particular moment.
        let live = Atomic<Int>(0)
    }

    // Chunks of entries, made when a number first needs one and freed with the table; entries never move.
    private let roots: UnsafeMutablePointer<Atomic<UInt>>
    private let files: Locked<[UInt32: SegmentFile]> = Locked([:])

    package init() {
        unsafe roots = .allocate(capacity: SegmentTable.rootCount)
        for index in 0..<SegmentTable.rootCount { unsafe (roots + index).initialize(to: Atomic(0)) }
    }

    deinit {
        for index in 0..<SegmentTable.rootCount {
            let bits = unsafe roots[index].load(ordering: .acquiring)
            if let chunk = unsafe UnsafeMutablePointer<Entry>(bitPattern: bits) {
                unsafe chunk.deinitialize(count: SegmentTable.entryCount)
                unsafe chunk.deallocate()
            }
        }
        unsafe roots.deinitialize(count: SegmentTable.rootCount)
        unsafe roots.deallocate()
    }

    /// The bytes of a frame; none when its segment is gone or does not reach so far.
    ///
    /// Valid while the caller keeps the index's epoch pinned, or holds the writer's lock.
    @_lifetime(borrow self)
    package func bytes(at location: Location) -> Span<UInt8> {
        bytes(ofSegment: location.segment, from: Int(location.offset), count: Int(location.byteCount))
    }

    /// Where a frame is in memory, under the same terms; the processor is on its way to as much of it as an item of a
    /// few hundred bytes takes.
    @inline(__always)
    func place(of location: Location) -> UnsafeBufferPointer<UInt8> {
        let count = Int(location.byteCount)
        let offset = Int(location.offset)
        guard let entry = unsafe entry(location.segment),
            let base = unsafe UnsafePointer<UInt8>(bitPattern: entry.pointee.base.load(ordering: .acquiring)),
            unsafe offset <= entry.pointee.count.load(ordering: .relaxed) - count
        else { return unsafe UnsafeBufferPointer(start: nil, count: 0) }
        for line in 0..<min(4, count / 64 + 1) { unsafe vitrine_prefetch(base + offset + 64 * line) }
        return unsafe UnsafeBufferPointer(start: base + offset, count: count)
    }

    /// Some bytes of a segment, under the same terms.
    @_lifetime(borrow self)
    package func bytes(ofSegment number: UInt32, from offset: Int, count: Int) -> Span<UInt8> {
        guard let entry = unsafe entry(number) else { return Span() }
        let base = unsafe entry.pointee.base.load(ordering: .acquiring)
        guard let address = unsafe UnsafePointer<UInt8>(bitPattern: base), offset >= 0, count >= 0,
            unsafe offset <= entry.pointee.count.load(ordering: .relaxed) - count
        else { return Span() }
        // Mapped for as long as the caller's pin lasts.
        let span = unsafe Span(_unsafeStart: address + offset, count: count)
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    /// Bytes that the segment has in memory, its whole file; 0 when it is not there.
    package func byteCount(ofSegment number: UInt32) -> Int {
        guard let entry = unsafe entry(number), unsafe entry.pointee.base.load(ordering: .acquiring) != 0 else {
            return 0
        }
        return unsafe entry.pointee.count.load(ordering: .relaxed)
    }

    /// Adds to the bytes of the segment that the index still leads to.
    package func adjustLive(_ segment: UInt32, by difference: Int) {
        guard segment < SegmentTable.numberEnd else { return }
        let entry = unsafe madeEntry(segment)
        unsafe entry.pointee.live.wrappingAdd(difference, ordering: .relaxed)
    }

    /// Bytes of the segment's frames that the index leads to.
    package func liveByteCount(_ segment: UInt32) -> Int {
        guard let entry = unsafe entry(segment) else { return 0 }
        return unsafe entry.pointee.live.load(ordering: .relaxed)
    }

    /// The segment, to write to or to flush.
    package func file(_ number: UInt32) -> SegmentFile? {
        files.withLock { $0[number] }
    }

    /// Lets readers find the segment, or a longer mapping of it.
    package func install(_ segment: SegmentFile) {
        files.withLock { $0[segment.number] = segment }
        let entry = unsafe madeEntry(segment.number)
        // The table keeps the file, and with it the mapping, until `remove`.
        let base = unsafe segment.bytes.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
        unsafe entry.pointee.count.store(segment.capacity, ordering: .relaxed)
        unsafe entry.pointee.base.store(base, ordering: .releasing)
    }

    /// Forgets the segment, once no reader is left that could look for it; what is returned holds its mapping.
    package func remove(_ number: UInt32) -> SegmentFile? {
        if let entry = unsafe entry(number) {
            unsafe entry.pointee.base.store(0, ordering: .releasing)
            unsafe entry.pointee.live.store(0, ordering: .relaxed)
        }
        return files.withLock { $0.removeValue(forKey: number) }
    }

    @inline(__always)
    private func entry(_ number: UInt32) -> UnsafeMutablePointer<Entry>? {
        guard number < SegmentTable.numberEnd else { return nil }
        let (root, index) = Int(number).quotientAndRemainder(dividingBy: SegmentTable.entryCount)
        let bits = unsafe roots[root].load(ordering: .acquiring)
        return unsafe UnsafeMutablePointer<Entry>(bitPattern: bits).map { unsafe $0 + index }
    }

    private func madeEntry(_ number: UInt32) -> UnsafeMutablePointer<Entry> {
        if let entry = unsafe entry(number) { return unsafe entry }
        let (root, index) = Int(number).quotientAndRemainder(dividingBy: SegmentTable.entryCount)
        let chunk = UnsafeMutablePointer<Entry>.allocate(capacity: SegmentTable.entryCount)
        for index in 0..<SegmentTable.entryCount { unsafe (chunk + index).initialize(to: Entry()) }
        let (isOurs, present) = unsafe roots[root].compareExchange(
            expected: 0,
            desired: UInt(bitPattern: chunk),
            ordering: .acquiringAndReleasing
        )
        if isOurs { return unsafe chunk + index }
        unsafe chunk.deinitialize(count: SegmentTable.entryCount)
        unsafe chunk.deallocate()
        guard let winner = unsafe UnsafeMutablePointer<Entry>(bitPattern: present) else {
            preconditionFailure("a chunk of the segment table is never taken away")
        }
        return unsafe winner + index
    }
}
