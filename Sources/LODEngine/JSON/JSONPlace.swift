/// A value of a glTF file with the place where it stands, which checks what it is asked for.
struct JSONPlace {
    /// The value.
    let value: JSONValue
    /// Where it stands.
    let pointer: JSONPointer
    /// What errors call the file.
    let file: String

    /// File and pointer, as errors start.
    var description: String { "\(file): \(pointer.label)" }

    /// The error of finding something else than `expected` here.
    func invalid(_ expected: String, _ code: LODError.Code = .invalidModel) -> LODError {
        LODError(code, "\(description): expected \(expected)", file: file, pointer: pointer.description)
    }

    /// The error of finding something else than `expected` here, which tells what was found.
    func mismatch(_ expected: String) -> LODError {
        let text = String(decoding: value.serialized.prefix(60), as: UTF8.self)
        return invalid("\(expected), found \(value.kind) \(text)")
    }

    /// Member `key`, if there is one.
    subscript(key: String) -> JSONPlace? {
        value[key].map { JSONPlace(value: $0, pointer: pointer[key], file: file) }
    }

    /// Member `key`, which must be there.
    func required(_ key: String) throws -> JSONPlace {
        guard let member = self[key] else { throw invalid("member \"\(key)\"") }
        return member
    }

    /// The elements of the array `key`; none if there is no such member.
    func elements(_ key: String) throws -> [JSONPlace] {
        guard let member = self[key] else { return [] }
        guard let values = member.value.array else { throw member.mismatch("an array") }
        return values.enumerated().map { JSONPlace(value: $1, pointer: member.pointer[$0], file: file) }
    }

    /// The elements of the array `key`, all of them objects; none if there is no such member.
    func objects(_ key: String) throws -> [JSONPlace] {
        let places = try elements(key)
        if let place = places.first(where: { $0.value.object == nil }) { throw place.mismatch("an object") }
        return places
    }

    /// This object's members.
    func members() throws -> [(key: String, place: JSONPlace)] {
        guard let object = value.object else { throw mismatch("an object") }
        return object.members.map { ($0.key, JSONPlace(value: $0.value, pointer: pointer[$0.key], file: file)) }
    }

    /// This value as a whole number within `range`.
    func int(in range: ClosedRange<Int>) throws -> Int {
        guard let number = value.int, range.contains(number) else {
            let bounds =
                range.upperBound == .max ? "at least \(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
            throw mismatch("a whole number, \(bounds)")
        }
        return number
    }

    /// Member `key` as a whole number within `range`, if it is there.
    func int(_ key: String, in range: ClosedRange<Int> = 0...Int.max) throws -> Int? {
        try self[key]?.int(in: range)
    }

    /// This value as an index into something of `count` elements.
    func index(below count: Int, of what: String) throws -> Int {
        guard let number = value.int, number >= 0, number < count else {
            throw mismatch("the index of one of \(count) \(what)")
        }
        return number
    }

    /// Member `key` as an index into something of `count` elements, if it is there.
    func index(_ key: String, below count: Int, of what: String) throws -> Int? {
        try self[key]?.index(below: count, of: what)
    }

    /// The array `key` of indices into something of `count` elements; empty if it is not there.
    func indices(_ key: String, below count: Int, of what: String) throws -> [Int] {
        try elements(key).map { try $0.index(below: count, of: what) }
    }

    /// Member `key` as a finite number, if it is there.
    func double(_ key: String) throws -> Double? {
        try self[key]?.finite()
    }

    /// The array `key` of exactly `count` finite numbers, if it is there.
    func doubles(_ key: String, count: Int) throws -> [Double]? {
        guard let member = self[key] else { return nil }
        let values = try elements(key)
        guard values.count == count else { throw member.mismatch("\(count) numbers") }
        return try values.map { try $0.finite() }
    }

    /// Member `key` as a string, if it is there.
    func string(_ key: String) throws -> String? {
        guard let member = self[key] else { return nil }
        guard let text = member.value.string else { throw member.mismatch("a string") }
        return text
    }

    /// Member `key` as a truth value, if it is there.
    func bool(_ key: String) throws -> Bool? {
        guard let member = self[key] else { return nil }
        guard let value = member.value.bool else { throw member.mismatch("true or false") }
        return value
    }

    private func finite() throws -> Double {
        // What a float cannot hold is not finite for a renderer.
        guard let number = value.double, Float(number).isFinite else { throw mismatch("a finite number") }
        return number
    }
}
