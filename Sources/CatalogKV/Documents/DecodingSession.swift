/// One document being decoded.
@safe final class DecodingSession: @unchecked Sendable {
    @safe private struct State {
        /// The document, while `decodeDocument` runs.
        var base: UnsafePointer<UInt8>?
        var count = 0
        /// Fields looked up so far.
        var lookups = 0
    }

    /// Lookups whose answer is remembered.
    private static let memoryCount = 256

    // One thread at a time has a session. What changes stands behind constant pointers: stored properties of a class would
    // be checked for exclusive access at each step.
    private let state: UnsafeMutablePointer<State>
    /// By number of the lookup, the place that the field had in its map; values of one type ask in one order.
    private let places: UnsafeMutablePointer<Int32>
    let userInfo: [CodingUserInfoKey: any Sendable]

    init(userInfo: [CodingUserInfoKey: any Sendable]) {
        self.userInfo = userInfo
        unsafe state = UnsafeMutablePointer.allocate(capacity: 1)
        unsafe state.initialize(to: State())
        unsafe places = UnsafeMutablePointer.allocate(capacity: DecodingSession.memoryCount)
        unsafe places.initialize(repeating: 0, count: DecodingSession.memoryCount)
    }

    deinit {
        unsafe state.deallocate()
        unsafe places.deallocate()
    }

    func decodeDocument<Value: Decodable>(_ type: Value.Type, from bytes: Span<UInt8>) throws -> Value {
        try reading(bytes) {
            guard DocumentLayout.byte(self.bytes, at: 0) == DocumentLayout.version else {
                throw DecodingError.dataCorrupted(
                    DecodingError.Context(codingPath: [], debugDescription: "no document of a known layout")
                )
            }
            return try decode(type, at: DocumentLayout.root)
        }
    }

    /// Runs `body` with `bytes` as the document.
    func reading<Value>(_ bytes: Span<UInt8>, _ body: () throws -> Value) throws -> Value {
        // The pointer is forgotten before the span's owner can go away.
        try unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe state.pointee.base = buffer.baseAddress
            unsafe state.pointee.count = buffer.count
            unsafe state.pointee.lookups = 0
            defer { end() }
            return try body()
        }
    }

    /// Forgets the document: containers that outlive it find nothing.
    func end() {
        unsafe state.pointee.base = nil
        unsafe state.pointee.count = 0
    }

    /// The document, or no bytes when it is gone.
    var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            // The memory is there while `base` is set.
            let span = unsafe UnsafeBufferPointer(start: state.pointee.base, count: state.pointee.count).span
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    // MARK: - Fields

    /// Where the value of that name stands.
    func find(_ map: MapLayout, _ name: String) -> Int? {
        let lookup = unsafe state.pointee.lookups
        unsafe state.pointee.lookups = lookup &+ 1
        let isRemembered = lookup < DecodingSession.memoryCount
        let bytes = bytes
        let name = name.utf8.span
        if isRemembered {
            let guess = Int(unsafe places[lookup])
            if guess < map.count, let entry = map.entry(bytes, guess), map.hasName(bytes, entry, name) {
                return entry.value
            }
        }
        guard let place = map.index(bytes, of: name) else { return nil }
        if isRemembered { unsafe places[lookup] = Int32(truncatingIfNeeded: place) }
        return map.entry(bytes, place)?.value
    }

    /// Where the value of a key stands.
    func require(_ map: MapLayout, _ key: some CodingKey, in container: Int) throws -> Int {
        if let offset = find(map, key.stringValue) { return offset }
        throw DecodingError.keyNotFound(
            key,
            context(container, "there is no attribute \(key.stringValue.debugDescription)")
        )
    }

    // MARK: - Values

    func isNull(_ offset: Int) -> Bool { DocumentLayout.isNull(bytes, at: offset) }

    func bool(_ offset: Int) throws -> Bool {
        guard let value = DocumentLayout.bool(bytes, at: offset) else { throw mismatch(Bool.self, offset) }
        return value
    }

    func string(_ offset: Int) throws -> String {
        let bytes = bytes
        guard let range = DocumentLayout.string(bytes, at: offset) else { throw mismatch(String.self, offset) }
        return DocumentLayout.text(bytes, range)
    }

    func double(_ offset: Int) throws -> Double {
        let bytes = bytes
        if let value = DocumentLayout.double(bytes, at: offset) { return value }
        if let value = DocumentLayout.int(bytes, at: offset) { return Double(value) }
        guard let value = DocumentLayout.number(bytes, at: offset) else { throw mismatch(Double.self, offset) }
        return Double(value)
    }

    func float(_ offset: Int) throws -> Float {
        let value = try double(offset)
        let float = Float(value)
        if value.isFinite, !float.isFinite { throw misfit(Float.self, offset) }
        return float
    }

    func integer<Integer: FixedWidthInteger>(_ type: Integer.Type, _ offset: Int) throws -> Integer {
        let bytes = bytes
        if let value = DocumentLayout.int(bytes, at: offset) {
            guard let integer = Integer(exactly: value) else { throw misfit(type, offset) }
            return integer
        }
        if let value = DocumentLayout.double(bytes, at: offset) {
            guard let integer = Integer(exactly: value) else { throw misfit(type, offset) }
            return integer
        }
        guard let value = DocumentLayout.number(bytes, at: offset) else { throw mismatch(type, offset) }
        guard value.exponent >= 0, let magnitude = value.digits.coefficient(atExponent: 0),
            let signed = Int128(exactly: magnitude),
            let integer = Integer(exactly: value.isNegative ? -signed : signed)
        else { throw misfit(type, offset) }
        return integer
    }

    func number(_ offset: Int) throws -> DecimalNumber {
        let bytes = bytes
        if let value = DocumentLayout.number(bytes, at: offset) { return value }
        if let value = DocumentLayout.int(bytes, at: offset) { return DecimalNumber(value) }
        guard let value = DocumentLayout.double(bytes, at: offset) else { throw mismatch(DecimalNumber.self, offset) }
        guard let number = DecimalNumber(value) else { throw misfit(DecimalNumber.self, offset) }
        return number
    }

    /// Any value; types whose layout is known are read at once, as their own conformance would take several calls.
    func decode<Value: Decodable>(_ type: Value.Type, at offset: Int) throws -> Value {
        // Each cast is between a type and itself, which the comparison before it shows.
        if type == String.self { return unsafe unsafeBitCast(try string(offset), to: type) }
        if type == Int.self { return unsafe unsafeBitCast(try integer(Int.self, offset), to: type) }
        if type == Double.self { return unsafe unsafeBitCast(try double(offset), to: type) }
        if type == DecimalNumber.self { return unsafe unsafeBitCast(try number(offset), to: type) }
        if type == [String].self { return unsafe unsafeBitCast(try strings(offset), to: type) }
        if type == [UInt8].self { return unsafe unsafeBitCast(try byteArray(offset), to: type) }
        if type == Set<String>.self, let texts = runs(offset, tag: DocumentLayout.Tag.stringSet) {
            let set = Set(texts.map { String(decoding: $0, as: UTF8.self) })
            return unsafe unsafeBitCast(set, to: type)
        }
        if type == Set<[UInt8]>.self, let elements = runs(offset, tag: DocumentLayout.Tag.byteSet) {
            return unsafe unsafeBitCast(Set(elements), to: type)
        }
        if type == Set<DecimalNumber>.self, let numbers = DocumentLayout.numbers(bytes, at: offset) {
            return unsafe unsafeBitCast(Set(numbers), to: type)
        }
        if type == Attribute.self { return unsafe unsafeBitCast(try attribute(offset), to: type) }
        if type == Document.self { return unsafe unsafeBitCast(try document(offset), to: type) }
        return try Value(from: ValueDecoder(session: self, offset: offset))
    }

    private func runs(_ offset: Int, tag: UInt8) -> [[UInt8]]? { DocumentLayout.runs(bytes, at: offset, tag: tag) }

    private func strings(_ offset: Int) throws -> [String] {
        let bytes = bytes
        guard let list = ListLayout(bytes, at: offset) else {
            guard let texts = runs(offset, tag: DocumentLayout.Tag.stringSet) else {
                throw mismatch([String].self, offset)
            }
            return texts.map { String(decoding: $0, as: UTF8.self) }
        }
        var texts: [String] = []
        texts.reserveCapacity(list.count)
        var position = list.start
        for _ in 0..<list.count {
            texts.append(try string(position))
            position = try end(position)
        }
        return texts
    }

    private func byteArray(_ offset: Int) throws -> [UInt8] {
        let bytes = bytes
        if let range = DocumentLayout.byteString(bytes, at: offset) { return DocumentLayout.copy(bytes, range) }
        guard let list = ListLayout(bytes, at: offset) else { throw mismatch([UInt8].self, offset) }
        var values: [UInt8] = []
        var position = list.start
        for _ in 0..<list.count {
            values.append(try integer(UInt8.self, position))
            position = try end(position)
        }
        return values
    }

    private func attribute(_ offset: Int) throws -> Attribute {
        guard let value = DocumentLayout.attribute(bytes, at: offset) else { throw mismatch(Attribute.self, offset) }
        return value
    }

    private func document(_ offset: Int) throws -> Document {
        guard case .map(let attributes) = try attribute(offset) else { throw mismatch(Document.self, offset) }
        return try Document(attributes)
    }

    /// Where the value at `offset` ends.
    func end(_ offset: Int) throws -> Int {
        guard let end = DocumentLayout.end(bytes, at: offset) else {
            throw DecodingError.dataCorrupted(context(offset, "the document is damaged"))
        }
        return end
    }
}

extension DecodingSession {
    /// Reads one value as the root of a document of its own.
    func decodeElement<Value>(_ element: Attribute, _ read: (DecodingSession, Int) throws -> Value) throws -> Value {
        var writer = DocumentWriter()
        writer.reset()
        try writer.write(element, depth: 1)
        return try reading(writer.written) { try read(self, DocumentLayout.root) }
    }
}
