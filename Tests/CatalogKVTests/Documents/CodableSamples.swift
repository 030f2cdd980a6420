import CatalogKV

struct Size: Codable, Equatable {
    var width: Int
    var height: Int
}

struct Product: Codable, Equatable {
    var id: String
    var name: String
    var price: DecimalNumber
    var stock: Int
    var isActive: Bool
    var rating: Double
    var tags: [String]
    var colors: Set<String>
    var size: Size
    var thumb: [UInt8]
    var parts: [Size]
    var label: String?

    static let sample = Product(
        id: "chair-17",
        name: "Oak chair",
        price: "129.90",
        stock: 42,
        isActive: true,
        rating: 4.5,
        tags: ["wood", "oak"],
        colors: ["brown", "white"],
        size: Size(width: 45, height: 90),
        thumb: [1, 2, 255],
        parts: [Size(width: 1, height: 2)],
        label: "x"
    )
}

struct Integers: Codable, Equatable {
    var a: Int8
    var b: Int16
    var c: Int32
    var d: Int64
    var e: Int
    var f: UInt8
    var g: UInt16
    var h: UInt32
    var i: UInt64
}

struct Optionals: Codable, Equatable {
    var a: Int?
    var b: String?
    var c: Size?
    var list: [Int?]
}

indirect enum Shape: Codable, Equatable {
    case circle(radius: Double)
    case empty
    case named(String, Shape)
    case group([Shape])
}

enum Grade: String, Codable {
    case first
    case second
}

struct Chain: Codable {
    var next: [Chain]?
}

class Base: Codable {
    var base: Int

    init(base: Int) { self.base = base }
}

final class Derived: Base {
    let extra: String

    private enum CodingKeys: CodingKey {
        case extra
    }

    init(base: Int, extra: String) {
        self.extra = extra
        super.init(base: base)
    }

    required init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        extra = try container.decode(String.self, forKey: .extra)
        try super.init(from: container.superDecoder())
    }

    override func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try super.encode(to: container.superEncoder())
        try container.encode(extra, forKey: .extra)
    }
}

final class SharedContainer: Base {
    let extra: String

    private enum CodingKeys: CodingKey {
        case extra
    }

    init(base: Int, extra: String) {
        self.extra = extra
        super.init(base: base)
    }

    required init(from decoder: any Decoder) throws {
        extra = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .extra)
        try super.init(from: decoder)
    }

    override func encode(to encoder: any Encoder) throws {
        try super.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(extra, forKey: .extra)
    }
}

struct Name: CodingKey, ExpressibleByStringLiteral {
    var stringValue: String
    var intValue: Int? { nil }

    init(stringLiteral value: String) { stringValue = value }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

struct Alternating: Encodable {
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Name.self)
        var first = container.nestedContainer(keyedBy: Name.self, forKey: "first")
        var second = container.nestedUnkeyedContainer(forKey: "second")
        try first.encode(1, forKey: "a")
        try second.encode(10)
        try container.encode(3, forKey: "third")
        var deep = second.nestedContainer(keyedBy: Name.self)
        try second.encode(20)
        try first.encode(2, forKey: "b")
        try deep.encode(true, forKey: "deep")
        try container.encode(Mixed(), forKey: "list")
    }

    private struct Mixed: Encodable {
        func encode(to encoder: any Encoder) throws {
            var list = encoder.unkeyedContainer()
            try list.encode("x")
            var inner = list.nestedUnkeyedContainer()
            try list.encode("y")
            _ = list.superEncoder()
            try list.encode(5)
            try inner.encode(1)
        }
    }
}

struct Failing: Encodable {
    struct Failure: Error {}

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Name.self)
        try container.encode(1, forKey: "half")
        var inner = container.nestedUnkeyedContainer(forKey: "inner")
        try inner.encode(1)
        throw Failure()
    }
}

struct Recovering: Encodable {
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Name.self)
        try? container.encode(Failing(), forKey: "before")
        try container.encode(2, forKey: "after")
        try container.encode(List(), forKey: "list")
    }

    private struct List: Encodable {
        func encode(to encoder: any Encoder) throws {
            var list = encoder.unkeyedContainer()
            try list.encode(UInt8(1))
            try? list.encode(Failing())
            try list.encode(UInt8(2))
        }
    }
}

struct MixedBytes: Encodable {
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Name.self)
        try container.encode(List(), forKey: "list")
    }

    private struct List: Encodable {
        func encode(to encoder: any Encoder) throws {
            var list = encoder.unkeyedContainer()
            try list.encode(UInt8(200))
            try list.encode("x")
            try list.encode(UInt8(1))
        }
    }
}

final class Escapee: Encodable {
    private var kept: KeyedEncodingContainer<Name>?

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Name.self)
        try container.encode(1, forKey: "a")
        kept = container
    }

    func writeLater() throws { try kept?.encode(2, forKey: "late") }
}
