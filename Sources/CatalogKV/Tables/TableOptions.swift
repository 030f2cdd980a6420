/// How a table treats its items; kept in the store.
public struct TableOptions: Hashable, Sendable {
    /// The attribute that says when an item is gone, in seconds since 1970-01-01 00:00 UTC.
    ///
    /// It is an `int`, a `double` or a `number`; an item where it is missing or something else does not expire. It is
    /// read whenever a document is written. Without such an attribute, writes may give a lifetime.
    public var expiryAttribute: String?
    /// What the change stream shows of the table's items.
    public var changeImages: ChangeImages

    /// Describes how a table treats its items.
    public init(expiryAttribute: String? = nil, changeImages: ChangeImages = .keysOnly) {
        self.expiryAttribute = expiryAttribute
        self.changeImages = changeImages
    }
}

/// A table as the store knows it.
public struct TableDescription: Hashable, Sendable {
    /// The table's name.
    public let name: String
    /// The table's number in the store's files, which no other table ever gets.
    public let number: Int
    /// How the table treats its items.
    public let options: TableOptions
}

/// What the store keeps of a named table: an item of table 0.
///
/// Key("tables", name) holds a document with `number`, `images`, `expiry` where there is one, and `isDropping` while the
/// table's items are being removed. Key("numbers", two bytes) holds the same and the `name` that the number was given to,
/// and stays when the table is dropped, so that no number is given twice. Each of the two can be made of the other when
/// a store is repaired. Stores of earlier versions have the plain bytes of the name in place of the second document.
package struct TableDefinition: Hashable, Sendable {
    static let partition = "tables"
    static let numberPartition = "numbers"
    /// The most bytes that a name may have in UTF-8.
    static let nameByteCountMax = 255

    let name: String
    let number: TableNumber
    let options: TableOptions
    var isDropping = false

    init(name: String, number: TableNumber, options: TableOptions) {
        self.name = name
        self.number = number
        self.options = options
    }

    /// - Throws: `CatalogError` with `unsupportedFormat` when a newer version of the module wrote the definition.
    package init(name: String, _ view: borrowing DocumentView) throws {
        guard let number = view["number"]?.int, let rawNumber = UInt16(exactly: number),
            let images = view["images"]?.int, let rawImages = UInt8(exactly: images),
            let changeImages = ChangeImages(rawValue: rawImages)
        else {
            throw CatalogError(.unsupportedFormat, "the definition of table \"\(name)\" is in a format not known here")
        }
        self.name = name
        self.number = TableNumber(rawValue: rawNumber)
        options = TableOptions(expiryAttribute: view["expiry"]?.string, changeImages: changeImages)
        isDropping = view["isDropping"]?.bool ?? false
    }

    /// Reads what stands under a number; `nil` for what an earlier version wrote, or bytes that are neither.
    package static func numbered(_ value: Span<UInt8>, isDocument: Bool) -> TableDefinition? {
        guard isDocument else { return nil }
        let view = DocumentView(trusted: value)
        guard let name = view["name"]?.string else { return nil }
        return try? TableDefinition(name: name, view)
    }

    /// The name that stands under a number.
    package static func name(_ value: Span<UInt8>, isDocument: Bool) -> String? {
        isDocument ? DocumentView(trusted: value)["name"]?.string : String(decoding: value.bytes, as: UTF8.self)
    }

    /// What stands under the table's name, or with the name, under its number.
    package func document(isNamed: Bool = false) throws -> Document {
        var attributes: [String: Attribute] = [
            "number": .int(Int64(number.rawValue)), "images": .int(Int64(options.changeImages.rawValue)),
        ]
        if let attribute = options.expiryAttribute { attributes["expiry"] = .string(attribute) }
        if isDropping { attributes["isDropping"] = .bool(true) }
        if isNamed { attributes["name"] = .string(name) }
        return try Document(attributes)
    }

    var description: TableDescription {
        TableDescription(name: name, number: Int(number.rawValue), options: options)
    }

    static func key(named name: String) -> Key { Key(partition: partition, sort: name) }

    static func key(numbered number: TableNumber) -> Key {
        let high = UInt8(truncatingIfNeeded: number.rawValue >> 8)
        return Key(partition: numberPartition, sort: [high, UInt8(truncatingIfNeeded: number.rawValue)])
    }

    /// - Throws: `CatalogError` with `invalidArgument`.
    static func check(name: String) throws {
        guard (1...nameByteCountMax).contains(name.utf8.count) else {
            throw CatalogError(
                .invalidArgument,
                "a table's name has 1 to \(nameByteCountMax) bytes; this one has \(name.utf8.count)"
            )
        }
    }

    /// When a document of the table is gone, in milliseconds since the Unix epoch.
    package func expiry(of document: Span<UInt8>) -> Int64 {
        guard let name = options.expiryAttribute, let value = DocumentView(trusted: document)[name] else {
            return ItemVersion.never
        }
        let latest = Double(Int64.max / 2)
        switch value.attribute {
        case .int(let seconds):
            let (milliseconds, overflowed) = max(0, seconds).multipliedReportingOverflow(by: 1_000)
            return overflowed ? ItemVersion.never : milliseconds
        case .double(let seconds):
            return seconds.isNaN ? ItemVersion.never : TableDefinition.milliseconds(seconds, latest)
        case .number(let seconds): return TableDefinition.milliseconds(Double(seconds), latest)
        default: return ItemVersion.never
        }
    }

    private static func milliseconds(_ seconds: Double, _ latest: Double) -> Int64 {
        let milliseconds = (seconds * 1_000).rounded(.down)
        return milliseconds >= latest ? ItemVersion.never : Int64(max(0, milliseconds))
    }
}

extension Engine {
    /// The definition of a named table, or `nil` when there is none.
    ///
    /// - Throws: `CatalogError` with `isClosed`, `isCorrupt` or `unsupportedFormat`.
    func tableDefinition(named name: String) throws -> TableDefinition? {
        try read(.definitions, TableDefinition.key(named: name)) { item in
            try TableDefinition(name: name, DocumentView(trusted: item.value))
        }
    }

    /// The definition of the table that has a number, or had it before it was dropped; `nil` for a number that nothing
    /// is known of.
    ///
    /// - Throws: as the other.
    func tableDefinition(numbered number: TableNumber) throws -> TableDefinition? {
        var name: String?
        let definition = try read(.definitions, TableDefinition.key(numbered: number)) { item in
            name = TableDefinition.name(item.value, isDocument: item.isDocument)
            return TableDefinition.numbered(item.value, isDocument: item.isDocument)
        }
        if let definition = definition ?? nil { return definition }
        // What an earlier version wrote is the name alone.
        guard let name, let definition = try tableDefinition(named: name) else { return nil }
        // The name may have been given to a newer table.
        return definition.number == number ? definition : nil
    }
}
