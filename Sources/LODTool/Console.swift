internal import FoundationEssentials
internal import Glibc

/// Where the tool's words go: results to one place, and notes, errors and progress to another.
package struct Console {
    private let output: (String) -> Void
    private let notes: (String) -> Void
    /// Whether somebody is watching the notes, so that a bar may move there.
    let isWatched: Bool

    /// A console that writes wherever the caller says.
    package init(isWatched: Bool, output: @escaping (String) -> Void, notes: @escaping (String) -> Void) {
        self.isWatched = isWatched
        self.output = output
        self.notes = notes
    }

    /// The process's standard output and standard error; the bar moves where the latter is a terminal.
    package static var standard: Console {
        Console(
            isWatched: isatty(STDERR_FILENO) == 1,
            output: { write($0, to: STDOUT_FILENO) },
            notes: { write($0, to: STDERR_FILENO) }
        )
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            // The bytes live across the call and have the length that is passed.
            let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            // Nobody reads it any more: there is nowhere left to say so.
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }

    /// Writes a line of the result.
    func print(_ line: String) {
        output(line + "\n")
    }

    /// Writes a result as JSON.
    func print(json value: some Encodable) throws {
        print(try JSONText.of(value))
    }

    /// Writes a line beside the result.
    func note(_ line: String) {
        notes(line + "\n")
    }

    /// Tells of a failure and what to do.
    func report(_ failure: ToolFailure) {
        note("lod: error: \(failure.message)")
        note("     \(failure.advice)")
    }

    /// Writes over the line that the bar is on.
    fileprivate func redraw(_ line: String) {
        notes("\r\u{1B}[K" + line)
    }
}

/// JSON as the tool writes it: keys in order, so that the same result gives the same bytes.
enum JSONText {
    static func of(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}

/// A bar on a terminal that says what is being done and how far it is; nothing elsewhere.
final class ProgressBar {
    private let console: Console
    private let clock = ContinuousClock()
    private var label = ""
    private var percent = -1
    private var last: ContinuousClock.Instant?

    init(_ console: Console) {
        self.console = console
    }

    /// Starts another piece of work, of which so much is done.
    func begin(_ label: String, at fraction: Double = 0) {
        self.label = label
        percent = -1
        last = nil
        update(fraction)
    }

    /// Shows how far the work is, from 0 to 1; some ten times a second at most.
    func update(_ fraction: Double) {
        guard console.isWatched else { return }
        let percent = Int(min(max(fraction.isFinite ? fraction : 0, 0), 1) * 100)
        let now = clock.now
        guard percent != self.percent, last.map({ now - $0 > .milliseconds(80) }) ?? true else { return }
        self.percent = percent
        last = now
        let filled = percent * 30 / 100
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 30 - filled)
        console.redraw("\(bar) \(percent) % \(label)")
    }

    /// Takes the bar away.
    func end() {
        if console.isWatched { console.redraw("") }
    }
}
