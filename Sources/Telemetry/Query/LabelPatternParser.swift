/// Reads a regular expression into the steps of an automaton.
struct LabelPatternParser {
    private typealias Step = LabelPattern.Step
    /// The most steps, so that nested repetitions cannot ask for any amount of memory.
    private static let stepCountMax = 10_000
    private static let depthMax = 100

    private let scalars: [Unicode.Scalar]
    private var place = 0
    private var depth = 0
    private(set) var ignoresCase = false

    init(_ source: String) { scalars = Array(source.unicodeScalars) }

    mutating func program() throws(PatternSyntaxError) -> [LabelPattern.Step] {
        if scalars.starts(with: "(?i)".unicodeScalars) {
            ignoresCase = true
            place = 4
        }
        let body = try alternatives()
        guard place == scalars.count else { throw failure("a \")\" without its \"(\"") }
        return body + [.match]
    }

    private func failure(_ message: String) -> PatternSyntaxError {
        let front = scalars[..<min(place, scalars.count)]
        return PatternSyntaxError(offset: front.reduce(0) { $0 + UTF8.width($1) }, message: message)
    }

    private mutating func alternatives() throws(PatternSyntaxError) -> [Step] {
        var branches = [try sequence()]
        while peek == "|" {
            place += 1
            branches.append(try sequence())
        }
        var result = branches.removeLast()
        for branch in branches.reversed() {
            // fork → branch, jump over the others; the others.
            let shifted = Self.shifted(branch, by: 1)
            let others = Self.shifted(result, by: branch.count + 2)
            result =
                [.fork(1, branch.count + 2)] + shifted + [.jump(branch.count + 2 + result.count)] + others
        }
        try check(result)
        return result
    }

    private mutating func sequence() throws(PatternSyntaxError) -> [Step] {
        var result: [Step] = []
        while let scalar = peek, scalar != "|", scalar != ")" {
            let part = try repeated()
            result += Self.shifted(part, by: result.count)
            try check(result)
        }
        return result
    }

    private mutating func repeated() throws(PatternSyntaxError) -> [Step] {
        var part = try atom()
        var isRepeated = false
        while let scalar = peek {
            if isRepeated, scalar == "*" || scalar == "+" || scalar == "?" {
                throw failure("\"\(scalar)\" repeats a repetition; put that into a group")
            }
            switch scalar {
            case "*": part = Self.optional(part + [.jump(-1)], loops: true)
            case "+": part = part + Self.shifted(Self.optional(part + [.jump(-1)], loops: true), by: part.count)
            case "?": part = Self.optional(part, loops: false)
            case "{":
                let start = place
                guard let counts = try repetition() else { return part }
                if isRepeated {
                    place = start
                    throw failure("a repetition repeats a repetition; put that into a group")
                }
                part = try Self.times(part, counts.least, counts.most, check)
                place -= 1
            default: return part
            }
            place += 1
            isRepeated = true
            // Reluctant or greedy: of a match of the whole only whether there is one is asked.
            if peek == "?" { place += 1 }
            try check(part)
        }
        return part
    }

    /// `part`, or nothing; a `loops` part ends in a jump, which is turned back to the beginning.
    private static func optional(_ part: [Step], loops: Bool) -> [Step] {
        var body = shifted(part, by: 1)
        if loops { body[body.count - 1] = .jump(0) }
        return [.fork(1, body.count + 1)] + body
    }

    private static func times(
        _ part: [Step],
        _ least: Int,
        _ most: Int?,
        _ check: ([Step]) throws(PatternSyntaxError) -> Void
    ) throws(PatternSyntaxError) -> [Step] {
        var result: [Step] = []
        for _ in 0..<least {
            result += shifted(part, by: result.count)
            try check(result)
        }
        guard let most else {
            return result + shifted(optional(part + [.jump(-1)], loops: true), by: result.count)
        }
        // The rest nests: (part (part …)?)?
        var tail: [Step] = []
        for _ in 0..<max(0, most - least) {
            tail = optional(part + shifted(tail, by: part.count), loops: false)
            try check(tail)
        }
        return result + shifted(tail, by: result.count)
    }

    private static func shifted(_ steps: [Step], by offset: Int) -> [Step] {
        steps.map { step in
            switch step {
            case .fork(let left, let right): .fork(left + offset, right + offset)
            case .jump(let target): .jump(target + offset)
            case .take, .match: step
            }
        }
    }

    private func check(_ steps: [Step]) throws(PatternSyntaxError) {
        if steps.count > Self.stepCountMax { throw failure("repeated too often") }
    }

    /// `{m}`, `{m,}` or `{m,n}`; anything else is taken literally.
    private mutating func repetition() throws(PatternSyntaxError) -> (least: Int, most: Int?)? {
        let start = place
        place += 1
        let least = number()
        var most = least
        if peek == "," {
            place += 1
            most = number()
        }
        guard let least, peek == "}" else {
            place = start
            return nil
        }
        place += 1
        if least > 1_000 || most ?? 0 > 1_000 || (most ?? least) < least {
            throw failure("a repetition goes from 0 to 1000 and not backwards")
        }
        let isOpen = scalars[place - 2] == ","
        return (least, isOpen ? nil : most ?? least)
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let scalar = peek, let digit = Int(String(scalar)), (value ?? 0) < 100_000 {
            value = (value ?? 0) * 10 + digit
            place += 1
        }
        return value
    }

    private var peek: Unicode.Scalar? { place < scalars.count ? scalars[place] : nil }

    private mutating func atom() throws(PatternSyntaxError) -> [Step] {
        guard let scalar = peek else { return [] }
        switch scalar {
        case "(": return try group()
        case "[": return [.take(try set())]
        case ".":
            place += 1
            return [.take(.any)]
        case "\\":
            place += 1
            return [.take(try escaped())]
        case "*", "+", "?": throw failure("\"\(scalar)\" has nothing to repeat")
        case "^" where place == 0 || (ignoresCase && place == 4):
            place += 1
            return []
        case "$" where place == scalars.count - 1:
            place += 1
            return []
        case "^", "$": throw failure("\"\(scalar)\" can only match at the ends, and there it matches anyway")
        default:
            place += 1
            return [.take(ScalarSet(ranges: [scalar.value...scalar.value]))]
        }
    }

    private mutating func group() throws(PatternSyntaxError) -> [Step] {
        place += 1
        if peek == "?" {
            place += 1
            guard peek == ":" else { throw failure("of groups with \"?\" only \"(?:\" is known") }
            place += 1
        }
        depth += 1
        guard depth <= Self.depthMax else { throw failure("groups are nested too deeply") }
        let body = try alternatives()
        depth -= 1
        guard peek == ")" else { throw failure("a \"(\" without its \")\"") }
        place += 1
        return body
    }

    /// What stands behind a backslash.
    private mutating func escaped() throws(PatternSyntaxError) -> ScalarSet {
        guard let scalar = peek else { throw failure("a backslash at the end") }
        place += 1
        switch scalar {
        case "d": return .digit
        case "D": return ScalarSet(ranges: ScalarSet.digit.ranges, isInverted: true)
        case "w": return .word
        case "W": return ScalarSet(ranges: ScalarSet.word.ranges, isInverted: true)
        case "s": return .space
        case "S": return ScalarSet(ranges: ScalarSet.space.ranges, isInverted: true)
        case "n": return ScalarSet(ranges: [10...10])
        case "t": return ScalarSet(ranges: [9...9])
        case "r": return ScalarSet(ranges: [13...13])
        default:
            guard !scalar.properties.isAlphabetic, scalar.properties.numericType == nil else {
                place -= 1
                throw failure("\"\\\(scalar)\" is not known")
            }
            return ScalarSet(ranges: [scalar.value...scalar.value])
        }
    }

    private mutating func set() throws(PatternSyntaxError) -> ScalarSet {
        place += 1
        var result = ScalarSet()
        if peek == "^" {
            result.isInverted = true
            place += 1
        }
        var isFirst = true
        while let scalar = peek, scalar != "]" || isFirst {
            isFirst = false
            let low = try member(scalar)
            guard low.ranges.count == 1, !low.isInverted, low.ranges[0].count == 1, peek == "-",
                place + 1 < scalars.count, scalars[place + 1] != "]"
            else {
                guard !low.isInverted else { throw failure("\\D, \\W and \\S cannot stand in a class") }
                result.ranges += low.ranges
                continue
            }
            place += 1
            let high = try member(scalars[place])
            guard high.ranges.count == 1, high.ranges[0].count == 1, !high.isInverted,
                low.ranges[0].lowerBound <= high.ranges[0].lowerBound
            else { throw failure("a range that goes backwards") }
            result.ranges.append(low.ranges[0].lowerBound...high.ranges[0].lowerBound)
        }
        guard peek == "]" else { throw failure("a \"[\" without its \"]\"") }
        place += 1
        return result
    }

    private mutating func member(_ scalar: Unicode.Scalar) throws(PatternSyntaxError) -> ScalarSet {
        place += 1
        if scalar == "\\" { return try escaped() }
        if scalar == "[", peek == ":" { throw failure("named classes are not known") }
        return ScalarSet(ranges: [scalar.value...scalar.value])
    }
}
