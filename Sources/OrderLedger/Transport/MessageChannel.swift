internal import VitrineSync

/// A connection over which messages go, from threads of its own, so that tasks wait for neither.
///
/// Messages of one direction are sent in the order of the calls.
final class MessageChannel: Sendable {
    private let socket: Socket
    private let readers: BlockingPool
    private let writers: BlockingPool

    /// - Throws: `ioFailed` when the system has no threads to give.
    init(_ socket: Socket, timeout: Duration) throws(LedgerError) {
        self.socket = socket
        socket.setTimeout(timeout)
        do {
            readers = try BlockingPool(name: "ledger receiver", threadCount: 1)
            writers = try BlockingPool(name: "ledger sender", threadCount: 1)
        } catch {
            throw LedgerError(.ioFailed, "no threads for a connection; end some of the process's", cause: error)
        }
    }

    /// Sends a message; it is with the system when this returns.
    ///
    /// - Throws: `connectionFailed`.
    func send(_ message: Message) async throws {
        let socket = socket
        try await writers.run { try socket.write(message.encoded()) }
    }

    /// The next message, and all others that are there already, up to a few dozen.
    ///
    /// - Throws: `connectionFailed`, also when nothing comes for as long as the timeout.
    func receive() async throws -> [Message] {
        let socket = socket
        return try await readers.run {
            var messages: [Message] = []
            repeat {
                guard let message = try Self.next(from: socket, isFirst: messages.isEmpty) else { break }
                messages.append(message)
            } while messages.count < Self.batchMax && socket.isReadable
            return messages
        }
    }

    /// The next message; `nil` where the connection has ended after others, which count: the last one often says why.
    private static func next(from socket: Socket, isFirst: Bool) throws(LedgerError) -> Message? {
        func read(_ count: Int) throws(LedgerError) -> [UInt8]? {
            do throws(LedgerError) {
                return try socket.read(count)
            } catch {
                if isFirst { throw error }
                return nil
            }
        }
        guard let head = try read(Message.headBytes), let rest = try read(try Message.restBytes(head: head)) else {
            return nil
        }
        return try Message(head: head, rest: rest)
    }

    private static let batchMax = 64

    /// Ends both directions: calls that are under way fail.
    func shutDown() {
        socket.shutDown()
    }

    /// Ends both directions and the threads.
    func close() async {
        socket.shutDown()
        await readers.close()
        await writers.close()
    }
}
