// The names of an archive's objects; numbers are 16 hexadecimal digits.
//
//     segments-EPOCH-WRITER-FIRST-LAST.wal       segments of one opening, by their transactions, one behind the other
//     snapshot-EPOCH-WRITER-LAST-NUMBER.part     a part of a copy of the database
//     snapshot-EPOCH-WRITER-LAST.manifest        what the parts are; written last
//     EPOCH                                      the newest epoch that was archived, in decimal

/// An object that holds segments.
struct ArchivedSegments: Sendable, Hashable {
    let run: ArchivedRun
    let transactions: ClosedRange<UInt64>

    init(run: ArchivedRun, transactions: ClosedRange<UInt64>) {
        self.run = run
        self.transactions = transactions
    }

    var name: String {
        let numbers = [run.epoch, run.writer, transactions.lowerBound, transactions.upperBound]
        return "segments-" + numbers.map(hexadecimal).joined(separator: "-") + ".wal"
    }

    /// `nil` for the name of anything else.
    init?(name: String) {
        guard let numbers = parse(name, prefix: "segments-", suffix: ".wal", count: 4), numbers[2] <= numbers[3] else {
            return nil
        }
        self.init(run: ArchivedRun(epoch: numbers[0], writer: numbers[1]), transactions: numbers[2]...numbers[3])
    }

    /// Where it ends.
    var end: LedgerPosition { LedgerPosition(epoch: run.epoch, transaction: transactions.upperBound) }
}

/// One opening of a ledger, whose transactions have one history.
struct ArchivedRun: Sendable, Hashable {
    let epoch: UInt64
    let writer: UInt64

    init(epoch: UInt64, writer: UInt64) {
        self.epoch = epoch
        self.writer = writer
    }

    init(_ version: LedgerVersion) {
        self.init(epoch: version.position.epoch, writer: version.writer)
    }
}

/// A copy of the database.
struct ArchivedSnapshot: Sendable, Hashable {
    let run: ArchivedRun
    let transaction: UInt64

    init(_ version: LedgerVersion) {
        run = ArchivedRun(version)
        transaction = version.position.transaction
    }

    private var stem: String {
        "snapshot-" + [run.epoch, run.writer, transaction].map(hexadecimal).joined(separator: "-")
    }

    /// The name of its manifest.
    var name: String { stem + ".manifest" }

    /// The name of one of its parts.
    func partName(_ number: Int) -> String {
        stem + "-" + hexadecimal(UInt64(number)) + ".part"
    }

    /// `nil` for the name of anything but a manifest.
    init?(name: String) {
        guard let numbers = parse(name, prefix: "snapshot-", suffix: ".manifest", count: 3) else { return nil }
        run = ArchivedRun(epoch: numbers[0], writer: numbers[1])
        transaction = numbers[2]
    }

    /// The snapshot that a part is of; `nil` for the name of anything else.
    init?(partName: String) {
        guard let numbers = parse(partName, prefix: "snapshot-", suffix: ".part", count: 4) else { return nil }
        run = ArchivedRun(epoch: numbers[0], writer: numbers[1])
        transaction = numbers[2]
    }

    var position: LedgerPosition { LedgerPosition(epoch: run.epoch, transaction: transaction) }
}

private func hexadecimal(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}

private func parse(_ name: String, prefix: String, suffix: String, count: Int) -> [UInt64]? {
    guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return nil }
    let parts = name.dropFirst(prefix.count).dropLast(suffix.count).split(
        separator: "-",
        omittingEmptySubsequences: false
    )
    let numbers = parts.compactMap { $0.count == 16 ? UInt64($0, radix: 16) : nil }
    return parts.count == count && numbers.count == count ? numbers : nil
}
