import LedgerFuzzing
import OrderLedger
import Testing
import VitrineTestSupport

@Suite("Foreign bytes")
struct FuzzTests {
    @Test("random bytes, and real segments and messages with random changes, end with a result or a typed error")
    func mutations() async throws {
        var random = SeededGenerator(seed: TestEnvironment.seed(UInt64.random(in: 0...UInt64.max)))
        let test = try await TestLedger()
        let collector = Collector()
        let attached = try await Attached(collector, to: test.ledger, .received)
        for number in 0..<4 { _ = try await test.ledger.place(request("k\(number)", [("a", 1)])) }
        try await test.ledger.close()
        try await attached.end()
        let segments = collector.segments.map(\.encoded)
        let messages =
            segments.map { Message.segment($0).encoded() } + [
                Message.hello(name: "two", version: collector.segments[0].after).encoded(),
                Message.welcome(collector.segments[0].after, isDurable: true).encoded(),
                Message.snapshot(collector.segments[0].after, byteCount: 8_192).encoded(),
                Message.refused(code: "fenced", message: "no more").encoded(),
            ]
        for _ in 0..<TestEnvironment.count(3_000, soak: 1_000_000, brief: 300) {
            LedgerFuzzing.segment(random.bytes(Int.random(in: 0...300, using: &random)))
            if let segment = segments.randomElement(using: &random) {
                LedgerFuzzing.segment(changed(segment, &random))
            }
            if let message = messages.randomElement(using: &random) { LedgerFuzzing.message(changed(message, &random)) }
        }
    }

    private func changed(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes.removeLast(bytes.count - place - 1)
            case 1: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
            default: bytes[place] = UInt8.random(in: 0...255, using: &random)
            }
        }
        return bytes
    }
}
