internal import VitrineCTelemetry

/// The codec of whole numbers: times, totals, and reals that are few decimals.
///
/// A column is stored as it is, as its differences, or as the differences of its differences, whichever is shortest:
/// a regular series has equal differences, a counter small ones. What is stored is either bit-packed in groups of 128,
/// each with its least number and its own width, or, where it hardly changes, as runs. The format is that of
/// Docs/formats/telemetry.md; the idea of delta of delta is that of Pelkonen et al., "Gorilla" (VLDB 2015), with packed
/// groups (Lemire and Boytsov, "Decoding billions of integers per second", 2015) in place of its prefix codes, which
/// decode one bit at a time.
enum IntegerColumn {
    /// Numbers in a packed group.
    static let groupSize = 128
    private static let runsFlag: UInt8 = 4

    /// Appends `values`, of which there is at least one.
    static func encode(_ values: UnsafeBufferPointer<Int64>, into out: inout ColumnWriter) {
        unsafe encode(values, as: plan(for: values), into: &out)
    }

    /// Appends `values` in a form that was found for them.
    static func encode(_ values: UnsafeBufferPointer<Int64>, as plan: Plan, into out: inout ColumnWriter) {
        out.append(UInt8(plan.order) | (plan.isRuns ? runsFlag : 0))
        if plan.order >= 1 { out.appendVarint(unsafe values[0].zigzag) }
        if plan.order == 2 { out.appendVarint(unsafe (values[1] &- values[0]).zigzag) }
        if plan.isRuns {
            unsafe encodeRuns(values, order: plan.order, into: &out)
        } else {
            // The order is decided outside of the loops.
            switch plan.order {
            case 0: unsafe encodePacked(values, order: 0, plan.extent, into: &out)
            case 1: unsafe encodePacked(values, order: 1, plan.extent, into: &out)
            default: unsafe encodePacked(values, order: 2, plan.extent, into: &out)
            }
        }
    }

    /// The form of a column, and about the bits that it takes.
    struct Plan {
        var order: Int
        var isRuns: Bool
        var bits: Int
        /// The extent of the column's group, if it has one only.
        fileprivate var extent: vitrine_extent?
    }

    /// What is stored of the number at `index`: itself, its difference, or the difference of its difference.
    @inline(__always)
    private static func residual(_ values: UnsafeBufferPointer<Int64>, _ index: Int, order: Int) -> Int64 {
        switch order {
        case 0: unsafe values[index]
        case 1: unsafe values[index] &- values[index &- 1]
        default: unsafe values[index] &- values[index &- 1] &- (values[index &- 1] &- values[index &- 2])
        }
    }

    /// Whether all differences are the same: a clock, a steady counter, a gauge that rests.
    private static func isRegular(_ values: UnsafeBufferPointer<Int64>) -> Bool {
        guard values.count > 2 else { return false }
        let difference = unsafe values[1] &- values[0]
        var index = 2
        while index < values.count {
            if unsafe values[index] &- values[index &- 1] != difference { return false }
            index &+= 1
        }
        return true
    }

    /// The shortest form, found in one walk over the numbers.
    static func plan(for values: UnsafeBufferPointer<Int64>) -> Plan {
        let count = values.count
        if unsafe isRegular(values) { return Plan(order: 1, isRuns: true, bits: 0) }
        var bits = (0, 0, 0)
        var extents = vitrine_extents()
        var (changes, turns) = (0, 0)
        var start = 0
        while start < count {
            let end = min(start + groupSize, count)
            extents = unsafe Self.extents(values, start..<end)
            changes += Int(extents.difference_count)
            turns += Int(extents.turn_count)
            bits.0 += extents.numbers.bits(end - start)
            if end > max(start, 1) { bits.1 += extents.differences.bits(end - max(start, 1)) }
            if end > max(start, 2) { bits.2 += extents.turns.bits(end - max(start, 2)) }
            start = end
        }
        let isGroup = count <= groupSize
        var best = Plan(order: 0, isRuns: false, bits: bits.0, extent: isGroup ? extents.numbers : nil)
        if count > 1, bits.1 + 16 < best.bits {
            best = Plan(order: 1, isRuns: false, bits: bits.1 + 16, extent: isGroup ? extents.differences : nil)
        }
        if count > 2, bits.2 + 24 < best.bits {
            best = Plan(order: 2, isRuns: false, bits: bits.2 + 24, extent: isGroup ? extents.turns : nil)
        }
        // A run takes two bytes at least, and runs of single numbers those numbers' bytes: so many are not worth a look.
        for (order, changes) in [(0, changes), (1, turns)]
        where 2 * changes <= count && 16 * changes < best.bits && order < count {
            let bits = unsafe runBits(values, order: order)
            if bits < best.bits { best = Plan(order: order, isRuns: true, bits: bits) }
        }
        return best
    }

    /// The extents of a group.
    private static func extents(_ values: UnsafeBufferPointer<Int64>, _ group: Range<Int>) -> vitrine_extents {
        let none = vitrine_extent(low: .max, high: .min)
        var extents = vitrine_extents(
            numbers: none,
            differences: none,
            turns: none,
            difference_count: 0,
            turn_count: 0
        )
        // The column's first two numbers have no difference of differences, and the first has no difference.
        if group.lowerBound == 0 {
            unsafe extents.numbers.note(values[0])
            if values.count > 1 {
                unsafe extents.numbers.note(values[1])
                unsafe extents.differences.note(values[1] &- values[0])
            }
        }
        let start = max(group.lowerBound, 2)
        if let base = values.baseAddress, start < group.upperBound {
            // The two numbers before `start` are the column's too.
            unsafe vitrine_extents_add(&extents, base + start, Int64(group.upperBound - start))
        }
        return extents
    }

    /// Calls `body` with each number that is stored and how often it stands there.
    @inline(__always)
    private static func forEachRun(_ values: UnsafeBufferPointer<Int64>, order: Int, _ body: (Int64, Int) -> Void) {
        var index = order
        while index < values.count {
            let value = unsafe residual(values, index, order: order)
            let start = index
            repeat { index += 1 } while index < values.count && (unsafe residual(values, index, order: order)) == value
            body(value, index - start)
        }
    }

    private static func runBits(_ values: UnsafeBufferPointer<Int64>, order: Int) -> Int {
        var bytes = 3 * order
        unsafe forEachRun(values, order: order) { value, count in
            bytes += value.zigzag.varintByteCount + UInt64(count).varintByteCount
        }
        return 8 * bytes
    }

    private static func encodeRuns(_ values: UnsafeBufferPointer<Int64>, order: Int, into out: inout ColumnWriter) {
        unsafe forEachRun(values, order: order) { value, count in
            out.appendVarint(value.zigzag)
            out.appendVarint(UInt64(count))
        }
    }

    @inline(__always)
    private static func encodePacked(
        _ values: UnsafeBufferPointer<Int64>,
        order: Int,
        _ known: vitrine_extent?,
        into out: inout ColumnWriter
    ) {
        var start = order
        while start < values.count {
            let end = min((start / groupSize + 1) * groupSize, values.count)
            var extent = known ?? vitrine_extent(low: .max, high: .min)
            if known == nil {
                for index in start..<end { extent.note(unsafe residual(values, index, order: order)) }
            }
            let low = extent.low
            out.append(UInt8(extent.width))
            out.appendVarint(low.zigzag)
            BitPacking.pack(end - start, width: extent.width, into: &out) { place in
                UInt64(bitPattern: unsafe residual(values, start &+ place, order: order) &- low)
            }
            start = end
        }
    }

    /// Reads a column of `count` numbers, at least one, into `target`; returns whether the bytes made one.
    static func decode(_ reader: inout ColumnReader, count: Int, into target: UnsafeMutablePointer<Int64>) -> Bool {
        guard let mode = reader.byte(), mode & ~7 == 0, mode & 3 <= 2 else { return false }
        let order = Int(mode & 3)
        guard order < max(count, 2) else { return false }
        if order >= 1 {
            guard let first = reader.signed() else { return false }
            unsafe target[0] = first
        }
        if order == 2 {
            guard count >= 2, let delta = reader.signed() else { return false }
            unsafe target[1] = delta
        }
        // The differences are added up as they are read; the order is decided outside of the loops.
        let isRuns = mode & runsFlag != 0
        return switch order {
        case 0: unsafe decode(&reader, order: 0, isRuns, count: count, into: target)
        case 1: unsafe decode(&reader, order: 1, isRuns, count: count, into: target)
        default: unsafe decode(&reader, order: 2, isRuns, count: count, into: target)
        }
    }

    @inline(__always)
    private static func decode(
        _ reader: inout ColumnReader,
        order: Int,
        _ isRuns: Bool,
        count: Int,
        into target: UnsafeMutablePointer<Int64>
    ) -> Bool {
        var difference = order == 2 ? unsafe target[1] : 0
        var total = order == 0 ? 0 : unsafe target[0] &+ difference
        if order == 2 { unsafe target[1] = total }
        var index = order
        while index < count {
            let start = index
            @inline(__always)
            func note(_ place: Int, _ number: Int64) {
                switch order {
                case 0: total = number
                case 1: total &+= number
                default:
                    difference &+= number
                    total &+= difference
                }
                unsafe target[start &+ place] = total
            }
            if isRuns {
                guard let value = reader.signed(), let run = reader.count(through: count - index), run > 0 else {
                    return false
                }
                for place in 0..<run { note(place, value) }
                index += run
            } else {
                let size = min((index / groupSize + 1) * groupSize, count) - index
                guard let width = reader.byte(), width <= 64, let base = reader.signed() else { return false }
                let source = unsafe reader.rest
                guard reader.skip(BitPacking.byteCount(size, width: Int(width))) else { return false }
                unsafe BitPacking.unpack(source, count: size, width: Int(width), above: base, note)
                index += size
            }
        }
        return true
    }

    /// Moves past a column of `count` numbers.
    static func skip(_ reader: inout ColumnReader, count: Int) -> Bool {
        guard let mode = reader.byte(), mode & ~7 == 0, mode & 3 <= 2 else { return false }
        let order = Int(mode & 3)
        for _ in 0..<order { guard reader.varint() != nil else { return false } }
        var index = order
        while index < count {
            if mode & runsFlag != 0 {
                guard reader.varint() != nil, let run = reader.count(through: count - index), run > 0 else {
                    return false
                }
                index += run
            } else {
                let size = min((index / groupSize + 1) * groupSize, count) - index
                guard let width = reader.byte(), width <= 64, reader.varint() != nil,
                    reader.skip(BitPacking.byteCount(size, width: Int(width)))
                else { return false }
                index += size
            }
        }
        return true
    }
}

extension vitrine_extent {
    @inline(__always)
    fileprivate mutating func note(_ value: Int64) {
        low = min(low, value)
        high = max(high, value)
    }

    fileprivate var width: Int { BitPacking.width(of: UInt64(bitPattern: high &- low)) }

    /// The bits of a packed group of so many numbers.
    fileprivate func bits(_ count: Int) -> Int {
        8 + 8 * low.zigzag.varintByteCount + 8 * BitPacking.byteCount(count, width: width)
    }
}
