import Foundation

/// Says what is going on: one line that is drawn over on a terminal, a line per step elsewhere.
struct Progress {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let start = ContinuousClock.now

    /// A headline for what comes next.
    func begin(_ title: String) {
        write("\(isTerminal ? "\r\u{1B}[K" : "")\(elapsed)  \(title)\n")
    }

    /// Where the work stands; `fraction` from 0 to 1 draws a bar.
    func update(_ text: String, fraction: Double) {
        guard isTerminal else { return }
        let width = 28
        let filled = Int((max(0, min(1, fraction)) * Double(width)).rounded())
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        write("\r\u{1B}[K        \(bar) \(text)")
    }

    /// The outcome of a step.
    func note(_ text: String) {
        write("\(isTerminal ? "\r\u{1B}[K" : "")        \(text)\n")
    }

    private var elapsed: String {
        String(format: "%5.1f s", (ContinuousClock.now - start).inSeconds)
    }

    private func write(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }
}

extension Duration {
    /// Seconds, with their fraction.
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
