/// A number and the text that it had in the file, which is what is written back.
package struct JSONNumber: Sendable, Equatable {
    /// The number as JSON text.
    package let text: String
    /// The nearest double; infinite where the text exceeds what a double holds.
    package let double: Double

    /// Takes over text that the parser found to be a JSON number.
    init(text: String, double: Double) {
        self.text = text
        self.double = double
    }

    /// A whole number.
    package init(_ value: Int) {
        text = String(value)
        double = Double(value)
    }

    /// A number in the shortest text that gives the same double again; `nil` if it is not finite.
    package init?(_ value: Double) {
        guard value.isFinite else { return nil }
        let text = value.description
        self.text = text.hasSuffix(".0") ? String(text.dropLast(2)) : text
        double = value
    }

    /// The number, if it is a whole one that a double holds exactly (so `2.0` is 2, and `1e300` is none).
    package var int: Int? {
        // Beyond 2^53 neighbouring whole numbers share a double.
        guard abs(double) <= 9_007_199_254_740_992 else { return nil }
        return Int(exactly: double)
    }
}
