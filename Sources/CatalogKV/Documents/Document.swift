/// An item: attributes by name, in the compact layout in which the catalog stores them.
///
/// One attribute is read in place, without decoding the others. The order of the names is not kept; documents with the
/// same attributes have the same bytes, whichever way they were made, and are equal exactly then.
///
/// Names are told apart by their bytes. Two spellings that Unicode holds for the same text are two names here, of which
/// a Swift dictionary can hold one.
public struct Document: Sendable, Hashable {
    /// The most bytes that a document may have.
    public static let byteCountMax = DocumentLayout.byteCountMax
    /// The most lists and maps that may stand in each other, the document included.
    public static let depthMax = DocumentLayout.depthMax

    /// The document in its binary layout; `Docs/CatalogKV.docc/FileFormat.md` describes it byte by byte.
    public let bytes: [UInt8]

    /// A document without attributes.
    public init() {
        bytes = [DocumentLayout.version, DocumentLayout.Tag.map, 2, 0, 0, 0, 0, 0]
    }

    /// A document of these attributes.
    ///
    /// - Throws: `CatalogError` with `valueTooLarge` over 16 MiB, `invalidArgument` when containers nest over 64 deep.
    public init(_ attributes: [String: Attribute]) throws {
        var writer = DocumentWriter()
        writer.reset()
        try writer.write(.map(attributes), depth: 1)
        bytes = DocumentLayout.copy(writer.written, 0..<writer.count)
    }

    /// Takes bytes that come from elsewhere, and checks all of them.
    ///
    /// - Throws: `CatalogError` with `invalidDocument`, whose message says at which byte what is wrong.
    public init(validating bytes: [UInt8]) throws {
        try DocumentLayout.validate(bytes.span)
        self.bytes = bytes
    }

    /// Takes bytes that this module wrote and that were checked against their checksum.
    init(trusted bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The document to read in place.
    public var view: DocumentView {
        @_lifetime(borrow self)
        get { DocumentView(trusted: bytes.span) }
    }

    /// Attributes at the top.
    public var count: Int { view.count }

    /// Whether there is no attribute.
    public var isEmpty: Bool { count == 0 }

    /// The names of the attributes, in the order of their UTF-8 bytes.
    public var names: [String] { view.names }

    /// All attributes.
    public var attributes: [String: Attribute] { view.attributes }

    /// The attribute of that name, or `nil`.
    public subscript(name: String) -> Attribute? { view[name]?.attribute }

    /// The attribute at the end of a path, or `nil` when it leads nowhere.
    public subscript(path path: AttributePath) -> Attribute? { view[path: path]?.attribute }

    /// The same document with an attribute set, or removed by `nil`.
    ///
    /// - Throws: as ``init(_:)``.
    public func setting(_ name: String, to attribute: Attribute?) throws -> Document {
        try view.replacing([name], with: attribute.map { [name: $0] } ?? [:])
    }

    /// The same document with only the attributes of these names, as a projection has it.
    public func selecting(_ names: some Sequence<String>) -> Document { view.selecting(names) }
}

extension Document: ExpressibleByDictionaryLiteral {
    /// Writes `["name": 1]`; of a name that is there twice, the last holds.
    ///
    /// The limits of a document must be kept.
    public init(dictionaryLiteral elements: (String, Attribute)...) {
        do {
            try self.init(Dictionary(elements) { _, last in last })
        } catch {
            preconditionFailure("\(error)")
        }
    }
}

extension Document: Sequence {
    /// Attributes in the order of their names' UTF-8 bytes.
    public struct Iterator: IteratorProtocol {
        private let document: Document
        private var index = 0

        fileprivate init(_ document: Document) {
            self.document = document
        }

        /// The next name and its attribute.
        public mutating func next() -> (name: String, attribute: Attribute)? {
            guard let element = element(at: index) else { return nil }
            index += 1
            return element
        }

        private func element(at index: Int) -> (name: String, attribute: Attribute)? {
            let view = document.view
            guard let name = view.name(at: index), let value = view.value(at: index) else { return nil }
            return (name, value.attribute)
        }
    }

    /// Starts at the first name.
    public func makeIterator() -> Iterator { Iterator(self) }
}

extension Document: CustomStringConvertible {
    /// The attributes for people, ordered by name.
    public var description: String { Attribute.describe(attributes) }
}
