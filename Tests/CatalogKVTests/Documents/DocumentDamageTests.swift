import CatalogKV
import Testing
import VitrineTestSupport

@Suite("Damaged documents")
struct DocumentDamageTests {
    private static let samples: [Document] = [
        Document(),
        ["a": 1],
        [
            "title": "Chair", "price": .number("129.90"), "tags": .stringSet(["wood", "oak", "new"]), "rating": 4.5,
            "sizes": .numberSet([1, "2.5", 300]), "thumb": .bytes([1, 2, 3, 200]), "keys": .byteSet([[1], [2, 3]]),
            "nested": ["list": [nil, true, -70_000, ["deep": "漢字"]], "empty": [:]],
        ],
    ]

    /// Reads all there is, in every way; must not trap whatever the bytes are.
    private func readEverything(_ document: Document) throws {
        #expect(
            try Document(document.attributes) == document,
            "what passes the check has the one encoding of its content"
        )
        for (name, attribute) in document { #expect(document[name] != nil || attribute == .null) }
    }

    @Test("every truncation is refused", arguments: 0..<samples.count)
    func truncations(_ sample: Int) {
        let bytes = Self.samples[sample].bytes
        for length in 0..<bytes.count {
            let error = #expect(throws: CatalogError.self) { try Document(validating: Array(bytes[..<length])) }
            #expect(error?.code == .invalidDocument)
        }
        #expect(throws: CatalogError.self) { try Document(validating: bytes + [0]) }
    }

    @Test("every flipped bit is refused or makes another document that reads well", arguments: 0..<samples.count)
    func flips(_ sample: Int) throws {
        let document = Self.samples[sample]
        for bit in 0..<document.bytes.count * 8 {
            var bytes = document.bytes
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            do {
                let other = try Document(validating: bytes)
                #expect(other != document)
                try readEverything(other)
            } catch let error as CatalogError {
                #expect(error.code == .invalidDocument, "bit \(bit): \(error)")
            }
        }
    }

    @Test("random damage is refused or reads well", arguments: 0..<4)
    func randomDamage(_ course: UInt64) throws {
        var generator = SeededGenerator(seed: TestEnvironment.seed(3) &+ course)
        for _ in 0..<TestEnvironment.count(400, soak: 200_000) {
            var bytes = try Document(generator.attributes(depth: 3)).bytes
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            guard let document = try? Document(validating: bytes) else { continue }
            try readEverything(document)
        }
    }

    @Test("the error says at which byte what is wrong")
    func message() {
        let error = #expect(throws: CatalogError.self) { try Document(validating: [1, 9, 2, 0, 0, 0, 1, 0]) }
        #expect(error?.message == "not a document: at byte 1, the map's head is malformed")
        let version = #expect(throws: CatalogError.self) { try Document(validating: [2]) }
        #expect(version?.message == "not a document: at byte 0, layout version 2; this version knows 1")
    }
}
