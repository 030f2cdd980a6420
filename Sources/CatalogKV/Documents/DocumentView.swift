/// A document that is read where it stands, without a copy: for filters, conditions and projections.
///
/// Reading never traps. Where bytes were damaged after they had been checked, what cannot be read is absent.
public struct DocumentView: ~Escapable {
    /// The document's bytes.
    public let bytes: Span<UInt8>
    private let map: MapLayout?

    /// Reads bytes that come from elsewhere, after checking all of them.
    ///
    /// - Throws: `CatalogError` with `invalidDocument`, whose message says at which byte what is wrong.
    @_lifetime(copy bytes)
    public init(validating bytes: Span<UInt8>) throws {
        try DocumentLayout.validate(bytes)
        self.init(trusted: bytes)
    }

    /// Reads bytes that this module wrote and that were checked against their checksum.
    @_lifetime(copy bytes)
    package init(trusted bytes: Span<UInt8>) {
        self.bytes = bytes
        let isKnown = DocumentLayout.byte(bytes, at: 0) == DocumentLayout.version
        map = isKnown ? MapLayout(bytes, at: DocumentLayout.root) : nil
    }

    /// Attributes at the top.
    public var count: Int { map?.count ?? 0 }

    /// The whole document as one value, a map.
    public var root: AttributeView {
        @_lifetime(copy self)
        get { AttributeView(bytes, at: DocumentLayout.root) }
    }

    /// The names of the attributes, in the order of their UTF-8 bytes.
    public var names: [String] { (0..<count).compactMap { name(at: $0) } }

    /// All attributes, copied.
    public var attributes: [String: Attribute] {
        if case .map(let attributes) = root.attribute { attributes } else { [:] }
    }

    /// The attribute of that name, or `nil`.
    public subscript(name: String) -> AttributeView? {
        @_lifetime(copy self)
        get { root[name] }
    }

    /// The attribute at the end of a path, or `nil` when it leads nowhere.
    public subscript(path path: AttributePath) -> AttributeView? {
        @_lifetime(copy self)
        get { root[path: path] }
    }

    /// The name at a place in the order of names.
    public func name(at index: Int) -> String? {
        guard let map, index >= 0, index < map.count, let entry = map.entry(bytes, index) else { return nil }
        return DocumentLayout.text(bytes, entry.name)
    }

    /// The attribute at a place in the order of names.
    @_lifetime(copy self)
    public func value(at index: Int) -> AttributeView? {
        guard let map, index >= 0, index < map.count, let entry = map.entry(bytes, index) else { return nil }
        return AttributeView(bytes, at: entry.value)
    }

    /// A document of the attributes of these names only.
    public func selecting(_ names: some Sequence<String>) -> Document {
        var writer = DocumentWriter()
        writer.reset()
        let start = writer.beginMap()
        for name in names {
            guard let value = self[name] else { continue }
            writer.beginEntry(name, first: 0)
            writer.write(encoded: value.encoded)
        }
        writer.endMap(at: start, first: 0)
        return Document(trusted: DocumentLayout.copy(writer.written, 0..<writer.count))
    }

    /// A document in which attributes stand in the place of those of these names, and the others as they are.
    ///
    /// - Throws: as `Document.init(_:)`.
    func replacing(_ names: Set<String>, with attributes: [String: Attribute]) throws -> Document {
        var writer = DocumentWriter()
        writer.reset()
        let start = writer.beginMap()
        for index in 0..<count {
            guard let name = name(at: index), let value = value(at: index) else { continue }
            if names.containsSpelling(name) { continue }
            writer.beginEntry(name, first: 0)
            writer.write(encoded: value.encoded)
        }
        for (name, value) in attributes {
            writer.beginEntry(name, first: 0)
            try writer.write(value, depth: 2)
        }
        writer.endMap(at: start, first: 0)
        try writer.checkSize()
        return Document(trusted: DocumentLayout.copy(writer.written, 0..<writer.count))
    }

    /// The document, copied.
    public var document: Document {
        map == nil ? Document() : Document(trusted: DocumentLayout.copy(bytes, 0..<bytes.count))
    }
}

/// One value of a document that is read where it stands.
public struct AttributeView: ~Escapable {
    private let bytes: Span<UInt8>
    /// Where the value's tag stands.
    private let offset: Int

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>, at offset: Int) {
        self.bytes = bytes
        self.offset = offset
    }

    /// The value's type.
    public var kind: Attribute.Kind {
        switch DocumentLayout.byte(bytes, at: offset) {
        case DocumentLayout.Tag.no, DocumentLayout.Tag.yes: .bool
        case DocumentLayout.Tag.int: .int
        case DocumentLayout.Tag.double: .double
        case DocumentLayout.Tag.number: .number
        case DocumentLayout.Tag.string: .string
        case DocumentLayout.Tag.bytes: .bytes
        case DocumentLayout.Tag.list: .list
        case DocumentLayout.Tag.map, DocumentLayout.Tag.wideMap: .map
        case DocumentLayout.Tag.stringSet: .stringSet
        case DocumentLayout.Tag.numberSet: .numberSet
        case DocumentLayout.Tag.byteSet: .byteSet
        default: .null
        }
    }

    /// The value in the document's layout, from its tag to its end.
    var encoded: Span<UInt8> {
        @_lifetime(copy self)
        get {
            let end = DocumentLayout.end(bytes, at: offset) ?? offset
            return bytes.extracting(offset..<end)
        }
    }

    /// The truth value, if it is one.
    public var bool: Bool? { DocumentLayout.bool(bytes, at: offset) }
    /// The whole number, if it is one.
    public var int: Int64? { DocumentLayout.int(bytes, at: offset) }
    /// The floating-point number, if it is one.
    public var double: Double? { DocumentLayout.double(bytes, at: offset) }
    /// The decimal number, if it is one.
    public var number: DecimalNumber? { DocumentLayout.number(bytes, at: offset) }
    /// The text, if it is one.
    public var string: String? { DocumentLayout.string(bytes, at: offset).map { DocumentLayout.text(bytes, $0) } }

    /// The UTF-8 of a text or the content of a byte string, in place.
    public var content: Span<UInt8>? {
        @_lifetime(copy self)
        get {
            let range = DocumentLayout.string(bytes, at: offset) ?? DocumentLayout.byteString(bytes, at: offset)
            guard let range else { return nil }
            return bytes.extracting(range)
        }
    }

    /// Elements of a list, map or set, bytes of a byte string or of a text in UTF-8; `nil` for other values.
    public var count: Int? {
        switch kind {
        case .map: MapLayout(bytes, at: offset)?.count
        case .list, .stringSet, .numberSet, .byteSet: DocumentLayout.word32(bytes, at: offset &+ 5)
        case .string, .bytes: content?.count
        default: nil
        }
    }

    /// The entry of a map, or `nil`.
    public subscript(name: String) -> AttributeView? {
        @_lifetime(copy self)
        get {
            guard let map = MapLayout(bytes, at: offset) else { return nil }
            guard let value = map.value(bytes, of: name.utf8.span) else { return nil }
            return AttributeView(bytes, at: value)
        }
    }

    /// The element of a list, or `nil`; takes time for each element before it.
    public subscript(index: Int) -> AttributeView? {
        @_lifetime(copy self)
        get {
            guard let list = ListLayout(bytes, at: offset), index >= 0, index < list.count else { return nil }
            var position = list.start
            for _ in 0..<index {
                guard let end = DocumentLayout.end(bytes, at: position) else { return nil }
                position = end
            }
            return position < list.end ? AttributeView(bytes, at: position) : nil
        }
    }

    /// The value at the end of a path from here, or `nil` when it leads nowhere.
    public subscript(path path: AttributePath) -> AttributeView? {
        @_lifetime(copy self)
        get {
            var place = offset
            for step in path.steps {
                let view = AttributeView(bytes, at: place)
                switch step {
                case .name(let name):
                    guard let next = view[name] else { return nil }
                    place = next.offset
                case .index(let index):
                    guard let next = view[index] else { return nil }
                    place = next.offset
                }
            }
            return AttributeView(bytes, at: place)
        }
    }

    /// The value, copied.
    public var attribute: Attribute { DocumentLayout.attribute(bytes, at: offset) ?? .null }

    /// How the value stands to `other`; see ``Attribute/compare(to:)``.
    public func compare(to other: Attribute) -> Attribute.Order? {
        if case .string(let text) = other {
            guard let range = DocumentLayout.string(bytes, at: offset) else { return nil }
            return Attribute.compare(bytes.extracting(range), text.utf8.span)
        }
        if case .int(let right) = other, let left = int { return Attribute.Order(left, right) }
        return attribute.compare(to: other)
    }

    /// Whether both have the same value; see ``Attribute/matches(_:)``.
    public func matches(_ other: Attribute) -> Bool {
        switch other {
        case .string, .int: compare(to: other) == .same
        default: attribute.matches(other)
        }
    }
}
