import Foundation
import Glibc
import Harness

/// This executable, called by itself: a process that may be killed, or whose memory is measured.
///
/// `CatalogKVBenchmarks --child kill|memory|resident ENGINE PATH ITEMS VALUE`
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
        if what == "memory" || what == "resident" {
            if what == "resident" { try readInto(store, plan) }
            print(anonymousByteCount() - before, store.residentValueByteCount)
            try await store.close()
            return
        }
        let count = plan.itemCount / 10
        let steps = (0..<count).map { Operation(kind: .put, item: UInt32($0 * 7 % plan.itemCount)) }
        try await Driver(store, steps: steps, plan: plan, isSynced: false).run(count)
        kill(getpid(), SIGKILL)
    }

    /// Reads every item many times, in no order that neighbours know, so that as many values come to stand in memory as
    /// the store lets.
    private static func readInto<S: Store>(_ store: S, _ plan: Plan) throws {
        let session = try store.session(isSynced: false)
        for index in 0..<plan.itemCount {
            let item = Int((UInt64(index) * 611_953) % UInt64(plan.itemCount))
            let key = S.Session.prepare(ItemKey(item: item), forRange: false)
            for _ in 0..<24 where try session.sum(key) != Values.sum(item) {
                throw WrongResult("item \(item) is wrong in a child")
            }
        }
    }

    /// Has a child open the store, overwrite every tenth item without flushing, and die by SIGKILL.
    static func writeUntilKilled(_ engine: String, plan: Plan, path: String) throws {
        let process = try run("kill", engine, plan, path, output: nil)
        guard process.terminationReason == .uncaughtSignal, process.terminationStatus == SIGKILL else {
            throw WrongResult("the child ended with \(process.terminationStatus) and was not killed")
        }
    }

    /// The bytes of memory, mapped files aside, that a child needs to open the store and, if asked, to have read all of
    /// it; and how many of these its budget for values counts.
    static func memory(
        _ engine: String,
        plan: Plan,
        path: String,
        isRead: Bool
    ) throws -> (byteCount: Double, valueByteCount: Double) {
        let pipe = Pipe()
        _ = try run(isRead ? "resident" : "memory", engine, plan, path, output: pipe)
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let numbers = text.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
        guard numbers.count == 2 else { throw WrongResult("the child did not say how much memory it needs") }
        return (numbers[0], numbers[1])
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
