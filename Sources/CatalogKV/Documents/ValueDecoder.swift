/// The decoder that a value sees, and its container for a single value.
struct ValueDecoder: Decoder {
    let session: DecodingSession
    /// Where the value's tag stands; beyond the document for a value that is missing, which reads as null.
    let offset: Int

    /// The place of a value that is not there.
    static let missing = Int.max

    var codingPath: [any CodingKey] { session.path(to: offset) }
    var userInfo: [CodingUserInfoKey: Any] { session.userInfo }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard let map = MapLayout(session.bytes, at: offset) else {
            throw session.mismatch([String: Any].self, offset)
        }
        return KeyedDecodingContainer(DecodedFields<Key>(session: session, map: map, offset: offset))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard let elements = DecodedElements(session: session, offset: offset) else {
            throw session.mismatch([Any].self, offset)
        }
        return elements
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }
}

extension ValueDecoder: SingleValueDecodingContainer {
    func decodeNil() -> Bool { offset == ValueDecoder.missing || session.isNull(offset) }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try session.decode(type, at: offset)
    }

    func decode(_ type: Bool.Type) throws -> Bool { try session.bool(offset) }
    func decode(_ type: String.Type) throws -> String { try session.string(offset) }
    func decode(_ type: Double.Type) throws -> Double { try session.double(offset) }
    func decode(_ type: Float.Type) throws -> Float { try session.float(offset) }
    func decode(_ type: Int.Type) throws -> Int { try session.integer(Int.self, offset) }
    func decode(_ type: Int8.Type) throws -> Int8 { try session.integer(Int8.self, offset) }
    func decode(_ type: Int16.Type) throws -> Int16 { try session.integer(Int16.self, offset) }
    func decode(_ type: Int32.Type) throws -> Int32 { try session.integer(Int32.self, offset) }
    func decode(_ type: Int64.Type) throws -> Int64 { try session.integer(Int64.self, offset) }
    func decode(_ type: UInt.Type) throws -> UInt { try session.integer(UInt.self, offset) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try session.integer(UInt8.self, offset) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try session.integer(UInt16.self, offset) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try session.integer(UInt32.self, offset) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try session.integer(UInt64.self, offset) }
}
