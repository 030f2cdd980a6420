internal import VitrineIO
internal import VitrineSQLite
internal import VitrineSync

/// Feeds a replica from a ``ReplicationServer``, and connects again whenever the connection ends.
public final class ReplicationClient: Sendable {
    private let replica: LedgerReplica
    private let name: String
    private let address: SocketAddress
    private let configuration: ConnectionConfiguration
    private let heard = Locked<Duration?>(nil)

    /// - Parameters:
    ///   - replica: the copy to feed; one without a copy begins from a snapshot of the server's.
    ///   - name: under which the ledger knows it; each replica has its own.
    ///   - address: where the server listens.
    ///   - configuration: limits.
    /// - Throws: ``LedgerError`` with `invalidConfiguration`.
    public init(
        _ replica: LedgerReplica,
        as name: String,
        from address: SocketAddress,
        configuration: ConnectionConfiguration = .init()
    ) throws {
        try configuration.validate()
        self.replica = replica
        self.name = name
        self.address = address
        self.configuration = configuration
    }

    /// How long ago the ledger was heard of last; `nil` before the first time.
    ///
    /// It says something at least every 200 milliseconds: a detector of failures watches this.
    public var silence: Duration? {
        heard.withLock { $0 }.map { .nanoseconds(monotonicNanoseconds()) - $0 }
    }

    /// Follows until the task is cancelled.
    ///
    /// - Throws: ``LedgerError`` with `fenced` once the replica is promoted, or the ledger there was deposed;
    ///   `isClosed`; `diverged` and `needsSnapshot` when the copy may not be replaced; `foreignWriter`; `isReadOnly`
    ///   and `ioFailed` when the replica's disk failed. What ends a connection alone is tried again.
    @concurrent
    public func run() async throws {
        while !Task.isCancelled {
            do {
                try await follow()
            } catch let error as LedgerError where Self.isFinal.contains(error.code) {
                throw error
            } catch {
                if Task.isCancelled { return }
            }
            do {
                try await Task.sleep(for: configuration.retryInterval)
            } catch {
                return  // Cancelled.
            }
        }
    }

    private static let isFinal: Set<LedgerError.Code> = [
        .fenced, .isClosed, .diverged, .needsSnapshot, .foreignWriter, .isReadOnly, .ioFailed, .walCorrupted,
        .newerSegment,
    ]

    private func follow() async throws {
        let address = address
        let pool = try BlockingPool(name: "ledger connect", threadCount: 1)
        let outcome: Result<Socket, any Error>
        do {
            outcome = .success(try await pool.run { try Socket.connect(to: address) })
        } catch {
            outcome = .failure(error)
        }
        await pool.close()
        let channel = try MessageChannel(try outcome.get(), timeout: configuration.silenceMax)
        let ending: Result<Void, any Error> = await withTaskCancellationHandler {
            do {
                // The ledger takes what the copy has for acknowledged, in mode `durable` too.
                try await replica.flush()
                try await channel.send(.hello(name: name, version: replica.version))
                try await follow(channel)
                return .success(())
            } catch {
                if let error = error as? LedgerError, error.code != .connectionFailed {
                    try? await channel.send(.refused(code: error.code.name, message: error.message))
                }
                return .failure(error)
            }
        } onCancel: {
            channel.shutDown()
        }
        await channel.close()
        try ending.get()
    }

    /// Does what the ledger says, until the connection ends.
    private func follow(_ channel: MessageChannel) async throws {
        var isDurable = false
        var incoming: IncomingSnapshot?
        while true {
            var segments: [WALSegment] = []
            let messages = try await channel.receive()
            heard.withLock { $0 = .nanoseconds(monotonicNanoseconds()) }
            for message in messages {
                switch message {
                case .welcome(let version, let mustFlush):
                    isDurable = mustFlush
                    replica.note(primary: version.position)
                case .heartbeat(let position):
                    replica.note(primary: position)
                    try replica.checkFollowing()
                    // Else the ledger would take a replica that has nothing to acknowledge for gone.
                    if let position = replica.version?.position { try await channel.send(.received(position)) }
                case .segment(let bytes):
                    segments.append(try WALSegment(decoding: bytes, name: "a segment from \(address)"))
                case .snapshot(let version, let byteCount):
                    incoming = try await replica.beginIncoming(version, byteCount: byteCount)
                case .part(let offset, let byteCount, let deflated):
                    guard let bytes = inflated(deflated[...], byteCount: byteCount), let snapshot = incoming else {
                        throw LedgerError(.connectionFailed, "a part of a snapshot cannot be read")
                    }
                    if try await replica.add(bytes, at: offset, to: snapshot) {
                        incoming = nil
                        if let position = replica.version?.position { try await channel.send(.durable(position)) }
                    }
                case .refused(let code, let words):
                    throw LedgerError(LedgerError.Code.refusal(code), "the ledger at \(address) says \(code): \(words)")
                case .hello, .received, .durable:
                    throw LedgerError(.connectionFailed, "a ledger said what only a replica says")
                }
            }
            guard let last = segments.last else { continue }
            try await replica.follow(segments, isDurable: isDurable)
            let position = last.after.position
            try await channel.send(isDurable ? .durable(position) : .received(position))
        }
    }
}

extension LedgerError.Code {
    /// What a refusal from the other end means here; all but a few are a connection that failed.
    fileprivate static func refusal(_ name: String) -> LedgerError.Code {
        [.fenced, .diverged, .needsSnapshot, .foreignWriter].first { $0.name == name } ?? .connectionFailed
    }
}
