/// Which keys' time will come when, kept in step with the index by the writer.
///
/// Each key whose newest version expires stands in the wheel at that time or before, at least once. A version that
/// lives no shorter than the one it replaces adds nothing: when the key comes due, the sweep asks the index and puts it
/// back at its later time. So a session that is touched a thousand times stands in the wheel once, and is moved once
/// per idle lifetime.
///
/// Keys that were deleted, or got a shorter life, leave items behind that are worth nothing. Once there are more of
/// them than of the others, an audit drops them.
struct ExpirySchedule: ~Copyable {
    /// Below so many items an audit is not worth its while.
    private static let auditCountMin = 4_096

    private var wheel: TimingWheel
    /// Keys whose newest version expires, expired ones included until they are swept.
    private(set) var expiringCount = 0

    init(now: Int64) {
        wheel = TimingWheel(now: now)
    }

    /// Items in the wheel; at most about twice `expiringCount` after each sweep.
    var itemCount: Int { wheel.count }
    /// Bytes of memory in use.
    var byteCount: Int { wheel.byteCount }

    /// Takes note that `version` is the newest of `key` in place of `replaced`: at each write, each relocation excepted,
    /// and at each item that opening finds.
    mutating func note(_ key: Span<UInt8>, _ version: ItemVersion, replacing replaced: ItemVersion?) {
        let earlier = replaced.flatMap(ExpirySchedule.expiry)
        let later = ExpirySchedule.expiry(of: version)
        if earlier != nil { expiringCount -= 1 }
        guard let later else { return }
        expiringCount += 1
        if let earlier, earlier <= later { return }
        wheel.insert(key, at: later)
    }

    /// Takes note that the newest versions of so many keys, which expired, are gone.
    mutating func noteSwept(_ count: Int) {
        expiringCount -= count
    }

    /// Hands out keys that may have expired by `now`, at most `limit`, and says whether there are no more.
    ///
    /// The index decides: a key whose newest version still lives has to be put back.
    mutating func takeDue(now: Int64, limit: Int, _ body: (Span<UInt8>) -> Void) -> Bool {
        wheel.takeDue(now: now, limit: limit) { key, _ in body(key) }
    }

    /// Puts a key back that was taken and whose newest version, `version`, has not expired, or could not be swept.
    mutating func putBack(_ key: Span<UInt8>, _ version: ItemVersion?) {
        guard let time = version.flatMap(ExpirySchedule.expiry) else { return }
        wheel.insert(key, at: time)
    }

    /// Whether `audit` has work to do.
    var needsAudit: Bool {
        wheel.isAuditing || wheel.count > 2 * expiringCount + ExpirySchedule.auditCountMin
    }

    /// Does about `limit` items' worth of an audit; `newest` finds a key's newest version.
    mutating func audit(now: Int64, limit: Int, _ newest: (Span<UInt8>) -> ItemVersion?) {
        wheel.beginAudit(now: now)
        _ = wheel.audit(limit: limit) { key in newest(key).flatMap(ExpirySchedule.expiry) }
    }

    private static func expiry(of version: ItemVersion) -> Int64? {
        version.isDeleted || version.expiry == ItemVersion.never ? nil : version.expiry
    }
}
