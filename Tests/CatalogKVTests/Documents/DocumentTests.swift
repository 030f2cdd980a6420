import CatalogKV
import Testing
import VitrineTestSupport

@Suite("Documents")
struct DocumentTests {
    @Test("random attributes come back as they went in, and the bytes pass the check", arguments: 0..<8)
    func roundTrip(_ course: UInt64) throws {
        var generator = SeededGenerator(seed: TestEnvironment.seed(1) &+ course)
        for _ in 0..<TestEnvironment.count(60, soak: 20_000) {
            let attributes = generator.attributes(depth: 4)
            let document = try Document(attributes)
            #expect(document.attributes == attributes, "seed \(generator.seed)")
            let checked = try Document(validating: document.bytes)
            #expect(checked == document)
            for (name, attribute) in attributes { #expect(document[name] == attribute) }
            #expect(document["no such name"] == nil)
            #expect(try Document(document.attributes).bytes == document.bytes, "one content, one encoding")
            #expect(Dictionary(uniqueKeysWithValues: document.map { ($0.name, $0.attribute) }) == attributes)
        }
    }

    @Test("the layout's bytes are those of its description")
    func goldenBytes() {
        let document: Document = [
            "z": true, "a": -1, "m": ["x": [nil, 0.5]], "t": .string("é"), "n": .number("-12.5"),
            "s": .stringSet(["b", "a"]), "u": .numberSet([10, 2]), "y": .bytes([1, 2]),
        ]
        var expected: [UInt8] = []
        let entries: [[UInt8]] = [
            [1, 97, 3, 1],
            [1, 109, 9, 25, 0, 0, 0, 1, 0, 0, 0]
                + [1, 120, 8, 14, 0, 0, 0, 2, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0xE0, 0x3F],
            [1, 110, 5, 0x81, 1, 125],
            [1, 115, 11, 8, 0, 0, 0, 2, 0, 0, 0, 1, 97, 1, 98],
            [1, 116, 6, 2, 0xC3, 0xA9],
            [1, 117, 12, 10, 0, 0, 0, 2, 0, 0, 0, 1, 0, 2, 1, 2, 1],
            [1, 121, 7, 2, 1, 2],
            [1, 122, 2],
        ]
        var position = 0
        expected = [1, 9, 0, 0, 0, 0, 8, 0]
        for entry in entries {
            expected += [UInt8(position), 0]
            position += entry.count
        }
        for entry in entries { expected += entry }
        expected[2] = UInt8(expected.count - 6)
        #expect(document.bytes == expected)
    }

    @Test("paths lead through maps and lists")
    func paths() {
        let document: Document = ["a": ["b": [1, ["c": "found"]]], "a.b": "dotted"]
        #expect(document[path: "a.b[1].c"] == "found")
        #expect(document[path: "a.b[0]"] == 1)
        #expect(document[path: "a.b[2]"] == nil)
        #expect(document[path: "a.b.c"] == nil)
        #expect(document[path: .name("a.b")] == "dotted")
        #expect(Attribute.map(document.attributes)[path: "a.b[1].c"] == "found")
    }

    @Test("malformed paths are refused", arguments: ["", ".", "a.", "a[", "a[]", "a[-1]", "a]", "a[0]x", "[0]"])
    func malformedPath(_ text: String) {
        #expect(throws: CatalogError.self) { try AttributePath(parsing: text) }
    }

    @Test("a map over 65,535 bytes takes the wide form, and one field is still found")
    func wideMap() throws {
        var attributes: [String: Attribute] = [:]
        for index in 0..<9_000 { attributes["name\(index)"] = .int(Int64(index)) }
        let document = try Document(attributes)
        #expect(document.bytes[1] == 10)
        #expect(document["name4711"] == 4_711)
        #expect(try Document(validating: document.bytes).attributes == attributes)
    }

    @Test("size and depth are limited")
    func limits() throws {
        var deep: Attribute = 1
        for _ in 0..<63 { deep = [deep] }
        #expect(try Document(validating: Document(["deep": deep]).bytes)["deep"] == deep)
        let tooDeep = #expect(throws: CatalogError.self) { try Document(["deep": [deep]]) }
        #expect(tooDeep?.code == .invalidArgument)
        let large = #expect(throws: CatalogError.self) {
            try Document(["large": .bytes([UInt8](repeating: 0, count: Document.byteCountMax))])
        }
        #expect(large?.code == .valueTooLarge)
    }

    @Test("a projection keeps the names asked for, in order")
    func projection() {
        let document: Document = ["a": 1, "b": [1, 2], "c": "x"]
        #expect(document.selecting(["c", "b", "none", "b"]) == ["b": [1, 2], "c": "x"])
        #expect(document.selecting([]) == Document())
    }

    @Test("numbers compare by value whatever their type, texts by bytes, and other types not at all")
    func comparison() {
        let numbers: [Attribute] = [
            .double(-.infinity), .number("-1e125"), .double(-1e30), .int(.min), -1, .number("-0.1"), 0, .double(1e-300),
            .number("1e-130"), .number("0.1"), .double(0.10000000000000002), 1, .number("1.5"),
            .int(9_007_199_254_740_993), .int(.max), .double(0x1p63), .number("9.9e125"), .double(1e126),
            .double(.infinity),
        ]
        for (left, first) in numbers.enumerated() {
            for (right, second) in numbers.enumerated() {
                let expected: Attribute.Order = left < right ? .ascending : left == right ? .same : .descending
                #expect(first.compare(to: second) == expected, "\(first) and \(second)")
                let document: Document = ["x": first]
                #expect(document.view["x"]?.compare(to: second) == expected)
            }
        }
        #expect(Attribute.double(0.1).compare(to: .number("0.1")) == .same)
        #expect(Attribute.double(-0.0).compare(to: 0) == .same)
        #expect(Attribute.double(.nan).compare(to: .double(.nan)) == nil)
        #expect(Attribute.double(.nan) == .double(.nan))
        #expect(Attribute.string("a").compare(to: "b") == .ascending)
        #expect(Attribute.string("a").compare(to: 1) == nil)
        #expect(Attribute.list([1, .double(2)]).matches([.number("1"), 2]))
        #expect(!Attribute.double(.nan).matches(.double(.nan)))
    }
}

extension SeededGenerator {
    mutating func attributes(depth: Int) -> [String: Attribute] {
        var attributes: [String: Attribute] = [:]
        for _ in 0..<Int.random(in: 0...12, using: &self) { attributes[text(12)] = attribute(depth: depth) }
        return attributes
    }

    mutating func attribute(depth: Int) -> Attribute {
        let count = Int.random(in: 0...6, using: &self)
        switch Int.random(in: 0..<(depth > 0 ? 12 : 10), using: &self) {
        case 0: return .null
        case 1: return .bool(.random(using: &self))
        case 2: return .int(Int64(bitPattern: next()) >> Int64.random(in: 0...63, using: &self))
        case 3: return .double(Double(bitPattern: next()))
        case 4: return .number(number())
        case 5: return .string(text(40))
        case 6: return .bytes(bytes(Int.random(in: 0...200, using: &self)))
        case 7: return .stringSet(Set((0..<count).map { _ in text(6) }))
        case 8: return .numberSet(Set((0..<count).map { _ in number() }))
        case 9: return .byteSet(Set((0..<count).map { _ in bytes(Int.random(in: 0...4, using: &self)) }))
        case 10: return .list((0..<count).map { _ in attribute(depth: depth - 1) })
        default: return .map(attributes(depth: depth - 1))
        }
    }

    mutating func text(_ lengthMax: Int) -> String {
        let letters = Array("abcdefgh éß漢😀")
        return String(
            (0..<Int.random(in: 0...lengthMax, using: &self)).map { _ in letters.randomElement(using: &self) ?? "a" }
        )
    }

    mutating func number() -> DecimalNumber {
        let digits = Int.random(in: 1...38, using: &self)
        let text = (0..<digits).map { _ in "\(Int.random(in: 0...9, using: &self))" }.joined()
        let exponent = Int.random(in: -130...(125 - digits), using: &self)
        return DecimalNumber("\(Bool.random(using: &self) ? "-" : "")\(text)e\(exponent)") ?? .zero
    }
}
