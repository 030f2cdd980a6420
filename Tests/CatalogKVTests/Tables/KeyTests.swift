import CatalogKV
import Testing

@Suite("A key")
struct KeyTests {
    /// Lengths around the most that is kept in the value itself, and beyond what a stored key can tell.
    private static let lengths = [
        (1, 0), (1, 43), (1, 44), (20, 24), (44, 0), (45, 0), (44, 1), (2_048, 1_024), (70_000, 3),
    ]

    private static func bytes(_ count: Int, from first: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: first + $0 * 7) }
    }

    @Test("gives back the parts that it was made of, however long", arguments: lengths)
    func parts(_ partitionCount: Int, _ sortCount: Int) {
        let (partition, sort) = (Self.bytes(partitionCount, from: 3), Self.bytes(sortCount, from: 5))
        let key = Key(partition: partition, sort: sort)
        #expect(key.partition == partition)
        #expect(key.sort == sort)
    }

    @Test("equals and hashes as its parts do, wherever the one ends and the other begins", arguments: lengths)
    func equality(_ partitionCount: Int, _ sortCount: Int) {
        let (partition, sort) = (Self.bytes(partitionCount, from: 3), Self.bytes(sortCount, from: 5))
        let key = Key(partition: partition, sort: sort)
        let others = [
            Key(partition: partition + [1], sort: sort), Key(partition: partition, sort: sort + [0]),
            Key(partition: Array(partition.dropLast()) + [partition[partitionCount - 1] ^ 1], sort: sort),
            Key(partition: Array((partition + sort).dropLast()), sort: Array((partition + sort).suffix(1))),
        ]
        #expect(key == Key(partition: partition, sort: sort))
        #expect(key.hashValue == Key(partition: partition, sort: sort).hashValue)
        for other in others where (other.partition, other.sort) != (partition, sort) { #expect(key != other) }
        #expect(
            Set(others + [key, key]).count == Set(others.map { [$0.partition, $0.sort] } + [[partition, sort]]).count
        )
    }

    @Test("is the same by text and by bytes")
    func text() {
        let long = String(repeating: "ä", count: 40)
        #expect(Key(partition: "p", sort: "é") == Key(partition: Array("p".utf8), sort: Array("é".utf8)))
        #expect(Key(partition: long, sort: [7]) == Key(partition: Array(long.utf8), sort: [7]))
        #expect(Key(partition: "p").description == "\"p\"")
        #expect(Key(partition: "p", sort: [0, 255]).description == "\"p\" / 0x00ff")
    }
}
