/// What the writer knows of customers and products without asking the database again.
///
/// Rows of neither are ever deleted, and but for the price nothing of what is kept here changes; whoever takes back
/// what was written forgets all of it.
struct ShopCache {
    private var customers: [ExactText: Int64] = [:]
    private var products: [ExactText: TakenProduct] = [:]

    /// Names of a kind that are kept at most: a megabyte or so.
    private static let countMax = 4_096

    /// The number of a customer, if it is known.
    func customer(_ reference: String) -> Int64? { customers[ExactText(text: reference)] }

    /// The number and price of a product, if they are known.
    func product(_ sku: String) -> TakenProduct? { products[ExactText(text: sku)] }

    mutating func keep(customer reference: String, _ id: Int64) {
        if customers.count >= Self.countMax { customers = [:] }
        customers[ExactText(text: reference)] = id
    }

    mutating func keep(product sku: String, _ product: TakenProduct) {
        if products.count >= Self.countMax { products = [:] }
        products[ExactText(text: sku)] = product
    }

    /// Forgets a product, whose price was changed.
    mutating func forget(product sku: String) {
        products[ExactText(text: sku)] = nil
    }
}

/// A text that equals another when all bytes do, as in SQLite; to Swift "é" of one code point and of two are the same.
private struct ExactText: Hashable {
    let text: String

    static func == (left: ExactText, right: ExactText) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8)
    }

    func hash(into hasher: inout Hasher) {
        var text = text
        // The bytes are only looked at.
        text.withUTF8 { unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
