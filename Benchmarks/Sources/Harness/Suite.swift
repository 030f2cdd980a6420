internal import Foundation
internal import Synchronization

/// The comparisons of one module, as an executable runs them.
public enum Suite {
    private static let scratch = Mutex<String?>(nil)

    /// A fresh directory for the stores that are compared, on the disk of TMPDIR; `run` removes it before it exits.
    public static func scratchDirectory() throws -> String {
        let path = FileManager.default.temporaryDirectory.appending(path: "vitrine-bench-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        scratch.withLock { $0 = path }
        return path
    }

    private static func leave(_ status: Int32) -> Never {
        // What cannot be removed is left to whoever empties the temporary directory.
        if let path = scratch.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: path) }
        exit(status)
    }

    /// Runs the comparisons that the command line asks for and exits: 0 when all was well, 1 when a result was wrong
    /// or the work threw, 2 for unusable arguments, 3 when `--require` was given and a ratio was missed.
    ///
    /// Arguments: `--require`, `--rounds N` (at least 5 for a figure to quote), `--filter TEXT`, `--json FILE`.
    public static func run(_ module: String, _ comparisons: [Comparison]) async -> Never {
        let options: Options
        switch Options.parse(CommandLine.arguments.dropFirst()) {
        case .success(let parsed): options = parsed
        case .failure(let problem):
            FileHandle.standardError.write(Data("\(problem.description)\n".utf8))
            leave(2)
        }
        let chosen = comparisons.filter { options.filter.isEmpty || $0.name.contains(options.filter) }
        let report = Report(machine: Machine(), jsonPath: options.jsonPath)
        report.printHeading(module)
        var outcomes: [Outcome] = []
        for comparison in chosen {
            do {
                let outcome = try await comparison.run(rounds: options.rounds)
                report.printRow(outcome)
                outcomes.append(outcome)
            } catch {
                FileHandle.standardError.write(Data("\(comparison.name): \(error)\n".utf8))
                leave(1)
            }
        }
        do {
            try report.writeJSON(outcomes, module: module)
        } catch {
            FileHandle.standardError.write(Data("The JSON lines could not be written: \(error)\n".utf8))
            leave(1)
        }
        let missed = outcomes.filter { !$0.isMet }.map(\.comparison.name)
        guard options.isRequired, !missed.isEmpty else { leave(0) }
        FileHandle.standardError.write(Data("Missed: \(missed.joined(separator: ", "))\n".utf8))
        leave(3)
    }
}

struct Options {
    var isRequired = false
    var rounds = 7
    var filter = ""
    var jsonPath: String?

    static func parse(_ arguments: some Sequence<String>) -> Result<Options, WrongResult> {
        var options = Options()
        var rest = Array(arguments)[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--require": options.isRequired = true
            case "--rounds":
                guard let rounds = rest.popFirst().flatMap(Int.init), 1...1_000 ~= rounds else {
                    return .failure(WrongResult("--rounds takes a number from 1 to 1000"))
                }
                options.rounds = rounds
            case "--filter":
                guard let filter = rest.popFirst() else { return .failure(WrongResult("--filter takes a text")) }
                options.filter = filter
            case "--json":
                guard let path = rest.popFirst() else { return .failure(WrongResult("--json takes a file")) }
                options.jsonPath = path
            default:
                return .failure(
                    WrongResult(
                        "unknown argument \(argument); there are --require, --rounds N, --filter TEXT, --json FILE"
                    )
                )
            }
        }
        return .success(options)
    }
}
