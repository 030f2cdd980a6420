/// A regular expression over a whole label value: the part of RE2's syntax that Prometheus users write.
///
/// Literals, `.`, classes, `\d \w \s` and their opposites, groups, alternatives, `* + ?` and `{m,n}`, and a leading
/// `(?i)`. It always matches the whole text, as in Prometheus, and in time linear in it: the states of the automaton are
/// followed together (Thompson, "Regular expression search algorithm", CACM 1968), so no pattern can stall a query.
struct LabelPattern: Sendable, Hashable {
    /// One step of the automaton.
    enum Step: Sendable, Hashable {
        /// Takes one scalar of the set.
        case take(ScalarSet)
        /// Goes on in both places.
        case fork(Int, Int)
        case jump(Int)
        case match
    }

    /// The expression as it was written.
    let source: String
    private let steps: [Step]
    private let ignoresCase: Bool

    /// Reads an expression.
    ///
    /// - Throws: `PatternSyntaxError` with the place of what it does not understand.
    init(_ source: String) throws(PatternSyntaxError) {
        self.source = source
        var parser = LabelPatternParser(source)
        steps = try parser.program()
        ignoresCase = parser.ignoresCase
    }

    /// Whether all of `text` matches.
    func matches(_ text: String) -> Bool {
        var current = StateSet(count: steps.count)
        var next = StateSet(count: steps.count)
        add(0, to: &current)
        for scalar in text.unicodeScalars {
            next.removeAll()
            for state in current.members {
                if case .take(let set) = steps[state], set.contains(scalar, ignoringCase: ignoresCase) {
                    add(state + 1, to: &next)
                }
            }
            if next.members.isEmpty { return false }
            swap(&current, &next)
        }
        return current.members.contains { steps[$0] == .match }
    }

    /// Adds a state and all that are reached from it without taking a scalar.
    private func add(_ first: Int, to set: inout StateSet) {
        var waiting = [first]
        while let state = waiting.popLast() {
            guard set.insert(state) else { continue }
            switch steps[state] {
            case .fork(let left, let right): waiting += [right, left]
            case .jump(let target): waiting.append(target)
            case .take, .match: break
            }
        }
    }
}

private struct StateSet {
    private(set) var members: [Int] = []
    private var isMember: [Bool]

    init(count: Int) { isMember = [Bool](repeating: false, count: count) }

    mutating func insert(_ state: Int) -> Bool {
        if isMember[state] { return false }
        isMember[state] = true
        members.append(state)
        return true
    }

    mutating func removeAll() {
        for state in members { isMember[state] = false }
        members.removeAll(keepingCapacity: true)
    }
}

/// A set of Unicode scalars.
struct ScalarSet: Sendable, Hashable {
    var ranges: [ClosedRange<UInt32>] = []
    var isInverted = false

    static let digit = ScalarSet(ranges: [48...57])
    static let word = ScalarSet(ranges: [48...57, 65...90, 95...95, 97...122])
    static let space = ScalarSet(ranges: [9...10, 12...13, 32...32])
    /// Everything but the end of a line.
    static let any = ScalarSet(ranges: [10...10], isInverted: true)

    func contains(_ scalar: Unicode.Scalar, ignoringCase: Bool) -> Bool {
        (holds(scalar.value) || ignoringCase && holdsOtherCase(scalar)) != isInverted
    }

    /// Whether the set, before it is inverted, has the scalar in another case.
    private func holdsOtherCase(_ scalar: Unicode.Scalar) -> Bool {
        let properties = scalar.properties
        return [properties.lowercaseMapping, properties.uppercaseMapping].contains { mapping in
            guard let other = mapping.unicodeScalars.first, mapping.unicodeScalars.count == 1 else { return false }
            return holds(other.value)
        }
    }

    private func holds(_ value: UInt32) -> Bool { ranges.contains { $0.contains(value) } }
}

/// A regular expression could not be read.
struct PatternSyntaxError: Error {
    /// The place, in bytes from the expression's front.
    let offset: Int
    let message: String
}
