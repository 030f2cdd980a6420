/// Whole values: from `Attribute` into the layout and back.
extension DocumentWriter {
    /// Writes a value; `depth` is that of the containers around it and of itself, if it is one.
    ///
    /// - Throws: `CatalogError` with `valueTooLarge` over 16 MiB, `invalidArgument` when containers nest over 64 deep.
    mutating func write(_ attribute: Attribute, depth: Int) throws {
        switch attribute {
        case .null: writeNull()
        case .bool(let value): write(value)
        case .int(let value): write(value)
        case .double(let value): write(value)
        case .number(let value): write(value)
        case .string(let value): write(value)
        case .bytes(let value): write(bytes: value.span)
        case .list(let values):
            try DocumentWriter.checkDepth(depth)
            let start = beginList()
            for value in values { try write(value, depth: depth + 1) }
            endList(at: start, count: values.count)
        case .map(let values):
            try DocumentWriter.checkDepth(depth)
            let start = beginMap()
            let first = entryCount
            for (name, value) in values {
                beginEntry(name, first: first)
                try write(value, depth: depth + 1)
            }
            endMap(at: start, first: first)
        case .stringSet(let values): write(values)
        case .numberSet(let values): write(values)
        case .byteSet(let values): write(values)
        }
        try checkSize()
    }

    mutating func write(_ values: Set<String>) {
        writeSet(values.map { Array($0.utf8) }, tag: DocumentLayout.Tag.stringSet)
    }

    mutating func write(_ values: Set<[UInt8]>) {
        writeSet(Array(values), tag: DocumentLayout.Tag.byteSet)
    }

    mutating func write(_ values: Set<DecimalNumber>) {
        let start = beginList(tag: DocumentLayout.Tag.numberSet)
        for value in values.sorted() { writeBare(value) }
        endList(at: start, count: values.count)
    }

    private mutating func writeSet(_ values: [[UInt8]], tag: UInt8) {
        let start = beginList(tag: tag)
        for value in values.sorted(by: { $0.lexicographicallyPrecedes($1) }) { writeRun(value.span) }
        endList(at: start, count: values.count)
    }

    @inline(__always) func checkSize() throws {
        if count > DocumentLayout.byteCountMax || isOverfull { throw DocumentWriter.tooLarge() }
    }

    @inline(never)
    private static func tooLarge() -> CatalogError {
        CatalogError(
            .valueTooLarge,
            "the item takes more than \(DocumentLayout.byteCountMax) bytes; store large data elsewhere"
        )
    }

    static func checkDepth(_ depth: Int) throws {
        guard depth <= DocumentLayout.depthMax else {
            throw CatalogError(
                .invalidArgument,
                "the item has lists and maps in each other over \(DocumentLayout.depthMax) deep"
            )
        }
    }
}

extension DocumentLayout {
    /// The value whose tag is at `offset`; `nil` where the bytes are damaged.
    static func attribute(_ bytes: Span<UInt8>, at offset: Int, depth: Int = 1) -> Attribute? {
        switch byte(bytes, at: offset) {
        case Tag.null: .null
        case Tag.no: .bool(false)
        case Tag.yes: .bool(true)
        case Tag.int: int(bytes, at: offset).map { .int($0) }
        case Tag.double: double(bytes, at: offset).map { .double($0) }
        case Tag.number: number(bytes, at: offset).map { .number($0) }
        case Tag.string: string(bytes, at: offset).map { .string(text(bytes, $0)) }
        case Tag.bytes: byteString(bytes, at: offset).map { .bytes(copy(bytes, $0)) }
        case Tag.list: depth > depthMax ? nil : list(bytes, at: offset, depth: depth)
        case Tag.map, Tag.wideMap: depth > depthMax ? nil : map(bytes, at: offset, depth: depth)
        case Tag.stringSet:
            runs(bytes, at: offset, tag: Tag.stringSet)
                .map { .stringSet(Set($0.map { String(decoding: $0, as: UTF8.self) })) }
        case Tag.numberSet: numbers(bytes, at: offset).map { .numberSet(Set($0)) }
        case Tag.byteSet: runs(bytes, at: offset, tag: Tag.byteSet).map { .byteSet(Set($0)) }
        default: nil
        }
    }

    private static func list(_ bytes: Span<UInt8>, at offset: Int, depth: Int) -> Attribute? {
        guard let list = ListLayout(bytes, at: offset) else { return nil }
        var values: [Attribute] = []
        values.reserveCapacity(list.count)
        var position = list.start
        for _ in 0..<list.count {
            guard let value = attribute(bytes, at: position, depth: depth + 1),
                let end = end(bytes, at: position)
            else { return nil }
            values.append(value)
            position = end
        }
        return .list(values)
    }

    private static func map(_ bytes: Span<UInt8>, at offset: Int, depth: Int) -> Attribute? {
        guard let map = MapLayout(bytes, at: offset) else { return nil }
        var values: [String: Attribute] = [:]
        values.reserveCapacity(map.count)
        for index in 0..<map.count {
            guard let entry = map.entry(bytes, index),
                let value = attribute(bytes, at: entry.value, depth: depth + 1)
            else { return nil }
            values[text(bytes, entry.name)] = value
        }
        return .map(values)
    }

    /// The elements of a set of texts or byte strings.
    static func runs(_ bytes: Span<UInt8>, at offset: Int, tag: UInt8) -> [[UInt8]]? {
        guard let set = ListLayout(bytes, at: offset, tag: tag) else { return nil }
        var values: [[UInt8]] = []
        values.reserveCapacity(set.count)
        var position = set.start
        for _ in 0..<set.count {
            guard let range = run(bytes, &position), position <= set.end else { return nil }
            values.append(copy(bytes, range))
        }
        return values
    }

    /// The elements of a set of numbers.
    static func numbers(_ bytes: Span<UInt8>, at offset: Int) -> [DecimalNumber]? {
        guard let set = ListLayout(bytes, at: offset, tag: Tag.numberSet) else { return nil }
        var values: [DecimalNumber] = []
        values.reserveCapacity(set.count)
        var position = set.start
        for _ in 0..<set.count {
            guard let value = bareNumber(bytes, &position), position <= set.end else { return nil }
            values.append(value)
        }
        return values
    }
}
