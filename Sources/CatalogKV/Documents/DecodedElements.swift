/// The elements of a list, a set or a byte string that is being decoded.
struct DecodedElements: UnkeyedDecodingContainer {
    private let session: DecodingSession
    private let offset: Int
    private let elements: Elements
    /// Where the next element begins.
    private var position: Int
    private let total: Int
    private(set) var currentIndex = 0

    private enum Elements {
        case list
        case bytes
        /// Elements without tags, copied: few lists are decoded from them.
        case copied([Attribute])
    }

    init?(session: DecodingSession, offset: Int) {
        self.session = session
        self.offset = offset
        let bytes = session.bytes
        if let list = ListLayout(bytes, at: offset) {
            elements = .list
            position = list.start
            total = list.count
        } else if let range = DocumentLayout.byteString(bytes, at: offset) {
            elements = .bytes
            position = range.lowerBound
            total = range.count
        } else {
            switch DocumentLayout.attribute(bytes, at: offset) {
            case .stringSet(let values): elements = .copied(values.sorted().map { .string($0) })
            case .numberSet(let values): elements = .copied(values.sorted().map { .number($0) })
            case .byteSet(let values): elements = .copied(values.map { .bytes($0) })
            default: return nil
            }
            guard case .copied(let values) = elements else { return nil }
            position = 0
            total = values.count
        }
    }

    var codingPath: [any CodingKey] { session.path(to: offset) }
    var count: Int? { total }
    var isAtEnd: Bool { currentIndex >= total }

    mutating func decodeNil() throws -> Bool {
        try checkEnd(Any?.self)
        guard case .list = elements, session.isNull(position) else { return false }
        position += 1
        currentIndex += 1
        return true
    }

    mutating func decode(_ type: UInt8.Type) throws -> UInt8 {
        guard case .bytes = elements, !isAtEnd, let byte = DocumentLayout.byte(session.bytes, at: position) else {
            return try next(type) { (session, offset) throws in try session.integer(UInt8.self, offset) }
        }
        position += 1
        currentIndex += 1
        return byte
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        if type == UInt8.self {
            // The cast is between a type and itself.
            return unsafe unsafeBitCast(try decode(UInt8.self), to: type)
        }
        return try next(type) { (session, offset) throws in try session.decode(type, at: offset) }
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try next([String: Any].self) { (session, offset) throws in
            try ValueDecoder(session: session, offset: offset).container(keyedBy: type)
        }
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try next([Any].self) { (session, offset) throws in
            try ValueDecoder(session: session, offset: offset).unkeyedContainer()
        }
    }

    mutating func superDecoder() throws -> any Decoder {
        try next((any Decoder).self) { (session, offset) throws in ValueDecoder(session: session, offset: offset) }
    }

    /// Reads the next element, and moves on if that succeeds.
    private mutating func next<Value>(
        _ type: Any.Type,
        _ read: (DecodingSession, Int) throws -> Value
    ) throws -> Value {
        try checkEnd(type)
        let value: Value
        switch elements {
        case .list:
            value = try read(session, position)
            position = try session.end(position)
        case .bytes:
            let byte = DocumentLayout.byte(session.bytes, at: position) ?? 0
            value = try decodeAlone(.int(Int64(byte)), read)
            position += 1
        case .copied(let values): value = try decodeAlone(values[currentIndex], read)
        }
        currentIndex += 1
        return value
    }

    /// Reads an element that has no tag in the document from a document of its own.
    private func decodeAlone<Value>(
        _ element: Attribute,
        _ read: (DecodingSession, Int) throws -> Value
    ) throws -> Value {
        try DecodingSession(userInfo: session.userInfo).decodeElement(element, read)
    }

    private func checkEnd(_ type: Any.Type) throws {
        guard isAtEnd else { return }
        throw DecodingError.valueNotFound(type, session.context(offset, "the list has \(total) elements only"))
    }

    mutating func decode(_ type: Bool.Type) throws -> Bool {
        try next(type) { (session, offset) throws in try session.bool(offset) }
    }

    mutating func decode(_ type: String.Type) throws -> String {
        try next(type) { (session, offset) throws in try session.string(offset) }
    }

    mutating func decode(_ type: Double.Type) throws -> Double {
        try next(type) { (session, offset) throws in try session.double(offset) }
    }

    mutating func decode(_ type: Float.Type) throws -> Float {
        try next(type) { (session, offset) throws in try session.float(offset) }
    }

    mutating func decode(_ type: Int.Type) throws -> Int {
        try next(type) { (session, offset) throws in try session.integer(Int.self, offset) }
    }

    mutating func decode(_ type: Int8.Type) throws -> Int8 {
        try next(type) { (session, offset) throws in try session.integer(Int8.self, offset) }
    }

    mutating func decode(_ type: Int16.Type) throws -> Int16 {
        try next(type) { (session, offset) throws in try session.integer(Int16.self, offset) }
    }

    mutating func decode(_ type: Int32.Type) throws -> Int32 {
        try next(type) { (session, offset) throws in try session.integer(Int32.self, offset) }
    }

    mutating func decode(_ type: Int64.Type) throws -> Int64 {
        try next(type) { (session, offset) throws in try session.integer(Int64.self, offset) }
    }

    mutating func decode(_ type: UInt.Type) throws -> UInt {
        try next(type) { (session, offset) throws in try session.integer(UInt.self, offset) }
    }

    mutating func decode(_ type: UInt16.Type) throws -> UInt16 {
        try next(type) { (session, offset) throws in try session.integer(UInt16.self, offset) }
    }

    mutating func decode(_ type: UInt32.Type) throws -> UInt32 {
        try next(type) { (session, offset) throws in try session.integer(UInt32.self, offset) }
    }

    mutating func decode(_ type: UInt64.Type) throws -> UInt64 {
        try next(type) { (session, offset) throws in try session.integer(UInt64.self, offset) }
    }
}
