internal import Glibc

/// Where a command line tool's words go: results to one place, and notes, errors and progress to another.
package struct Console: Sendable {
    /// What the tool is called, before its errors.
    private let tool: String
    private let output: @Sendable (String) -> Void
    private let notes: @Sendable (String) -> Void
    /// Whether somebody is watching the notes, so that a bar may move there.
    let isWatched: Bool

    /// A console that writes wherever the caller says.
    package init(
        of tool: String,
        isWatched: Bool,
        output: @escaping @Sendable (String) -> Void,
        notes: @escaping @Sendable (String) -> Void
    ) {
        self.tool = tool
        self.isWatched = isWatched
        self.output = output
        self.notes = notes
    }

    /// The process's standard output and standard error; the bar moves where the latter is a terminal.
    package static func standard(of tool: String) -> Console {
        Console(
            of: tool,
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
    package func print(_ line: String) {
        output(line + "\n")
    }

    /// Writes a result as JSON.
    package func print(json value: some Encodable) throws {
        print(try JSONText.of(value))
    }

    /// Writes a line beside the result.
    package func note(_ line: String) {
        notes(line + "\n")
    }

    /// Tells of a failure, and in a second line what to do.
    package func report(_ message: String, advice: String? = nil) {
        note("\(tool): error: \(message)")
        if let advice { note(String(repeating: " ", count: tool.count + 2) + advice) }
    }

    /// Writes over the line that the bar is on.
    func redraw(_ line: String) {
        notes("\r\u{1B}[K" + line)
    }
}
