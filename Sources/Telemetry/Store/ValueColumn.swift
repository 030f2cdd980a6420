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

    /// Appends `values`, of which there is at least one.
    static func encode(_ values: UnsafeBufferPointer<Double>, into out: inout [UInt8]) {
        let start = out.count
        unsafe withUnsafeTemporaryAllocation(of: Int64.self, capacity: values.count) { integers in
            if let exponent = unsafe decimals(values, into: integers) {
                out.append(Mode.decimal)
                out.append(UInt8(exponent))
            } else {
                out.append(Mode.bits)
                for index in values.indices {
                    unsafe integers[index] = unsafe Int64(bitPattern: values[index].bitPattern)
                }
            }
            unsafe IntegerColumn.encode(UnsafeBufferPointer(integers), into: &out)
        }
        let length = out.count - start
        guard length > contentBytes * values.count + 16 else { return }
        var other: [UInt8] = []
        guard unsafe XORColumn.encode(values, into: &other, limit: length - 4) else { return }
        out.removeLast(length)
        out.append(Mode.xor)
        out.appendVarint(UInt64(other.count))
        out.append(contentsOf: other)
    }

    /// Appends `values` as those of the column before, where they are the same to the bit.
    static func encode(
        _ values: UnsafeBufferPointer<Double>,
        orSameAs before: UnsafeBufferPointer<Double>,
        into out: inout [UInt8]
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
            return unsafe decodeIntegers(&reader, count: count, into: target) { integers in
                if exponent == 0 {
                    for index in 0..<count { unsafe target[index] = unsafe Double(integers[index]) }
                } else {
                    let power = powers[Int(exponent)]
                    for index in 0..<count { unsafe target[index] = unsafe Double(integers[index]) / power }
                }
            }
        case Mode.bits:
            return unsafe decodeIntegers(&reader, count: count, into: target) { integers in
                for index in 0..<count {
                    unsafe target[index] = unsafe Double(bitPattern: UInt64(bitPattern: integers[index]))
                }
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

    private static func decodeIntegers(
        _ reader: inout ColumnReader,
        count: Int,
        into target: UnsafeMutablePointer<Double>,
        convert: (UnsafeMutablePointer<Int64>) -> Void
    ) -> Bool {
        unsafe withUnsafeTemporaryAllocation(of: Int64.self, capacity: count) { scratch in
            guard let integers = scratch.baseAddress else { return false }
            guard unsafe IntegerColumn.decode(&reader, count: count, into: integers) else { return false }
            unsafe convert(integers)
            return true
        }
    }

    /// Writes each value times a power of ten, as a whole number, where that loses no bit of any; returns the power.
    private static func decimals(
        _ values: UnsafeBufferPointer<Double>,
        into integers: UnsafeMutableBufferPointer<Int64>
    ) -> Int? {
        if unsafe whole(values, into: integers) { return 0 }
        for exponent in powers.indices.dropFirst() {
            // The first value decides quickly which power could do at all.
            guard unsafe scaled(values[0], powers[exponent]) != nil else { continue }
            var isExact = true
            let power = powers[exponent]
            for index in values.indices {
                guard let integer = unsafe scaled(values[index], power) else {
                    isExact = false
                    break
                }
                unsafe integers[index] = integer
            }
            if isExact { return exponent }
        }
        return nil
    }

    /// Writes the values where all are whole numbers: the common case, without a division.
    private static func whole(
        _ values: UnsafeBufferPointer<Double>,
        into integers: UnsafeMutableBufferPointer<Int64>
    ) -> Bool {
        for index in values.indices {
            let value = unsafe values[index]
            guard value.magnitude < 9e15 else { return false }
            let integer = Int64(value)
            // Negative zero is another bit pattern than the whole number's.
            guard Double(integer).bitPattern == value.bitPattern else { return false }
            unsafe integers[index] = integer
        }
        return true
    }

    /// `value` times `power` as a whole number, if dividing it again gives the same bits.
    @inline(__always)
    private static func scaled(_ value: Double, _ power: Double) -> Int64? {
        let product = value * power
        // Not for what is infinite or not a number either.
        guard product.magnitude < 9e15 else { return nil }
        let integer = Int64(product + (product < 0 ? -0.5 : 0.5))
        return (Double(integer) / power).bitPattern == value.bitPattern ? integer : nil
    }
}
