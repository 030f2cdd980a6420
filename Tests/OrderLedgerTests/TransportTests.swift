import OrderLedger
import Testing
import VitrineIO
import VitrineSync
import VitrineTestSupport

@Suite("Transport")
struct TransportTests {
    /// A server, and a replica with a client, over a socket.
    private struct Link {
        let server: ReplicationServer
        let serving: Task<Void, any Error>
        let client: ReplicationClient
        let following: Task<Void, any Error>

        init(_ pair: Pair, _ mode: ReplicationMode, on address: SocketAddress) throws {
            let server = try ReplicationServer(on: address, for: pair.ledger, mode: mode)
            serving = Task { try await server.run() }
            self.server = server
            var configuration = ConnectionConfiguration()
            configuration.retryInterval = .milliseconds(5)
            let client = try ReplicationClient(
                pair.replica,
                as: "two",
                from: server.address,
                configuration: configuration
            )
            following = Task { try await client.run() }
            self.client = client
        }

        func end() async throws {
            following.cancel()
            serving.cancel()
            try? await following.value
            try? await serving.value
        }
    }

    private func untilFollowing(_ pair: Pair) async {
        while pair.ledger.statistics.sinks.first(where: { $0.name == "two" })?.isAttached != true { await Task.yield() }
    }

    @Test("a replica follows over a Unix and a TCP socket, in each mode, from a snapshot on", arguments: [0, 1, 2])
    func follows(_ number: Int) async throws {
        let pair = try await Pair(replica: { $0.sources = [] })
        let mode: ReplicationMode = [.async(), .received, .durable][number]
        let unix = SocketAddress.unix(pair.directory.path + "/socket")
        let link = try Link(pair, mode, on: number == 1 ? .tcp("127.0.0.1", port: 0) : unix)
        await untilFollowing(pair)
        try await pair.place(0..<30)
        let position = pair.ledger.statistics.position
        if number > 0 { #expect(pair.replica.version?.position == position, "it was acknowledged before") }
        try await pair.replica.wait(for: position, atMost: .seconds(60))
        #expect(try pair.replica.stock(of: "a") == 9_970 && pair.replica.audit().isClean)
        #expect(link.client.silence != nil)
        try await link.end()
        try await pair.ledger.close()
        try await pair.replica.close()
        #expect(
            try bytes(of: pair.directory.path + "/one/ledger.sqlite3")
                == bytes(of: pair.directory.path + "/two/ledger.sqlite3")
        )
    }

    @Test(
        "a client that was away comes back to where it was, without a snapshot; a server that restarts is found again"
    )
    func reconnects() async throws {
        let pair = try await Pair(replica: { $0.sources = [] })
        let address = SocketAddress.unix(pair.directory.path + "/socket")
        let first = try Link(pair, .received, on: address)
        await untilFollowing(pair)
        try await pair.place(0..<5)
        let started = pair.replica.status.segments
        first.serving.cancel()
        try? await first.serving.value
        // The sink is gone, and is waited for: this one is acknowledged when it is back.
        let waiting = Task { try await pair.place(5..<10) }
        let server = try ReplicationServer(on: address, for: pair.ledger, mode: .received)
        let serving = Task { try await server.run() }
        try await waiting.value
        #expect(pair.replica.status.segments == started + 5, "it began anew")
        serving.cancel()
        try await first.end()
        try? await serving.value
        try await pair.ledger.close()
        try await pair.replica.close()
    }

    @Test(
        "a replica that was promoted answers the old ledger, and the old ledger says fenced",
        arguments: [true, false]
    )
    func fenced(_ isWriting: Bool) async throws {
        let pair = try await Pair(replica: { $0.sources = [] })
        let link = try Link(pair, .durable, on: .unix(pair.directory.path + "/socket"))
        await untilFollowing(pair)
        try await pair.place(0..<5)
        let promoted = try await pair.replica.promote()
        if !isWriting {
            // The next heartbeat says so too.
            await expectError(.fenced) { try await link.following.value }
        }
        await expectError(.fenced) { try await pair.place(5..<6) }
        await expectError(.fenced) { try await link.following.value }
        _ = try await promoted.place(request("new", [("a", 1)]))
        #expect(promoted.statistics.position.epoch == 2)
        try await link.end()
        try await promoted.close()
        try await pair.ledger.close()
    }

    @Test("what is not a message, or was changed on its way, ends the connection and is never applied")
    func noise() async throws {
        let pair = try await Pair(replica: { $0.sources = [] })
        let address = SocketAddress.unix(pair.directory.path + "/socket")
        let server = try ReplicationServer(on: address, for: pair.ledger, mode: .async())
        let serving = Task { try await server.run() }
        var random = SeededGenerator(seed: UInt64.random(in: 0...UInt64.max))
        for length in [1, 5, 9, 64, 1_000] {
            let noise = random.bytes(length)
            try await connectAndSay(noise, to: address)
        }
        // It still serves.
        let client = try ReplicationClient(pair.replica, as: "two", from: address)
        let following = Task { try await client.run() }
        await untilFollowing(pair)
        try await pair.place(0..<3)
        try await pair.replica.wait(for: pair.ledger.statistics.position, atMost: .seconds(60))
        following.cancel()
        serving.cancel()
        try? await serving.value
        try? await following.value
        try await pair.ledger.close()
        try await pair.replica.close()
    }

    @Test("an address that cannot be is refused by name")
    func addresses() async throws {
        let test = try await TestLedger()
        let long = SocketAddress.unix(String(repeating: "x", count: 200))
        await expectError(.invalidConfiguration) { try ReplicationServer(on: long, for: test.ledger, mode: .async()) }
        await expectError(.connectionFailed) {
            try ReplicationServer(on: .tcp("no such host", port: 1), for: test.ledger, mode: .async())
        }
        try await test.ledger.close()
    }

    @Test("messages come back from their bytes, and damaged ones are found")
    func messages() throws {
        let version = LedgerVersion(ledger: 1, writer: 2, position: LedgerPosition(epoch: 3, transaction: 4))
        let messages: [Message] = [
            .hello(name: "näme", version: nil), .hello(name: "", version: version), .welcome(version, isDurable: true),
            .snapshot(version, byteCount: 1 << 40), .part(offset: 5, byteCount: 7, deflated: [1, 2, 3]),
            .segment([9, 9]),
            .heartbeat(version.position), .received(version.position), .durable(version.position),
            .refused(code: "fenced", message: "why"),
        ]
        for message in messages {
            let bytes = message.encoded()
            let head = Array(bytes.prefix(Message.headBytes))
            let rest = Array(bytes.dropFirst(Message.headBytes))
            #expect(try Message.restBytes(head: head) == rest.count)
            #expect(try Message(head: head, rest: rest) == message)
            for bit in 32..<bytes.count * 8 {
                var damaged = bytes
                damaged[bit / 8] ^= 1 << UInt8(bit % 8)
                #expect(throws: LedgerError.self, "\(message), bit \(bit)") {
                    try Message(
                        head: Array(damaged.prefix(Message.headBytes)),
                        rest: Array(damaged.dropFirst(Message.headBytes))
                    )
                }
            }
        }
    }
}

/// Sends bytes to whoever listens, and waits until the other end hangs up.
private func connectAndSay(_ bytes: [UInt8], to address: SocketAddress) async throws {
    let pool = try BlockingPool(name: "noise", threadCount: 1)
    try await pool.run {
        let socket = try Socket.connect(to: address)
        try socket.write(bytes)
        socket.finishWriting()
        while (try? socket.read(1)) != nil {}
    }
    await pool.close()
}
