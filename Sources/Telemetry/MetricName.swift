/// The names that Prometheus's data model allows, and the way from any name to one of them.
///
/// Metric names match `[a-zA-Z_:][a-zA-Z0-9_:]*`; label names match `[a-zA-Z_][a-zA-Z0-9_]*` and do not begin with
/// two underscores, which Prometheus keeps for itself.
enum MetricName {
    /// Checks a metric's name.
    ///
    /// - Throws: `TelemetryError` with the code `invalidName`.
    static func check(_ name: String) throws {
        guard isWellFormed(name, allowsColon: true) else {
            throw TelemetryError(
                .invalidName,
                "\"\(name)\" cannot name a metric; use letters, digits, \"_\" and \":\", and no digit in front"
            )
        }
    }

    /// Checks a label's name on a metric.
    ///
    /// - Throws: `TelemetryError` with the code `invalidName`.
    static func checkLabel(_ label: String, of name: String, kind: FamilyKind) throws {
        guard isWellFormed(label, allowsColon: false), !label.hasPrefix("__") else {
            throw TelemetryError(
                .invalidName,
                "\"\(label)\" cannot name a label of \(name); use letters, digits and \"_\", no digit in front and not \"__\""
            )
        }
        guard !isReserved(label, kind: kind) else {
            throw TelemetryError(
                .invalidName,
                "the label \"\(label)\" of \(name) is kept for the registry; choose another"
            )
        }
    }

    /// The name with every character that the data model refuses replaced by an underscore.
    static func sanitized(_ name: String) -> String {
        sanitized(name, allowsColon: true)
    }

    /// The label's name made to follow the data model and to differ from the registry's own labels.
    static func sanitizedLabel(_ label: String, kind: FamilyKind) -> String {
        let name = sanitized(label, allowsColon: false)
        return name.hasPrefix("__") || isReserved(name, kind: kind) ? "exported_" + name : name
    }

    /// Eight hexadecimal digits that follow from the name (FNV-1a, 32 bits), to tell two apart that look alike.
    static func fingerprint(_ name: String) -> String {
        var hash: UInt32 = 2_166_136_261
        for byte in name.utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    private static func isReserved(_ label: String, kind: FamilyKind) -> Bool {
        label == FamilyState.overflowLabel.name || (kind.isHistogram && label == "le")
    }

    private static func isWellFormed(_ name: String, allowsColon: Bool) -> Bool {
        guard let first = name.utf8.first, !isDigit(first) else { return false }
        return name.utf8.allSatisfy { isAllowed($0, allowsColon: allowsColon) }
    }

    private static func sanitized(_ name: String, allowsColon: Bool) -> String {
        var result = ""
        for scalar in name.unicodeScalars {
            let isKept = scalar.isASCII && isAllowed(UInt8(truncatingIfNeeded: scalar.value), allowsColon: allowsColon)
            result.unicodeScalars.append(isKept ? scalar : "_")
        }
        if result.utf8.first.map(isDigit) ?? true { result = "_" + result }
        return result
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isAllowed(_ byte: UInt8, allowsColon: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: ":"): allowsColon
        default: false
        }
    }
}
