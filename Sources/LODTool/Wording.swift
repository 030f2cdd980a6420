internal import LODEngine

/// Numbers as people read them.
enum Wording {
    /// A whole number in groups of three digits.
    static func grouped(_ number: Int) -> String {
        var digits = ""
        for (index, digit) in String(number.magnitude).reversed().enumerated() {
            if index > 0, index.isMultiple(of: 3) { digits.append(",") }
            digits.append(digit)
        }
        return (number < 0 ? "-" : "") + String(digits.reversed())
    }

    /// A number of bytes, in the unit that leaves one to four digits.
    static func bytes(_ count: Int) -> String {
        if count < 10_000 { return "\(grouped(count)) bytes" }
        let units = ["kB", "MB", "GB"]
        var value = Double(count) / 1_000
        var unit = 0
        while value >= 1_000, unit < units.count - 1 {
            value /= 1_000
            unit += 1
        }
        return "\(significant(value, 3)) \(units[unit])"
    }

    /// A number to so many significant digits, without an exponent where that is short.
    static func significant(_ number: Double, _ digits: Int) -> String {
        guard number != 0, number.isFinite else { return number == 0 ? "0" : "\(number)" }
        var places = digits
        var magnitude = number.magnitude
        while magnitude >= 1, places > 0 {
            magnitude /= 10
            places -= 1
        }
        while magnitude < 0.1, places < 12 {
            magnitude *= 10
            places += 1
        }
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let rounded = (number * scale).rounded() / scale
        if rounded == rounded.rounded(), rounded.magnitude < 1e15 { return String(Int(rounded)) }
        return "\(rounded)"
    }

    /// A share in percent.
    static func percent(_ share: Double) -> String { significant(share * 100, 3) + " %" }

    /// A number of things, with an "s" for any but one.
    static func count(_ number: Int, _ thing: String) -> String {
        "\(grouped(number)) \(thing)\(number == 1 ? "" : "s")"
    }

    /// What a repair changed, in one line.
    static func repair(_ report: RepairReport) -> String {
        let parts = [
            (report.replacedValues, "value", "replaced"),
            (report.unplacedTriangles, "triangle", "without a place dropped"),
            (report.weldedVertices, "vertex", "welded"), (report.degenerateTriangles, "flat triangle", "dropped"),
            (report.duplicateTriangles, "repeated triangle", "dropped"),
            (report.unusedVertices, "unused vertex", "dropped"),
            (report.generatedNormals, "normal", "generated"), (report.generatedTangents, "tangent", "generated"),
        ]
        return deeds(parts)
    }

    /// What merging changed, in one line.
    static func merge(_ report: MergeReport) -> String {
        deeds([
            (report.joinedPrimitives, "primitive", "joined to others"), (report.movedVertices, "vertex", "moved"),
            (report.collapsedTriangles, "triangle", "without area dropped"), (report.tinyParts, "tiny part", "dropped"),
            (report.hiddenParts, "hidden part", "dropped"), (report.hiddenTriangles, "hidden triangle", "dropped"),
        ])
    }

    /// Numbers of things that something was done to, but for those of which there are none.
    private static func deeds(_ parts: [(Int, String, String)]) -> String {
        let said = parts.filter { $0.0 > 0 }.map { number, thing, deed in
            let things = number == 1 ? thing : thing.hasSuffix("vertex") ? thing.dropLast(2) + "ices" : thing + "s"
            return "\(grouped(number)) \(things) \(deed)"
        }
        return said.isEmpty ? "nothing to do" : said.joined(separator: ", ")
    }

    /// Rows of cells in columns, the first to the left and the others to the right.
    static func table(_ rows: [[String]]) -> [String] {
        let columnCount = rows.map(\.count).max() ?? 0
        let widths = (0..<columnCount).map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            let cells = row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + padding : padding + cell
            }
            return cells.joined(separator: "  ")
        }
    }
}
