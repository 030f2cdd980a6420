import CatalogKV
import Testing
import VitrineTestSupport

/// The index beside a dictionary of every version ever, which answers by looking through them.
struct IndexModel {
    let index: VersionedIndex
    private(set) var sequence: UInt64 = 0
    private var versions: [[UInt8]: [ItemVersion]] = [:]

    init(partitionCount: Int) {
        index = VersionedIndex(partitionCount: partitionCount)
    }

    var keys: [[UInt8]] { Array(versions.keys) }

    /// A stored key of one of a few shapes: short and long, with shared beginnings, prefixes of each other.
    static func randomKey(partitions: Int, using generator: inout SeededGenerator) -> [UInt8] {
        let number = Int.random(in: 0..<partitions, using: &generator)
        var partition = Array("p\(number)".utf8)
        if number % 3 == 0 { partition += [UInt8](repeating: 7, count: 40 * (number % 5)) }
        let shape = Int.random(in: 0..<6, using: &generator)
        let length = Int.random(in: 0..<6, using: &generator)
        var sort = (0..<length).map { _ in UInt8.random(in: 0..<3, using: &generator) }
        switch shape {
        case 0: sort = []
        case 1: sort = [UInt8](repeating: 0, count: 300) + sort
        case 2: sort = Array("2026-11-24T\(Int.random(in: 0..<4_000, using: &generator))".utf8)
        case 3: sort = generator.bytes(Int.random(in: 1..<12, using: &generator))
        default: break
        }
        return key(table: 16 + UInt8(number % 2), partition, sort)
    }

    static func key(table: UInt8 = 16, _ partition: [UInt8], _ sort: [UInt8]) -> [UInt8] {
        [0, table, UInt8(partition.count >> 8), UInt8(partition.count & 255)] + partition + sort
    }

    mutating func write(_ key: [UInt8], isDeleted: Bool = false, expiry: Int64 = ItemVersion.never) -> Bool {
        sequence += 1
        let location = Location(segment: 3, offset: UInt32(sequence * 8), byteCount: 100)
        let version = ItemVersion(sequence: sequence, expiry: expiry, location: location, isDeleted: isDeleted)
        let replaced = index.apply(key.span, version)
        let expected = versions[key]?.last
        versions[key, default: []].append(version)
        // A delete that nobody needs any more may be gone.
        return replaced == expected || (replaced == nil && expected?.isDeleted == true)
    }

    func version(of key: [UInt8], at sequence: UInt64) -> ItemVersion? {
        let seen = versions[key]?.last { $0.sequence <= sequence }
        return seen?.isDeleted == true ? nil : seen
    }

    /// What a scan must give.
    func range(_ lower: [UInt8], _ upper: [UInt8], partition: Int, at sequence: UInt64) -> [Found] {
        versions.keys
            .filter { !$0.lexicographicallyPrecedes(lower) && $0.lexicographicallyPrecedes(upper) }
            .filter { index.partition(of: $0.span) == partition }
            .sorted { $0.lexicographicallyPrecedes($1) }
            .compactMap { key in version(of: key, at: sequence).map { Found(key: key, version: $0) } }
    }

    struct Found: Equatable {
        var key: [UInt8]
        var version: ItemVersion
    }
}

extension VersionedIndex {
    func version(of key: [UInt8], at sequence: UInt64? = nil) -> ItemVersion? {
        find(key.span, at: sequence) { $0 }
    }

    func range(
        _ lower: [UInt8],
        _ upper: [UInt8],
        partition: Int,
        at sequence: UInt64,
        reversed: Bool = false,
        limit: Int = .max
    ) -> [IndexModel.Found] {
        var found: [IndexModel.Found] = []
        scan(partition, from: lower.span, to: upper.span, at: sequence, reversed: reversed) { key, version in
            let bytes = key.indices.map { key[$0] }
            found.append(IndexModel.Found(key: bytes, version: version))
            return found.count < limit
        }
        return found
    }
}
