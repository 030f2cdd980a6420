/// The encoder that a value sees, and its container for a single value.
struct ValueEncoder: Encoder {
    let session: EncodingSession
    let frame: FrameID

    var codingPath: [any CodingKey] { session.path(frame) }
    var userInfo: [CodingUserInfoKey: Any] { session.userInfo }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        session.openMap(frame)
        return KeyedEncodingContainer(KeyedFields<Key>(session: session, frame: frame))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        session.openList(frame)
        return ListElements(session: session, frame: frame)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }
}

extension ValueEncoder: SingleValueEncodingContainer {
    func encodeNil() throws {
        try session.beginSingle(frame)
        session.writeNull()
    }

    func encode<Value: Encodable>(_ value: Value) throws {
        try session.place(value) { try session.beginSingle(frame) }
    }

    func encode(_ value: Bool) throws {
        try session.beginSingle(frame)
        session.write(value)
    }

    func encode(_ value: String) throws {
        try session.beginSingle(frame)
        session.write(value)
    }

    func encode(_ value: Double) throws {
        try session.beginSingle(frame)
        session.write(value)
    }

    func encode(_ value: Float) throws {
        try session.beginSingle(frame)
        session.write(Double(value))
    }

    func encode(_ value: Int) throws {
        try session.beginSingle(frame)
        session.write(Int64(value))
    }

    func encode(_ value: Int8) throws {
        try session.beginSingle(frame)
        session.write(Int64(value))
    }

    func encode(_ value: Int16) throws {
        try session.beginSingle(frame)
        session.write(Int64(value))
    }

    func encode(_ value: Int32) throws {
        try session.beginSingle(frame)
        session.write(Int64(value))
    }

    func encode(_ value: Int64) throws {
        try session.beginSingle(frame)
        session.write(value)
    }

    func encode(_ value: UInt) throws {
        try session.beginSingle(frame)
        session.write(UInt64(value))
    }

    func encode(_ value: UInt8) throws {
        try session.beginSingle(frame)
        session.write(Int64(value))
    }

    func encode(_ value: UInt16) throws {
        try session.beginSingle(frame)
        session.write(Int64(value))
    }

    func encode(_ value: UInt32) throws {
        try session.beginSingle(frame)
        session.write(Int64(value))
    }

    func encode(_ value: UInt64) throws {
        try session.beginSingle(frame)
        session.write(value)
    }
}
