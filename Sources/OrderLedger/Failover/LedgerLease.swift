internal import VitrineSQLite
internal import VitrineSync

/// Somebody who grants leases: to one holder at a time, each with an epoch above all before it.
///
/// ``FileLease`` is one for the processes of one machine. For several machines write one over what your shop already
/// trusts to agree (etcd, Consul, a database with a conditional write). It has to keep two promises: while a grant has
/// not run out no other is given, and no epoch is ever given twice, nor one below another that was given before.
public protocol LeaseAuthority: Sendable {
    /// Grants the lease to `holder` when nobody has it, or when that one's has run out.
    ///
    /// - Parameters:
    ///   - holder: a name for messages.
    ///   - duration: how long the grant lasts unless it is renewed.
    ///   - epoch: the epoch granted must be above this one, the last in the database that is to be written.
    /// - Throws: ``LedgerError`` with `leaseHeld` while another has it.
    func acquire(holder: String, for duration: Duration, above epoch: UInt64) async throws -> LeaseGrant
    /// Extends a grant, counted from now.
    ///
    /// - Throws: ``LedgerError`` with `fenced` when it ran out and another was granted.
    func renew(_ grant: LeaseGrant, for duration: Duration) async throws
    /// Gives a grant back before it runs out; one that is another's by now is no error.
    func release(_ grant: LeaseGrant) async throws
}

/// The lease as it was granted.
public struct LeaseGrant: Sendable, Hashable {
    /// Above the epoch of every grant before.
    public let epoch: UInt64
    /// Tells this grant from others of the same authority.
    public let token: UInt64

    /// Describes a grant.
    public init(epoch: UInt64, token: UInt64) {
        self.epoch = epoch
        self.token = token
    }
}

/// A lease that this process holds; hand it to ``LedgerConfiguration/lease`` and keep it with ``run()``.
///
/// The ledger asks it before every acknowledgement. Time is counted from before the authority was asked, by the
/// machine's own steady clock, so that neither a slow answer nor a wall clock that jumps lets two believe in it at
/// once.
public final class LedgerLease: Sendable {
    /// The epoch that it was granted for.
    public var epoch: UInt64 { grant.epoch }
    /// How long a grant lasts unless it is renewed.
    public let duration: Duration
    private let grant: LeaseGrant
    private let authority: any LeaseAuthority
    private let now: @Sendable () -> Duration
    /// When it runs out, by `now`.
    private let deadline: Locked<Duration>

    private init(
        _ grant: LeaseGrant,
        from authority: any LeaseAuthority,
        duration: Duration,
        deadline: Duration,
        now: @escaping @Sendable () -> Duration
    ) {
        self.grant = grant
        self.authority = authority
        self.duration = duration
        self.deadline = Locked(deadline)
        self.now = now
    }

    /// Asks for the lease once.
    ///
    /// - Parameters:
    ///   - authority: who grants it.
    ///   - holder: a name for messages.
    ///   - duration: how long it lasts unless it is renewed, from 100 milliseconds to one hour.
    ///   - epoch: the last epoch of the database that is to be written, as ``LedgerReplica/version`` says.
    ///   - now: a clock that never jumps; `nil` for the machine's.
    /// - Throws: ``LedgerError`` with `leaseHeld` while another has it; `invalidConfiguration`; what the authority
    ///   throws.
    public static func acquire(
        from authority: any LeaseAuthority,
        holder: String,
        for duration: Duration,
        above epoch: UInt64 = 0,
        now: (@Sendable () -> Duration)? = nil
    ) async throws -> LedgerLease {
        let now = now ?? { .nanoseconds(monotonicNanoseconds()) }
        guard (.milliseconds(100) ... .seconds(3_600)).contains(duration) else {
            throw LedgerError(.invalidConfiguration, "a lease of \(duration): pass 100 milliseconds to one hour")
        }
        let start = now()
        let grant = try await authority.acquire(holder: holder, for: duration, above: epoch)
        guard grant.epoch > epoch else {
            throw LedgerError(.fenced, "the lease was granted for epoch \(grant.epoch), and \(epoch) is taken already")
        }
        return LedgerLease(grant, from: authority, duration: duration, deadline: start + duration, now: now)
    }

    /// Whether nobody else can have it now.
    public var isHeld: Bool {
        let now = now()
        return deadline.withLock { now < $0 }
    }

    /// Renews it now.
    ///
    /// - Throws: ``LedgerError`` with `fenced` once it is lost; what the authority throws.
    public func renew() async throws {
        let start = now()
        guard isHeld else { throw LedgerError(.fenced, "the lease of epoch \(epoch) has run out") }
        try await authority.renew(grant, for: duration)
        deadline.withLock { $0 = max($0, start + duration) }
    }

    /// Renews it three times within its duration, until the task is cancelled.
    ///
    /// A renewal that fails is tried again as long as the lease lasts.
    /// - Throws: ``LedgerError`` with `fenced` once it is lost: the ledger acknowledges nothing any more.
    @concurrent
    public func run() async throws {
        while true {
            do {
                try await Task.sleep(for: duration / 3)
            } catch {
                return  // Cancelled.
            }
            do {
                try await renew()
            } catch let error as LedgerError where error.code == .fenced {
                deadline.withLock { $0 = .zero }
                throw error
            } catch {
                if !isHeld {
                    throw LedgerError(.fenced, "the lease of epoch \(epoch) could not be renewed", cause: error)
                }
            }
        }
    }

    /// Gives it back: this ledger acknowledges nothing any more, and another may have it at once.
    public func release() async throws {
        deadline.withLock { $0 = .zero }
        try await authority.release(grant)
    }
}
