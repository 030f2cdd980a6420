/// Checks of bytes that come from elsewhere.
extension DocumentLayout {
    /// Checks that `bytes` are a document in its one encoding.
    ///
    /// - Throws: `CatalogError` with `invalidDocument`.
    static func validate(_ bytes: Span<UInt8>) throws {
        do throws(LayoutFault) {
            guard bytes.count <= byteCountMax else { throw LayoutFault(byteCountMax, "over \(byteCountMax) bytes") }
            guard let version = byte(bytes, at: 0) else { throw LayoutFault(0, "no bytes") }
            guard version == DocumentLayout.version else {
                throw LayoutFault(0, "layout version \(version); this version knows \(DocumentLayout.version)")
            }
            guard let tag = byte(bytes, at: root), tag == Tag.map || tag == Tag.wideMap else {
                throw LayoutFault(root, "no map")
            }
            let end = try validateValue(bytes, at: root, limit: bytes.count, depth: 1)
            guard end == bytes.count else { throw LayoutFault(end, "\(bytes.count - end) bytes too many") }
        } catch {
            throw CatalogError(.invalidDocument, "not a document: at byte \(error.offset), \(error.what)")
        }
    }

    /// Checks the value whose tag is at `offset` and which may not reach beyond `limit`; returns where it ends.
    private static func validateValue(
        _ bytes: Span<UInt8>,
        at offset: Int,
        limit: Int,
        depth: Int
    ) throws(LayoutFault) -> Int {
        guard offset < limit else { throw LayoutFault(offset, "the value is missing") }
        guard bytes[offset] <= Tag.byteSet else { throw LayoutFault(offset, "unknown type \(bytes[offset])") }
        guard let end = end(bytes, at: offset), end <= limit else {
            throw LayoutFault(offset, "the value is cut short or malformed")
        }
        switch bytes[offset] {
        case Tag.string:
            guard let range = string(bytes, at: offset), isUTF8(bytes, range) else {
                throw LayoutFault(offset, "the text is not UTF-8")
            }
        case Tag.list: try validateList(bytes, at: offset, depth: depth)
        case Tag.map, Tag.wideMap: try validateMap(bytes, at: offset, depth: depth)
        case Tag.stringSet, Tag.byteSet: try validateRuns(bytes, at: offset)
        case Tag.numberSet: try validateNumbers(bytes, at: offset)
        default: break
        }
        return end
    }

    private static func validateList(_ bytes: Span<UInt8>, at offset: Int, depth: Int) throws(LayoutFault) {
        guard depth <= depthMax else { throw LayoutFault(offset, "nested over \(depthMax) deep") }
        guard let list = ListLayout(bytes, at: offset) else {
            throw LayoutFault(offset, "the list's head is malformed")
        }
        var position = list.start
        for _ in 0..<list.count {
            position = try validateValue(bytes, at: position, limit: list.end, depth: depth + 1)
        }
        guard position == list.end else { throw LayoutFault(position, "the list has bytes too many") }
    }

    private static func validateMap(_ bytes: Span<UInt8>, at offset: Int, depth: Int) throws(LayoutFault) {
        guard depth <= depthMax else { throw LayoutFault(offset, "nested over \(depthMax) deep") }
        guard let map = MapLayout(bytes, at: offset) else { throw LayoutFault(offset, "the map's head is malformed") }
        guard (map.end - map.start > narrowByteCountMax) == (bytes[offset] == Tag.wideMap) else {
            throw LayoutFault(offset, "the map's table has the wrong width")
        }
        var position = map.start
        var last: Range<Int>?
        for index in 0..<map.count {
            guard map.entryStart(bytes, index) == position, let entry = map.entry(bytes, index) else {
                throw LayoutFault(position, "the entry is not where the map's table says, or has no name")
            }
            guard isUTF8(bytes, entry.name) else { throw LayoutFault(position, "the name is not UTF-8") }
            if let last, !isAscending(bytes, last, entry.name) {
                throw LayoutFault(position, "the name is there twice or out of order")
            }
            last = entry.name
            position = try validateValue(bytes, at: entry.value, limit: map.end, depth: depth + 1)
        }
        guard position == map.end else { throw LayoutFault(position, "the map has bytes too many") }
    }

    private static func validateRuns(_ bytes: Span<UInt8>, at offset: Int) throws(LayoutFault) {
        let tag = bytes[offset]
        guard let set = ListLayout(bytes, at: offset, tag: tag) else {
            throw LayoutFault(offset, "the set's head is malformed")
        }
        var position = set.start
        var last: Range<Int>?
        for _ in 0..<set.count {
            let start = position
            guard let element = run(bytes, &position), position <= set.end else {
                throw LayoutFault(start, "the set's element is cut short")
            }
            guard tag == Tag.byteSet || isUTF8(bytes, element) else {
                throw LayoutFault(start, "the text is not UTF-8")
            }
            if let last, !isAscending(bytes, last, element) {
                throw LayoutFault(start, "the set's element is there twice or out of order")
            }
            last = element
        }
        guard position == set.end else { throw LayoutFault(position, "the set has bytes too many") }
    }

    private static func validateNumbers(_ bytes: Span<UInt8>, at offset: Int) throws(LayoutFault) {
        guard let set = ListLayout(bytes, at: offset, tag: Tag.numberSet) else {
            throw LayoutFault(offset, "the set's head is malformed")
        }
        var position = set.start
        var last: DecimalNumber?
        for _ in 0..<set.count {
            let start = position
            guard let number = bareNumber(bytes, &position), position <= set.end else {
                throw LayoutFault(start, "the set's number is malformed")
            }
            if let last, number <= last { throw LayoutFault(start, "the set's number is there twice or out of order") }
            last = number
        }
        guard position == set.end else { throw LayoutFault(position, "the set has bytes too many") }
    }

    private static func isUTF8(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        // The pointer is used inside the closure only.
        unsafe bytes.extracting(range).withUnsafeBufferPointer { unsafe isUTF8($0) }
    }

    private static func isUTF8(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        if unsafe bytes.allSatisfy({ $0 < 0x80 }) { return true }
        return unsafe String(validating: bytes, as: UTF8.self) != nil
    }

    private static func isAscending(_ bytes: Span<UInt8>, _ left: Range<Int>, _ right: Range<Int>) -> Bool {
        Attribute.compare(bytes.extracting(left), bytes.extracting(right)) == .ascending
    }
}

/// What is wrong with a document, and where.
private struct LayoutFault: Error {
    let offset: Int
    let what: String

    init(_ offset: Int, _ what: String) {
        self.offset = offset
        self.what = what
    }
}
