/// The named fields of a value that is being decoded.
struct DecodedFields<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let session: DecodingSession
    let map: MapLayout
    let offset: Int

    var codingPath: [any CodingKey] { session.path(to: offset) }

    var allKeys: [Key] {
        let bytes = session.bytes
        return (0..<map.count).compactMap { index in
            map.entry(bytes, index).flatMap { Key(stringValue: DocumentLayout.text(bytes, $0.name)) }
        }
    }

    func contains(_ key: Key) -> Bool { session.find(map, key.stringValue) != nil }

    func decodeNil(forKey key: Key) throws -> Bool { session.isNull(try require(key)) }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try session.decode(type, at: require(key))
    }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        guard let offset = present(key) else { return nil }
        return try session.decode(type, at: offset)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type,
        forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try ValueDecoder(session: session, offset: require(key)).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try ValueDecoder(session: session, offset: require(key)).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        ValueDecoder(session: session, offset: session.find(map, "super") ?? ValueDecoder.missing)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        ValueDecoder(session: session, offset: session.find(map, key.stringValue) ?? ValueDecoder.missing)
    }

    private func require(_ key: Key) throws -> Int { try session.require(map, key, in: offset) }

    /// Where the value of a key stands, if it is there and not null.
    private func present(_ key: Key) -> Int? {
        guard let offset = session.find(map, key.stringValue), !session.isNull(offset) else { return nil }
        return offset
    }

    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool {
        try session.bool(require(key))
    }

    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? {
        guard let offset = present(key) else { return nil }
        return try session.bool(offset)
    }

    func decode(_ type: String.Type, forKey key: Key) throws -> String {
        try session.string(require(key))
    }

    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
        guard let offset = present(key) else { return nil }
        return try session.string(offset)
    }

    func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
        try session.double(require(key))
    }

    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? {
        guard let offset = present(key) else { return nil }
        return try session.double(offset)
    }

    func decode(_ type: Float.Type, forKey key: Key) throws -> Float {
        try session.float(require(key))
    }

    func decodeIfPresent(_ type: Float.Type, forKey key: Key) throws -> Float? {
        guard let offset = present(key) else { return nil }
        return try session.float(offset)
    }

    func decode(_ type: Int.Type, forKey key: Key) throws -> Int {
        try session.integer(Int.self, require(key))
    }

    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? {
        guard let offset = present(key) else { return nil }
        return try session.integer(Int.self, offset)
    }

    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 {
        try session.integer(Int8.self, require(key))
    }

    func decodeIfPresent(_ type: Int8.Type, forKey key: Key) throws -> Int8? {
        guard let offset = present(key) else { return nil }
        return try session.integer(Int8.self, offset)
    }

    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 {
        try session.integer(Int16.self, require(key))
    }

    func decodeIfPresent(_ type: Int16.Type, forKey key: Key) throws -> Int16? {
        guard let offset = present(key) else { return nil }
        return try session.integer(Int16.self, offset)
    }

    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 {
        try session.integer(Int32.self, require(key))
    }

    func decodeIfPresent(_ type: Int32.Type, forKey key: Key) throws -> Int32? {
        guard let offset = present(key) else { return nil }
        return try session.integer(Int32.self, offset)
    }

    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 {
        try session.integer(Int64.self, require(key))
    }

    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? {
        guard let offset = present(key) else { return nil }
        return try session.integer(Int64.self, offset)
    }

    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt {
        try session.integer(UInt.self, require(key))
    }

    func decodeIfPresent(_ type: UInt.Type, forKey key: Key) throws -> UInt? {
        guard let offset = present(key) else { return nil }
        return try session.integer(UInt.self, offset)
    }

    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 {
        try session.integer(UInt8.self, require(key))
    }

    func decodeIfPresent(_ type: UInt8.Type, forKey key: Key) throws -> UInt8? {
        guard let offset = present(key) else { return nil }
        return try session.integer(UInt8.self, offset)
    }

    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 {
        try session.integer(UInt16.self, require(key))
    }

    func decodeIfPresent(_ type: UInt16.Type, forKey key: Key) throws -> UInt16? {
        guard let offset = present(key) else { return nil }
        return try session.integer(UInt16.self, offset)
    }

    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 {
        try session.integer(UInt32.self, require(key))
    }

    func decodeIfPresent(_ type: UInt32.Type, forKey key: Key) throws -> UInt32? {
        guard let offset = present(key) else { return nil }
        return try session.integer(UInt32.self, offset)
    }

    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 {
        try session.integer(UInt64.self, require(key))
    }

    func decodeIfPresent(_ type: UInt64.Type, forKey key: Key) throws -> UInt64? {
        guard let offset = present(key) else { return nil }
        return try session.integer(UInt64.self, offset)
    }
}
