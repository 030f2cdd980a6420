/// Writes snapshots as comma-separated values (RFC 4180), for a spreadsheet.
///
/// The columns are `time` (seconds since 1970), `name`, `kind`, `labels` (`name=value` with `;` between, both percent-encoded
/// where they contain one of these characters), `value` of a counter or gauge, and of a histogram `count`, `sum`, `min`,
/// `max`, `p50`, `p90`, `p99` and `p999`. What a kind does not have is empty. Lines end in a carriage return and a line feed.
public enum CSVText {
    /// The `Content-Type` to send with.
    public static let contentType = "text/csv; charset=utf-8; header=present"

    /// The line of names.
    public static let header = "time,name,kind,labels,value,count,sum,min,max,p50,p90,p99,p999\r\n"

    /// The snapshot as one line for each series.
    ///
    /// - Parameters:
    ///   - snapshot: What is to be written.
    ///   - time: When it was taken, since 1970-01-01 00:00 UTC.
    ///   - hasHeader: Whether the line of names comes first.
    public static func text(of snapshot: RegistrySnapshot, at time: Duration, hasHeader: Bool = true) -> String {
        var text = hasHeader ? header : ""
        let seconds = (Double(time.wholeNanoseconds) / 1e9).description
        for family in snapshot.families {
            let kind =
                switch family.kind {
                case .counter: "counter"
                case .gauge: "gauge"
                case .histogram: "histogram"
                }
            for series in family.series {
                let fields = [seconds, family.name, kind, labels(series.labels)] + numbers(series.value)
                text += fields.map(quoted).joined(separator: ",") + "\r\n"
            }
        }
        return text
    }

    private static func numbers(_ value: SeriesSnapshot.Value) -> [String] {
        switch value {
        case .counter(let total): return [String(total)] + Array(repeating: "", count: 8)
        case .floatingPointCounter(let value), .gauge(let value):
            return [value.description] + Array(repeating: "", count: 8)
        case .histogram(let histogram):
            let figures = [histogram.sum, histogram.min, histogram.max] as [Double?]
            let quantiles = [0.5, 0.9, 0.99, 0.999].map { histogram.quantile($0) }
            return ["", String(histogram.count)] + (figures + quantiles).map { $0?.description ?? "" }
        }
    }

    private static func labels(_ labels: [MetricLabel]) -> String {
        labels.map { encoded($0.name) + "=" + encoded($0.value) }.joined(separator: ";")
    }

    private static func encoded(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "%": result += "%25"
            case "=": result += "%3D"
            case ";": result += "%3B"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func quoted(_ field: String) -> String {
        guard field.utf8.contains(where: { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }) else { return field }
        var result = "\""
        for scalar in field.unicodeScalars {
            if scalar == "\"" { result += "\"" }
            result.unicodeScalars.append(scalar)
        }
        return result + "\""
    }
}
