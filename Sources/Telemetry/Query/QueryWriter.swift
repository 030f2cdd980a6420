/// Writes queries in PromQL.
enum QueryWriter {
    static func text(of node: QueryNode) -> String {
        switch node {
        case .number(let value): number(value)
        case .series(let choice): text(of: choice)
        case .overTime(let function, let choice, let range):
            "\(function.rawValue)(\(text(of: choice))[\(duration(range))])"
        case .aggregate(let aggregation, let inner, let grouping, let parameter):
            aggregation.rawValue + clause(grouping) + "(" + (parameter.map { number($0) + ", " } ?? "")
                + text(of: inner)
                + ")"
        case .binary(let arithmetic, let left, let right, let matching):
            operand(left, arithmetic, isLeft: true) + " \(arithmetic.rawValue)\(clause(matching)) "
                + operand(right, arithmetic, isLeft: false)
        case .negative(let inner): "-" + negated(inner)
        case .histogramQuantile(let q, let inner): "histogram_quantile(\(number(q)), \(text(of: inner)))"
        case .excessive: "…"
        }
    }

    private static func operand(_ node: QueryNode, _ outer: QueryArithmetic, isLeft: Bool) -> String {
        let text = text(of: node)
        switch node {
        case .binary(let inner, _, _, _):
            let bindsAlike = inner.precedence == outer.precedence && isLeft != (outer == .power)
            return inner.precedence > outer.precedence || bindsAlike ? text : "(" + text + ")"
        // Only a power binds tighter than a sign; no more parentheses than needed, or a deep query could not be read again.
        case .negative where isLeft && outer == .power: return "(" + text + ")"
        case .number(let value) where value.sign == .minus && isLeft && outer == .power: return "(" + text + ")"
        default: return text
        }
    }

    private static func negated(_ inner: QueryNode) -> String {
        if case .binary(let arithmetic, _, _, _) = inner, arithmetic != .power { return "(" + text(of: inner) + ")" }
        return text(of: inner)
    }

    private static func clause(_ grouping: Grouping) -> String {
        switch grouping {
        case .by(let names): names.isEmpty ? "" : " by (\(names.joined(separator: ", "))) "
        case .without(let names): " without (\(names.joined(separator: ", "))) "
        }
    }

    private static func clause(_ matching: SeriesMatching) -> String {
        switch matching {
        case .on(let names): " on (\(names.joined(separator: ", ")))"
        case .ignoring(let names): names.isEmpty ? "" : " ignoring (\(names.joined(separator: ", ")))"
        }
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "Inf" }
        return value.magnitude < 1e15 && value == value.rounded() && value != 0 ? "\(Int64(value))" : "\(value)"
    }

    private static func text(of choice: SeriesChoice) -> String {
        let labels = choice.matchers.map { matcher in
            switch matcher.test {
            case .equal(let value): matcher.label + "=" + quoted(value)
            case .notEqual(let value): matcher.label + "!=" + quoted(value)
            case .matching(let pattern): matcher.label + "=~" + quoted(pattern.source)
            case .notMatching(let pattern): matcher.label + "!~" + quoted(pattern.source)
            }
        }
        let inner = labels.isEmpty && choice.name != nil ? "" : "{\(labels.joined(separator: ", "))}"
        return (choice.name ?? "") + inner
    }

    /// A text as it stands in a query.
    static func quoted(_ value: String) -> String {
        var result = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    private static func duration(_ milliseconds: Int64) -> String {
        var rest = milliseconds
        var result = ""
        for (unit, length) in QueryLexer.durationUnits where rest >= length && unit != "y" && unit != "w" {
            result += "\(rest / length)\(unit)"
            rest %= length
        }
        return result
    }
}
