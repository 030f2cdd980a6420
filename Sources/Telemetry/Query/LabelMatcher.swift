/// What a label of a chosen series must be; a series without the label counts as one with the empty value.
public struct LabelMatcher: Sendable, Hashable {
    enum Test: Sendable, Hashable {
        case equal(String)
        case notEqual(String)
        case matching(LabelPattern)
        case notMatching(LabelPattern)
    }

    let label: String
    let test: Test

    /// The label has this value.
    public static func equal(_ label: String, _ value: String) -> LabelMatcher {
        LabelMatcher(label: label, test: .equal(value))
    }

    /// The label has another value.
    public static func notEqual(_ label: String, _ value: String) -> LabelMatcher {
        LabelMatcher(label: label, test: .notEqual(value))
    }

    /// All of the label's value matches a regular expression.
    ///
    /// - Throws: ``QuerySyntaxError`` with the place in the expression.
    public static func matching(_ label: String, _ pattern: String) throws(QuerySyntaxError) -> LabelMatcher {
        LabelMatcher(label: label, test: .matching(try compiled(pattern)))
    }

    /// Not all of the label's value matches a regular expression.
    ///
    /// - Throws: ``QuerySyntaxError`` with the place in the expression.
    public static func notMatching(_ label: String, _ pattern: String) throws(QuerySyntaxError) -> LabelMatcher {
        LabelMatcher(label: label, test: .notMatching(try compiled(pattern)))
    }

    private static func compiled(_ pattern: String) throws(QuerySyntaxError) -> LabelPattern {
        do {
            return try LabelPattern(pattern)
        } catch {
            throw QuerySyntaxError(offset: error.offset, message: "in the regular expression: \(error.message)")
        }
    }

    /// Whether a label of this value is chosen; "" for a label that is not there.
    func accepts(_ value: String) -> Bool {
        switch test {
        case .equal(let wanted): value.utf8.elementsEqual(wanted.utf8)
        case .notEqual(let unwanted): !value.utf8.elementsEqual(unwanted.utf8)
        case .matching(let pattern): pattern.matches(value)
        case .notMatching(let pattern): !pattern.matches(value)
        }
    }
}

/// The text of a query is none that is understood.
public struct QuerySyntaxError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The place, in bytes of UTF-8 from the text's front.
    public let offset: Int
    /// What stands there, and what may.
    public let message: String

    /// The place and the message in one line.
    public var description: String { "at byte \(offset): \(message)" }
}
