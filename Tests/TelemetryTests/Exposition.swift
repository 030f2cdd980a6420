/// A strict reader of Prometheus's text format 0.0.4, written from its description and not from our writer.
struct Exposition {
    struct Sample {
        let name: String
        let labels: [String: String]
        let value: Double
    }

    struct Family {
        var help: String?
        let type: String
        var samples: [Sample] = []
    }

    struct Malformed: Error {
        let line: String
        let reason: String
    }

    private(set) var families: [String: Family] = [:]
    private(set) var order: [String] = []

    init(_ text: String) throws {
        guard text.unicodeScalars.last == "\n" else { throw Malformed(line: "", reason: "no line feed at the end") }
        var help: (name: String, text: String)?
        var seen: Set<String> = []
        for line in text.unicodeScalars.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
            var reader = LineReader(line: String(line))
            if try reader.takes("# HELP ") {
                help = (try reader.name(colon: true), "")
                try reader.expect(" ")
                help?.text = try reader.escaped(until: nil)
            } else if try reader.takes("# TYPE ") {
                let name = try reader.name(colon: true)
                try reader.expect(" ")
                let type = reader.rest
                guard ["counter", "gauge", "histogram"].contains(type) else { throw reader.malformed("type \(type)") }
                guard families[name] == nil else { throw reader.malformed("second TYPE") }
                if let help, help.name != name { throw reader.malformed("HELP of \(help.name) before it") }
                families[name] = Family(help: help?.text, type: type)
                order.append(name)
                help = nil
            } else {
                let sample = try reader.sample()
                guard let family = order.last, Self.belongs(sample, to: family, type: families[family]?.type) else {
                    throw reader.malformed("a sample outside its family")
                }
                let identity = "\(sample.name) \(sample.labels.sorted { $0.key < $1.key })"
                guard seen.insert(identity).inserted else { throw reader.malformed("the same series twice") }
                families[family]?.samples.append(sample)
            }
        }
        for (name, family) in families where family.type == "histogram" { try Self.checkHistogram(name, family) }
    }

    private static func belongs(_ sample: Sample, to family: String, type: String?) -> Bool {
        switch sample.name {
        case family: type != "histogram"
        case family + "_bucket": type == "histogram" && sample.labels["le"] != nil
        case family + "_sum", family + "_count": type == "histogram"
        default: false
        }
    }

    /// Bounds and counts ascend, the last bound is +Inf, and its count is `_count`.
    private static func checkHistogram(_ name: String, _ family: Family) throws {
        var last: (bound: Double, count: Double)?
        for sample in family.samples {
            if sample.name == name + "_bucket" {
                guard let bound = sample.labels["le"].flatMap(number),
                    last.map({ $0.bound < bound && $0.count <= sample.value }) ?? true
                else { throw Malformed(line: name, reason: "buckets do not ascend") }
                last = (bound, sample.value)
            } else if sample.name == name + "_count" {
                guard last?.bound == .infinity, last?.count == sample.value else {
                    throw Malformed(line: name, reason: "+Inf is not the count")
                }
                last = nil
            }
        }
    }

    fileprivate static func number(_ text: String) -> Double? {
        switch text {
        case "+Inf": .infinity
        case "-Inf": -.infinity
        case "NaN": .nan
        default: text.allSatisfy { "0123456789+-.e".contains($0) } ? Double(text) : nil
        }
    }
}

private struct LineReader {
    private let line: String
    private var scalars: ArraySlice<Unicode.Scalar>

    init(line: String) {
        self.line = line
        scalars = Array(line.unicodeScalars)[...]
    }

    var rest: String {
        var text = ""
        text.unicodeScalars.append(contentsOf: scalars)
        return text
    }

    func malformed(_ reason: String) -> Exposition.Malformed {
        Exposition.Malformed(line: line, reason: reason)
    }

    mutating func takes(_ text: String) throws -> Bool {
        guard scalars.starts(with: text.unicodeScalars) else { return false }
        scalars = scalars.dropFirst(text.unicodeScalars.count)
        return true
    }

    mutating func expect(_ text: String) throws {
        guard try takes(text) else { throw malformed("expected \(text)") }
    }

    mutating func name(colon: Bool) throws -> String {
        var name = ""
        while let scalar = scalars.first, scalar.isASCII {
            let isLetter = scalar.properties.isAlphabetic || scalar == "_" || (colon && scalar == ":")
            guard isLetter || (!name.isEmpty && ("0"..."9").contains(scalar)) else { break }
            name.unicodeScalars.append(scalar)
            scalars.removeFirst()
        }
        if name.isEmpty { throw malformed("no name") }
        return name
    }

    /// Reads up to `end`, undoing escapes: `\\`, `\n` and, inside quotes, `\"`.
    mutating func escaped(until end: Unicode.Scalar?) throws -> String {
        var text = ""
        while let scalar = scalars.popFirst() {
            if scalar == end { return text }
            guard scalar == "\\" else {
                text.unicodeScalars.append(scalar)
                continue
            }
            switch scalars.popFirst() {
            case "\\": text.unicodeScalars.append("\\")
            case "n": text.unicodeScalars.append("\n")
            case "\"" where end == "\"": text.unicodeScalars.append("\"")
            default: throw malformed("a stray backslash")
            }
        }
        if end != nil { throw malformed("no closing quote") }
        return text
    }

    mutating func sample() throws -> Exposition.Sample {
        let name = try name(colon: true)
        var labels: [String: String] = [:]
        if try takes("{") {
            repeat {
                let label = try self.name(colon: false)
                try expect("=\"")
                guard labels.updateValue(try escaped(until: "\""), forKey: label) == nil else {
                    throw malformed("a label twice")
                }
            } while try takes(",")
            try expect("}")
        }
        try expect(" ")
        guard let value = Exposition.number(rest) else { throw malformed("no number") }
        return Exposition.Sample(name: name, labels: labels, value: value)
    }
}
