// The wire format of protocol buffers (protobuf.dev, "Encoding"): each field is a varint of number and wire type, then a
// varint (0), eight bytes in little endian (1), or a length and bytes (2).

/// A message that is written field by field.
struct ProtobufMessage {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ field: Int, varint value: UInt64) {
        tag(field, 0)
        bytes.appendVarint(value)
    }

    mutating func append(_ field: Int, zigzag value: Int64) {
        tag(field, 0)
        bytes.appendVarint(zigzag: value)
    }

    mutating func append(_ field: Int, _ value: Double) {
        tag(field, 1)
        var rest = value.bitPattern
        for _ in 0..<8 {
            bytes.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }

    mutating func append(_ field: Int, _ text: String) {
        append(field, bytes: Array(text.utf8))
    }

    mutating func append(_ field: Int, _ message: ProtobufMessage) {
        append(field, bytes: message.bytes)
    }

    mutating func append(_ field: Int, bytes content: [UInt8]) {
        tag(field, 2)
        bytes.appendVarint(UInt64(content.count))
        bytes += content
    }

    private mutating func tag(_ field: Int, _ wireType: UInt64) {
        bytes.appendVarint(UInt64(field) << 3 | wireType)
    }
}

extension [UInt8] {
    /// Seven bits to a byte, the least first; the eighth says that more follow.
    mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    /// As a varint with the sign in the least bit, so that small negative numbers are short.
    mutating func appendVarint(zigzag value: Int64) {
        appendVarint(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }
}
