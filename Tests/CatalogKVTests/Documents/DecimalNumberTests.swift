import CatalogKV
import Testing
import VitrineTestSupport

@Suite("Decimal numbers")
struct DecimalNumberTests {
    @Test(
        "texts become one form each",
        arguments: [
            ("0", "0"), ("-0.00", "0"), ("1.50", "1.5"), ("+12", "12"), (".5", "0.5"), ("5.", "5"), ("1e3", "1000"),
            ("-12.90E-2", "-0.129"), ("0.000001", "0.000001"), ("0.0000001", "1e-7"), ("123e40", "1.23e42"),
            ("99999999999999999999999999999999999999", "99999999999999999999999999999999999999"),
            ("1e-130", "1e-130"), ("9.9e125", "9.9e125"), ("00000000000000000000000000000000000000000000001", "1"),
        ]
    )
    func text(_ text: String, _ expected: String) throws {
        let number = try DecimalNumber(parsing: text)
        #expect(number.description == expected)
        #expect(DecimalNumber(number.description) == number)
    }

    @Test(
        "what is no number, or cannot be held exactly, is refused",
        arguments: [
            "", "-", ".", "e5", "1e", "1e+", "--1", "1 ", "0x1", "1.2.3", "1,5", "NaN", "inf", "1e126", "1e-131",
            "123456789012345678901234567890123456789", "1e99999999999999999999",
        ]
    )
    func refused(_ text: String) {
        let error = #expect(throws: CatalogError.self) { try DecimalNumber(parsing: text) }
        #expect(error?.code == .invalidNumber)
    }

    @Test("sums are exact, or nil")
    func sums() {
        #expect(DecimalNumber("0.1").adding("0.2") == "0.3")
        #expect(DecimalNumber("5").subtracting("5.00") == .zero)
        #expect(DecimalNumber("1e38").subtracting(1)?.description == "99999999999999999999999999999999999999")
        #expect(DecimalNumber("99999999999999999999999999999999999999").adding(1) == "1e38")
        #expect(DecimalNumber("1e38").adding(1) == nil)
        #expect(DecimalNumber("1e125").adding("1e-130") == nil)
        #expect(DecimalNumber("9e125").adding("1e125") == nil)
        #expect(DecimalNumber("-3.25").adding("1e2") == "96.75")
    }

    @Test("sums of random whole numbers are those of 128-bit arithmetic", arguments: 0..<4)
    func randomSums(_ course: UInt64) {
        var generator = SeededGenerator(seed: TestEnvironment.seed(7) &+ course)
        for _ in 0..<2_000 {
            let left = Int64(bitPattern: generator.next()) >> Int64.random(in: 0...63, using: &generator)
            let right = Int64(bitPattern: generator.next()) >> Int64.random(in: 0...63, using: &generator)
            let sum = Int128(left) + Int128(right)
            #expect(DecimalNumber(left).adding(DecimalNumber(right))?.description == "\(sum)")
            #expect((DecimalNumber(left) < DecimalNumber(right)) == (left < right))
            #expect(Int64(exactly: DecimalNumber(left)) == left)
        }
    }

    @Test("doubles become their shortest decimal and come back")
    func doubles() {
        for value in [0.1, -2.5e-100, 1e100, 123_456.789, 0, 1e-300] {
            let number = DecimalNumber(value)
            if value == 1e-300 { #expect(number == nil) } else { #expect(number.map { Double($0) } == value) }
        }
        #expect(DecimalNumber(0.1) == "0.1")
        #expect(DecimalNumber(Double.nan) == nil)
        #expect(DecimalNumber(Double.infinity) == nil)
        #expect(Int64(exactly: DecimalNumber("1.5")) == nil)
        #expect(Int64(exactly: DecimalNumber("9223372036854775808")) == nil)
        #expect(Int64(exactly: DecimalNumber("-9223372036854775808")) == .min)
    }
}
