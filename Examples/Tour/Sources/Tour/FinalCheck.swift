import Foundation
import ObjectVault
import OrderLedger

/// Does everything add up? Each question is asked of the stores anew, after they were closed and opened again.
struct FinalCheck {
    let shop: Shop
    let products: [Product]
    /// Units of each SKU that were on offer at first.
    let offered: [String: Int]
    /// Acknowledged before the kill.
    let acknowledged: [Acknowledgement]
    let shopperCount: Int
    let seed: UInt64

    /// Units sold by SKU, counted from the orders' lines.
    func soldUnits() throws -> [String: Int] {
        var sold: [String: Int] = [:]
        let shoppers = (0..<shopperCount).map { Shopper(number: $0, seed: seed).customer }
        for customer in shoppers + (0..<FlashSale.tillCount).map(FlashSale.customer) {
            for order in try shop.ledger.orders(of: customer, limit: 100) {
                for line in order.lines { sold[line.sku, default: 0] += line.quantity }
            }
        }
        return sold
    }

    func run() async throws -> [TourResult.Check] {
        let sold = try soldUnits()
        return [
            try stock(sold), try ledgerAudit(), try orders(), try await objects(), try names(),
        ]
    }

    private func stock(_ sold: [String: Int]) throws -> TourResult.Check {
        var problems: [String] = []
        var left = 0
        for (sku, units) in offered {
            let stock = try shop.ledger.stock(of: sku)
            left += stock
            if stock < 0 || stock + sold[sku, default: 0] != units {
                problems.append("\(sku): \(units) offered, \(sold[sku, default: 0]) sold, \(stock) left")
            }
        }
        let total = offered.values.reduce(0, +)
        return TourResult.Check(
            name: "no unit was oversold",
            detail: problems.isEmpty
                ? "\(total) offered = \(sold.values.reduce(0, +)) sold + \(left) left"
                : problems.joined(separator: "; "),
            holds: problems.isEmpty
        )
    }

    private func ledgerAudit() throws -> TourResult.Check {
        let report = try shop.ledger.audit()
        return TourResult.Check(
            name: "all postings sum to zero",
            detail: report.firstDiscrepancy.map { "\($0)" }
                ?? "\(report.postingCount) postings of \(report.orderCount) orders",
            holds: report.firstDiscrepancy == nil
        )
    }

    /// Everyone whose order was acknowledged before the kill has that order, and nobody has two.
    private func orders() throws -> TourResult.Check {
        var lost: [String] = []
        var doubled: [String] = []
        var expected: [Int: String] = [:]
        for case .order(let shopper, let id) in acknowledged { expected[shopper] = id }
        for number in 0..<shopperCount {
            let shopper = Shopper(number: number, seed: seed)
            let orders = try shop.ledger.orders(of: shopper.customer, limit: 100)
            if orders.count > 1 { doubled.append(shopper.customer) }
            if let id = expected[number], !orders.contains(where: { "\($0.id)" == id }) { lost.append(id) }
        }
        return TourResult.Check(
            name: "no order was lost or doubled",
            detail: lost.isEmpty && doubled.isEmpty
                ? "all \(expected.count) that were acknowledged before the kill are there once"
                : "lost: \(lost), doubled: \(doubled)",
            holds: lost.isEmpty && doubled.isEmpty
        )
    }

    private func objects() async throws -> TourResult.Check {
        let report = try await shop.vault.verify()
        return TourResult.Check(
            name: "every digest was verified",
            detail: report.problems.isEmpty
                ? "\(report.objectCount) objects, \(bytes(Int(report.byteCount)))"
                : report.problems.map { "\($0)" }.joined(separator: "; "),
            holds: report.problems.isEmpty
        )
    }

    /// What the catalog names, the vault has, at that size.
    private func names() throws -> TourResult.Check {
        let listed = try shop.products()
        var missing: [String] = []
        for level in listed.flatMap(\.levels) {
            let info = try ObjectID(hex: level.digest).flatMap { try shop.vault.info($0) }
            if info?.byteCount != Int64(level.byteCount) { missing.append(level.digest) }
        }
        let isWhole = missing.isEmpty && listed.map(\.sku) == products.map(\.sku).sorted()
        return TourResult.Check(
            name: "the catalog names what the vault has",
            detail: isWhole
                ? "\(listed.count) products, \(listed.flatMap(\.levels).count) files" : "missing: \(missing)",
            holds: isWhole
        )
    }
}
