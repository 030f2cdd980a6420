/// An unsigned decimal before it is known to fit a `DecimalNumber`: a whole number of digits and a power of ten.
struct DecimalDigits {
    var coefficient: UInt128
    var exponent: Int

    init(coefficient: UInt128, exponent: Int) {
        self.coefficient = coefficient
        self.exponent = exponent
    }

    /// Reads `digits[.digits][e[sign]digits]`, at least one digit before or after the point.
    ///
    /// Leading and trailing zeros do not count. `nil` for other text, and for more than 38 significant digits.
    init?(_ text: some Collection<UInt8>) {
        var scanner = Scanner(text)
        guard let digits = scanner.readDigits() else { return nil }
        self = digits
    }

    /// The powers of ten that fit 128 bits.
    private static let powers: [UInt128] = {
        var powers: [UInt128] = [1]
        while powers.count <= 38 { powers.append(powers[powers.count - 1] * 10) }
        return powers
    }()

    /// Decimal digits of a number; none for zero.
    static func count(of value: UInt128) -> Int {
        if value == 0 { return 0 }
        // log10(2) is 1233 / 4096, near enough to be off by one at the most.
        let guess = ((128 - value.leadingZeroBitCount) * 1_233) >> 12
        return guess < powers.count && value >= powers[guess] ? guess + 1 : guess
    }

    /// The coefficient that the same value has at a lower power of ten; `nil` when it exceeds 128 bits.
    func coefficient(atExponent lower: Int) -> UInt128? {
        let shift = exponent - lower
        if coefficient == 0 { return 0 }
        guard shift >= 0, shift < DecimalDigits.powers.count else { return nil }
        let (product, overflow) = coefficient.multipliedReportingOverflow(by: DecimalDigits.powers[shift])
        return overflow ? nil : product
    }

    mutating func dropTrailingZeros() {
        if coefficient == 0 {
            exponent = 0
            return
        }
        // Numbers of 64 bits are usual, and divide in one instruction.
        while coefficient > UInt128(UInt64.max) {
            let (quotient, remainder) = coefficient.quotientAndRemainder(dividingBy: 10)
            if remainder != 0 { return }
            coefficient = quotient
            exponent += 1
        }
        var small = UInt64(truncatingIfNeeded: coefficient)
        while small % 10 == 0 {
            small /= 10
            exponent += 1
        }
        coefficient = UInt128(small)
    }

    /// Compares two values above zero; their coefficients have at most 38 digits where their first digits meet.
    static func compare(_ left: (UInt128, exponent: Int), _ right: (UInt128, exponent: Int)) -> Attribute.Order {
        let leftEnd = count(of: left.0) + left.exponent
        let rightEnd = count(of: right.0) + right.exponent
        if leftEnd != rightEnd { return Attribute.Order(leftEnd, rightEnd) }
        let exponent = min(left.exponent, right.exponent)
        let leftDigits = DecimalDigits(coefficient: left.0, exponent: left.exponent)
        let rightDigits = DecimalDigits(coefficient: right.0, exponent: right.exponent)
        // The first digits stand at the same place, so neither grows beyond the digits that the other has.
        return Attribute.Order(
            leftDigits.coefficient(atExponent: exponent) ?? .max,
            rightDigits.coefficient(atExponent: exponent) ?? .max
        )
    }
}

/// Reads the text of an unsigned decimal.
private struct Scanner<Text: Collection<UInt8>> {
    private let text: Text
    private var index: Text.Index
    private var coefficient: UInt128 = 0
    private var digitCount = 0
    private var exponent = 0
    /// Zeros behind the last significant digit, which count only if another digit follows.
    private var zeroCount = 0
    private var hasDigits = false

    init(_ text: Text) {
        self.text = text
        index = text.startIndex
    }

    mutating func readDigits() -> DecimalDigits? {
        guard readRun(isFraction: false) else { return nil }
        if next == UInt8(ascii: ".") {
            advance()
            guard readRun(isFraction: true) else { return nil }
        }
        guard hasDigits else { return nil }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            advance()
            guard let power = readPower() else { return nil }
            exponent += power
        }
        guard index == text.endIndex else { return nil }
        return coefficient == 0
            ? DecimalDigits(coefficient: 0, exponent: 0)
            : DecimalDigits(coefficient: coefficient, exponent: exponent + zeroCount)
    }

    private var next: UInt8? { index < text.endIndex ? text[index] : nil }

    private mutating func advance() { index = text.index(after: index) }

    private mutating func readRun(isFraction: Bool) -> Bool {
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            advance()
            hasDigits = true
            if isFraction { exponent -= 1 }
            if byte == UInt8(ascii: "0") {
                if coefficient != 0 { zeroCount += 1 }
                continue
            }
            digitCount += zeroCount + 1
            guard digitCount <= DecimalNumber.digitCountMax else { return false }
            for _ in 0...zeroCount { coefficient *= 10 }
            zeroCount = 0
            coefficient += UInt128(byte - UInt8(ascii: "0"))
        }
        return true
    }

    /// The power after an `e`, cut where it is out of every range.
    private mutating func readPower() -> Int? {
        let isNegative = next == UInt8(ascii: "-")
        if isNegative || next == UInt8(ascii: "+") { advance() }
        var power: Int?
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            advance()
            power = min((power ?? 0) * 10 + Int(byte - UInt8(ascii: "0")), 1_000_000)
        }
        return power.map { isNegative ? -$0 : $0 }
    }
}
