internal import VitrineSync

/// A bar on a terminal that says what is being done and how far it is; nothing elsewhere.
package final class ProgressBar: Sendable {
    private let console: Console
    private let clock = ContinuousClock()
    private let state = Locked(State())

    private struct State {
        var label = ""
        var percent = -1
        var last: ContinuousClock.Instant?
    }

    /// A bar that shows nothing until work begins.
    package init(_ console: Console) {
        self.console = console
    }

    /// Starts another piece of work, of which so much is done.
    package func begin(_ label: String, at fraction: Double = 0) {
        state.withLock { $0 = State(label: label) }
        update(fraction)
    }

    /// Shows how far the work is, from 0 to 1; some ten times a second at most.
    package func update(_ fraction: Double) {
        guard console.isWatched else { return }
        let percent = Int(min(max(fraction.isFinite ? fraction : 0, 0), 1) * 100)
        let now = clock.now
        let label = state.withLock { state -> String? in
            guard percent != state.percent, state.last.map({ now - $0 > .milliseconds(80) }) ?? true else { return nil }
            state.percent = percent
            state.last = now
            return state.label
        }
        guard let label else { return }
        let filled = percent * 30 / 100
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 30 - filled)
        console.redraw("\(bar) \(percent) % \(label)")
    }

    /// Takes the bar away.
    package func end() {
        if console.isWatched { console.redraw("") }
    }
}
