/// A format that a scrape is answered in.
public struct ExpositionFormat: Sendable, Hashable {
    /// What to answer with as `Content-Type`.
    public let contentType: String
    let mediaType: String
    let parameters: [String: String]

    /// Prometheus's text format 0.0.4, which everything reads.
    public static let prometheusText = ExpositionFormat(
        contentType: PrometheusText.contentType,
        mediaType: "text/plain",
        parameters: ["version": "0.0.4"]
    )
    /// OpenMetrics 1.0, with exemplars.
    public static let openMetrics = ExpositionFormat(
        contentType: OpenMetricsText.contentType,
        mediaType: "application/openmetrics-text",
        parameters: ["version": "1.0.0"]
    )
    /// Prometheus's length-delimited protocol buffers, with native histograms.
    ///
    /// A Prometheus that is started with `--enable-feature=native-histograms` asks for them.
    public static let prometheusProtobuf = ExpositionFormat(
        contentType: PrometheusProtobuf.contentType,
        mediaType: "application/vnd.google.protobuf",
        parameters: ["proto": "io.prometheus.client.MetricFamily", "encoding": "delimited"]
    )

    /// The formats there are, the best first among those that a client likes equally well.
    static let all = [openMetrics, prometheusProtobuf, prometheusText]

    /// The format that a client's `Accept` header likes best (RFC 9110, section 12.5.1).
    ///
    /// A client that says nothing, or nothing that is spoken here, gets Prometheus's text, as Prometheus's own clients do.
    public static func negotiated(accept: String?) -> ExpositionFormat {
        guard let accept else { return prometheusText }
        let ranges = accept.split(separator: ",").compactMap { MediaRange($0) }
        // The most specific range that takes a format in decides.
        func range(for format: ExpositionFormat) -> MediaRange? {
            ranges.filter { $0.includes(format) }.max { $0.specificity < $1.specificity }
        }
        let takesText = range(for: prometheusText).map { $0.quality > 0 } ?? false
        var best: (format: ExpositionFormat, quality: Double)?
        for format in all {
            guard let range = range(for: format), range.quality > best?.quality ?? 0 else { continue }
            // A bare wildcard asks for no format by name: then the one that everything reads.
            best = (range.specificity == 0 && takesText ? prometheusText : format, range.quality)
        }
        return best?.format ?? prometheusText
    }
}

/// One entry of an `Accept` header.
private struct MediaRange {
    private let type: Substring
    private var parameters: [String: String] = [:]
    private(set) var quality = 1.0

    init?(_ text: Substring) {
        let parts = text.split(separator: ";").map { $0.trimmingSpaces() }
        guard let first = parts.first, first.contains("/") else { return nil }
        type = first
        for part in parts.dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2 else { continue }
            let name = pair[0].trimmingSpaces().lowercased()
            let value = pair[1].trimmingSpaces().filter { $0 != "\"" }
            if name == "q" { quality = Double(value) ?? 0 } else { parameters[name] = value }
        }
    }

    /// 0 for anything, 1 for a type's subtypes, 2 for a type, more with each parameter.
    var specificity: Int { type == "*/*" ? 0 : type.hasSuffix("/*") ? 1 : 2 + parameters.count }

    func includes(_ format: ExpositionFormat) -> Bool {
        if type == "*/*" { return true }
        if type.hasSuffix("/*") { return format.mediaType.hasPrefix(type.dropLast()) }
        guard type.lowercased() == format.mediaType else { return false }
        return parameters.allSatisfy { name, value in
            // Any charset and escaping will do; another version, encoding or message will not.
            guard let ours = format.parameters[name] else { return true }
            return ours == value || (name == "version" && format == .openMetrics && value == "0.0.1")
        }
    }
}

extension Substring {
    fileprivate func trimmingSpaces() -> Substring {
        var text = drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}

extension TelemetrySystem {
    /// Everything recorded so far, in a format; send it as ``ExpositionFormat/contentType``.
    ///
    /// In the text formats names and labels are rendered once and copied after that, so that ten thousand counters take a
    /// fraction of a millisecond.
    public func exposition(_ format: ExpositionFormat = .prometheusText) -> [UInt8] {
        switch format {
        case .openMetrics: registry.exposition(.openMetrics)
        case .prometheusProtobuf: PrometheusProtobuf.bytes(of: registry.snapshot())
        default: registry.exposition(.prometheus)
        }
    }

    /// The answer to a scrape with this `Accept` header.
    public func exposition(accept: String?) -> (contentType: String, body: [UInt8]) {
        let format = ExpositionFormat.negotiated(accept: accept)
        return (format.contentType, exposition(format))
    }

    /// Everything recorded so far, in Prometheus's text format 0.0.4; send it as ``PrometheusText/contentType``.
    public func prometheusText() -> String {
        String(decoding: exposition(.prometheusText), as: UTF8.self)
    }
}
