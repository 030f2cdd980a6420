internal import FoundationEssentials
internal import Glibc
internal import VitrineSync

/// Where the tool's words go: results to one place, and notes, errors and progress to another.
package struct Console: Sendable {
    private let output: @Sendable (String) -> Void
    private let notes: @Sendable (String) -> Void
    /// Whether somebody is watching the notes, so that a bar may move there.
    let isWatched: Bool

    /// A console that writes wherever the caller says.
    package init(
        isWatched: Bool,
        output: @escaping @Sendable (String) -> Void,
        notes: @escaping @Sendable (String) -> Void
    ) {
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

    /// Tells of a failure, and what to do.
    func report(_ message: String) {
        note("vault: error: \(message)")
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
final class ProgressBar: Sendable {
    private let console: Console
    private let label: String
    private let percent = Locked(-1)

    init(_ console: Console, _ label: String) {
        self.console = console
        self.label = label
    }

    /// Shows how far the work is, from 0 to 1.
    func update(_ fraction: Double) {
        guard console.isWatched else { return }
        let percent = Int(min(max(fraction.isFinite ? fraction : 0, 0), 1) * 100)
        let isNew = self.percent.withLock { shown in
            defer { shown = percent }
            return shown != percent
        }
        guard isNew else { return }
        let filled = percent * 30 / 100
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 30 - filled)
        console.redraw("\(bar) \(percent) % \(label)")
    }

    /// Takes the bar away.
    func end() {
        if console.isWatched { console.redraw("") }
    }
}
