import Foundation
import Glibc
import Harness
import LODEngine

/// This executable, called by itself, so that time and memory are those of the work alone.
///
///     LODEngineBenchmarks --child reduce IN OUT RATIO [THREADS]    read, simplify, write a GLB
///     LODEngineBenchmarks --child dense TRIANGLES THREADS          simplify a made mesh; prints nanoseconds
///     LODEngineBenchmarks --child run PROGRAM ARGUMENT...          runs it; prints nanoseconds and peak bytes
enum Child {
    private static let flag = "--child"

    /// Does what a parent asked for and exits, when this process is a child.
    static func actIfAsked() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard arguments.count > 2, arguments[0] == flag else { return }
        let rest = Array(arguments.dropFirst(2))
        do {
            switch arguments[1] {
            case "reduce" where rest.count >= 3:
                try reduce(rest[0], to: rest[1], ratio: Double(rest[2]) ?? 0.1)
            case "dense":
                try simplifyMade(triangleCount: Int(rest[0]) ?? 1_000_000)
            case "run":
                let spent = try spentBy(rest[0], Array(rest.dropFirst()))
                print(spent.nanoseconds, spent.peakBytes)
            default:
                throw WrongResult("no such work: \(arguments[1])")
            }
            exit(0)
        } catch {
            FileHandle.standardError.write(Data("child: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func reduce(_ input: String, to output: String, ratio: Double) throws {
        let model = try Model.read(contentsOf: input)
        var options = SimplificationOptions()
        options.measuresError = false
        let result = try Simplifier.simplify(model.sceneParts, to: .ratio(ratio), options: options)
        try model.replacingMeshes(result.meshes).write(to: output)
    }

    private static func simplifyMade(triangleCount: Int) throws {
        let mesh = DenseMesh.torus(triangleCount: triangleCount)
        var options = SimplificationOptions()
        options.measuresError = false
        let start = Timing.onTheWall()
        let result = try Simplifier.simplify([mesh], to: .ratio(0.1), options: options)
        let spent = Timing.onTheWall() - start
        guard result.triangleCount > 0, result.triangleCount <= mesh.triangleCount / 9 else {
            throw WrongResult("\(result.triangleCount) of \(mesh.triangleCount) triangles are left")
        }
        print(spent / Double(mesh.triangleCount))
    }

    /// What one run of a program took.
    struct Spent {
        let nanoseconds: Double
        let peakBytes: Double
    }

    /// Runs a program to its end under this small process, whose own memory is far below what is measured: Linux counts
    /// the memory of the process that starts a program into that program's peak.
    private static func spentBy(_ program: String, _ arguments: [String]) throws -> Spent {
        let start = Timing.onTheWall()
        var vector = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for text in vector { free(text) } }
        var process = pid_t()
        let status = posix_spawn(&process, program, nil, nil, &vector, environ)
        guard status == 0 else { throw WrongResult("\(program) could not be started: errno \(status)") }
        var state: Int32 = 0
        var usage = rusage()
        guard wait4(process, &state, 0, &usage) == process, state == 0 else {
            throw WrongResult("\(program) ended with state \(state)")
        }
        return Spent(nanoseconds: Timing.onTheWall() - start, peakBytes: Double(usage.ru_maxrss) * 1_024)
    }

    /// Time and peak memory of a program that is run in a process of its own.
    static func measure(_ program: String, _ arguments: [String]) throws -> Spent {
        let numbers = try output(of: [flag, "run", program] + arguments).split(separator: " ").compactMap { Double($0) }
        guard numbers.count >= 2 else { throw WrongResult("\(program) was not measured") }
        return Spent(nanoseconds: numbers[numbers.count - 2], peakBytes: numbers[numbers.count - 1])
    }

    /// Time and peak memory of this executable as a child.
    static func measure(work: [String]) throws -> Spent {
        try measure(executable, [flag] + work)
    }

    /// What this executable says as a child.
    static func say(work: [String]) throws -> String {
        try output(of: [flag] + work)
    }

    private static let executable = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path

    private static func output(of arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw WrongResult("the child for \(arguments.dropFirst().joined(separator: " ")) failed")
        }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
