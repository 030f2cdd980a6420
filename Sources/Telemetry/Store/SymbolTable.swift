/// Texts by number: each is kept once, in one piece of memory.
struct SymbolTable {
    private var bytes: [UInt8] = []
    private var ends: [UInt32] = []
    /// Open addressing: a symbol's number plus one, or 0; a power of two of places.
    private var places = [UInt32](repeating: 0, count: 64)

    var count: Int { ends.count }

    subscript(symbol: UInt32) -> String {
        String(decoding: bytes[range(symbol)], as: UTF8.self)
    }

    private func range(_ symbol: UInt32) -> Range<Int> {
        let start = symbol == 0 ? 0 : Int(ends[Int(symbol) - 1])
        return start..<Int(ends[Int(symbol)])
    }

    /// The number of `text`, if it has one.
    func find(_ text: String) -> UInt32? {
        let place = place(of: text)
        return places[place] == 0 ? nil : places[place] - 1
    }

    /// The number of `text`, new if need be; `nil` when four gigabytes of texts are there.
    mutating func intern(_ text: String) -> UInt32? {
        let place = place(of: text)
        if places[place] != 0 { return places[place] - 1 }
        guard let end = UInt32(exactly: bytes.count + text.utf8.count) else { return nil }
        let symbol = UInt32(ends.count)
        bytes.append(contentsOf: text.utf8)
        ends.append(end)
        places[place] = symbol + 1
        if 4 * ends.count > 3 * places.count { grow() }
        return symbol
    }

    /// The place that holds `text`, or the free one that it belongs in.
    private func place(of text: String) -> Int {
        var text = text
        return text.withUTF8 { utf8 in
            var place = unsafe Int(truncatingIfNeeded: Self.hash(utf8)) & (places.count - 1)
            while places[place] != 0 {
                let range = range(places[place] - 1)
                let isSame = unsafe range.count == utf8.count && bytes[range].elementsEqual(utf8)
                if isSame { break }
                place = (place + 1) & (places.count - 1)
            }
            return place
        }
    }

    private mutating func grow() {
        places = [UInt32](repeating: 0, count: 2 * places.count)
        for symbol in 0..<UInt32(ends.count) {
            let hash = unsafe bytes[range(symbol)].withUnsafeBufferPointer { unsafe Self.hash($0) }
            var place = Int(truncatingIfNeeded: hash) & (places.count - 1)
            while places[place] != 0 { place = (place + 1) & (places.count - 1) }
            places[place] = symbol + 1
        }
    }

    /// FNV-1a over 64 bits, mixed once more, for its low bits alone are used.
    private static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in 0..<bytes.count {
            hash = (hash ^ UInt64(unsafe bytes[index])) &* 0x0100_0000_01B3
        }
        return hash ^ (hash >> 29)
    }
}
