/// Text and literals.
extension DecimalNumber: CustomStringConvertible, LosslessStringConvertible {
    /// Reads `[sign]digits[.digits][e[sign]digits]`, for example `12.90` or `-1e-9`; `nil` for other text and for what a
    /// number cannot hold exactly.
    public init?(_ description: String) {
        try? self.init(parsing: description)
    }

    /// Reads `[sign]digits[.digits][e[sign]digits]`, for example `12.90` or `-1e-9`.
    ///
    /// - Throws: `CatalogError` with `invalidNumber` for other text, for more than 38 significant digits, and for
    ///   magnitudes outside 1e-130 to 9.99…e125.
    public init(parsing text: String) throws {
        let isNegative = text.utf8.first == UInt8(ascii: "-")
        let hasSign = isNegative || text.utf8.first == UInt8(ascii: "+")
        guard let digits = DecimalDigits(text.utf8.dropFirst(hasSign ? 1 : 0)) else {
            let shown = text.prefix(64).debugDescription
            throw CatalogError(
                .invalidNumber,
                "\(shown) is no decimal number of at most \(DecimalNumber.digitCountMax) digits"
            )
        }
        guard let number = DecimalNumber(isNegative: isNegative, digits) else {
            throw CatalogError(
                .invalidNumber,
                "\(text.prefix(64)) is out of range: numbers go from 1e-130 to 9.99…e125"
            )
        }
        self = number
    }

    /// The number without needless zeros: in full while that is short, else as `1.5e-20`.
    public var description: String {
        let digits = String(coefficient)
        let sign = isNegative ? "-" : ""
        let point = digits.utf8.count + Int(exponent)
        if exponent >= 0, point <= DecimalNumber.digitCountMax {
            return sign + digits + String(repeating: "0", count: coefficient == 0 ? 0 : Int(exponent))
        }
        if exponent < 0, point > 0 { return sign + digits.prefix(point) + "." + digits.dropFirst(point) }
        if exponent < 0, point > -6 { return sign + "0." + String(repeating: "0", count: -point) + digits }
        let fraction = digits.utf8.count == 1 ? "" : "." + digits.dropFirst()
        return "\(sign)\(digits.prefix(1))\(fraction)e\(point - 1)"
    }
}

extension DecimalNumber: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
    /// Writes `12` for the number 12.
    public init(integerLiteral value: Int64) { self.init(value) }

    /// Writes `"12.90"` for the number 12.9; the text must be one that ``init(parsing:)`` takes.
    public init(stringLiteral value: String) {
        guard let number = DecimalNumber(value) else {
            preconditionFailure("the literal \(value.debugDescription) is no decimal number")
        }
        self = number
    }
}

extension DecimalNumber: Codable {
    /// Reads a text, or a whole number.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let whole = try? container.decode(Int64.self) {
            self.init(whole)
            return
        }
        let text = try container.decode(String.self)
        do {
            try self.init(parsing: text)
        } catch {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(error)")
        }
    }

    /// Writes the number as a text, which no other format rounds; a ``DocumentEncoder`` writes `.number`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
