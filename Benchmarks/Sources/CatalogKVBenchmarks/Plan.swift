import Foundation
import Harness

/// What a run is about: how many items, how large, against whom.
struct Plan: Sendable {
    /// Items of each store, at the start.
    let itemCount: Int
    /// Bytes of each value.
    let valueLength: Int
    /// The names of the peers that take part.
    let peers: Set<String>
    /// Rounds of each row.
    let rounds: Int
    /// Where the stores are.
    let directory: String

    static let optionNames = ["--items", "--value", "--peers"]
    static let allPeers: Set<String> = ["RocksDB", "LMDB", "SQLite", "Redis"]

    init(_ options: Options, directory: String) throws {
        itemCount = try Plan.number(options, "--items", 1_000_000, 10_000...50_000_000)
        valueLength = try Plan.number(options, "--value", 200, 32...65_536) / 8 * 8
        let named = options.extra["--peers"].map { Set($0.split(separator: ",").map(String.init)) }
        peers = named ?? Plan.allPeers
        guard peers.isSubset(of: Plan.allPeers) else {
            throw WrongResult("--peers takes some of \(Plan.allPeers.sorted().joined(separator: ","))")
        }
        rounds = options.rounds
        self.directory = directory
    }

    /// The plan of a child, which works on one store of its parent's.
    init(itemCount: Int, valueLength: Int, directory: String) {
        self.itemCount = itemCount
        self.valueLength = valueLength
        self.directory = directory
        peers = []
        rounds = 1
    }

    private static func number(
        _ options: Options,
        _ name: String,
        _ standard: Int,
        _ range: ClosedRange<Int>
    ) throws -> Int {
        guard let text = options.extra[name] else { return standard }
        guard let value = Int(text), range.contains(value) else {
            throw WrongResult("\(name) takes a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// Bytes of all keys and values: what a cache must hold.
    var liveByteCount: Int { itemCount * (ItemKey.length + valueLength) }

    /// A map that never needs to grow: what is live, three times over for overwriting, and inserts.
    var mapByteCount: Int { max(4 << 30, liveByteCount * 5) }

    /// A short title: "1M items of 200 B".
    var title: String { "\(Double(itemCount) / 1e6)M items of 24-byte keys and \(valueLength)-byte values" }
}
