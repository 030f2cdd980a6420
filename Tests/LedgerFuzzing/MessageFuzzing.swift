import OrderLedger
import VitrineIO

extension LedgerFuzzing {
    /// Takes bytes as a message of a connection, as they are and with the length and the checksum put right: what is
    /// understood comes back from its own bytes, and anything else is `connectionFailed`.
    public static func message(_ bytes: [UInt8]) {
        guard bytes.count >= Message.headBytes + 4 else { return }
        read(bytes)
        var sealed = bytes
        let end = sealed.count - 4
        sealed.replaceUInt32(at: 0, with: UInt32(end - Message.headBytes))
        sealed.replaceUInt32(at: end, with: CRC32C.checksum(of: sealed.span.extracting(4..<end)))
        read(sealed)
    }

    private static func read(_ bytes: [UInt8]) {
        let head = Array(bytes.prefix(Message.headBytes))
        do throws(LedgerError) {
            let count = try Message.restBytes(head: head)
            guard count == bytes.count - Message.headBytes else { return }
            let message = try Message(head: head, rest: Array(bytes.dropFirst(Message.headBytes)))
            let encoded = message.encoded()
            let again = try Message(
                head: Array(encoded.prefix(Message.headBytes)),
                rest: Array(encoded.dropFirst(Message.headBytes))
            )
            hold(again == message, "\(message) does not come back")
        } catch {
            hold(error.code == .connectionFailed, "another error: \(error)")
        }
    }
}
