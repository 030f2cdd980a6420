internal import Foundation
internal import Synchronization

/// The comparisons of one module, as an executable runs them.
public enum Suite {
    private static let scratch = Mutex<String?>(nil)
    // Written once, by the main thread, before anything else runs; kept so that the sources stay.
    nonisolated(unsafe) private static var interruptions: [any DispatchSourceSignal] = []
    private static let departures = Mutex<[@Sendable () -> Void]>([])

    /// A fresh directory for the stores that are compared, on the disk of TMPDIR; `run` removes it before it exits.
    public static func scratchDirectory() throws -> String {
        let path = FileManager.default.temporaryDirectory.appending(path: "vitrine-bench-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        scratch.withLock { $0 = path }
        return path
    }

    /// Has `last` called before the suite leaves, whether all went well or not: a server is stopped there.
    public static func whenLeaving(_ last: @escaping @Sendable () -> Void) {
        departures.withLock { $0.append(last) }
    }

    /// Makes an interrupted run leave like any other, so that no server or directory stays behind.
    public static func leaveWhenInterrupted() {
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { leave(128 + number, because: "interrupted") }
            source.resume()
            interruptions.append(source)
        }
    }

    /// Calls what `whenLeaving` was given, removes the scratch directory and ends the process.
    public static func leave(_ status: Int32, because problem: String? = nil) -> Never {
        if let problem { FileHandle.standardError.write(Data("\(problem)\n".utf8)) }
        for last in departures.withLock({ $0 }) { last() }
        // What cannot be removed is left to whoever empties the temporary directory.
        if let path = scratch.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: path) }
        exit(status)
    }

    /// What the command line asks for, or the end of the process with 2 when it cannot be read.
    ///
    /// `extra` names options of the module's own, each of which takes a value.
    public static func options(extra: [String] = []) -> Options {
        switch Options.parse(CommandLine.arguments.dropFirst(), extra: extra) {
        case .success(let options): options
        case .failure(let problem): leave(2, because: problem.description)
        }
    }

    /// Runs the comparisons that the command line asks for and exits: 0 when all was well, 1 when a result was wrong
    /// or the work threw, 2 for unusable arguments, 3 when `--require` was given and a ratio or a limit was missed.
    ///
    /// Arguments: `--require`, `--rounds N` (at least 5 for a figure to quote), `--filter TEXT`, `--json FILE`.
    public static func run(_ module: String, _ comparisons: [Comparison]) async -> Never {
        await run(module, comparisons, options: options())
    }

    /// The same with arguments that were read before.
    public static func run(_ module: String, _ comparisons: [Comparison], options: Options) async -> Never {
        let chosen = comparisons.filter { options.includes($0.name) }
        let report = Report(machine: Machine(), jsonPath: options.jsonPath)
        report.printHeading(module)
        var outcomes: [Outcome] = []
        for comparison in chosen {
            do {
                let outcome = try await comparison.run(rounds: options.rounds)
                report.printRows(outcome)
                outcomes.append(outcome)
            } catch {
                leave(1, because: "\(comparison.name): \(error)")
            }
        }
        do {
            try report.writeJSON(outcomes, module: module)
        } catch {
            leave(1, because: "The JSON lines could not be written: \(error)")
        }
        let missed = outcomes.filter { !$0.isMet }.map(\.comparison.name)
        guard options.isRequired, !missed.isEmpty else { leave(0) }
        leave(3, because: "Missed: \(missed.joined(separator: ", "))")
    }
}
