internal import VitrineIO

/// Fills a checkpoint's block, byte by byte, in memory that is used again for the next one.
@safe struct CheckpointBlockEncoder: ~Copyable {
    static let byteCountMax = 1 << 20
    static let headerByteCount = 16
    private static let runHeaderByteCount = 8
    /// The most that one entry takes: the longest key and seven numbers.
    private static let entryByteCountMax = 3_200

    // Allocated by init and freed by deinit; every write is below `byteCountMax`, which `hasRoom` sees to.
    private let base: UnsafeMutableRawPointer
    private var position = CheckpointBlockEncoder.headerByteCount
    private var runStart = 0
    private var runCount: UInt32 = 0
    private(set) var entryCount: UInt32 = 0
    private var lastKey: [UInt8] = []

    init() {
        unsafe base = .allocate(byteCount: CheckpointBlockEncoder.byteCountMax, alignment: 64)
    }

    deinit {
        unsafe base.deallocate()
    }

    var byteCount: Int { position }

    /// Whether one more entry fits for sure, with a run that it begins.
    var hasRoom: Bool {
        position + CheckpointBlockEncoder.entryByteCountMax + CheckpointBlockEncoder.runHeaderByteCount
            <= CheckpointBlockEncoder.byteCountMax
    }

    mutating func clear() {
        position = CheckpointBlockEncoder.headerByteCount
        entryCount = 0
    }

    mutating func beginRun(_ partition: Int) {
        runStart = position
        runCount = 0
        lastKey.removeAll(keepingCapacity: true)
        append(UInt32(partition))
        append(0 as UInt32)
    }

    mutating func endRun() {
        unsafe base.storeBytes(of: runCount.littleEndian, toByteOffset: runStart + 4, as: UInt32.self)
    }

    /// There must be room, and a run must have begun.
    mutating func append(_ key: Span<UInt8>, _ version: ItemVersion) {
        withRawKey(key) { key in
            let shared = withRawKey(lastKey.span) { key.commonLength(with: $0) }
            appendVarint(UInt64(shared))
            appendVarint(UInt64(key.count - shared))
            unsafe (base + position).copyMemory(from: key.base + shared, byteCount: key.count - shared)
            position += key.count - shared
            lastKey.removeLast(lastKey.count - shared)
            let rest = unsafe UnsafeRawBufferPointer(start: key.base + shared, count: key.count - shared)
            unsafe lastKey.append(contentsOf: rest)
        }
        let hasExpiry = version.expiry != ItemVersion.never
        appendVarint(version.sequence << 1 | (hasExpiry ? 1 : 0))
        appendVarint(UInt64(version.location.segment))
        append(version.location.offset)
        appendVarint(UInt64(version.location.byteCount))
        if hasExpiry { appendVarint(UInt64(bitPattern: version.expiry)) }
        runCount += 1
        entryCount += 1
    }

    /// The whole block as it belongs in the file, valid inside `body`.
    mutating func finish<Failure: Error>(
        ordinal: UInt32,
        seed: UInt32,
        _ body: (Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        for (index, number) in [UInt32(position), ordinal, entryCount].enumerated() {
            unsafe base.storeBytes(of: number.littleEndian, toByteOffset: 4 + 4 * index, as: UInt32.self)
        }
        let bytes = unsafe Span<UInt8>(_unsafeStart: base.assumingMemoryBound(to: UInt8.self), count: position)
        var checksum = CRC32C(seed)
        checksum.update(bytes.extracting(4..<position))
        unsafe base.storeBytes(of: checksum.value.littleEndian, toByteOffset: 0, as: UInt32.self)
        try body(bytes)
    }

    private mutating func append(_ value: UInt32) {
        unsafe base.storeBytes(of: value.littleEndian, toByteOffset: position, as: UInt32.self)
        position += 4
    }

    private mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            unsafe base.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, toByteOffset: position, as: UInt8.self)
            rest >>= 7
            position += 1
        }
        unsafe base.storeBytes(of: UInt8(rest), toByteOffset: position, as: UInt8.self)
        position += 1
    }
}

/// Reads a block's runs and entries.
///
/// Reading past the end gives zeros and sets `isBroken`, so that each entry is checked once, not each number. So does a
/// key that no item can have, or that another partition would be asked for.
@safe struct CheckpointBlockDecoder: ~Copyable {
    private static let keyByteCountMax = StoredKey.byteCountMax

    // The caller's bytes, used inside the closure that they are lent for.
    private let base: UnsafeRawPointer
    private let end: Int
    private let partitionMask: UInt64
    /// The highest sequence that an entry can have.
    private let sequenceMax: UInt64
    private var position = CheckpointBlockEncoder.headerByteCount
    private(set) var isBroken = false
    // Allocated by init and freed by deinit: the entry's key, which the next one shares bytes with.
    private let keyBytes: UnsafeMutableRawPointer
    private var keyCount = 0
    private var partition: UInt64 = 0
    /// Bytes of the last key that its partition hangs on; 0 at the beginning of a run.
    private var hashedCount = 0

    /// A decoder of a block that an index with `partitionCount` partitions wrote.
    init(_ bytes: UnsafeRawBufferPointer, partitionCount: Int, sequenceMax: UInt64) {
        // An empty buffer has no address, and none is used.
        unsafe base = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 8).unsafelyUnwrapped
        end = bytes.count
        partitionMask = UInt64(partitionCount - 1)
        self.sequenceMax = sequenceMax
        unsafe keyBytes = .allocate(byteCount: CheckpointBlockDecoder.keyByteCountMax, alignment: 8)
    }

    deinit {
        unsafe keyBytes.deallocate()
    }

    var isAtEnd: Bool { position >= end }
    var offset: Int { position }

    /// The next run's partition and number of entries.
    mutating func beginRun() -> (partition: Int, count: Int) {
        keyCount = 0
        hashedCount = 0
        let number = readUInt32()
        partition = UInt64(number)
        return (Int(number), Int(readUInt32()))
    }

    /// The next entry, whose key is valid until the one after; meaningless once `isBroken`.
    @inline(__always)
    mutating func next() -> (key: RawKey, version: ItemVersion) {
        let shared = readVarint()
        let added = readVarint()
        let limit = UInt64(CheckpointBlockDecoder.keyByteCountMax)
        if shared > UInt64(keyCount) || added > limit - min(limit, shared) || added > UInt64(end - position) {
            isBroken = true
        } else {
            unsafe (keyBytes + Int(shared)).copyMemory(from: base + position, byteCount: Int(added))
            position += Int(added)
            keyCount = Int(shared + added)
            checkKey(shared: Int(shared))
        }
        let word = readVarint()
        let segment = readVarint()
        let offset = readUInt32()
        let byteCount = readVarint()
        let expiry = word & 1 == 1 ? Int64(bitPattern: readVarint()) : ItemVersion.never
        if segment >= 1 << 24 || byteCount > UInt64(UInt32.max) || word >> 1 > sequenceMax { isBroken = true }
        let location = Location(
            segment: UInt32(truncatingIfNeeded: segment),
            offset: offset,
            byteCount: UInt32(truncatingIfNeeded: byteCount)
        )
        return (
            unsafe RawKey(base: UnsafeRawPointer(keyBytes), count: keyCount),
            ItemVersion(sequence: word >> 1, expiry: expiry, location: location)
        )
    }

    /// Holds the key against what keys are, and its hash against the run's partition unless the key before had the same.
    @inline(__always)
    private mutating func checkKey(shared: Int) {
        let key = unsafe RawKey(base: UnsafeRawPointer(keyBytes), count: keyCount)
        if hashedCount > 0, shared >= hashedCount {
            if keyCount - hashedCount > Key.sortByteCountMax { isBroken = true }
            return
        }
        guard let count = StoredKey.partitionEnd(key) else {
            isBroken = true
            return
        }
        hashedCount = count
        if key.partitionHash & partitionMask != partition { isBroken = true }
    }

    @inline(__always)
    private mutating func readUInt32() -> UInt32 {
        guard end - position >= 4 else {
            isBroken = true
            position = end
            return 0
        }
        defer { position += 4 }
        return unsafe UInt32(littleEndian: base.loadUnaligned(fromByteOffset: position, as: UInt32.self))
    }

    @inline(__always)
    private mutating func readVarint() -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < end, shift < 64 {
            let byte = unsafe base.load(fromByteOffset: position, as: UInt8.self)
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        isBroken = true
        return 0
    }
}
