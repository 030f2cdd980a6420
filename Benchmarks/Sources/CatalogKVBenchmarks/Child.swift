import Foundation
import Glibc
import Harness

/// This executable, called by itself: a process that may be killed, or whose memory is measured.
///
/// `CatalogKVBenchmarks --child kill|memory ENGINE PATH ITEMS VALUE`
enum Child {
    private static let flag = "--child"

    /// Does what a parent asked for and exits, when this process is a child.
    static func actIfAsked(_ engines: [any Store.Type]) async {
        let arguments = CommandLine.arguments
        guard arguments.count == 7, arguments[1] == flag, let items = Int(arguments[5]), let value = Int(arguments[6])
        else { return }
        let plan = Plan(itemCount: items, valueLength: value, directory: "")
        do {
            for engine in engines where engine.name == arguments[3] {
                try await act(arguments[2], engine, at: arguments[4], plan)
            }
            exit(0)
        } catch {
            FileHandle.standardError.write(Data("child: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func act<S: Store>(_ what: String, _ type: S.Type, at path: String, _ plan: Plan) async throws {
        let before = anonymousByteCount()
        let store = try await S.open(at: path, plan)
        if what == "memory" {
            print(anonymousByteCount() - before)
            try await store.close()
            return
        }
        let count = plan.itemCount / 10
        let steps = (0..<count).map { Operation(kind: .put, item: UInt32($0 * 7 % plan.itemCount)) }
        try await Driver(store, steps: steps, plan: plan, isSynced: false).run(count)
        kill(getpid(), SIGKILL)
    }

    /// Has a child open the store, overwrite every tenth item without flushing, and die by SIGKILL.
    static func writeUntilKilled(_ engine: String, plan: Plan, path: String) throws {
        let process = try run("kill", engine, plan, path, output: nil)
        guard process.terminationReason == .uncaughtSignal, process.terminationStatus == SIGKILL else {
            throw WrongResult("the child ended with \(process.terminationStatus) and was not killed")
        }
    }

    /// The bytes of memory, mapped files aside, that a child needs to open the store.
    static func memoryOfOpening(_ engine: String, plan: Plan, path: String) throws -> Double {
        let pipe = Pipe()
        _ = try run("memory", engine, plan, path, output: pipe)
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        guard let bytes = Double(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw WrongResult("the child did not say how much memory it needs")
        }
        return bytes
    }

    private static func run(
        _ what: String,
        _ engine: String,
        _ plan: Plan,
        _ path: String,
        output: Pipe?
    ) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = [flag, what, engine, path, String(plan.itemCount), String(plan.valueLength)]
        if let output { process.standardOutput = output }
        try process.run()
        process.waitUntilExit()
        return process
    }

    /// Memory of this process that no file stands behind.
    private static func anonymousByteCount() -> Int {
        let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
        return (line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) * 1_024
    }
}
