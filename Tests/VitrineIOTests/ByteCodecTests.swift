import Testing
import VitrineIO
import VitrineTestSupport

@Suite("Bytes as numbers and back")
struct ByteCodecTests {
    @Test("numbers are laid down lowest byte first")
    func layout() {
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(UInt8(0xAB))
        bytes.appendLittleEndian(UInt16(0x0102))
        bytes.appendLittleEndian(UInt32(0x0304_0506))
        bytes.appendLittleEndian(Int64(-2))
        #expect(bytes == [0xAB, 0x02, 0x01, 0x06, 0x05, 0x04, 0x03, 0xFE] + [UInt8](repeating: 0xFF, count: 7))
        bytes.replaceUInt32(at: 3, with: 0x1122_3344)
        #expect(Array(bytes[3..<7]) == [0x44, 0x33, 0x22, 0x11])
    }

    @Test("what was written is read back, and every truncation ends in nil at the field that is cut")
    func roundTripAndTruncation() {
        var generator = SeededGenerator(seed: 21)
        for _ in 0..<50 {
            let fields = (generator.next(), generator.next(), generator.next(), generator.next())
            let text = generator.bytes(Int(fields.0 % 20))
            var bytes: [UInt8] = []
            bytes.appendLittleEndian(UInt8(truncatingIfNeeded: fields.0))
            bytes.appendLittleEndian(UInt16(truncatingIfNeeded: fields.1))
            bytes.appendLittleEndian(UInt32(truncatingIfNeeded: fields.2))
            bytes.appendLittleEndian(fields.3)
            bytes.appendLittleEndian(Int64(bitPattern: fields.0))
            bytes.appendVarint(fields.1 >> (fields.2 % 64))
            bytes.appendVarint(UInt64(text.count))
            bytes += text
            for count in 0...bytes.count {
                var reader = ByteReader(bytes.span.extracting(0..<count))
                let read = decode(&reader)
                guard count == bytes.count else {
                    #expect(read == nil, "\(count) of \(bytes.count) bytes")
                    continue
                }
                #expect(
                    read?.numbers == [
                        fields.0 & 0xFF, fields.1 & 0xFFFF, fields.2 & 0xFFFF_FFFF, fields.3, fields.0,
                        fields.1 >> (fields.2 % 64),
                    ]
                )
                #expect(read?.text == text && reader.remaining == 0 && reader.position == count)
            }
        }
    }

    private func decode(_ reader: inout ByteReader) -> (numbers: [UInt64], text: [UInt8])? {
        guard let byte = reader.readUInt8(), let short = reader.readUInt16(), let word = reader.readUInt32(),
            let long = reader.readUInt64(), let signed = reader.readInt64(), let varint = reader.readVarint(),
            let count = reader.readVarint(), let text = reader.readBytes(Int(count))
        else { return nil }
        return ([UInt64(byte), UInt64(short), UInt64(word), long, UInt64(bitPattern: signed), varint], text)
    }

    @Test(
        "a varint takes the bytes it should",
        arguments: [(0, 1), (127, 1), (128, 2), (16_383, 2), (16_384, 3), (UInt64.max >> 1, 9), (UInt64.max, 10)]
            as [(UInt64, Int)]
    )
    func varintLength(value: UInt64, byteCount: Int) {
        var bytes: [UInt8] = []
        bytes.appendVarint(value)
        #expect(bytes.count == byteCount)
        var reader = ByteReader(bytes.span)
        #expect(reader.readVarint() == value)
    }

    @Test(
        "a varint that does not fit 64 bits is refused",
        arguments: [
            [UInt8](repeating: 0xFF, count: 9) + [0x02],
            [UInt8](repeating: 0x80, count: 10) + [0x01],
            [UInt8](repeating: 0xFF, count: 20),
        ]
    )
    func varintOverflow(bytes: [UInt8]) {
        var reader = ByteReader(bytes.span)
        #expect(reader.readVarint() == nil)
    }

    @Test("lengths that a damaged file can hold are refused, not trusted", arguments: [-1, 4, Int.max, Int.min])
    func foreignLengths(count: Int) {
        let bytes: [UInt8] = [1, 2, 3]
        var reader = ByteReader(bytes.span)
        #expect(reader.readBytes(count) == nil)
        #expect(reader.skip(count) == nil)
        #expect(reader.position == 0)
        #expect(reader.skip(3) == 0..<3)
        #expect(reader.readUInt8() == nil)
    }
}
