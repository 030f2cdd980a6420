import Foundation
import Harness

/// A program that stores a directory, and what it is called with.
struct Archiver: Sendable {
    let name: String
    /// Prints the version.
    let versionCommand: [String]
    /// What of the settings a reader should know.
    let settings: [String: String]
    /// Makes a store at a path and puts a directory into it; the commands run in the directory.
    let ingest: @Sendable (_ store: String, _ set: String) -> [[String]]
    /// Brings everything out into the working directory.
    let restore: @Sendable (_ store: String, _ set: String) -> [[String]]
    /// What of a store counts as stored.
    var storedPath: @Sendable (_ store: String) -> String = { $0 }

    static let restic = Archiver(
        name: "restic",
        versionCommand: ["restic", "version"],
        settings: ["compression": "auto (zstd)", "encryption": "AES-256-CTR, Poly1305"],
        ingest: { store, set in
            [["restic", "-q", "-r", store, "init"], ["restic", "-q", "-r", store, "backup", set]]
        },
        restore: { store, _ in [["restic", "-q", "-r", store, "restore", "latest", "--target", "."]] }
    )
    static let borg = Archiver(
        name: "borg",
        versionCommand: ["borg", "--version"],
        settings: ["compression": "lz4", "encryption": "repokey: AES-256-CTR, HMAC-SHA256"],
        ingest: { store, set in
            [["borg", "init", "-e", "repokey", store], ["borg", "create", "-C", "lz4", "\(store)::set", set]]
        },
        restore: { store, _ in [["borg", "extract", "\(store)::set"]] }
    )
    static let casync = Archiver(
        name: "casync",
        versionCommand: ["casync", "--version"],
        settings: ["compression": "its default", "encryption": "none"],
        ingest: { store, set in
            [
                ["mkdir", "-p", store],
                ["casync", "make", "--store=\(store)/chunks.castr", "\(store)/set.caidx", set],
            ]
        },
        restore: { store, _ in
            [["casync", "extract", "--store=\(store)/chunks.castr", "\(store)/set.caidx", "set"]]
        }
    )
    static let git = Archiver(
        name: "git",
        versionCommand: ["git", "--version"],
        settings: ["steps": "add, commit, repack -ad", "encryption": "none"],
        ingest: { store, set in
            let git = ["git", "-c", "user.name=bench", "-c", "user.email=bench@localhost", "--git-dir", store]
            return [
                ["git", "init", "-q", "--bare", store], git + ["--work-tree", set, "add", "-A", "."],
                git + ["--work-tree", set, "commit", "-q", "-m", "set"], git + ["repack", "-adq"],
            ]
        },
        restore: { store, _ in
            [["git", "--git-dir", store, "--work-tree", ".", "checkout", "-q", "-f", "HEAD", "--", "."]]
        }
    )

    /// The version, as the program states it; an error when it is not installed.
    func version() throws -> String {
        let (status, text) = try Self.run(versionCommand, in: "/tmp", home: "/tmp")
        guard status == 0, let line = text.split(separator: "\n").first else {
            throw WrongResult("\(name) is not installed; Debian's packages are restic, borgbackup, casync and git")
        }
        return line.split(separator: " ").first { $0.first?.isNumber == true }.map(String.init) ?? String(line)
    }

    /// Runs the commands of one step; returns the CPU time of them and of their children, in nanoseconds.
    func spend(_ commands: [[String]], in directory: String, home: String) throws -> Double {
        let start = Self.childrenCPU()
        for command in commands {
            let (status, text) = try Self.run(command, in: directory, home: home)
            guard status == 0 else {
                throw WrongResult("\(command.joined(separator: " ")) ended with \(status): \(text)")
            }
        }
        return Self.childrenCPU() - start
    }

    /// CPU time of all processes that were waited for.
    private static func childrenCPU() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage)
        let seconds = { (time: timeval) in Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return (seconds(usage.ru_utime) + seconds(usage.ru_stime)) * 1e9
    }

    private static func run(_ command: [String], in directory: String, home: String) throws -> (Int32, String) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        process.standardError = pipe
        // Caches and keys that no other run has touched.
        process.environment = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": home, "LC_ALL": "C.UTF-8",
            "RESTIC_PASSWORD": "bench", "RESTIC_CACHE_DIR": home + "/restic", "BORG_PASSPHRASE": "bench",
            "BORG_BASE_DIR": home + "/borg", "TMPDIR": NSTemporaryDirectory(),
        ]
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }
}
