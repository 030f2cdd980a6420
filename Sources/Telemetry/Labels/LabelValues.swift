public import VitrineCTelemetry

/// Values of labels, one after the other, as a table is asked for them.
///
/// Written in place: one that were returned would be copied, all of its words, before it is looked up.
@usableFromInline
struct LabelValues {
    @usableFromInline var key: vitrine_label_key
    @usableFromInline var end: vitrine_label_end

    /// No values.
    @inlinable @inline(__always)
    init() {
        key = vitrine_label_key_make()
        end = vitrine_label_begin()
    }

    /// Whether they have room in a table.
    var fit: Bool { end.length <= vitrine_label_key_max }

    /// Adds a value.
    @inlinable @inline(__always)
    mutating func append<A: LabelValue>(_ a: A) {
        let text = a.labelText
        // Every string of Swift's own lies in one piece; asked for in this way, it need not be held meanwhile.
        let before = end
        let after = unsafe text.utf8.withContiguousStorageIfAvailable {
            unsafe vitrine_label_append(&key, before, $0.baseAddress, $0.count)
        }
        if let after { end = after } else { appendInPieces(text) }
    }

    @usableFromInline
    mutating func appendInPieces(_ text: String) {
        var text = text
        end = text.withUTF8 { unsafe vitrine_label_append(&key, end, $0.baseAddress, $0.count) }
    }

    /// Adds two values.
    @inlinable @inline(__always)
    mutating func append<A: LabelValue, B: LabelValue>(_ a: A, _ b: B) {
        append(a)
        append(b)
    }

    /// Adds three values.
    @inlinable @inline(__always)
    mutating func append<A: LabelValue, B: LabelValue, C: LabelValue>(_ a: A, _ b: B, _ c: C) {
        append(a, b)
        append(c)
    }

    /// Adds four values.
    @inlinable @inline(__always)
    mutating func append<A: LabelValue, B: LabelValue, C: LabelValue, D: LabelValue>(_ a: A, _ b: B, _ c: C, _ d: D) {
        append(a, b)
        append(c, d)
    }

    /// Ends them: nothing may be added any more.
    @inlinable @inline(__always)
    mutating func finish() {
        end = unsafe vitrine_label_finish(&key, end)
    }
}
