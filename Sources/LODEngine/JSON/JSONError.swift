/// Where a text stops being JSON, and what was expected there.
package struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong.
    package enum Kind: Sendable {
        /// The text does not follow JSON's grammar.
        case syntax
        /// A string is not UTF-8.
        case invalidUTF8
        /// An object has the same key twice.
        case duplicateKey
        /// Arrays and objects are nested deeper than the reader allows.
        case tooDeep
        /// There are more values than the reader allows.
        case tooManyValues
    }

    /// What is wrong.
    package var kind: Kind
    /// The byte at which it is wrong, counted from the start of the text.
    package var offset: Int
    /// What should have stood there.
    package var expected: String

    /// One line with offset and expectation.
    package var description: String { "JSON, byte \(offset): expected \(expected)" }
}
