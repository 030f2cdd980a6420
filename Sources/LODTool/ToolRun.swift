internal import ArgumentParser
internal import LODEngine
package import VitrineConsole

/// A run of the tool, from its arguments to its exit status.
package enum ToolRun {
    /// Runs the tool.
    ///
    /// - Parameters:
    ///   - arguments: Without the tool's own name.
    ///   - console: Where its words go.
    /// - Returns: The exit status; see `ExitStatus`.
    package static func run(_ arguments: [String], on console: Console) -> Int32 {
        do {
            let command = try RootCommand.parseAsRoot(arguments)
            guard let command = command as? any ToolCommand else {
                console.print(RootCommand.helpMessage())
                return ExitStatus.ok
            }
            return try command.run(on: console)
        } catch let failure as ToolFailure {
            console.report(failure.message, advice: failure.advice)
            return failure.status
        } catch let error as LODError {
            let failure = ToolFailure(error)
            console.report(failure.message, advice: failure.advice)
            return failure.status
        } catch {
            let status = RootCommand.exitCode(for: error).rawValue
            let message = RootCommand.fullMessage(for: error)
            // A request for help is answered where results go; a misuse is told where errors go.
            if status == ExitStatus.ok {
                console.print(message)
            } else {
                console.note(message)
            }
            return status
        }
    }
}

/// A command with a console to write to, rather than the process's own output.
protocol ToolCommand: ParsableCommand {
    /// Does the work and tells the exit status.
    func run(on console: Console) throws -> Int32
}

/// `lod` itself.
struct RootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lod",
        abstract: "Makes a 3D model's levels of detail, and checks, compares and pictures models.",
        discussion: """
            Reads GLB, glTF 2.0, OBJ, PLY and STL; writes GLB and PNG. A file that is there already is replaced only \
            with --overwrite, whole or not at all, and the input never.

            Exit status, as in sysexits(3): 0 done; 64 the command line is wrong; 65 the file is invalid; 66 it cannot \
            be read; 69 it needs something that is not supported; 73 an output cannot be created; 74 reading or \
            writing failed.
            """,
        subcommands: [
            BuildCommand.self, InfoCommand.self, ValidateCommand.self, CompareCommand.self, ThumbnailCommand.self,
        ]
    )
}
