internal import ArgumentParser
internal import ObjectVault
package import VitrineConsole

/// A run of the tool, from its arguments to its exit status, as sysexits(3) has them.
package enum VaultRun {
    /// Runs the tool.
    ///
    /// - Parameters:
    ///   - arguments: without the tool's own name.
    ///   - console: where its words go.
    /// - Returns: the exit status.
    package static func run(_ arguments: [String], on console: Console) async -> Int32 {
        do {
            let command = try RootCommand.parseAsRoot(arguments)
            guard let command = command as? any VaultCommand else {
                console.print(RootCommand.helpMessage())
                return ExitStatus.ok
            }
            return try await command.run(on: console)
        } catch let error as VaultError {
            console.report(error.description)
            return status(error.code)
        } catch {
            let status = RootCommand.exitCode(for: error).rawValue
            let message = RootCommand.fullMessage(for: error)
            // A request for help is answered where results go; a misuse is told where errors go.
            if status == ExitStatus.ok { console.print(message) } else { console.note(message) }
            return status
        }
    }

    private static func status(_ code: VaultError.Code) -> Int32 {
        switch code {
        case .invalidArgument, .invalidName, .invalidRange: ExitStatus.usage
        case .isCorrupt: ExitStatus.invalidData
        case .notFound, .noSuchBucket, .notVault: ExitStatus.noInput
        case .unsupportedFormat, .keyUnavailable: ExitStatus.unsupported
        case .outOfSpace: ExitStatus.cannotCreate
        case .isLocked: ExitStatus.busy
        default: ExitStatus.ioFailed
        }
    }
}

/// A command with a console to write to, rather than the process's own output.
protocol VaultCommand: ParsableCommand {
    /// Does the work and tells the exit status.
    func run(on console: Console) async throws -> Int32
}

/// `vault` itself.
struct RootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vault",
        abstract: "Puts, gets, lists, moves and checks objects of a vault.",
        discussion: """
            An object is named BUCKET/KEY. One process has a vault open at a time: the tool works on a vault that no \
            server has open.

            Exit status, as in sysexits(3): 0 done; 1 damage was found; 64 the command line is wrong; 65 stored bytes \
            are damaged; 66 there is no such object or vault; 69 a key or a later release is needed; 73 the disk is \
            full; 74 reading or writing failed; 75 the vault is open elsewhere.
            """,
        subcommands: [
            PutCommand.self, GetCommand.self, ListCommand.self, StatCommand.self, TierCommand.self,
            SimulateCommand.self, ScrubCommand.self, VerifyCommand.self, RepairCommand.self,
            CollectCommand.self,
        ]
    )
}

/// Which vault, and how to speak of it.
struct VaultOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "The vault's directory.")
    var vault = "vault"

    @Option(help: "A file with the keys that wrap data keys, each a line id=64 hexadecimal digits.")
    var keys: String?

    @Flag(help: "Print the result as JSON.")
    var json = false

    /// Opens the vault, does the work, and closes it.
    func with<Value>(_ body: (Vault) async throws -> Value) async throws -> Value {
        var configuration = VaultConfiguration()
        if let keys { configuration.keys = try StoredKeyProvider(contentsOf: keys) }
        let opened = try await Vault.open(at: vault, configuration: configuration)
        do {
            let value = try await body(opened)
            try await opened.close()
            return value
        } catch {
            try? await opened.close()
            throw error
        }
    }
}

/// BUCKET/KEY on a command line.
func objectName(_ text: String) throws -> ObjectName {
    guard let slash = text.firstIndex(of: "/") else {
        throw ValidationError("'\(text)' names no object: write BUCKET/KEY")
    }
    return ObjectName(String(text[..<slash]), String(text[text.index(after: slash)...]))
}
