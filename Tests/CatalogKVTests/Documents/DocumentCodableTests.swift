import CatalogKV
import Testing

@Suite("Codable values as documents")
struct DocumentCodableTests {
    private let encoder = DocumentEncoder()
    private let decoder = DocumentDecoder()

    private func expectRoundTrip<Value: Codable & Equatable>(_ value: Value) throws {
        let document = try encoder.encode(value)
        #expect(try Document(validating: document.bytes) == document)
        #expect(try Document(document.attributes) == document)
        #expect(try decoder.decode(Value.self, from: document) == value)
        #expect(try decoder.decode(Value.self, from: document) == value, "again, with remembered places")
    }

    @Test("a structure becomes attributes of the matching types")
    func types() throws {
        let product = Product.sample
        let document = try encoder.encode(product)
        #expect(
            document == [
                "id": "chair-17", "name": "Oak chair", "price": .number("129.9"), "stock": 42, "isActive": true,
                "rating": 4.5, "tags": ["wood", "oak"], "colors": .stringSet(["brown", "white"]),
                "size": ["width": 45, "height": 90], "thumb": .bytes([1, 2, 255]),
                "parts": [["width": 1, "height": 2]],
                "label": "x",
            ]
        )
        try expectRoundTrip(product)
    }

    @Test("integers of all widths come back, up to their limits")
    func integers() throws {
        try expectRoundTrip(Integers(a: .min, b: .max, c: .min, d: .max, e: .min, f: .max, g: .max, h: .max, i: .max))
        #expect(try encoder.encode(["x": UInt64.max])["x"] == .number("18446744073709551615"))
    }

    @Test("a number that does not fit is an error with its path")
    func overflow() throws {
        let document: Document = ["values": [["x": 300]]]
        let error = #expect(throws: DecodingError.self) {
            try decoder.decode([String: [[String: Int8]]].self, from: document)
        }
        guard case .dataCorrupted(let context) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(context.codingPath.map(\.stringValue) == ["values", "Index 0", "x"])
        #expect(throws: DecodingError.self) { try decoder.decode([String: UInt].self, from: ["x": -1]) }
        #expect(throws: DecodingError.self) { try decoder.decode([String: Int].self, from: ["x": 1.5]) }
        #expect(throws: DecodingError.self) { try decoder.decode([String: Float].self, from: ["x": 1e300]) }
        #expect(try decoder.decode([String: Int].self, from: ["x": 2.0]) == ["x": 2])
        #expect(try decoder.decode([String: Double].self, from: ["x": 2]) == ["x": 2])
        #expect(try decoder.decode([String: DecimalNumber].self, from: ["x": 0.1]) == ["x": "0.1"])
    }

    @Test("a missing name and another type are errors with their paths")
    func mismatches() throws {
        var attributes = try encoder.encode(Product.sample).attributes
        attributes["size"] = ["width": 1]
        let missing = #expect(throws: DecodingError.self) {
            try decoder.decode(Product.self, from: Document(attributes))
        }
        guard case .keyNotFound(let key, let context) = missing else {
            Issue.record("\(String(describing: missing))")
            return
        }
        #expect(key.stringValue == "height")
        #expect(context.codingPath.map(\.stringValue) == ["size"])
        attributes["size"] = ["width": 1, "height": "tall"]
        let other = #expect(throws: DecodingError.self) { try decoder.decode(Product.self, from: Document(attributes)) }
        guard case .typeMismatch(_, let place) = other else {
            Issue.record("\(String(describing: other))")
            return
        }
        #expect(place.codingPath.map(\.stringValue) == ["size", "height"])
        attributes["size"] = .null
        let absent = #expect(throws: DecodingError.self) {
            try decoder.decode(Product.self, from: Document(attributes))
        }
        guard case .valueNotFound = absent else {
            Issue.record("\(String(describing: absent))")
            return
        }
    }

    @Test("optionals: nil is left out, null and missing both read as nil")
    func optionals() throws {
        try expectRoundTrip(Optionals(a: nil, b: nil, c: nil, list: [1, nil, 3]))
        try expectRoundTrip(Optionals(a: 1, b: "x", c: Size(width: 1, height: 2), list: []))
        #expect(try encoder.encode(Optionals(a: nil, b: nil, c: nil, list: [nil])) == ["list": [nil]])
        let read = try decoder.decode(Optionals.self, from: ["a": nil, "list": [nil, 2]])
        #expect(read == Optionals(a: nil, b: nil, c: nil, list: [nil, 2]))
    }

    @Test("enums with payloads, nested and recursive")
    func enums() throws {
        try expectRoundTrip([
            "a": Shape.circle(radius: 2), "b": .empty, "c": .group([.circle(radius: 1), .named("x", .empty)]),
        ])
        #expect(try encoder.encode(Shape.circle(radius: 2)) == ["circle": ["radius": 2.0]])
        #expect(try encoder.encode(["kind": Grade.second]) == ["kind": "second"])
        try expectRoundTrip(["kind": Grade.second])
    }

    @Test("a subclass keeps its superclass, under \"super\" or in the same container")
    func classes() throws {
        let value = Derived(base: 1, extra: "x")
        let document = try encoder.encode(value)
        #expect(document == ["extra": "x", "super": ["base": 1]])
        let read = try decoder.decode(Derived.self, from: document)
        #expect(read.base == 1 && read.extra == "x")
        let shared = try encoder.encode(SharedContainer(base: 1, extra: "x"))
        #expect(shared == ["extra": "x", "base": 1])
    }

    @Test("containers used alternately end up where they belong")
    func alternating() throws {
        #expect(
            try encoder.encode(Alternating()) == [
                "first": ["a": 1, "b": 2], "second": [10, ["deep": true], 20], "third": 3,
                "list": ["x", [1], "y", [:], 5],
            ]
        )
    }

    @Test("a value that catches an error goes on as if nothing had been written")
    func recovery() throws {
        #expect(try encoder.encode(Recovering()) == ["after": 2, "list": [1, 2]])
        #expect(throws: (any Error).self) { try encoder.encode(["x": Failing()]) }
        #expect(try encoder.encode(["x": 1]) == ["x": 1])
    }

    @Test("what has no named fields is no item", arguments: [0, 1, 2])
    func unnamed(_ sample: Int) {
        #expect(throws: EncodingError.self) {
            switch sample {
            case 0: try encoder.encode(1)
            case 1: try encoder.encode([1, 2])
            default: try encoder.encode("text")
            }
        }
    }

    @Test("dictionaries encode in one order, whatever order they have in memory")
    func deterministic() throws {
        let pairs = (0..<100).map { ("name\($0 * 7919 % 100)", $0) }
        let first = try encoder.encode(Dictionary(uniqueKeysWithValues: pairs))
        var other: [String: Int] = [:]
        other.reserveCapacity(1_000)
        for (name, value) in pairs.reversed() { other[name] = value }
        #expect(try encoder.encode(other).bytes == first.bytes)
        try expectRoundTrip(other)
        try expectRoundTrip(["x": [1: "a", 2: "b"]])
    }

    @Test("bytes encode as a byte string, also one by one; mixed lists do not")
    func bytes() throws {
        #expect(try encoder.encode(["x": [1, 2, 200] as [UInt8]])["x"] == .bytes([1, 2, 200]))
        #expect(try encoder.encode(["x": ContiguousArray<UInt8>([1, 2, 200])])["x"] == .bytes([1, 2, 200]))
        try expectRoundTrip(["x": ContiguousArray<UInt8>([1, 2, 200])])
        #expect(try encoder.encode(MixedBytes()) == ["list": [200, "x", 1]])
        #expect(try decoder.decode([String: [Int]].self, from: ["x": .bytes([1, 200])]) == ["x": [1, 200]])
        #expect(try decoder.decode([String: [UInt8]].self, from: ["x": [1, 200]]) == ["x": [1, 200]])
    }

    @Test("sets decode as sets and as arrays; arrays decode as sets")
    func sets() throws {
        try expectRoundTrip(["x": ["a", "b"] as Set<String>])
        try expectRoundTrip(["x": [1, "2.5"] as Set<DecimalNumber>])
        try expectRoundTrip(["x": [[1], [2]] as Set<[UInt8]>])
        try expectRoundTrip(["x": [1, 2, 3] as Set<Int>])
        #expect(try decoder.decode([String: [String]].self, from: ["x": .stringSet(["b", "a"])]) == ["x": ["a", "b"]])
        #expect(try decoder.decode([String: Set<String>].self, from: ["x": ["b", "a"]]) == ["x": ["a", "b"]])
        #expect(try decoder.decode([String: [Int]].self, from: ["x": .numberSet([2, 1])]) == ["x": [1, 2]])
    }

    @Test("attributes and documents inside a value stay what they are")
    func embedded() throws {
        try expectRoundTrip(["x": Attribute.numberSet([1]), "y": [nil, 1], "z": ["deep": .bytes([])]])
        try expectRoundTrip(["x": Document(), "y": ["a": [1]]])
        let document: Document = ["a": .number("1.5")]
        #expect(try encoder.encode(document) == document)
        #expect(try decoder.decode(Document.self, from: document) == document)
    }

    @Test("nesting beyond the limit is refused, not a crash")
    func depth() throws {
        var list = Chain(next: nil)
        for _ in 0..<63 { list = Chain(next: [list]) }
        #expect(throws: CatalogError.self) { try encoder.encode(list) }
        var shape = Shape.empty
        for _ in 0..<500 { shape = .group([shape]) }
        #expect(throws: CatalogError.self) { try encoder.encode(shape) }
    }

    @Test("a value over the size limit is refused, however it grew")
    func size() throws {
        let large = String(repeating: "x", count: 70 << 20)
        let error = #expect(throws: CatalogError.self) { try encoder.encode(["a": large, "b": "y"]) }
        #expect(error?.code == .valueTooLarge)
        let many = #expect(throws: CatalogError.self) {
            try encoder.encode(["a": [Int](repeating: .max, count: 2 << 20)])
        }
        #expect(many?.code == .valueTooLarge)
        #expect(try encoder.encode(["a": 1]) == ["a": 1])
    }

    @Test("a container that outlives its value writes nothing into the next document")
    func escaped() throws {
        let escapee = Escapee()
        #expect(try encoder.encode(escapee) == ["a": 1])
        let next = try encoder.encode(["b": 2])
        #expect(throws: EncodingError.self) { try escapee.writeLater() }
        #expect(next == ["b": 2])
    }

    @Test("one encoder and one decoder serve many tasks")
    func concurrent() async throws {
        let encoder = encoder
        let decoder = decoder
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for index in 0..<200 {
                        let value = ["task\(task)": index, "other": task]
                        let document = try encoder.encode(value)
                        #expect(try decoder.decode([String: Int].self, from: document) == value)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("a container that is asked for twice is one")
    func sharedContainers() throws {
        struct Twice: Encodable {
            enum Keys: CodingKey { case nested, list, a, b }
            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: Keys.self)
                var first = container.nestedContainer(keyedBy: Keys.self, forKey: .nested)
                try first.encode(1, forKey: .a)
                var second = container.nestedContainer(keyedBy: Keys.self, forKey: .nested)
                try second.encode(2, forKey: .b)
                var one = container.nestedUnkeyedContainer(forKey: .list)
                try one.encode(1)
                var two = container.nestedUnkeyedContainer(forKey: .list)
                try two.encode(2)
            }
        }
        #expect(try encoder.encode(Twice()) == ["nested": ["a": 1, "b": 2], "list": [1, 2]])
    }

    @Test("sets and dictionaries that become lists come back, and equal ones have equal bytes")
    func unorderedCollections() throws {
        struct Unordered: Codable, Equatable {
            var small: Set<UInt8>
            var numbers: Set<Int>
            var pairs: [Double: String]
            var nested: [[Set<Int>]: Int]
        }
        func make(_ order: [Int], capacity: Int) -> Unordered {
            var value = Unordered(
                small: Set(minimumCapacity: capacity),
                numbers: Set(minimumCapacity: capacity),
                pairs: Dictionary(minimumCapacity: capacity),
                nested: Dictionary(minimumCapacity: capacity)
            )
            for number in order {
                value.small.insert(UInt8(number))
                value.numbers.insert(number * 1_000)
                value.pairs[Double(number)] = "\(number)"
                value.nested[[[number, number + 1]]] = number
            }
            return value
        }
        let (one, two) = (make(Array(0..<50), capacity: 0), make((0..<50).reversed(), capacity: 4_096))
        try expectRoundTrip(one)
        #expect(try encoder.encode(one).bytes == encoder.encode(two).bytes)
    }
}
