/// The named fields of a value.
struct KeyedFields<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let session: EncodingSession
    let frame: FrameID

    var codingPath: [any CodingKey] { session.path(frame) }

    func encodeNil(forKey key: Key) throws {
        try session.beginEntry(frame, key.stringValue)
        session.writeNull()
    }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        try session.place(value) { try session.beginEntry(frame, key.stringValue) }
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type,
        forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        let (session, frame) = session.makeDeferred(frame, key: key)
        return ValueEncoder(session: session, frame: frame).container(keyedBy: keyType)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        let (session, frame) = session.makeDeferred(frame, key: key)
        return ValueEncoder(session: session, frame: frame).unkeyedContainer()
    }

    func superEncoder() -> any Encoder {
        let (session, frame) = session.makeDeferred(frame, key: PathKey("super"))
        return ValueEncoder(session: session, frame: frame)
    }

    func superEncoder(forKey key: Key) -> any Encoder {
        let (session, frame) = session.makeDeferred(frame, key: key)
        return ValueEncoder(session: session, frame: frame)
    }

    func encode(_ value: Bool, forKey key: Key) throws {
        try session.beginEntry(frame, key.stringValue)
        session.write(value)
    }

    func encode(_ value: String, forKey key: Key) throws {
        try session.beginEntry(frame, key.stringValue)
        session.write(value)
    }

    func encode(_ value: Double, forKey key: Key) throws {
        try session.beginEntry(frame, key.stringValue)
        session.write(value)
    }

    func encode(_ value: Float, forKey key: Key) throws {
        try session.beginEntry(frame, key.stringValue)
        session.write(Double(value))
    }

    func encode(_ value: Int, forKey key: Key) throws {
        try session.beginEntry(frame, key.stringValue)
        session.write(Int64(value))
    }

    func encode(_ value: Int8, forKey key: Key) throws {
        try session.beginEntry(frame, key.stringValue)
        session.write(Int64(value))
    }

    func encode(_ value: Int16, forKey key: Key) throws {
        try session.beginEntry(frame, key.stringValue)
        session.write(Int64(value))
    }

    func encode(_ value: Int32, forKey key: Key) throws {
        try session.beginEntry(frame, key.stringValue)
        session.write(Int64(value))
    }

    func encode(_ value: Int64, forKey key: Key) throws {
        try session.beginEntry(frame, key.stringValue)
        session.write(value)
    }

    func encode(_ value: UInt, forKey key: Key) throws {
        try session.beginEntry(frame, key.stringValue)
        session.write(UInt64(value))
    }

    func encode(_ value: UInt8, forKey key: Key) throws {
        try session.beginEntry(frame, key.stringValue)
        session.write(Int64(value))
    }

    func encode(_ value: UInt16, forKey key: Key) throws {
        try session.beginEntry(frame, key.stringValue)
        session.write(Int64(value))
    }

    func encode(_ value: UInt32, forKey key: Key) throws {
        try session.beginEntry(frame, key.stringValue)
        session.write(Int64(value))
    }

    func encode(_ value: UInt64, forKey key: Key) throws {
        try session.beginEntry(frame, key.stringValue)
        session.write(value)
    }
}

/// The elements of a value that is a list.
struct ListElements: UnkeyedEncodingContainer {
    let session: EncodingSession
    let frame: FrameID

    var codingPath: [any CodingKey] { session.path(frame) }
    var count: Int { session.elementCount(frame) }

    func encodeNil() throws {
        try session.beginElement(frame)
        session.writeNull()
    }

    func encode<Value: Encodable>(_ value: Value) throws {
        if Value.self == UInt8.self {
            // The cast is between a type and itself.
            try session.appendByte(frame, unsafe unsafeBitCast(value, to: UInt8.self))
            return
        }
        try session.place(value) { try session.beginElement(frame) }
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type
    ) -> KeyedEncodingContainer<NestedKey> {
        let (session, frame) = session.makeDeferred(frame, key: nil)
        return ValueEncoder(session: session, frame: frame).container(keyedBy: keyType)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        let (session, frame) = session.makeDeferred(frame, key: nil)
        return ValueEncoder(session: session, frame: frame).unkeyedContainer()
    }

    func superEncoder() -> any Encoder {
        let (session, frame) = session.makeDeferred(frame, key: nil)
        return ValueEncoder(session: session, frame: frame)
    }

    func encode(_ value: Bool) throws {
        try session.beginElement(frame)
        session.write(value)
    }

    func encode(_ value: String) throws {
        try session.beginElement(frame)
        session.write(value)
    }

    func encode(_ value: Double) throws {
        try session.beginElement(frame)
        session.write(value)
    }

    func encode(_ value: Float) throws {
        try session.beginElement(frame)
        session.write(Double(value))
    }

    func encode(_ value: Int) throws {
        try session.beginElement(frame)
        session.write(Int64(value))
    }

    func encode(_ value: Int8) throws {
        try session.beginElement(frame)
        session.write(Int64(value))
    }

    func encode(_ value: Int16) throws {
        try session.beginElement(frame)
        session.write(Int64(value))
    }

    func encode(_ value: Int32) throws {
        try session.beginElement(frame)
        session.write(Int64(value))
    }

    func encode(_ value: Int64) throws {
        try session.beginElement(frame)
        session.write(value)
    }

    func encode(_ value: UInt) throws {
        try session.beginElement(frame)
        session.write(UInt64(value))
    }

    func encode(_ value: UInt8) throws { try session.appendByte(frame, value) }

    func encode(_ value: UInt16) throws {
        try session.beginElement(frame)
        session.write(Int64(value))
    }

    func encode(_ value: UInt32) throws {
        try session.beginElement(frame)
        session.write(Int64(value))
    }

    func encode(_ value: UInt64) throws {
        try session.beginElement(frame)
        session.write(value)
    }
}
