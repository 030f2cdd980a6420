import Foundation
import Glibc
import Harness

/// This executable, called by itself: what a hundred thousand series need is told only by a process that has held nothing
/// else, for memory that was given back stays with its process.
///
/// `TelemetryBenchmarks --child PATH`
enum MemoryChild {
    private static let flag = "--child"

    /// Measures and exits, when this process is a child.
    static func actIfAsked() async {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, arguments[1] == flag else { return }
        do {
            print(try await memoryOfLiveSeries(at: arguments[2]))
            exit(0)
        } catch {
            FileHandle.standardError.write(Data("child: \(error)\n".utf8))
            exit(1)
        }
    }

    /// The bytes for each series beside its labels, as a child finds them.
    static func measure(at path: String) throws -> Double {
        let (process, pipe) = (Process(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = [flag, path]
        process.standardOutput = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0, let bytes = Double(text.filter { !$0.isWhitespace }), bytes > 0 else {
            throw WrongResult("the child did not say how much memory it needs")
        }
        return bytes
    }
}
