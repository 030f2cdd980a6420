import Foundation
import ObjectVault
import Testing
import VitrineTestSupport

@Suite("Object ids")
struct ObjectIDTests {
    @Test("an id is read from 64 hexadecimal digits of either case, and written in lower case")
    func readsHexadecimal() throws {
        let hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        let id = try #require(ObjectID(hex: hex))
        #expect(id.hex == hex)
        #expect("\(id)" == hex)
        #expect(ObjectID(hex: hex.uppercased()) == id)
        #expect(ObjectID(bytes: id.bytes) == id)
    }

    @Test(
        "what is not 64 hexadecimal digits is no id",
        arguments: [
            "", "ba", String(repeating: "0", count: 63), String(repeating: "0", count: 65),
            String(repeating: "0", count: 66), String(repeating: "g", count: 64),
            "../../../../../../../../../../../../../../../../../../../../etc/pa", String(repeating: "é", count: 32),
            " " + String(repeating: "0", count: 63), "0x" + String(repeating: "0", count: 62),
        ]
    )
    func refusesOthers(text: String) {
        #expect(ObjectID(hex: text) == nil)
    }

    @Test("only 32 bytes make an id", arguments: [0, 1, 31, 33, 64])
    func refusesOtherByteCounts(count: Int) {
        #expect(ObjectID(bytes: [UInt8](repeating: 7, count: count)) == nil)
    }

    @Test("ids are ordered as their texts are")
    func ordersAsTexts() throws {
        var random = SeededGenerator(seed: 11)
        let ids = try (0..<200).map { _ in try #require(ObjectID(bytes: random.bytes(32))) }
        #expect(ids.sorted().map(\.hex) == ids.map(\.hex).sorted())
    }

    @Test("an id travels through JSON as its text, and a bad text is refused")
    func codes() throws {
        let id = try #require(ObjectID(hex: String(repeating: "0f", count: 32)))
        let data = try JSONEncoder().encode([id])
        #expect(String(decoding: data, as: UTF8.self) == "[\"\(id.hex)\"]")
        #expect(try JSONDecoder().decode([ObjectID].self, from: data) == [id])
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([ObjectID].self, from: Data("[\"../etc\"]".utf8))
        }
    }
}
