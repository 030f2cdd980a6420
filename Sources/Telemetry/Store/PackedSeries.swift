internal import VitrineIO

/// Samples of one series, compressed block by block as the store does it.
///
/// Times are regular or nearly so and take next to nothing; of values, whole numbers and few decimals take what their
/// changes take, and other reals at most about seven bytes. Nothing is rounded: what comes back is the same to the bit.
public struct PackedSeries: Sendable, Equatable {
    /// The blocks, one after the other, each with a checksum.
    public let bytes: [UInt8]
    /// How many samples there are.
    public let count: Int

    /// Packs samples at `times`, in milliseconds; the two have the same length.
    public init(times: [Int64], values: [Double]) {
        var packer = SeriesPacker()
        packer.append(values.span, at: times.span)
        self = packer.finish()
    }

    fileprivate init(bytes: [UInt8], count: Int) {
        self.bytes = bytes
        self.count = count
    }

    /// Takes bytes that came from elsewhere.
    ///
    /// Reads them block by block, in at most a mebibyte of memory. A constant takes some twenty bytes for 65,536 samples:
    /// ``count`` says what unpacking needs, sixteen bytes for each.
    ///
    /// - Parameters:
    ///   - bytes: What ``bytes`` gave.
    ///   - countMax: How many samples there may be; what holds more is refused before it is read.
    /// - Throws: `TelemetryError` with `storeIsDamaged` when they are not what was packed, `invalidArgument` when they are
    ///   more than `countMax`.
    public init(bytes: [UInt8], countMax: Int = 10_000_000) throws {
        var count = 0
        try unsafe Self.unpack(bytes, countMax: countMax) { times, _ in count += times.count }
        self.init(bytes: bytes, count: count)
    }

    /// Appends all samples to `times` and `values`.
    ///
    /// - Throws: `TelemetryError` with `storeIsDamaged` when the bytes are not what was packed.
    public func unpack(into times: inout [Int64], _ values: inout [Double]) throws {
        times.reserveCapacity(times.count + count)
        values.reserveCapacity(values.count + count)
        try unsafe Self.unpack(bytes, countMax: count) { foundTimes, foundValues in
            unsafe times.append(contentsOf: foundTimes)
            unsafe values.append(contentsOf: foundValues)
        }
    }

    /// Calls `take` with the samples of each block; the last one may be of a block whose checksum is wrong.
    private static func unpack(
        _ bytes: [UInt8],
        countMax: Int,
        _ take: (UnsafeBufferPointer<Int64>, UnsafeBufferPointer<Double>) -> Void
    ) throws {
        var left = countMax
        let isWhole = unsafe try bytes.withUnsafeBytes { bytes in
            var reader = unsafe ColumnReader(bytes)
            while reader.remaining > 0 {
                let start = reader.position
                guard let count = reader.count(through: SeriesPacker.blockCountMax), count > 0 else { return false }
                guard count <= left else {
                    throw TelemetryError(
                        .invalidArgument,
                        "there are more than \(countMax) packed samples; allow more if there is memory for them"
                    )
                }
                left -= count
                let columns = unsafe withUnsafeTemporaryAllocation(of: Int64.self, capacity: 2 * count) { scratch in
                    guard let base = scratch.baseAddress else { return false }
                    // Both are eight bytes of any pattern, and this half is only ever used as reals.
                    let reals = unsafe UnsafeMutableRawPointer(base + count).bindMemory(
                        to: Double.self,
                        capacity: count
                    )
                    guard unsafe IntegerColumn.decode(&reader, count: count, into: base),
                        unsafe ValueColumn.decode(&reader, count: count, into: reals)
                    else { return false }
                    unsafe take(
                        UnsafeBufferPointer(start: base, count: count),
                        UnsafeBufferPointer(start: reals, count: count)
                    )
                    return true
                }
                let end = reader.position
                guard columns, let stored = unsafe reader.bytes(4) else { return false }
                let body = unsafe Span(_unsafeElements: bytes[start..<end].bindMemory(to: UInt8.self))
                let crc = unsafe UInt32(littleEndian: stored.loadUnaligned(as: UInt32.self))
                guard CRC32C.checksum(of: body) == crc else { return false }
            }
            return true
        }
        guard isWhole else {
            throw TelemetryError(.storeIsDamaged, "the packed samples are not what was packed; fetch them again")
        }
    }
}

/// Packs samples as they come.
@safe
public struct SeriesPacker: ~Copyable, @unchecked Sendable {
    // The memory belongs to this one value, which has no copies, and goes with it.
    static let blockCountMax = 1 << 16

    @usableFromInline let blockCount: Int
    @usableFromInline let times: UnsafeMutablePointer<Int64>
    @usableFromInline let values: UnsafeMutablePointer<Double>
    /// Samples of the block that is being filled.
    @usableFromInline var pending = 0
    private var writer = ColumnWriter()
    private var count = 0

    /// Packs blocks of `blockCount` samples, from 1 to 65,536: the more, the fewer bytes.
    public init(blockCount: Int = 120) {
        self.blockCount = min(max(1, blockCount), Self.blockCountMax)
        unsafe times = .allocate(capacity: self.blockCount)
        unsafe values = .allocate(capacity: self.blockCount)
    }

    deinit {
        unsafe times.deallocate()
        unsafe values.deallocate()
    }

    /// Adds a sample, taken `time` milliseconds after whatever all times count from.
    @inlinable
    public mutating func append(_ value: Double, at time: Int64) {
        // `pending` is less than `blockCount` here: it goes back to zero when it gets there.
        unsafe (times + pending).initialize(to: time)
        unsafe (values + pending).initialize(to: value)
        pending &+= 1
        if pending == blockCount { close() }
    }

    /// Adds as many samples as there are of both, taken at `times`.
    ///
    /// Cheaper than one by one: whole blocks are packed where they lie.
    public mutating func append(_ values: Span<Double>, at times: Span<Int64>) {
        // Neither is kept beyond the call.
        unsafe times.withUnsafeBufferPointer { times in
            unsafe values.withUnsafeBufferPointer { values in unsafe append(values, at: times) }
        }
    }

    private mutating func append(_ newValues: UnsafeBufferPointer<Double>, at newTimes: UnsafeBufferPointer<Int64>) {
        let end = min(newValues.count, newTimes.count)
        var start = 0
        while start < end {
            let count = min(blockCount - pending, end - start)
            let added = start..<start + count
            start = added.upperBound
            if count == blockCount {
                unsafe pack(.init(rebasing: newTimes[added]), .init(rebasing: newValues[added]))
                continue
            }
            guard let firstTime = newTimes.baseAddress, let firstValue = newValues.baseAddress else { return }
            unsafe (times + pending).initialize(from: firstTime + added.lowerBound, count: count)
            unsafe (values + pending).initialize(from: firstValue + added.lowerBound, count: count)
            pending += count
            if pending == blockCount { close() }
        }
    }

    /// All samples so far; the packer begins anew.
    public mutating func finish() -> PackedSeries {
        close()
        defer {
            writer.removeAll()
            count = 0
        }
        return PackedSeries(bytes: unsafe writer.span.withUnsafeBufferPointer { unsafe Array($0) }, count: count)
    }

    @usableFromInline
    mutating func close() {
        guard pending > 0 else { return }
        unsafe pack(
            UnsafeBufferPointer(start: times, count: pending),
            UnsafeBufferPointer(start: values, count: pending)
        )
        pending = 0
    }

    /// Appends a block.
    private mutating func pack(_ times: UnsafeBufferPointer<Int64>, _ values: UnsafeBufferPointer<Double>) {
        let start = writer.count
        writer.appendVarint(UInt64(times.count))
        unsafe IntegerColumn.encode(times, into: &writer)
        unsafe ValueColumn.encode(values, into: &writer)
        let crc = CRC32C.checksum(of: writer.span.extracting(start..<writer.count))
        writer.append(crc)
        count += times.count
    }
}
