/// Where SQLite's WAL hook leaves what it was told.
package final class CommitHook {
    /// Times that it was called.
    package private(set) var calls = 0
    /// Frames in the log after the last commit.
    package private(set) var frames = 0

    /// Waits to be called.
    package init() {}

    func note(frames: Int) {
        calls += 1
        self.frames = frames
    }
}
