/// A JSON value that is written back as it was read: objects keep their keys' order, numbers their text.
package enum JSONValue: Sendable, Equatable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number, with the text that it had.
    case number(JSONNumber)
    /// A string, unescaped.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object.
    case object(JSONObject)

    /// The truth value, if it is one.
    package var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The number with its text, if it is one.
    package var number: JSONNumber? {
        if case .number(let value) = self { value } else { nil }
    }

    /// The number, if it is one; infinite where the text exceeds what a double holds.
    package var double: Double? { number?.double }

    /// The number, if it is a whole one that a double holds exactly (so `2.0` is 2, and `1e300` is none).
    package var int: Int? { number?.int }

    /// The string, if it is one.
    package var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The elements, if it is an array.
    package var array: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    /// The members, if it is an object.
    package var object: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }

    /// The value of member `key`, or `nil` if this is no object or has no such member.
    package subscript(key: String) -> JSONValue? { object?[key] }

    /// Element `index`, or `nil` if this is no array or has no such element.
    package subscript(index: Int) -> JSONValue? {
        guard case .array(let values) = self, values.indices.contains(index) else { return nil }
        return values[index]
    }

    /// What kind of value it is, in JSON's words.
    package var kind: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}

/// An object's members in the order of the file; no key stands twice.
package struct JSONObject: Sendable, Equatable {
    /// A key and its value.
    package struct Member: Sendable, Equatable {
        /// The key, unescaped.
        package let key: String
        /// The value.
        package var value: JSONValue
    }

    /// The members in order.
    package private(set) var members: [Member]

    /// An object without members.
    package init() {
        members = []
    }

    /// Takes over members whose keys the caller knows to differ.
    init(distinct members: [Member]) {
        self.members = members
    }

    /// The keys in order.
    package var keys: some Sequence<String> { members.lazy.map(\.key) }
    /// Whether there are no members.
    package var isEmpty: Bool { members.isEmpty }
    /// How many members there are.
    package var count: Int { members.count }

    /// The value of `key`.
    ///
    /// Setting it keeps the member's place or appends a new one; `nil` removes it. Takes time in proportion to the members: glTF's objects have few.
    package subscript(key: String) -> JSONValue? {
        get { members.first { $0.key == key }?.value }
        set {
            let place = members.firstIndex { $0.key == key }
            switch (place, newValue) {
            case (let place?, let value?): members[place].value = value
            case (let place?, nil): members.remove(at: place)
            case (nil, let value?): members.append(Member(key: key, value: value))
            case (nil, nil): break
            }
        }
    }
}

extension JSONObject {
    /// Puts in place of each member's value what `replacement` makes of the member.
    ///
    /// Takes time in proportion to the members, where setting them by their keys would take that squared.
    package mutating func replaceValues(_ replacement: (Member) throws -> JSONValue) rethrows {
        for place in members.indices { members[place].value = try replacement(members[place]) }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// Makes an object of members in the order written; the last of equal keys counts.
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init()
        for (key, value) in elements { self[key] = value }
    }
}

extension JSONValue: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral
{
    /// An object.
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        var object = JSONObject()
        for (key, value) in elements { object[key] = value }
        self = .object(object)
    }

    /// An array.
    package init(arrayLiteral elements: JSONValue...) {
        self = .array(elements)
    }

    /// A string.
    package init(stringLiteral value: String) {
        self = .string(value)
    }

    /// A whole number.
    package init(integerLiteral value: Int) {
        self = .int(value)
    }

    /// A number.
    package init(floatLiteral value: Double) {
        self = .double(value)
    }

    /// A truth value.
    package init(booleanLiteral value: Bool) {
        self = .bool(value)
    }

    /// A whole number.
    package static func int(_ value: Int) -> JSONValue {
        .number(JSONNumber(value))
    }

    /// A number; `null` if it is not finite, for JSON has no word for that.
    package static func double(_ value: Double) -> JSONValue {
        JSONNumber(value).map { .number($0) } ?? .null
    }
}
