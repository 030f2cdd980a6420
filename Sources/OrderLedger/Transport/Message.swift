internal import VitrineIO

// What goes over a connection, numbers little-endian:
//
//     0  4  bytes of the body
//     4  1  kind
//     5  …  body
//     …  4  CRC-32C of the kind and the body
//
// A version is four numbers of 8 bytes: ledger, writer, epoch, transactions. A text is 2 bytes of length, then UTF-8.

/// One message between a ledger and a replica.
package enum Message: Equatable, Sendable {
    /// From the replica, first: its name and the version that it is at.
    case hello(name: String, version: LedgerVersion?)
    /// From the ledger, in answer: the version that it is at, and whether it waits for flushes.
    case welcome(LedgerVersion, isDurable: Bool)
    /// From the ledger: a copy of the database follows.
    case snapshot(LedgerVersion, byteCount: Int64)
    /// Bytes of that copy, from this offset on, deflated.
    case part(offset: Int64, byteCount: Int, deflated: [UInt8])
    /// From the ledger: a segment as it is.
    case segment([UInt8])
    /// From the ledger, at least every half second: how far it has come.
    case heartbeat(LedgerPosition)
    /// From the replica: what it has applied.
    case received(LedgerPosition)
    /// From the replica: what it has flushed.
    case durable(LedgerPosition)
    /// From either: why it says nothing more.
    case refused(code: String, message: String)

    static let formatVersion: UInt32 = 1
    package static let headBytes = 5
    /// Bytes that a body may have.
    static let bodyBytesMax = SegmentHeader.byteCountMax

    package func encoded() -> [UInt8] {
        var bytes: [UInt8] = [0, 0, 0, 0]
        switch self {
        case .hello(let name, let version):
            bytes.append(1)
            bytes.appendLittleEndian(Self.formatVersion)
            bytes.appendText(name)
            if let version { bytes.appendVersion(version) }
        case .welcome(let version, let isDurable):
            bytes.append(2)
            bytes.append(isDurable ? 1 : 0)
            bytes.appendVersion(version)
        case .snapshot(let version, let byteCount):
            bytes.append(3)
            bytes.appendLittleEndian(byteCount)
            bytes.appendVersion(version)
        case .part(let offset, let byteCount, let deflated):
            bytes.append(4)
            bytes.appendLittleEndian(offset)
            bytes.appendLittleEndian(UInt32(byteCount))
            bytes += deflated
        case .segment(let segment):
            bytes.reserveCapacity(segment.count + 9)
            bytes.append(5)
            bytes += segment
        case .heartbeat(let position):
            bytes.append(6)
            bytes.appendPosition(position)
        case .received(let position):
            bytes.append(7)
            bytes.appendPosition(position)
        case .durable(let position):
            bytes.append(8)
            bytes.appendPosition(position)
        case .refused(let code, let message):
            bytes.append(9)
            bytes.appendText(code)
            bytes.appendText(message)
        }
        bytes.replaceUInt32(at: 0, with: UInt32(bytes.count - Self.headBytes))
        bytes.appendLittleEndian(CRC32C.checksum(of: bytes.span.extracting(4..<bytes.count)))
        return bytes
    }

    /// The bytes that follow the head of a message.
    ///
    /// - Throws: `connectionFailed` for a length that no message has.
    package static func restBytes(head: [UInt8]) throws(LedgerError) -> Int {
        var reader = ByteReader(head.span)
        guard let count = reader.readUInt32(), count <= bodyBytesMax else {
            throw LedgerError(.connectionFailed, "the other end speaks another protocol")
        }
        return Int(count) + 4
    }

    /// Reads a message from its head and the rest.
    ///
    /// - Throws: `connectionFailed` when it is none, or its bytes were changed on the way.
    package init(head: [UInt8], rest: [UInt8]) throws(LedgerError) {
        var crc = CRC32C()
        crc.update(head.span.extracting(4..<5))
        crc.update(rest.span.extracting(0..<rest.count - 4))
        let stored = rest.suffix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
        guard crc.value == stored else {
            throw LedgerError(.connectionFailed, "a message of kind \(head[4]) was changed on its way")
        }
        guard let message = Self.parse(head[4], Array(rest.dropLast(4))) else {
            throw LedgerError(
                .connectionFailed,
                "the other end said something of kind \(head[4]) that is not understood"
            )
        }
        self = message
    }

    private static func parse(_ kind: UInt8, _ body: [UInt8]) -> Message? {
        if kind == 5 { return .segment(body) }
        var reader = ByteReader(body.span)
        let message: Message
        switch kind {
        case 1:
            guard reader.readUInt32() == formatVersion, let name = reader.readText() else { return nil }
            message = .hello(name: name, version: reader.remaining == 0 ? nil : reader.readVersion())
        case 2:
            guard let isDurable = reader.readUInt8(), let version = reader.readVersion() else { return nil }
            message = .welcome(version, isDurable: isDurable == 1)
        case 3:
            guard let byteCount = reader.readInt64(), let version = reader.readVersion() else { return nil }
            message = .snapshot(version, byteCount: byteCount)
        case 4:
            guard let offset = reader.readInt64(), offset >= 0, let count = reader.readUInt32(),
                let deflated = reader.readBytes(reader.remaining)
            else {
                return nil
            }
            message = .part(offset: offset, byteCount: Int(count), deflated: deflated)
        case 6, 7, 8:
            guard let position = reader.readPosition() else { return nil }
            message = kind == 6 ? .heartbeat(position) : kind == 7 ? .received(position) : .durable(position)
        case 9:
            guard let code = reader.readText(), let text = reader.readText() else { return nil }
            message = .refused(code: code, message: text)
        default:
            return nil
        }
        return reader.remaining == 0 ? message : nil
    }
}

extension [UInt8] {
    fileprivate mutating func appendText(_ text: String) {
        let utf8 = Array(text.utf8.prefix(Int(UInt16.max)))
        appendLittleEndian(UInt16(utf8.count))
        self += utf8
    }

    fileprivate mutating func appendPosition(_ position: LedgerPosition) {
        appendLittleEndian(position.epoch)
        appendLittleEndian(position.transaction)
    }

    fileprivate mutating func appendVersion(_ version: LedgerVersion) {
        appendLittleEndian(version.ledger)
        appendLittleEndian(version.writer)
        appendPosition(version.position)
    }
}

extension ByteReader {
    fileprivate mutating func readText() -> String? {
        guard let count = readUInt16(), let bytes = readBytes(Int(count)) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    fileprivate mutating func readPosition() -> LedgerPosition? {
        guard let epoch = readUInt64(), let transaction = readUInt64() else { return nil }
        return LedgerPosition(epoch: epoch, transaction: transaction)
    }

    fileprivate mutating func readVersion() -> LedgerVersion? {
        guard let ledger = readUInt64(), let writer = readUInt64(), let position = readPosition() else { return nil }
        return LedgerVersion(ledger: ledger, writer: writer, position: position)
    }
}
