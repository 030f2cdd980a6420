/// Reads the part of PromQL that ``Query`` understands; what is beyond it is an error with its place.
struct QueryParser {
    private static let depthMax = 100
    /// Operators of a query: whoever walks over its tree goes as deep as a chain of operators is long.
    private static let operationCountMax = 250

    private let tokens: [QueryLexer.Placed]
    private var place = 0
    private var depth = 0
    private var operationCount = 0

    init(_ text: String) throws(QuerySyntaxError) { tokens = try QueryLexer.tokens(of: text) }

    mutating func query() throws(QuerySyntaxError) -> QueryNode {
        let node = try expression(0)
        guard token == .end else { throw unexpected() }
        return node
    }

    private var token: QueryLexer.Token { tokens[place].token }

    /// An error about the token at hand.
    private func unexpected(_ wanted: String = "") -> QuerySyntaxError {
        let found =
            switch token {
            case .end: "the query ends here"
            case .word(let word): Self.refusal(of: word) ?? "\"\(word)\" cannot stand here"
            case .symbol(let symbol): Self.refusal(of: symbol) ?? "\"\(symbol)\" cannot stand here"
            case .number, .duration, .string: "this cannot stand here"
            }
        return failure(wanted.isEmpty ? found : "\(found); \(wanted)")
    }

    private func failure(_ message: String) -> QuerySyntaxError { failure(at: place, message) }

    private func failure(at place: Int, _ message: String) -> QuerySyntaxError {
        QuerySyntaxError(offset: tokens[place].offset, message: message)
    }

    /// An expression that comes to series, as `taker` needs.
    private mutating func series(for taker: String) throws(QuerySyntaxError) -> QueryNode {
        let start = place
        let inner = try expression(0)
        if inner.isNumber { throw failure(at: start, "\(taker) takes series, and this is a number") }
        return inner
    }

    /// What PromQL knows and a query does not.
    private static func refusal(of word: String) -> String? {
        switch word {
        case "==", "!=", "<", ">", "<=", ">=": "comparisons are not part of what is understood"
        case "and", "or", "unless": "\"\(word)\" between series is not part of what is understood"
        case "offset", "@": "moving a selector in time is not part of what is understood; move the query's times"
        case "group_left", "group_right": "matching many series with one is not part of what is understood"
        case "bool": "comparisons are not part of what is understood"
        case let step where step.hasPrefix(":") && step.dropFirst().first?.isNumber ?? true:
            "subqueries are not part of what is understood"
        default: nil
        }
    }

    private mutating func take(_ symbol: String) -> Bool {
        guard token == .symbol(symbol) else { return false }
        place += 1
        return true
    }

    private mutating func need(_ symbol: String, or other: String? = nil) throws(QuerySyntaxError) {
        if take(symbol) { return }
        throw unexpected("\"\(symbol)\"" + (other.map { " or \"\($0)\"" } ?? "") + " is missing")
    }

    /// Operators by precedence (Pratt, "Top down operator precedence", 1973).
    private mutating func expression(_ least: Int) throws(QuerySyntaxError) -> QueryNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthMax else { throw failure("the query is nested too deeply") }
        var left = try unary()
        while case .symbol(let symbol) = token, let arithmetic = QueryArithmetic(rawValue: symbol),
            arithmetic.precedence >= least
        {
            try countOperation()
            place += 1
            let beginning = place
            let matching = try matching()
            let right = try expression(arithmetic == .power ? arithmetic.precedence : arithmetic.precedence + 1)
            if let matching, left.isNumber || right.isNumber {
                throw failure(at: beginning, "\(matching.word) matches series with series, and one side is a number")
            }
            left = .binary(arithmetic, left, right, matching ?? .ignoring([]))
        }
        return left
    }

    private mutating func countOperation() throws(QuerySyntaxError) {
        operationCount += 1
        guard operationCount <= Self.operationCountMax else { throw failure("the query has too many operators") }
    }

    private mutating func unary() throws(QuerySyntaxError) -> QueryNode {
        if take("+") { return try expression(3) }
        if take("-") {
            // Tighter than a product and looser than a power: -2 ^ 2 is -4.
            let inner = try expression(3)
            if case .number(let value) = inner { return .number(-value) }
            return .negative(inner)
        }
        return try primary()
    }

    private mutating func matching() throws(QuerySyntaxError) -> SeriesMatching? {
        guard case .word(let written) = token else { return nil }
        let word = written.lowercased()
        guard word == "on" || word == "ignoring" else { return nil }
        place += 1
        let names = try names()
        if case .word("group_left") = token { throw unexpected() }
        if case .word("group_right") = token { throw unexpected() }
        return word == "on" ? .on(names) : .ignoring(names)
    }

    /// A list of labels in parentheses.
    private mutating func names() throws(QuerySyntaxError) -> [String] {
        try need("(")
        var names: [String] = []
        while !take(")") {
            guard case .word(let name) = token, !name.contains(":") else {
                throw unexpected("a label's name is missing")
            }
            names.append(name)
            place += 1
            if take(")") { break }
            try need(",", or: ")")
        }
        return names
    }

    private mutating func primary() throws(QuerySyntaxError) -> QueryNode {
        switch token {
        case .number(let value):
            place += 1
            return .number(value)
        case .symbol("("):
            place += 1
            let inner = try expression(0)
            try need(")")
            return inner
        case .symbol("{"): return .series(try choice(nil))
        case .word(let word): return try named(word)
        default: throw unexpected("a number, a selector, a function or \"(\" is missing")
        }
    }

    private mutating func named(_ word: String) throws(QuerySyntaxError) -> QueryNode {
        let next = tokens[min(place + 1, tokens.count - 1)].token
        let isCall = next == .symbol("(")
        var hasClause = false
        if case .word(let clause) = next { hasClause = ["by", "without"].contains(clause.lowercased()) }
        if let aggregation = Aggregation(rawValue: word.lowercased()), isCall || hasClause {
            return try aggregate(aggregation)
        }
        if isCall { return try call(word) }
        if let number = Self.number(word) {
            place += 1
            return .number(number)
        }
        if Self.refusal(of: word) != nil || ["by", "without", "on", "ignoring"].contains(word) { throw unexpected() }
        place += 1
        let choice = try choice(word)
        if token == .symbol("[") { throw failure("a range can only stand in a function such as rate") }
        return .series(choice)
    }

    /// The numbers that are words.
    private static func number(_ word: String) -> Double? {
        switch word.lowercased() {
        case "inf": .infinity
        case "nan": .nan
        default: nil
        }
    }

    private mutating func call(_ word: String) throws(QuerySyntaxError) -> QueryNode {
        if let function = RangeFunction(rawValue: word) {
            place += 2
            let (choice, range) = try rangeSelector()
            try need(")")
            return .overTime(function, choice, range: range)
        }
        guard word == "histogram_quantile" else {
            throw failure("the function \(word) is not part of what is understood")
        }
        place += 2
        let q = try parameter()
        let inner = try series(for: word)
        try need(")")
        return .histogramQuantile(q, inner)
    }

    /// A number and a comma.
    private mutating func parameter() throws(QuerySyntaxError) -> Double {
        let isNegative = take("-")
        let value: Double
        switch token {
        case .number(let number): value = number
        case .word(let word):
            guard let number = Self.number(word) else { throw unexpected("a number is missing") }
            value = number
        default: throw unexpected("a number is missing")
        }
        place += 1
        try need(",")
        return isNegative ? -value : value
    }

    private mutating func rangeSelector() throws(QuerySyntaxError) -> (SeriesChoice, Int64) {
        var name: String?
        if case .word(let word) = token {
            name = word
            place += 1
        }
        if name == nil, token != .symbol("{") { throw unexpected("a selector is missing") }
        let choice = try choice(name)
        guard take("[") else { throw unexpected("a range such as [5m] is missing") }
        guard case .duration(let range) = token, range > 0 else { throw unexpected("a time such as 5m is missing") }
        place += 1
        try need("]")
        return (choice, range)
    }

    private mutating func aggregate(_ aggregation: Aggregation) throws(QuerySyntaxError) -> QueryNode {
        place += 1
        var grouping = try grouping()
        try need("(")
        let value = aggregation.takesParameter ? try parameter() : nil
        let inner = try series(for: aggregation.rawValue)
        try need(")")
        if grouping == nil { grouping = try self.grouping() }
        return .aggregate(aggregation, inner, grouping ?? .by([]), parameter: value)
    }

    private mutating func grouping() throws(QuerySyntaxError) -> Grouping? {
        guard case .word(let written) = token else { return nil }
        let word = written.lowercased()
        guard word == "by" || word == "without" else { return nil }
        place += 1
        let names = try names()
        return word == "by" ? .by(names) : .without(names)
    }

    /// The matchers in braces, if there are any, of the series of `name`.
    private mutating func choice(_ name: String?) throws(QuerySyntaxError) -> SeriesChoice {
        var choice = SeriesChoice(name: name, matchers: [])
        let start = place
        if take("{") {
            while !take("}") {
                let start = place
                choice.matchers.append(try matcher())
                if name != nil, choice.matchers.last?.label == SeriesTable.nameLabel {
                    throw failure(at: start, "the name is given in front already")
                }
                if take("}") { break }
                try need(",", or: "}")
            }
        }
        if token == .symbol("@") || token == .word("offset") { throw unexpected() }
        guard name != nil || choice.matchers.contains(where: { !$0.accepts("") }) else {
            throw QuerySyntaxError(
                offset: tokens[start].offset,
                message: "a selector needs a name, or a matcher that does not accept an empty label"
            )
        }
        return choice
    }

    private mutating func matcher() throws(QuerySyntaxError) -> LabelMatcher {
        guard case .word(let label) = token, !label.contains(":") else { throw unexpected("a label's name is missing") }
        place += 1
        guard case .symbol(let symbol) = token, ["=", "!=", "=~", "!~"].contains(symbol) else {
            throw unexpected("one of = != =~ !~ is missing")
        }
        place += 1
        guard case .string(let value) = token else { throw unexpected("a text in quotes is missing") }
        let places = tokens[place].places
        do throws(QuerySyntaxError) {
            let matcher: LabelMatcher =
                switch symbol {
                case "=": .equal(label, value)
                case "!=": .notEqual(label, value)
                case "=~": try .matching(label, value)
                default: try .notMatching(label, value)
                }
            place += 1
            return matcher
        } catch {
            // The error's place is one in the expression, from which escapes are gone.
            throw QuerySyntaxError(offset: places[min(error.offset, places.count - 1)], message: error.message)
        }
    }
}
