// Reports all that is wrong with the model that is named on the command line.
import LODEngine

guard CommandLine.arguments.count > 1 else { throw LODError(.ioFailed, "name a model") }
let path = CommandLine.arguments[1]

// snippet.show
let report = try Model.validate(contentsOf: path)
for finding in report.findings {
    print("\(finding.severity): \(finding)")
}
print(report.isValid ? "\(path) is valid" : "\(path) has \(report.errors.count) errors")
// snippet.hide
