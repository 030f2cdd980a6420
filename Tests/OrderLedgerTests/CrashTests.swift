import OrderLedger
import Testing
import VitrineTestSupport

@Suite("Crashes")
struct CrashTests {
    @Test("after kill -9 no acknowledged order is lost, none doubled, and everything adds up")
    func killedWriter() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let directory = try TemporaryDirectory()
        do {
            let ledger = try await Ledger.open(at: directory.path)
            let nut = Money(minorUnits: 3, currency: .eur)
            try await ledger.addProduct(sku: "bolt", name: "Bolt", price: tenEuros, stock: 1_000_000)
            try await ledger.addProduct(sku: "nut", name: "Nut", price: nut, stock: 1_000_000)
            try await ledger.close()
        }
        var acknowledged: [String] = []
        for run in 0..<6 {
            var child = try ChildProcess("LedgerCrashWriter", arguments: [directory.path, String(run)])
            #expect(child.line() == "ready", "seed \(seed), run \(run)")
            for _ in 0..<Int.random(in: 1...120, using: &random) {
                if let key = child.line() { acknowledged.append(key) }
            }
            child.kill()
            // What it said before it died counts too.
            while let key = child.line() { acknowledged.append(key) }
        }
        let ledger = try await Ledger.open(at: directory.path)
        let report = try ledger.audit()
        #expect(report.isClean, "seed \(seed): \(report)")
        #expect(report.orderCount >= acknowledged.count && acknowledged.count >= 6, "seed \(seed)")
        for key in acknowledged {
            let parts = key.split(separator: "-").compactMap { Int($0) }
            let reference = PaymentReference(provider: "test", reference: key)
            let payment: PaymentTerms = parts[2] % 2 == 0 ? .captured(reference) : .later
            let repeated = request(
                key,
                [("bolt", 1 + parts[2] % 3), ("nut", 2)],
                customer: "customer \(parts[1])",
                payment: payment
            )
            let order = try await ledger.place(repeated)
            #expect((order.state == .cancelled) == (parts[2] % 5 == 4), "seed \(seed): \(key)")
        }
        #expect(ledger.statistics.ordersPlaced == 0, "seed \(seed): an acknowledged order was lost")
        try await ledger.close()
    }
}
