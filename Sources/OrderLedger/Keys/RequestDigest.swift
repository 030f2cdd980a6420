internal import Crypto
internal import VitrineIO

/// What stands beside an idempotency key: equal for equal requests only, whatever the process.
///
/// SHA-256 of a byte for the kind of request and its fields in order: texts as a length and UTF-8, numbers in LEB128 of
/// their 64-bit pattern, what may be missing as 0, or 1 and the value.
struct RequestDigest {
    private var bytes: [UInt8]

    /// The kinds of requests; a kind never changes its number.
    enum Kind: UInt8 {
        case place = 1
        case reserve = 2
        case authorize = 3
        case capture = 4
        case pay = 5
        case ship = 6
        case refund = 7
        case transfer = 8
        case restock = 9
    }

    init(_ kind: Kind) {
        bytes = [kind.rawValue]
        bytes.reserveCapacity(128)
    }

    mutating func append(_ text: String) {
        bytes.appendVarint(UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    mutating func append(_ number: Int64) {
        bytes.appendVarint(UInt64(bitPattern: number))
    }

    mutating func append(_ number: Int) {
        append(Int64(number))
    }

    mutating func append(_ money: Money) {
        append(money.minorUnits)
        append(money.currency.code)
    }

    mutating func append(_ text: String?) {
        bytes.append(text == nil ? 0 : 1)
        if let text { append(text) }
    }

    mutating func append(_ money: Money?) {
        bytes.append(money == nil ? 0 : 1)
        if let money { append(money) }
    }

    mutating func append(_ reference: PaymentReference) {
        append(reference.provider)
        append(reference.reference)
    }

    /// The 32 bytes.
    var value: [UInt8] { Array(SHA256.hash(data: bytes)) }
}

/// A key with what it stands for.
struct KeyedRequest: Sendable {
    let key: String
    let digest: [UInt8]

    init(_ key: String, _ digest: RequestDigest) {
        self.key = key
        self.digest = digest.value
    }
}
