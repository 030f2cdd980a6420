internal import Glibc
internal import VitrineSQLite
internal import VitrineSync

/// Reads that were not yet noted in the metadata: a read must not wait for a disk.
///
/// A content's score is the number of its reads, each halved for every half-life that has passed since: what an
/// exponential moving average of the access frequency is, but for a factor.
final class AccessLog: Sendable {
    struct Entry: Sendable {
        /// Reads, decayed to `last`.
        var score: Double
        /// Milliseconds since 1970.
        var last: Int64
    }

    /// When so many wait the next put writes them; twice as many, and reads of other contents are not counted.
    static let countDue = 1 << 16
    private static let countMax = 1 << 17

    private let entries: Locked<[Int64: Entry]> = Locked([:])
    private let halfLifeMilliseconds: Double

    init(halfLife: Duration) {
        halfLifeMilliseconds = max(1, Double(halfLife.wholeMilliseconds))
    }

    /// Notes a read.
    func note(_ content: Int64, at now: Int64) {
        entries.withLock { entries in
            guard let old = entries[content] ?? (entries.count < Self.countMax ? Entry(score: 0, last: now) : nil)
            else { return }
            let score = decayed(old.score, from: old.last, to: now) + 1
            entries[content] = Entry(score: score, last: max(old.last, now))
        }
    }

    /// Takes what was noted.
    func take() -> [Int64: Entry] {
        entries.withLock { entries in
            defer { entries = [:] }
            return entries
        }
    }

    /// A score after some time without reads; a clock that went back changes nothing.
    func decayed(_ score: Double, from: Int64, to: Int64) -> Double {
        score * exp2(-Double(max(0, to - from)) / halfLifeMilliseconds)
    }

    var count: Int { entries.withLock { $0.count } }
}

extension Vault {
    /// Writes the figures of reads so far into the metadata.
    ///
    /// It happens by itself when tiers are looked over and when the vault is closed; what a crash takes is some reads not
    /// counted.
    func flushAccesses() async throws(VaultError) {
        let entries = accesses.take()
        if entries.isEmpty { return }
        let accesses = accesses
        try await metadata.write { database in
            for (content, entry) in entries {
                guard
                    let (score, last) = try database.first(
                        .selectAccess,
                        content,
                        read: { ($0.double(0), $0.int64(1)) }
                    )
                else { continue }
                let now = max(last, entry.last)
                let sum =
                    accesses.decayed(score, from: last, to: now)
                    + accesses.decayed(entry.score, from: entry.last, to: now)
                try database.run(.updateAccess, sum, now, content)
            }
        }
    }
}

extension Query {
    static let selectAccess = Query("SELECT score, accessed FROM content WHERE id = ?1")
    static let updateAccess = Query("UPDATE content SET score = ?1, accessed = ?2 WHERE id = ?3")
}
