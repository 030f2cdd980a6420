import CatalogKV
import Testing

@Suite("Retention of changes")
struct ChangeRetentionTests {
    private let segments = (1...5).map { number in
        RetainedSegment(number: UInt32(number), byteCount: 100, lastTime: Int64(number) * 10_000)
    }

    @Test("keeps the newest files that are young enough and within the bytes")
    func both() {
        let retention = ChangeRetention(duration: .seconds(25), byteCountMax: 1_000)
        #expect(retention.firstRetained(segments, now: 50_000) == 3)
        #expect(retention.firstRetained(segments, now: 54_999) == 3)
        #expect(retention.firstRetained(segments, now: 55_000) == 4)
        #expect(retention.firstRetained(segments, now: 80_000) == nil)
        let tight = ChangeRetention(duration: .seconds(1_000), byteCountMax: 299)
        #expect(tight.firstRetained(segments, now: 50_000) == 4)
    }

    @Test("keeps nothing when none is asked for, and everything when all is")
    func extremes() {
        #expect(ChangeRetention.none.firstRetained(segments, now: 50_000) == nil)
        let all = ChangeRetention(duration: .seconds(Int64.max), byteCountMax: .max)
        #expect(all.firstRetained(segments, now: 50_000) == 1)
        #expect(all.firstRetained([], now: 50_000) == nil)
    }

    @Test("leaves no gap behind an old file among young ones")
    func unbroken() {
        var jumped = segments
        jumped[3] = RetainedSegment(number: 4, byteCount: 100, lastTime: 0)
        let retention = ChangeRetention(duration: .seconds(45), byteCountMax: 1_000)
        #expect(retention.firstRetained(jumped, now: 50_000) == 5)
    }
}
