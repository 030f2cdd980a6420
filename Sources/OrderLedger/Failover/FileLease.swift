internal import Glibc
package import VitrineIO
internal import VitrineSync

// The file is one line: epoch, token and deadline in decimal, the machine's boot identifier, and the holder; a line
// feed ends it. Deadlines are nanoseconds of the clock that counts from the machine's start, also while it sleeps.

/// A lease for the processes of one machine, kept in a file.
///
/// Changes are made under a lock on a file beside it, and flushed, so that no epoch is given twice. Deadlines are of
/// the machine's steady clock: a wall clock that is set back or forth changes nothing, and after a restart of the
/// machine every grant of before has run out. Not for network file systems: their machines do not share a clock.
public final class FileLease: LeaseAuthority {
    private let path: String
    private let fileSystem: any FileSystem
    private let now: @Sendable () -> Duration
    private let boot: String
    private let makeToken: @Sendable () -> UInt64
    private let threads: BlockingPool

    private struct Record {
        var epoch: UInt64 = 0
        var token: UInt64 = 0
        var deadline: Duration = .zero
        var boot = ""
        var holder = ""
    }

    /// Uses the file at `path`, which is made with the first grant; its directory must be there.
    ///
    /// - Throws: ``LedgerError`` with `ioFailed`.
    public convenience init(_ path: String) throws {
        // A machine that does not say when it was started counts as one that never was.
        let boot = try? PosixFileSystem().contents(of: "/proc/sys/kernel/random/boot_id", byteCountMax: 4_096)
        try self.init(
            path,
            fileSystem: PosixFileSystem(),
            now: sinceBoot,
            boot: String(decoding: (boot ?? []).filter { $0 > 32 }, as: UTF8.self),
            makeToken: { UInt64.random(in: 1...UInt64.max) }
        )
    }

    package init(
        _ path: String,
        fileSystem: any FileSystem,
        now: @escaping @Sendable () -> Duration,
        boot: String,
        makeToken: @escaping @Sendable () -> UInt64
    ) throws {
        self.path = path
        self.fileSystem = fileSystem
        self.now = now
        self.boot = boot.isEmpty ? "-" : boot
        self.makeToken = makeToken
        do {
            threads = try BlockingPool(name: "ledger lease", threadCount: 1)
        } catch {
            throw LedgerError(.ioFailed, "no thread for the lease \(path); end some of the process's", cause: error)
        }
    }

    /// Grants the lease when nobody has it.
    ///
    /// - Throws: ``LedgerError`` with `leaseHeld`, naming the holder; `ioFailed`.
    public func acquire(holder: String, for duration: Duration, above epoch: UInt64) async throws -> LeaseGrant {
        try await change { [self] record in
            if record.boot == boot, record.deadline > now() {
                throw LedgerError(
                    .leaseHeld,
                    "\(path) is held by \(record.holder) in epoch \(record.epoch); wait until it has run out"
                )
            }
            let word = holder.split { $0.isWhitespace }.joined(separator: "-")
            record = Record(
                epoch: max(record.epoch, epoch) + 1,
                token: makeToken(),
                deadline: now() + duration,
                boot: boot,
                holder: word.isEmpty ? "-" : word
            )
            return LeaseGrant(epoch: record.epoch, token: record.token)
        }
    }

    /// Extends a grant.
    ///
    /// - Throws: ``LedgerError`` with `fenced` when another was given since; `ioFailed`.
    public func renew(_ grant: LeaseGrant, for duration: Duration) async throws {
        try await change { [self] record in
            guard record.epoch == grant.epoch, record.token == grant.token else {
                throw LedgerError(
                    .fenced,
                    "\(path) is held by \(record.holder) in epoch \(record.epoch): epoch \(grant.epoch) is over"
                )
            }
            record.deadline = now() + duration
        }
    }

    /// Gives a grant back.
    ///
    /// - Throws: ``LedgerError`` with `ioFailed`.
    public func release(_ grant: LeaseGrant) async throws {
        try await change { record in
            if record.epoch == grant.epoch, record.token == grant.token { record.deadline = .zero }
        }
    }

    private func change<Value: Sendable>(_ body: @escaping @Sendable (inout Record) throws -> Value) async throws
        -> Value
    {
        for _ in 0..<Self.triesMax {
            do {
                return try await threads.run { [self] in
                    let lock = try fileSystem.lock(path + ".lock")
                    defer { lock.release() }
                    var record = try read()
                    let value = try body(&record)
                    try write(record)
                    return value
                }
            } catch let error as IOError where error.operation == .lock && error.errno == EWOULDBLOCK {
                // Another process changes it right now, which takes it a flush or two.
                try await Task.sleep(for: .milliseconds(5))
            } catch let error as IOError {
                throw LedgerError(.ioFailed, "the lease \(path) could not be changed", cause: error)
            }
        }
        throw LedgerError(.ioFailed, "the lease \(path) stays locked; see which process holds \(path).lock")
    }

    private static let triesMax = 400

    private func read() throws -> Record {
        guard try fileSystem.info(path) != nil else { return Record() }
        let text = String(decoding: try fileSystem.contents(of: path, byteCountMax: 4_096), as: UTF8.self)
        let words = text.split(separator: " ")
        guard words.count == 5, text.hasSuffix("\n"), let epoch = UInt64(words[0]), let token = UInt64(words[1]),
            let deadline = Int64(words[2])
        else {
            throw LedgerError(.corrupted, "\(path), offset 0: not a lease; remove it once nobody holds it")
        }
        return Record(
            epoch: epoch,
            token: token,
            deadline: .nanoseconds(deadline),
            boot: String(words[3]),
            holder: String(words[4].dropLast())
        )
    }

    private func write(_ record: Record) throws {
        let (seconds, attoseconds) = record.deadline.components
        let deadline = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        let line = "\(record.epoch) \(record.token) \(deadline) \(record.boot) \(record.holder)\n"
        try fileSystem.replaceFile(at: path, with: Array(line.utf8).span)
    }
}

/// The time since the machine was started, also while it slept (clock_gettime(2), CLOCK_BOOTTIME).
@Sendable private func sinceBoot() -> Duration {
    var time = timespec()
    // A clock that there is, and a valid pointer: it cannot fail.
    unsafe clock_gettime(CLOCK_BOOTTIME, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
}
