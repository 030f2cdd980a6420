internal import Glibc

/// How a document stands in bytes, in version 1 of the layout.
///
/// Numbers are little-endian; a varint is LEB128 in its shortest form, and a zigzag a varint of `(n << 1) ^ (n >> 63)`.
///
///     document  u8 version = 1, then a value that is a map
///     value     u8 tag, then by tag:
///        0 null, 1 false, 2 true: nothing
///        3 int         zigzag
///        4 double      8 bytes, IEEE 754
///        5 number      u8: bit 7 the sign, the rest n, 0...16; zigzag exponent; n bytes of coefficient, the last not 0
///        6 string      varint n, n bytes of UTF-8
///        7 bytes       varint n, n bytes
///        8 list        u32 bytes that follow; u32 count; values
///        9 map         u32 bytes that follow; u16 count; count x u16 where each entry begins; entries
///       10 wide map    the same with u32 in place of u16: exactly where the entries take more than 65,535 bytes
///       11 string set  u32 bytes that follow; u32 count; per element varint n, n bytes of UTF-8
///       12 number set  u32 bytes that follow; u32 count; numbers without their tag
///       13 byte set    u32 bytes that follow; u32 count; per element varint n, n bytes
///     entry     varint n, n bytes of UTF-8 (the name); value
///
/// The table of a map counts from the first entry; entries follow each other without gaps, in ascending order of their
/// names' bytes, so that a field is found by binary search. Elements of sets ascend too: texts and bytes by their bytes,
/// numbers by value. Containers nest at most 64 deep, the document itself included. Every content has one encoding only:
/// two documents are equal exactly when their bytes are.
enum DocumentLayout {
    static let version: UInt8 = 1
    static let byteCountMax = 16 << 20
    static let depthMax = 64
    /// Where the top map's tag stands.
    static let root = 1
    /// The most bytes of entries that the narrow form of a map takes.
    static let narrowByteCountMax = 65_535

    enum Tag {
        static let null: UInt8 = 0
        static let no: UInt8 = 1
        static let yes: UInt8 = 2
        static let int: UInt8 = 3
        static let double: UInt8 = 4
        static let number: UInt8 = 5
        static let string: UInt8 = 6
        static let bytes: UInt8 = 7
        static let list: UInt8 = 8
        static let map: UInt8 = 9
        static let wideMap: UInt8 = 10
        static let stringSet: UInt8 = 11
        static let numberSet: UInt8 = 12
        static let byteSet: UInt8 = 13
    }

    static func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: (value << 1) ^ (value >> 63)) }
    static func unzigzag(_ value: UInt64) -> Int64 { Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1) }
}

/// Reads in place. Each takes the document and the offset of a value's tag, never looks beyond the end, and returns `nil`
/// where the bytes say something else than asked, so that damaged bytes cannot trap.
extension DocumentLayout {
    static func byte(_ bytes: Span<UInt8>, at offset: Int) -> UInt8? {
        offset >= 0 && offset < bytes.count ? bytes[offset] : nil
    }

    static func word16(_ bytes: Span<UInt8>, at offset: Int) -> Int? {
        guard offset >= 0, offset &+ 2 <= bytes.count else { return nil }
        return Int(bytes[offset]) | Int(bytes[offset &+ 1]) << 8
    }

    static func word32(_ bytes: Span<UInt8>, at offset: Int) -> Int? {
        guard offset >= 0, offset &+ 4 <= bytes.count else { return nil }
        return Int(bytes[offset]) | Int(bytes[offset &+ 1]) << 8 | Int(bytes[offset &+ 2]) << 16
            | Int(bytes[offset &+ 3]) << 24
    }

    static func varint(_ bytes: Span<UInt8>, _ position: inout Int) -> UInt64? {
        guard let first = byte(bytes, at: position) else { return nil }
        if first < 0x80 {
            position &+= 1
            return UInt64(first)
        }
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while shift < 64, let next = byte(bytes, at: position) {
            position &+= 1
            let group = UInt64(next & 0x7F)
            guard shift < 63 || group <= 1 else { return nil }
            value |= group << shift
            // A last group of zero is a longer form than needed.
            if next & 0x80 == 0 { return group == 0 ? nil : value }
            shift &+= 7
        }
        return nil
    }

    /// A varint and as many bytes: their range.
    static func run(_ bytes: Span<UInt8>, _ position: inout Int) -> Range<Int>? {
        guard let length = varint(bytes, &position), length <= UInt64(bytes.count &- position) else { return nil }
        let start = position
        position &+= Int(truncatingIfNeeded: length)
        return start..<position
    }

    static func isNull(_ bytes: Span<UInt8>, at offset: Int) -> Bool { byte(bytes, at: offset) == Tag.null }

    static func bool(_ bytes: Span<UInt8>, at offset: Int) -> Bool? {
        switch byte(bytes, at: offset) {
        case Tag.yes: true
        case Tag.no: false
        default: nil
        }
    }

    static func int(_ bytes: Span<UInt8>, at offset: Int) -> Int64? {
        guard byte(bytes, at: offset) == Tag.int else { return nil }
        var position = offset &+ 1
        return varint(bytes, &position).map(unzigzag)
    }

    static func double(_ bytes: Span<UInt8>, at offset: Int) -> Double? {
        guard byte(bytes, at: offset) == Tag.double, let low = word32(bytes, at: offset &+ 1),
            let high = word32(bytes, at: offset &+ 5)
        else { return nil }
        return Double(bitPattern: UInt64(truncatingIfNeeded: high) << 32 | UInt64(truncatingIfNeeded: low))
    }

    static func number(_ bytes: Span<UInt8>, at offset: Int) -> DecimalNumber? {
        guard byte(bytes, at: offset) == Tag.number else { return nil }
        var position = offset &+ 1
        return bareNumber(bytes, &position)
    }

    /// A number without its tag; `nil` also when it is not in its one form.
    static func bareNumber(_ bytes: Span<UInt8>, _ position: inout Int) -> DecimalNumber? {
        guard let head = byte(bytes, at: position) else { return nil }
        let count = Int(head & 0x7F)
        position &+= 1
        guard count <= 16, let exponent = varint(bytes, &position).map(unzigzag), exponent.magnitude <= 1_000,
            count <= bytes.count &- position
        else { return nil }
        var coefficient: UInt128 = 0
        for index in 0..<count { coefficient |= UInt128(bytes[position &+ index]) << UInt128(8 * index) }
        position &+= count
        let isNegative = head & 0x80 != 0
        guard count == 0 || bytes[position &- 1] != 0,
            let number = DecimalNumber(
                isNegative: isNegative,
                DecimalDigits(coefficient: coefficient, exponent: Int(exponent))
            ),
            // Trailing zeros, or a zero with a sign or an exponent, come out in another form than they went in.
            number.coefficient == coefficient, number.exponent == exponent, number.isNegative == isNegative
        else { return nil }
        return number
    }

    /// Where the text of a string stands.
    static func string(_ bytes: Span<UInt8>, at offset: Int) -> Range<Int>? {
        guard byte(bytes, at: offset) == Tag.string else { return nil }
        var position = offset &+ 1
        return run(bytes, &position)
    }

    /// Where the content of a byte string stands.
    static func byteString(_ bytes: Span<UInt8>, at offset: Int) -> Range<Int>? {
        guard byte(bytes, at: offset) == Tag.bytes else { return nil }
        var position = offset &+ 1
        return run(bytes, &position)
    }

    /// Where the value whose tag is at `offset` ends; looks at its head only.
    static func end(_ bytes: Span<UInt8>, at offset: Int) -> Int? {
        guard let tag = byte(bytes, at: offset) else { return nil }
        var position = offset &+ 1
        switch tag {
        case Tag.null, Tag.no, Tag.yes: return position
        case Tag.int: return varint(bytes, &position) == nil ? nil : position
        case Tag.double: return position &+ 8 <= bytes.count ? position &+ 8 : nil
        case Tag.number: return bareNumber(bytes, &position) == nil ? nil : position
        case Tag.string, Tag.bytes: return run(bytes, &position) == nil ? nil : position
        case Tag.list...Tag.byteSet:
            guard let length = word32(bytes, at: position), length <= bytes.count &- position &- 4 else { return nil }
            return position &+ 4 &+ length
        default: return nil
        }
    }

    static func copy(_ bytes: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
        // The pointer is used inside the closure only.
        unsafe bytes.extracting(range).withUnsafeBufferPointer { unsafe [UInt8]($0) }
    }

    static func text(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
        // The pointer is used inside the closure only.
        unsafe bytes.extracting(range).withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }
}

/// The head of a list or a set.
struct ListLayout {
    let count: Int
    /// Where the first element begins.
    let start: Int
    let end: Int

    init?(_ bytes: Span<UInt8>, at offset: Int, tag: UInt8 = DocumentLayout.Tag.list) {
        guard DocumentLayout.byte(bytes, at: offset) == tag, let end = DocumentLayout.end(bytes, at: offset),
            let count = DocumentLayout.word32(bytes, at: offset &+ 5), offset &+ 9 <= end,
            // Each element takes a byte at least.
            count <= end &- offset &- 9
        else { return nil }
        self.count = count
        self.end = end
        start = offset &+ 9
    }
}

/// The head of a map.
struct MapLayout {
    /// A name and its value.
    struct Entry {
        let name: Range<Int>
        /// Where the value's tag stands.
        let value: Int
    }

    let count: Int
    let end: Int
    private let table: Int
    private let isWide: Bool

    /// Where the first entry begins.
    var start: Int { table &+ count &* (isWide ? 4 : 2) }

    init?(_ bytes: Span<UInt8>, at offset: Int) {
        guard let tag = DocumentLayout.byte(bytes, at: offset),
            tag == DocumentLayout.Tag.map || tag == DocumentLayout.Tag.wideMap,
            let length = DocumentLayout.word32(bytes, at: offset &+ 1), length <= bytes.count &- offset &- 5
        else { return nil }
        let isWide = tag == DocumentLayout.Tag.wideMap
        let width = isWide ? 4 : 2
        let head = offset &+ 5
        let word = isWide ? DocumentLayout.word32(bytes, at: head) : DocumentLayout.word16(bytes, at: head)
        guard let count = word, width &+ count &* width <= length else { return nil }
        self.count = count
        self.isWide = isWide
        table = head &+ width
        end = head &+ length
    }

    /// Where the entry at `index` begins; the index is below the count.
    func entryStart(_ bytes: Span<UInt8>, _ index: Int) -> Int? {
        let word =
            isWide
            ? DocumentLayout.word32(bytes, at: table &+ index &* 4)
            : DocumentLayout.word16(bytes, at: table &+ index &* 2)
        return word.map { start &+ $0 }
    }

    func entry(_ bytes: Span<UInt8>, _ index: Int) -> Entry? {
        guard var position = entryStart(bytes, index), position < end,
            let name = DocumentLayout.run(bytes, &position), position < end
        else { return nil }
        return Entry(name: name, value: position)
    }

    /// The place of the entry of that name.
    func index(_ bytes: Span<UInt8>, of name: Span<UInt8>) -> Int? {
        var low = 0
        var high = count
        while low < high {
            let middle = (low &+ high) >> 1
            guard let entry = entry(bytes, middle) else { return nil }
            let order = MapLayout.compare(bytes, entry.name, name)
            if order == 0 { return middle }
            if order < 0 { low = middle &+ 1 } else { high = middle }
        }
        return nil
    }

    /// Where the value of that name stands.
    func value(_ bytes: Span<UInt8>, of name: Span<UInt8>) -> Int? {
        index(bytes, of: name).flatMap { entry(bytes, $0)?.value }
    }

    func hasName(_ bytes: Span<UInt8>, _ entry: Entry, _ name: Span<UInt8>) -> Bool {
        entry.name.count == name.count && MapLayout.compare(bytes, entry.name, name) == 0
    }

    private static func compare(_ bytes: Span<UInt8>, _ range: Range<Int>, _ name: Span<UInt8>) -> Int {
        let common = min(range.count, name.count)
        // The range was checked against the document when it was read; both pointers stay in their closures.
        let order = unsafe bytes.extracting(range).withUnsafeBufferPointer { left in
            unsafe name.withUnsafeBufferPointer { right in
                guard let first = left.baseAddress, let second = right.baseAddress else { return Int32(0) }
                return unsafe memcmp(first, second, common)
            }
        }
        return order == 0 ? range.count &- name.count : Int(order)
    }
}
