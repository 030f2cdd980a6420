import CatalogKV
import Foundation
import Harness
import Synchronization

/// An item of a shop, with twelve attributes.
struct Product: Codable, Equatable, Sendable {
    var sku = "SKU-000184467440"
    var name = "Espresso cup, double-walled"
    var text = "Borosilicate glass, 80 ml, keeps coffee hot and fingers cool. Dishwasher safe. Sold in pairs."
    var brand = "Vitrine"
    var category = "kitchen/coffee/cups"
    var price = 2_490
    var weight = 0.184
    var stock = 1_318
    var isActive = true
    var rating = 4.625
    var tags = ["glass", "coffee", "pair", "gift"]
    var modified = 1_795_000_000_123
}

/// Encoding and decoding an item of a Swift type, against Foundation's JSON coders.
enum CodableRows {
    static func all() throws -> [Comparison] {
        let product = Product()
        let document = try DocumentEncoder().encode(product)
        let json = try JSONEncoder().encode(product)
        return [
            comparison("encode an item of 12 attributes", ratioMin: 5) {
                let encoder = DocumentEncoder()
                return { try encoder.encode(product).bytes.count == document.bytes.count }
            } peer: {
                let encoder = JSONEncoder()
                return { try encoder.encode(product).count == json.count }
            },
            comparison("decode an item of 12 attributes", ratioMin: 5) {
                let decoder = DocumentDecoder()
                return { try decoder.decode(Product.self, from: document) == product }
            } peer: {
                let decoder = JSONDecoder()
                return { try decoder.decode(Product.self, from: json) == product }
            },
        ]
    }

    /// Each side makes its coder once, for its thread, and says of each operation whether the result was right.
    private static func comparison(
        _ name: String,
        ratioMin: Double,
        ours: @escaping @Sendable () -> () throws -> Bool,
        peer: @escaping @Sendable () -> () throws -> Bool
    ) -> Comparison {
        func contender(
            _ name: String,
            _ version: String,
            _ make: @escaping @Sendable () -> () throws -> Bool
        ) -> Contender {
            let count = WrongCount()
            return Contender(
                name,
                version: version,
                settings: ["coder": "made once per round, no options"],
                check: { try count.check() },
                work: { operations, _ in
                    let step = make()
                    for _ in 0..<operations where try !step() { count.value.add(1, ordering: .relaxed) }
                }
            )
        }
        return Comparison(
            name,
            operations: 20_000,
            ours: contender("CatalogKV", "this commit", ours),
            peer: contender("Foundation JSON", "Swift 6.3", peer),
            ratioMin: ratioMin
        )
    }
}

private final class WrongCount: Sendable {
    let value = Atomic<Int>(0)

    func check() throws {
        let wrong = value.load(ordering: .relaxed)
        guard wrong == 0 else { throw WrongResult("\(wrong) items were coded wrongly") }
    }
}
