internal import Glibc

/// Bytes written one after the other into room that was measured before.
///
/// What has no room ends the process: whoever measured was wrong.
@safe struct ByteSink {
    private let start: UnsafeMutablePointer<UInt8>
    private let capacity: Int
    private(set) var count = 0

    private init(_ room: UnsafeMutableBufferPointer<UInt8>) {
        // An empty room may have no address; then nothing is ever written.
        unsafe start = room.baseAddress ?? UnsafeMutablePointer(bitPattern: 1).unsafelyUnwrapped
        capacity = room.count
    }

    /// What `body` writes, at most `countMax` bytes.
    static func bytes(atMost countMax: Int, _ body: (inout ByteSink) -> Void) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: countMax) { room, count in
            var sink = unsafe ByteSink(room)
            body(&sink)
            count = sink.count
        }
    }

    private mutating func advance(_ size: Int) -> UnsafeMutablePointer<UInt8> {
        let place = unsafe start + count
        count += size
        precondition(count <= capacity, "an exposition longer than was measured")
        return unsafe place
    }

    mutating func append(_ byte: UInt8) {
        unsafe advance(1).pointee = byte
    }

    mutating func append(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBufferPointer { unsafe append($0) }
    }

    /// The buffer's bytes are copied before this returns.
    @inline(__always)
    mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let source = bytes.baseAddress else { return }
        unsafe memcpy(advance(bytes.count), source, bytes.count)
    }

    mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { unsafe append($0) }
    }

    /// The decimal digits of a whole number, at most 20.
    @inline(__always)
    mutating func append(_ value: UInt64) {
        let digits = Self.digitCount(value)
        var place = unsafe advance(digits) + digits
        var rest = value
        while rest >= 10 {
            let (quotient, digit) = (rest / 10, rest % 10)
            unsafe place -= 1
            unsafe place.pointee = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit)
            rest = quotient
        }
        unsafe (place - 1).pointee = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest)
    }

    /// The shortest digits that read back as the same double, at most 24 bytes; as Prometheus writes what is no number.
    mutating func append(_ value: Double) {
        if value == value.rounded(), abs(value) < 0x1p53, value != 0 || value.sign == .plus {
            if value < 0 { append(UInt8(ascii: "-")) }
            append(UInt64(abs(value)))
        } else if value.isNaN {
            append("NaN")
        } else if value.isInfinite {
            append(value < 0 ? "-Inf" : "+Inf")
        } else {
            append(value.description)
        }
    }

    private static func digitCount(_ value: UInt64) -> Int {
        if value < 10 { return 1 }
        if value < 100 { return 2 }
        if value < 1_000 { return 3 }
        if value < 10_000 { return 4 }
        var (count, bound) = (5, 100_000 as UInt64)
        while value >= bound {
            count += 1
            if count == 20 { break }
            bound *= 10
        }
        return count
    }
}
