internal import VitrineIO

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
    static func encode(_ values: UnsafeBufferPointer<Int64>, into out: inout [UInt8]) {
        let count = values.count
        unsafe withUnsafeTemporaryAllocation(of: Int64.self, capacity: 2 * count) { scratch in
            let first = unsafe UnsafeMutableBufferPointer(rebasing: scratch[..<count])
            let second = unsafe UnsafeMutableBufferPointer(rebasing: scratch[count...])
            unsafe differences(values, into: first, from: 1)
            if unsafe isConstant(UnsafeBufferPointer(rebasing: first[1...])) {
                // The common case of a clock, a steady counter and a gauge that rests.
                unsafe encodeRuns(values, residuals: UnsafeBufferPointer(first), order: 1, into: &out)
                return
            }
            unsafe differences(UnsafeBufferPointer(first), into: second, from: 2)
            let residuals = unsafe [values, UnsafeBufferPointer(first), UnsafeBufferPointer(second)]
            var best = Plan(order: 0, isRuns: false, bits: .max)
            for order in 0...min(2, count - 1) {
                let tail = unsafe UnsafeBufferPointer(rebasing: residuals[order][order...])
                let packed = unsafe Plan(order: order, isRuns: false, bits: packedBits(tail))
                if packed.bits < best.bits { best = packed }
                if let bits = unsafe runBits(tail), bits < best.bits {
                    best = Plan(order: order, isRuns: true, bits: bits)
                }
            }
            if best.isRuns {
                unsafe encodeRuns(values, residuals: residuals[best.order], order: best.order, into: &out)
            } else {
                unsafe encodePacked(values, residuals: residuals[best.order], order: best.order, into: &out)
            }
        }
    }

    private struct Plan {
        var order: Int
        var isRuns: Bool
        var bits: Int
    }

    private static func differences(
        _ values: UnsafeBufferPointer<Int64>,
        into target: UnsafeMutableBufferPointer<Int64>,
        from start: Int
    ) {
        for index in 0..<min(start, values.count) { unsafe target[index] = unsafe values[index] }
        var index = start
        while index < values.count {
            unsafe target[index] = unsafe values[index] &- values[index - 1]
            index += 1
        }
    }

    private static func isConstant(_ values: UnsafeBufferPointer<Int64>) -> Bool {
        guard let first = unsafe values.first else { return true }
        for index in values.indices where unsafe values[index] != first { return false }
        return true
    }

    /// The least number of a group, and the width that the others need above it.
    private static func extent(_ values: UnsafeBufferPointer<Int64>) -> (base: Int64, width: Int) {
        var low = Int64.max
        var high = Int64.min
        for index in values.indices {
            let value = unsafe values[index]
            low = min(low, value)
            high = max(high, value)
        }
        return (low, BitPacking.width(of: UInt64(bitPattern: high &- low)))
    }

    private static func packedBits(_ residuals: UnsafeBufferPointer<Int64>) -> Int {
        var bits = 0
        var start = 0
        while start < residuals.count {
            let end = min(start + groupSize, residuals.count)
            let (base, width) = unsafe extent(UnsafeBufferPointer(rebasing: residuals[start..<end]))
            bits += 8 + 8 * base.zigzag.varintByteCount + 8 * BitPacking.byteCount(end - start, width: width)
            start = end
        }
        return bits
    }

    /// What runs would take, or `nil` when there are so many that they are not worth it.
    private static func runBits(_ residuals: UnsafeBufferPointer<Int64>) -> Int? {
        let runsMax = residuals.count / 8 + 2
        var runs = 0
        var bytes = 2
        var index = 0
        while index < residuals.count {
            let value = unsafe residuals[index]
            let start = index
            while index < residuals.count, unsafe residuals[index] == value { index += 1 }
            bytes += value.zigzag.varintByteCount + UInt64(index - start).varintByteCount
            runs += 1
            if runs > runsMax { return nil }
        }
        return 8 * bytes
    }

    private static func encodeHead(_ values: UnsafeBufferPointer<Int64>, order: Int, into out: inout [UInt8]) {
        if order >= 1 { out.appendVarint(unsafe values[0].zigzag) }
        if order == 2 { out.appendVarint(unsafe (values[1] &- values[0]).zigzag) }
    }

    private static func encodeRuns(
        _ values: UnsafeBufferPointer<Int64>,
        residuals: UnsafeBufferPointer<Int64>,
        order: Int,
        into out: inout [UInt8]
    ) {
        out.append(UInt8(order) | runsFlag)
        unsafe encodeHead(values, order: order, into: &out)
        var index = order
        while index < residuals.count {
            let value = unsafe residuals[index]
            let start = index
            while index < residuals.count, unsafe residuals[index] == value { index += 1 }
            out.appendVarint(value.zigzag)
            out.appendVarint(UInt64(index - start))
        }
    }

    private static func encodePacked(
        _ values: UnsafeBufferPointer<Int64>,
        residuals: UnsafeBufferPointer<Int64>,
        order: Int,
        into out: inout [UInt8]
    ) {
        out.append(UInt8(order))
        unsafe encodeHead(values, order: order, into: &out)
        var start = order
        while start < residuals.count {
            let end = min(start + groupSize, residuals.count)
            let group = unsafe UnsafeBufferPointer(rebasing: residuals[start..<end])
            let (base, width) = unsafe extent(group)
            out.append(UInt8(width))
            out.appendVarint(base.zigzag)
            unsafe BitPacking.pack(group, above: base, width: width, into: &out)
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
        let isWhole =
            mode & runsFlag != 0
            ? unsafe decodeRuns(&reader, from: order, to: count, into: target)
            : unsafe decodePacked(&reader, from: order, to: count, into: target)
        guard isWhole else { return false }
        if order == 2 { unsafe sum(target, from: 2, count: count) }
        if order >= 1 { unsafe sum(target, from: 1, count: count) }
        return true
    }

    private static func sum(_ target: UnsafeMutablePointer<Int64>, from start: Int, count: Int) {
        var total = unsafe target[start - 1]
        var index = start
        while index < count {
            total &+= unsafe target[index]
            unsafe target[index] = total
            index += 1
        }
    }

    private static func decodeRuns(
        _ reader: inout ColumnReader,
        from start: Int,
        to count: Int,
        into target: UnsafeMutablePointer<Int64>
    ) -> Bool {
        var index = start
        while index < count {
            guard let value = reader.signed(), let run = reader.count(through: count - index), run > 0 else {
                return false
            }
            unsafe (target + index).update(repeating: value, count: run)
            index += run
        }
        return true
    }

    private static func decodePacked(
        _ reader: inout ColumnReader,
        from start: Int,
        to count: Int,
        into target: UnsafeMutablePointer<Int64>
    ) -> Bool {
        var index = start
        while index < count {
            let size = min(groupSize, count - index)
            guard let width = reader.byte(), width <= 64, let base = reader.signed() else { return false }
            let source = unsafe reader.rest
            guard reader.skip(BitPacking.byteCount(size, width: Int(width))) else { return false }
            unsafe BitPacking.unpack(source, count: size, width: Int(width), above: base, into: target + index)
            index += size
        }
        return true
    }
}
