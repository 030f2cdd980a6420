/// A currency of ISO 4217, with the number of decimal digits that its minor unit stands for.
public struct Currency: Sendable, Hashable, CustomStringConvertible {
    /// The three letters of the code, the first in the highest byte.
    private let letters: UInt32
    /// Decimal digits between the minor unit and the unit: 2 for EUR, 0 for JPY, 3 for KWD.
    public let exponent: Int

    /// The currency of a three-letter code in upper case, such as "EUR".
    ///
    /// - Throws: `LedgerError` with `unknownCurrency` when ISO 4217 has no such active code.
    public init(_ code: String) throws {
        guard let currency = Currency(known: code) else {
            throw LedgerError(.unknownCurrency, "no currency \"\(code)\" in ISO 4217; pass a code such as \"EUR\"")
        }
        self = currency
    }

    /// The currency of `code`, or `nil` when there is none.
    init?(known code: String) {
        guard let letters = Self.pack(code), let exponent = Self.exponents[letters] else { return nil }
        self.letters = letters
        self.exponent = Int(exponent)
    }

    private init(letters: UInt32, exponent: Int) {
        self.letters = letters
        self.exponent = exponent
    }

    /// The three letters of ISO 4217.
    public var code: String {
        // Three letters stand in the string itself: no memory is asked for, which each order would do several times.
        unsafe String(unsafeUninitializedCapacity: 3) { bytes in
            for index in 0..<3 {
                unsafe bytes[index] = UInt8(truncatingIfNeeded: letters >> UInt32(16 - 8 * index))
            }
            return 3
        }
    }

    /// The code.
    public var description: String { code }

    /// The euro.
    public static let eur = Currency(letters: 0x45_5552, exponent: 2)
    /// The US dollar.
    public static let usd = Currency(letters: 0x55_5344, exponent: 2)
    /// The pound sterling.
    public static let gbp = Currency(letters: 0x47_4250, exponent: 2)
    /// The yen, which has no minor unit.
    public static let jpy = Currency(letters: 0x4A_5059, exponent: 0)

    private static func pack(_ code: String) -> UInt32? {
        guard code.utf8.count == 3 else { return nil }
        return code.utf8.reduce(0) { $0 << 8 | UInt32($1) }
    }
}

extension Currency {
    /// Every active code of ISO 4217, by digits of its minor unit.
    ///
    /// From list one of SIX Financial Information, the maintenance agency. Metals, testing codes and units of account
    /// that nobody pays with are left out.
    private static let codes: [(exponent: UInt8, codes: String)] = [
        (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
        (
            2,
            """
            AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF \
            CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL \
            HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU \
            MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR \
            SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED \
            VES WST XCD XCG YER ZAR ZMW ZWG
            """
        ),
        (3, "BHD IQD JOD KWD LYD OMR TND"),
        (4, "CLF UYW"),
    ]

    private static let exponents: [UInt32: UInt8] = {
        var table: [UInt32: UInt8] = [:]
        for (exponent, codes) in codes {
            for code in codes.split(separator: " ") {
                if let letters = pack(String(code)) { table[letters] = exponent }
            }
        }
        return table
    }()
}
