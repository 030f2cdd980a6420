import CatalogKV
import Testing
import VitrineIO
import VitrineTestSupport

@Suite("Operation frames")
struct OperationFrameTests {
    @Test("say what was written, whatever parts they have")
    func roundTrip() throws {
        var generator = SeededGenerator(seed: TestEnvironment.seed(3))
        for _ in 0..<TestEnvironment.count(200, soak: 20_000) {
            let expected = Sample(using: &generator)
            let draft = expected.draft()
            var found: [Sample] = []
            draft.forEachFrame { frame, _ in found.append(Sample(frame)) }
            #expect(found == [expected])
        }
    }

    @Test("every truncation and every flipped bit is refused")
    func damage() throws {
        var generator = SeededGenerator(seed: TestEnvironment.seed(4))
        for _ in 0..<TestEnvironment.count(12, soak: 400) {
            let draft = Sample(using: &generator).draft()
            let whole = Array(draft.bytes.dropFirst(RecordHeader.byteCount))
            for count in whole.indices {
                let isRefused = OperationFrame(whole.span.extracting(0..<count)) == nil
                #expect(isRefused, "cut to \(count) of \(whole.count)")
            }
            for bit in 0..<whole.count * 8 {
                var bytes = whole
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
                let isAccepted = if let frame = OperationFrame(bytes.span) { frame.isIntact() } else { false }
                #expect(!isAccepted, "bit \(bit)")
            }
        }
    }

    @Test("a relocated frame has its number and no old image")
    func relocation() throws {
        var first = Draft()
        first.put(
            TableNumber(rawValue: 20),
            Key(partition: "a", sort: "b"),
            value: [1, 2].span,
            isDocument: true,
            expiry: 9,
            oldImage: [7].span,
            oldIsDocument: true
        )
        var second = Draft()
        first.forEachFrame { frame, _ in second.relocate(frame, sequence: 1_000) }
        second.forEachFrame { frame, _ in
            #expect(frame.sequence == 1_000 && frame.expiry == 9 && frame.isDocument && frame.isIntact())
            #expect(frame.oldImage == nil && !frame.oldIsDocument)
            #expect(frame.key.copied == [0, 20, 0, 1, 97, 98])
            #expect(frame.value.copied == [1, 2])
        }
        #expect(second.count == 1)
    }
}

/// What a frame says.
private struct Sample: Equatable {
    var kind: OperationFrame.Kind
    var table: UInt16
    var partition: [UInt8]
    var sort: [UInt8]
    var value: [UInt8] = []
    var isDocument = false
    var expiry = ItemVersion.never
    var oldImage: [UInt8]?
    var oldIsDocument = false

    init(using generator: inout SeededGenerator) {
        kind = [.put, .put, .delete, .expire].randomElement(using: &generator) ?? .put
        table = UInt16.random(in: 0...UInt16.max, using: &generator)
        partition = generator.bytes(Int.random(in: 1...40, using: &generator))
        sort = generator.bytes(Int.random(in: 0...20, using: &generator))
        if Bool.random(using: &generator) {
            oldImage = generator.bytes(Int.random(in: 0...30, using: &generator))
            oldIsDocument = Bool.random(using: &generator)
        }
        guard kind == .put else { return }
        value = generator.bytes(Int.random(in: 0...60, using: &generator))
        isDocument = Bool.random(using: &generator)
        if Bool.random(using: &generator) { expiry = Int64.random(in: 0...1_000, using: &generator) }
    }

    init(_ frame: borrowing OperationFrame) {
        kind = frame.kind
        table = frame.table.rawValue
        partition = frame.partition.copied
        sort = frame.sort.copied
        value = frame.value.copied
        isDocument = frame.isDocument
        expiry = frame.expiry
        if let old = frame.oldImage { oldImage = old.copied }
        oldIsDocument = frame.oldIsDocument
    }

    func draft() -> Draft {
        var draft = Draft()
        let key = Key(partition: partition, sort: sort)
        let number = TableNumber(rawValue: table)
        let old = oldImage ?? []
        let oldSpan: Span<UInt8>? = if oldImage == nil { nil } else { old.span }
        if kind == .put {
            draft.put(
                number,
                key,
                value: value.span,
                isDocument: isDocument,
                expiry: expiry,
                oldImage: oldSpan,
                oldIsDocument: oldIsDocument
            )
        } else {
            draft.delete(number, key, kind: kind, oldImage: oldSpan, oldIsDocument: oldIsDocument)
        }
        return draft
    }
}
