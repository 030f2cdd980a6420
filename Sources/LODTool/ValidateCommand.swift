internal import ArgumentParser
internal import LODEngine
internal import VitrineConsole

/// `lod validate`: all that is wrong with files.
struct ValidateCommand: ToolCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Lists what is wrong, odd or needless in models.",
        discussion: """
            In the codes and severities of the Khronos glTF validator. The exit status is 0 when no file has an error \
            and 65 when one has.

              lod validate chair.glb
              lod validate --severity error --json models/*.glb
            """
    )

    @Argument(help: ArgumentHelp("The models.", valueName: "model"))
    var models: [String]

    @Option(
        help: ArgumentHelp(
            "The least severe findings to list: error, warning, information or hint.",
            valueName: "name"
        ),
        transform: { try Self.severity($0) }
    )
    var severity = Finding.Severity.hint

    @Flag(help: "Print JSON.")
    var json = false

    private static func severity(_ name: String) throws -> Finding.Severity {
        guard let severity = Finding.Severity(rawValue: name) else {
            throw ValidationError("'\(name)' is no severity: give error, warning, information or hint.")
        }
        return severity
    }

    func run(on console: Console) throws -> Int32 {
        var results: [ValidationResult] = []
        let bar = ProgressBar(console)
        defer { bar.end() }
        for (number, path) in models.enumerated() {
            let input = try InputFile(path)
            // A file's share of the bar, by their number: how long one takes is known when it is done.
            bar.begin("validating \(path)", at: Double(number) / Double(models.count))
            let report = try Model.validate(contentsOf: input.path)
            let result = ValidationResult(path: path, report: report, upTo: severity)
            bar.end()
            if !json { result.write(to: console) }
            results.append(result)
        }
        if json { try console.print(json: results) }
        return results.allSatisfy(\.isValid) ? ExitStatus.ok : ExitStatus.invalidData
    }
}

extension Finding.Severity {
    /// The most severe first.
    fileprivate var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// What one file was found to be.
private struct ValidationResult: Encodable {
    struct Entry: Encodable {
        let severity: String
        let code: String
        let message: String
        let pointer: String?
        let byteOffset: Int?
    }

    let file: String
    let isValid: Bool
    /// Whether there were more findings than are kept.
    let isTruncated: Bool
    /// Findings by severity, listed or not.
    let counts: [String: Int]
    let findings: [Entry]

    init(path: String, report: ValidationReport, upTo severity: Finding.Severity) {
        file = path
        isValid = report.isValid
        isTruncated = report.isTruncated
        var counts: [String: Int] = [:]
        for severity in Finding.Severity.allCases {
            counts[severity.rawValue] = report.findings.count { $0.severity == severity }
        }
        self.counts = counts
        findings = report.findings.filter { $0.severity.rank <= severity.rank }.map {
            Entry(
                severity: $0.severity.rawValue,
                code: $0.code,
                message: $0.message,
                pointer: $0.pointer,
                byteOffset: $0.byteOffset
            )
        }
    }

    func write(to console: Console) {
        let totals = Finding.Severity.allCases.compactMap { severity -> String? in
            guard let count = counts[severity.rawValue], count > 0 else { return nil }
            // "information" has no plural.
            return severity == .information ? "\(count) information" : Wording.count(count, severity.rawValue)
        }
        let found = totals.isEmpty ? "nothing found" : totals.joined(separator: ", ")
        console.print("\(file): \(isValid ? "valid" : "invalid"), \(found)\(isTruncated ? " and more" : "")")
        for finding in findings {
            let pointer = finding.pointer.map { $0.isEmpty ? "the document" : $0 }
            let place = finding.byteOffset.map { "byte \($0)" } ?? pointer ?? "the file"
            console.print("  \(finding.severity) \(finding.code) at \(place): \(finding.message)")
        }
    }
}
