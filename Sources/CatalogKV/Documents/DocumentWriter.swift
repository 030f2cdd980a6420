internal import Glibc

/// Writes values one behind the other into memory that grows: see `DocumentLayout`.
///
/// Containers are opened and closed like brackets; a map is put in order, and gets its table, when it is closed.
@safe struct DocumentWriter: ~Copyable {
    /// An entry of a map that is still open.
    private struct Entry {
        /// The first eight bytes of the name, so that most comparisons take one instruction.
        var prefix: UInt64
        // Nothing is written beyond `byteCountMax`, so that offsets fit 32 bits.
        var first: UInt32
        var last: UInt32
        var nameStart: UInt32
        var nameEnd: UInt32

        var start: Int { Int(first) }
        var end: Int { Int(last) }
        var name: Range<Int> { unsafe Range(uncheckedBounds: (Int(nameStart), Int(nameEnd))) }
    }

    /// The most bytes that are gathered: room for a document that turns out too large, and for its tables.
    private static let byteCountMax = 4 * DocumentLayout.byteCountMax

    // Memory of this writer's own, freed in `deinit`; everything before `count` and `entryCount` is written.
    private var bytes: UnsafeMutablePointer<UInt8>
    private(set) var count = 0
    private var capacity: Int
    private var entries: UnsafeMutablePointer<Entry>
    private(set) var entryCount = 0
    private var entryCapacity: Int
    private var scratch: UnsafeMutablePointer<UInt8>
    private var scratchCapacity: Int
    /// Whether something was left out because it would not have fitted.
    private(set) var isOverfull = false

    init() {
        capacity = 1_024
        entryCapacity = 64
        scratchCapacity = 1_024
        unsafe bytes = UnsafeMutablePointer.allocate(capacity: capacity)
        unsafe entries = UnsafeMutablePointer.allocate(capacity: entryCapacity)
        unsafe scratch = UnsafeMutablePointer.allocate(capacity: scratchCapacity)
    }

    deinit {
        unsafe bytes.deallocate()
        unsafe entries.deallocate()
        unsafe scratch.deallocate()
    }

    /// What was written; valid until the writer is changed.
    var written: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            // The memory lives as long as the writer, which the span borrows.
            let span = unsafe Span(_unsafeStart: UnsafePointer(bytes), count: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    mutating func reset() {
        count = 0
        entryCount = 0
        isOverfull = false
        append(DocumentLayout.version)
    }

    /// Forgets what was written behind `count`, and the entries of maps opened since.
    mutating func rewind(to count: Int, entries entryCount: Int) {
        self.count = count
        self.entryCount = entryCount
    }

    /// Gives back memory beyond what usual items take.
    mutating func trim() {
        guard capacity > 1 << 20 || scratchCapacity > 1 << 20 || entryCapacity > 1 << 14 else { return }
        self = DocumentWriter()
    }

    // MARK: - Bytes

    @inline(__always) private mutating func reserve(_ more: Int) {
        if capacity &- count >= more { return }
        growBytes(to: count + more)
    }

    @inline(never)
    private mutating func growBytes(to needed: Int) {
        let larger = max(capacity * 2, needed)
        let new = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        unsafe new.update(from: bytes, count: count)
        unsafe bytes.deallocate()
        unsafe bytes = new
        capacity = larger
    }

    @inline(__always) private mutating func append(_ byte: UInt8) {
        reserve(1)
        unsafe bytes[count] = byte
        count &+= 1
    }

    private mutating func append(_ source: UnsafePointer<UInt8>, _ length: Int) {
        guard length <= DocumentWriter.byteCountMax &- count else {
            isOverfull = true
            return
        }
        reserve(length)
        unsafe memcpy(bytes + count, source, length)
        count &+= length
    }

    private mutating func append(_ source: Span<UInt8>) {
        // The pointer is used inside the closure only.
        unsafe source.withUnsafeBufferPointer { buffer in
            if let base = buffer.baseAddress { unsafe append(base, buffer.count) }
        }
    }

    @inline(__always) private mutating func appendVarint(_ value: UInt64) {
        reserve(10)
        var rest = value
        while rest >= 0x80 {
            unsafe bytes[count] = UInt8(truncatingIfNeeded: rest) | 0x80
            count &+= 1
            rest >>= 7
        }
        unsafe bytes[count] = UInt8(truncatingIfNeeded: rest)
        count &+= 1
    }

    private mutating func patch32(_ value: Int, at offset: Int) {
        // The offset was reserved when the container was opened.
        unsafe UnsafeMutableRawPointer(bytes + offset).storeBytes(
            of: UInt32(truncatingIfNeeded: value).littleEndian,
            as: UInt32.self
        )
    }

    private mutating func patch16(_ value: Int, at offset: Int) {
        unsafe UnsafeMutableRawPointer(bytes + offset).storeBytes(
            of: UInt16(truncatingIfNeeded: value).littleEndian,
            as: UInt16.self
        )
    }

    // MARK: - Values

    mutating func writeNull() { append(DocumentLayout.Tag.null) }

    mutating func write(_ value: Bool) { append(value ? DocumentLayout.Tag.yes : DocumentLayout.Tag.no) }

    mutating func write(_ value: Int64) {
        append(DocumentLayout.Tag.int)
        appendVarint(DocumentLayout.zigzag(value))
    }

    mutating func write(_ value: Double) {
        reserve(9)
        unsafe bytes[count] = DocumentLayout.Tag.double
        unsafe UnsafeMutableRawPointer(bytes + count + 1).storeBytes(
            of: value.bitPattern.littleEndian,
            as: UInt64.self
        )
        count &+= 9
    }

    mutating func write(_ value: DecimalNumber) {
        append(DocumentLayout.Tag.number)
        writeBare(value)
    }

    /// A number without its tag, as sets have it.
    mutating func writeBare(_ value: DecimalNumber) {
        let coefficient = value.coefficient
        let length = (128 - coefficient.leadingZeroBitCount + 7) / 8
        append(UInt8(truncatingIfNeeded: length) | (value.isNegative ? 0x80 : 0))
        appendVarint(DocumentLayout.zigzag(Int64(value.exponent)))
        for index in 0..<length { append(UInt8(truncatingIfNeeded: coefficient >> UInt128(8 * index))) }
    }

    mutating func write(_ value: String) {
        append(DocumentLayout.Tag.string)
        var value = value
        // The pointer is used inside the closure only.
        value.withUTF8 { unsafe writeRun($0) }
    }

    mutating func write(bytes value: Span<UInt8>) {
        append(DocumentLayout.Tag.bytes)
        writeRun(value)
    }

    /// A length and as many bytes.
    mutating func writeRun(_ value: Span<UInt8>) {
        appendVarint(UInt64(value.count))
        append(value)
    }

    private mutating func writeRun(_ value: UnsafeBufferPointer<UInt8>) {
        appendVarint(UInt64(value.count))
        if let base = value.baseAddress { unsafe append(base, value.count) }
    }

    /// A byte of a list that is being gathered as a byte string.
    mutating func writeRaw(_ byte: UInt8) { append(byte) }

    /// A value in this layout, copied as it is.
    mutating func write(encoded value: Span<UInt8>) { append(value) }

    // MARK: - Lists

    /// Opens a list or set; returns where it begins.
    mutating func beginList(tag: UInt8 = DocumentLayout.Tag.list) -> Int {
        let start = count
        reserve(9)
        unsafe bytes[count] = tag
        count &+= 9
        return start
    }

    mutating func endList(at start: Int, count elements: Int) {
        patch32(count &- start &- 5, at: start &+ 1)
        patch32(elements, at: start &+ 5)
    }

    /// Closes a list into which only raw bytes were written as one byte string.
    mutating func endBytes(at start: Int) {
        let content = count &- start &- 9
        moveToScratch(start &+ 9, content)
        count = start
        append(DocumentLayout.Tag.bytes)
        appendVarint(UInt64(content))
        unsafe append(scratch, content)
    }

    /// Turns raw bytes of an open list into numbers, because something else follows.
    mutating func spreadBytes(at start: Int) {
        let content = count &- start &- 9
        moveToScratch(start &+ 9, content)
        count = start &+ 9
        for index in 0..<content { write(Int64(unsafe scratch[index])) }
    }

    /// Puts a value between others of an open list.
    mutating func insert(encoded value: Span<UInt8>, at offset: Int) {
        let tail = count &- offset
        reserve(value.count)
        unsafe memmove(bytes + offset + value.count, bytes + offset, tail)
        count = offset
        append(value)
        count &+= tail
    }

    /// Puts the elements of an open list, of `width` values each, in the order of their bytes.
    mutating func sortElements(at start: Int, width: Int, areBytes: Bool) {
        let first = start &+ 9
        var elements: [[UInt8]] = []
        var position = first
        while position < count {
            var end = position
            for _ in 0..<width where end < count {
                end = areBytes ? end &+ 1 : DocumentLayout.end(written, at: end) ?? count
            }
            elements.append(DocumentLayout.copy(written, position..<end))
            position = end
        }
        elements.sort { $0.lexicographicallyPrecedes($1) }
        count = first
        for element in elements { append(element.span) }
    }

    private mutating func moveToScratch(_ start: Int, _ length: Int) {
        if scratchCapacity < length {
            unsafe scratch.deallocate()
            scratchCapacity = max(scratchCapacity * 2, length)
            unsafe scratch = UnsafeMutablePointer.allocate(capacity: scratchCapacity)
        }
        unsafe memcpy(scratch, bytes + start, length)
    }

    // MARK: - Maps

    /// Opens a map; its entries are those from the present `entryCount` on.
    mutating func beginMap() -> Int {
        let start = count
        reserve(5)
        count &+= 5
        return start
    }

    /// Begins an entry of the innermost open map, whose entries begin at `first`; its value is written next.
    mutating func beginEntry(_ name: String, first: Int) {
        var name = name
        // The pointer is used inside the closure only.
        name.withUTF8 { unsafe beginEntry($0, first: first) }
    }

    mutating func beginEntry(_ name: Span<UInt8>, first: Int) {
        unsafe name.withUnsafeBufferPointer { unsafe beginEntry($0, first: first) }
    }

    private mutating func beginEntry(_ name: UnsafeBufferPointer<UInt8>, first: Int) {
        if entryCount == entryCapacity { growEntries() }
        let start = count
        unsafe writeRun(name)
        let nameStart = isOverfull ? count : count &- name.count
        if entryCount > first { unsafe entries[entryCount &- 1].last = UInt32(truncatingIfNeeded: start) }
        unsafe (entries + entryCount).initialize(
            to: Entry(
                prefix: prefix(from: nameStart),
                first: UInt32(truncatingIfNeeded: start),
                last: 0,
                nameStart: UInt32(truncatingIfNeeded: nameStart),
                nameEnd: UInt32(truncatingIfNeeded: count)
            )
        )
        entryCount &+= 1
    }

    /// The name of the entry at a place among all that are open.
    func name(ofEntry index: Int) -> String {
        DocumentLayout.text(written, unsafe entries[index].name)
    }

    @inline(never)
    private mutating func growEntries() {
        let new = UnsafeMutablePointer<Entry>.allocate(capacity: entryCapacity * 2)
        unsafe new.update(from: entries, count: entryCount)
        unsafe entries.deallocate()
        unsafe entries = new
        entryCapacity *= 2
    }

    /// The first eight bytes of the name that was just written, zeros in place of those it does not have.
    @inline(__always) private mutating func prefix(from start: Int) -> UInt64 {
        // Whatever stands behind a shorter name is read and shifted out.
        reserve(8)
        let word = unsafe UInt64(bigEndian: UnsafeRawPointer(bytes + start).loadUnaligned(as: UInt64.self))
        let spare = 64 &- 8 &* (count &- start)
        return spare <= 0 ? word : (word >> UInt64(spare)) << UInt64(spare)
    }

    /// Closes the map at `start`: orders its entries, drops all but the last of each name, and writes its table.
    mutating func endMap(at start: Int, first: Int) {
        if entryCount > first { unsafe entries[entryCount &- 1].last = UInt32(truncatingIfNeeded: count) }
        let region = start &+ 5
        let isOrdered = orderEntries(from: first)
        let size: Int
        if isOrdered {
            size = count &- region
        } else {
            moveToScratch(region, count &- region)
            size = dropRepeatedEntries(from: first)
        }
        let entryTotal = entryCount &- first
        let isWide = size > DocumentLayout.narrowByteCountMax
        let width = isWide ? 4 : 2
        let table = region &+ width
        let target = table &+ entryTotal &* width
        reserve(target &- region)
        if isOrdered { unsafe memmove(bytes + target, bytes + region, size) }
        unsafe bytes[start] = isWide ? DocumentLayout.Tag.wideMap : DocumentLayout.Tag.map
        patch32(target &+ size &- region, at: start &+ 1)
        if isWide { patch32(entryTotal, at: region) } else { patch16(entryTotal, at: region) }
        var position = 0
        for index in 0..<entryTotal {
            let entry = unsafe entries[first &+ index]
            if isWide {
                patch32(position, at: table &+ index &* 4)
            } else {
                patch16(position, at: table &+ index &* 2)
            }
            let length = entry.end &- entry.start
            if !isOrdered {
                unsafe memcpy(bytes + target + position, scratch + (entry.start &- region), length)
            }
            position &+= length
        }
        count = target &+ size
        entryCount = first
    }

    /// Sorts the entries by name, those of one name in the order they were written; whether nothing had to be done.
    private mutating func orderEntries(from first: Int) -> Bool {
        var isOrdered = true
        var index = first &+ 1
        while index < entryCount, isOrdered {
            isOrdered = isBefore(unsafe entries[index &- 1], unsafe entries[index])
            index &+= 1
        }
        if isOrdered { return true }
        if entryCount &- first <= 32 {
            insertionSort(from: first)
            return false
        }
        let open = unsafe UnsafeMutableBufferPointer(start: entries + first, count: entryCount &- first)
        var sorted = unsafe Array(open)
        sorted.sort { isBefore($0, $1) || (!isBefore($1, $0) && $0.start < $1.start) }
        for (index, entry) in sorted.enumerated() { unsafe open[index] = entry }
        return false
    }

    private mutating func insertionSort(from first: Int) {
        for index in (first &+ 1)..<entryCount {
            let entry = unsafe entries[index]
            var place = index
            while place > first, isBefore(entry, unsafe entries[place &- 1]) {
                unsafe entries[place] = entries[place &- 1]
                place &-= 1
            }
            unsafe entries[place] = entry
        }
    }

    /// Keeps of neighbours with one name the last; returns the bytes of those that stay.
    private mutating func dropRepeatedEntries(from first: Int) -> Int {
        var kept = first
        for index in first..<entryCount {
            let entry = unsafe entries[index]
            if index &+ 1 < entryCount, !isBefore(entry, unsafe entries[index &+ 1]) { continue }
            unsafe entries[kept] = entry
            kept &+= 1
        }
        entryCount = kept
        var size = 0
        for index in first..<kept { size &+= unsafe entries[index].end &- entries[index].start }
        return size
    }

    private func isBefore(_ left: Entry, _ right: Entry) -> Bool {
        if left.prefix != right.prefix { return left.prefix < right.prefix }
        let common = min(left.name.count, right.name.count)
        // Names are inside what was written.
        let order = unsafe memcmp(bytes + left.name.lowerBound, bytes + right.name.lowerBound, common)
        return order == 0 ? left.name.count < right.name.count : order < 0
    }
}
