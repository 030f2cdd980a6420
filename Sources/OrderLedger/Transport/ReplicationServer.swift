internal import Logging
internal import VitrineIO
internal import VitrineSync

/// The limits of a server's and a client's connections.
public struct ConnectionConfiguration: Sendable {
    /// How long an end may say nothing before the other takes it for gone, from 100 milliseconds to one hour.
    public var silenceMax: Duration = .seconds(5)
    /// How long a client waits before it tries to connect again, from one millisecond to one hour.
    public var retryInterval: Duration = .milliseconds(200)

    /// The default limits.
    public init() {}

    func validate() throws(LedgerError) {
        for (name, value, least) in [
            ("silenceMax", silenceMax, Duration.milliseconds(100)), ("retryInterval", retryInterval, .milliseconds(1)),
        ] where value < least || value > .seconds(3_600) {
            throw LedgerError(.invalidConfiguration, "\(name) is \(value): pass \(least) to one hour")
        }
    }
}

/// Serves a ledger's segments, and snapshots to begin from, to replicas that connect.
///
/// Each replica is attached as a sink under the name that it gives; one that comes back takes its place again. Whoever
/// can connect can read the whole ledger: listen on a Unix socket in a directory of your own, or within a private
/// network.
public final class ReplicationServer: Sendable {
    /// Where it listens; the port is the real one.
    public let address: SocketAddress
    private let ledger: Ledger
    private let mode: ReplicationMode
    private let configuration: ConnectionConfiguration
    private let socket: Socket
    private let threads: BlockingPool
    /// The connection of each replica, by name.
    private let connections = Locked<[String: (channel: MessageChannel, link: ReplicationLink)]>([:])

    /// Begins to listen; connections are served while ``run()`` runs.
    ///
    /// - Parameters:
    ///   - address: where.
    ///   - ledger: which ledger's segments.
    ///   - mode: what the ledger waits for from each replica.
    ///   - configuration: limits.
    /// - Throws: ``LedgerError`` with `connectionFailed`, `invalidConfiguration`, `ioFailed`.
    public init(
        on address: SocketAddress,
        for ledger: Ledger,
        mode: ReplicationMode,
        configuration: ConnectionConfiguration = .init()
    ) throws {
        try configuration.validate()
        socket = try Socket.listen(on: address)
        self.address = if case .tcp(let host, _) = address { .tcp(host, port: socket.port) } else { address }
        self.ledger = ledger
        self.mode = mode
        self.configuration = configuration
        do {
            threads = try BlockingPool(name: "ledger server", threadCount: 1)
        } catch {
            throw LedgerError(.ioFailed, "no thread for the server; end some of the process's", cause: error)
        }
    }

    /// Serves replicas until the task is cancelled or the ledger is closed; then ends their connections.
    ///
    /// - Throws: ``LedgerError`` with `connectionFailed` when nobody can connect any more.
    @concurrent
    public func run() async throws {
        let socket = socket
        defer { socket.shutDown() }
        try await withTaskCancellationHandler {
            try await withThrowingDiscardingTaskGroup { group in
                while let accepted = try await threads.run({ try socket.accept() }) {
                    group.addTask { await self.serve(accepted) }
                }
                group.cancelAll()
            }
        } onCancel: {
            socket.shutDown()
        }
    }

    private func serve(_ socket: Socket) async {
        guard let channel = try? MessageChannel(socket, timeout: configuration.silenceMax) else { return }
        await withTaskCancellationHandler {
            do {
                guard case .hello(let name, let version) = try await channel.receive().first else {
                    throw LedgerError(.connectionFailed, "a replica begins with hello")
                }
                try await serve(name, version, channel)
            } catch {
                // Which replica is missing shows in the ledger's figures; the replica is told why.
                let reason = error as? LedgerError
                let code = reason?.code.name ?? "failed"
                try? await channel.send(.refused(code: code, message: reason?.message ?? "\(error)"))
                ledger.configuration.logger?.info("a replica's connection ended", metadata: ["error": "\(error)"])
            }
        } onCancel: {
            channel.shutDown()
        }
        await channel.close()
    }

    private func serve(_ name: String, _ version: LedgerVersion?, _ channel: MessageChannel) async throws {
        let sink = SocketSink(channel, mode: mode)
        let (link, start) = try await attach(sink, name, version, channel)
        connections.withLock { $0[name] = (channel, link) }
        let listening = Task { try await sink.listen() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                if let start {
                    // Sent is not there: until the copy is in place the replica has nothing that anybody waits for.
                    try await sink.wait(for: start, isDurable: true)
                    link.acknowledgeStart(start)
                }
                try await link.run()
            }
            group.addTask { try await listening.value }
            group.addTask { try await self.beat(channel) }
            defer { group.cancelAll() }
            do {
                try await group.next()
            } catch {
                channel.shutDown()
                // What the replica said before it went counts for more than that nothing more can be sent to it.
                let word = await listening.result
                var reason = error
                if case .failure(let said as LedgerError) = word, said.code == .fenced { reason = said }
                // So that the sink counts as failed, not as detached, and whoever waits for it learns why.
                link.fail(reason)
                sink.fail(reason)
                throw reason
            }
            sink.fail(LedgerError(.connectionFailed, "the link to \(name) has ended"))
            channel.shutDown()
        }
    }

    /// Attaches a replica where it stands, or sends it a copy first, whose position is returned then.
    private func attach(
        _ sink: SocketSink,
        _ name: String,
        _ version: LedgerVersion?,
        _ channel: MessageChannel
    ) async throws -> (link: ReplicationLink, start: LedgerPosition?) {
        if let old = connections.withLock({ $0.removeValue(forKey: name) }) {
            old.link.fail(LedgerError(.connectionFailed, "\(name) has connected anew"))
            old.channel.shutDown()
        }
        if let version {
            do {
                let link = try await ledger.attach(sink, as: name, mode: mode, after: version)
                try await welcome(channel)
                return (link, nil)
            } catch let error as LedgerError where error.code == .needsSnapshot {
                // Sent below.
            }
        }
        return try await ledger.withSnapshot { snapshot in
            // Keeps what is committed meanwhile, and is waited for by nobody.
            let pin = try await ledger.attach(
                NullSink(),
                as: "snapshot for \(name)",
                mode: .async(.detach),
                after: snapshot.version
            )
            defer { pin.detach() }
            try await welcome(channel)
            try await send(snapshot, channel)
            let link = try await ledger.attach(sink, as: name, mode: mode, after: snapshot.version, isHeld: false)
            return (link, snapshot.version.position)
        }
    }

    private func welcome(_ channel: MessageChannel) async throws {
        let version = try await ledger.version()
        try await channel.send(.welcome(version, isDurable: mode == .durable))
    }

    private func send(_ snapshot: DatabaseSnapshot, _ channel: MessageChannel) async throws {
        try await channel.send(.snapshot(snapshot.version, byteCount: snapshot.byteCount))
        let deflater = try Deflater()
        for offset in stride(from: 0, to: snapshot.byteCount, by: 1 << 20) {
            let bytes = try snapshot.read(1 << 20, at: offset)
            var deflated: [UInt8] = []
            try deflater.deflate(bytes, onto: &deflated)
            try await channel.send(.part(offset: offset, byteCount: bytes.count, deflated: deflated))
        }
    }

    /// Says how far the ledger is, often enough that the replica does not take it for gone.
    private func beat(_ channel: MessageChannel) async throws {
        while !Task.isCancelled {
            try await channel.send(.heartbeat(ledger.statistics.position))
            try await Task.sleep(for: min(.milliseconds(200), configuration.silenceMax / 4))
        }
    }
}

/// Takes nothing, and never runs: a link that only keeps the segments behind it.
private struct NullSink: ReplicationSink {
    func receive(_ segment: WALSegment) {}
}
