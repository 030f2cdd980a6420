internal import VitrineIO

/// A column of reals, which comes back the same to the bit.
///
/// It is kept as whole numbers or few decimals where they are that, else by whichever of the two codecs for bit patterns is
/// shorter.
enum ValueColumn {
    private enum Mode {
        static let decimal: UInt8 = 0  // then the power of ten, then an integer column
        static let bits: UInt8 = 1  // an integer column of bit patterns
        static let xor: UInt8 = 2  // the length in bytes, then an XOR column
        static let same: UInt8 = 3  // the column before
    }
    private static let powers: [Double] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000]
    /// An integer column of less than this per value is kept without trying the other codec.
    private static let contentBytes = 2
    /// Added to a real of less than 2^51, this rounds it to a whole number, which the lowest bits then are.
    private static let rounder = 0x1.8p52
    /// Values that are scaled between two looks at whether bits were lost.
    private static let stretchSize = 16
    /// Values that are looked at first, where another power lost bits.
    private static let suspectSize = 4

    /// Appends `values`, of which there is at least one.
    static func encode(_ values: UnsafeBufferPointer<Double>, into out: inout ColumnWriter) {
        unsafe withUnsafeTemporaryAllocation(of: Int64.self, capacity: values.count) { integers in
            if let exponent = unsafe decimals(values, into: integers) {
                unsafe encode(UnsafeBufferPointer(integers), for: values, into: &out) { out in
                    out.append(Mode.decimal)
                    out.append(UInt8(exponent))
                }
            } else {
                unsafe values.withMemoryRebound(to: Int64.self) { patterns in
                    unsafe encode(patterns, for: values, into: &out) { $0.append(Mode.bits) }
                }
            }
        }
    }

    /// Appends `values` as the whole numbers that they were turned into, behind a title, or in the other codec where that
    /// is shorter.
    private static func encode(
        _ integers: UnsafeBufferPointer<Int64>,
        for values: UnsafeBufferPointer<Double>,
        into out: inout ColumnWriter,
        title: (inout ColumnWriter) -> Void
    ) {
        let plan = unsafe IntegerColumn.plan(for: integers)
        if plan.bits > 8 * (contentBytes * values.count + 16) {
            let bitCount = unsafe XORColumn.bitCount(values)
            if bitCount + 32 < plan.bits {
                out.append(Mode.xor)
                out.appendVarint(UInt64((bitCount + 7) / 8))
                return unsafe XORColumn.encode(values, bitCount: bitCount, into: &out)
            }
        }
        title(&out)
        unsafe IntegerColumn.encode(integers, as: plan, into: &out)
    }

    /// Appends `values` as those of the column before, where they are the same to the bit.
    static func encode(
        _ values: UnsafeBufferPointer<Double>,
        orSameAs before: UnsafeBufferPointer<Double>,
        into out: inout ColumnWriter
    ) {
        let isSame = unsafe zip(values, before).allSatisfy { $0.bitPattern == $1.bitPattern }
        if isSame { out.append(Mode.same) } else { unsafe encode(values, into: &out) }
    }

    /// Reads a column of `count` values, at least one; `before` is the column read before, if there is one.
    static func decode(
        _ reader: inout ColumnReader,
        count: Int,
        into target: UnsafeMutablePointer<Double>,
        before: UnsafePointer<Double>? = nil
    ) -> Bool {
        switch reader.byte() {
        case Mode.decimal:
            guard let exponent = reader.byte(), Int(exponent) < powers.count else { return false }
            return unsafe decode(&reader, count: count, into: target, dividingBy: powers[Int(exponent)])
        case Mode.bits:
            return unsafe target.withMemoryRebound(to: Int64.self, capacity: count) { patterns in
                unsafe IntegerColumn.decode(&reader, count: count, into: patterns)
            }
        case Mode.xor:
            guard let length = reader.count(through: reader.remaining), let bytes = unsafe reader.bytes(length) else {
                return false
            }
            return unsafe XORColumn.decode(bytes, count: count, into: target)
        case Mode.same:
            guard let before = unsafe before else { return false }
            unsafe target.update(from: before, count: count)
            return true
        default: return false
        }
    }

    /// Moves past a column of `count` values.
    static func skip(_ reader: inout ColumnReader, count: Int) -> Bool {
        switch reader.byte() {
        case Mode.decimal: return reader.skip(1) && IntegerColumn.skip(&reader, count: count)
        case Mode.bits: return IntegerColumn.skip(&reader, count: count)
        case Mode.xor:
            guard let length = reader.count(through: reader.remaining) else { return false }
            return reader.skip(length)
        case Mode.same: return true
        default: return false
        }
    }

    /// Reads whole numbers, which then become reals where they stand.
    private static func decode(
        _ reader: inout ColumnReader,
        count: Int,
        into target: UnsafeMutablePointer<Double>,
        dividingBy power: Double
    ) -> Bool {
        unsafe target.withMemoryRebound(to: Int64.self, capacity: count) { integers in
            guard unsafe IntegerColumn.decode(&reader, count: count, into: integers) else { return false }
            if power == 1 {
                for index in 0..<count {
                    unsafe integers[index] = unsafe Int64(bitPattern: Double(integers[index]).bitPattern)
                }
            } else {
                for index in 0..<count {
                    unsafe integers[index] = unsafe Int64(bitPattern: (Double(integers[index]) / power).bitPattern)
                }
            }
            return true
        }
    }

    /// Writes each value times a power of ten, as a whole number, where that loses no bit of any; returns the power.
    private static func decimals(
        _ values: UnsafeBufferPointer<Double>,
        into integers: UnsafeMutableBufferPointer<Int64>
    ) -> Int? {
        // Where the power before did not do: there it is decided quickly whether this one could.
        var suspect = 0
        // Whole numbers, the common case, are not divided by anything.
        if unsafe scale(values, by: 1, into: integers, &suspect) { return 0 }
        for exponent in 1..<powers.count where unsafe scale(values, by: powers[exponent], into: integers, &suspect) {
            return exponent
        }
        return nil
    }

    @inline(__always)
    private static func scale(
        _ values: UnsafeBufferPointer<Double>,
        by power: Double,
        into integers: UnsafeMutableBufferPointer<Int64>,
        _ suspect: inout Int
    ) -> Bool {
        guard unsafe scale(values, from: suspect, suspectSize, by: power, into: integers) else { return false }
        var start = 0
        while start < values.count {
            guard unsafe scale(values, from: start, stretchSize, by: power, into: integers) else {
                suspect = start
                return false
            }
            start &+= stretchSize
        }
        return true
    }

    /// Scales a stretch of values; returns whether each integer over the power gives the value again, to the bit.
    ///
    /// Without a branch and without a conversion, so that two values go through a vector at once.
    @inline(__always)
    private static func scale(
        _ values: UnsafeBufferPointer<Double>,
        from start: Int,
        _ count: Int,
        by power: Double,
        into integers: UnsafeMutableBufferPointer<Int64>
    ) -> Bool {
        var lost: UInt64 = 0
        var index = start
        let end = min(start &+ count, values.count)
        while index < end {
            let value = unsafe values[index]
            let shifted = value * power + rounder
            // Infinities, what is not a number, negative zero and large numbers differ in one of these.
            lost |= ((shifted - rounder) / power).bitPattern ^ value.bitPattern
            lost |= (shifted.bitPattern ^ rounder.bitPattern) &>> 52
            unsafe integers[index] = Int64(bitPattern: shifted.bitPattern &- rounder.bitPattern)
            index &+= 1
        }
        return lost == 0
    }
}
