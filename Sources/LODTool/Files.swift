internal import LODEngine
internal import VitrineConsole
internal import VitrineIO

/// The file that a command reads.
struct InputFile {
    let path: String

    /// Refuses what is not there before anything is done.
    init(_ path: String) throws {
        self.path = path
        let info = try? PosixFileSystem().info(path)
        guard let info else {
            throw ToolFailure(ExitStatus.noInput, "\(path): there is no such file", advice: "Check the path.")
        }
        guard !info.isDirectory else {
            throw ToolFailure(ExitStatus.noInput, "\(path): this is a directory", advice: "Name a file in it.")
        }
    }

    /// The name without directory and ending.
    var stem: String {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
        return String(name[..<dot])
    }

    /// Bytes in the file.
    var byteCount: Int {
        (try? PosixFileSystem().info(path)).flatMap { $0 }.map { Int($0.size) } ?? 0
    }

    func read() throws -> Model {
        try Model.read(contentsOf: path)
    }
}

/// The files that a command writes: never over an input, over others only if that was asked for, each whole or not at all.
struct OutputFiles {
    let inputs: [InputFile]
    let overwrites: Bool

    /// Refuses what must not or cannot be written, before any work is done.
    func check(_ paths: [String]) throws {
        let fileSystem = PosixFileSystem()
        var seen: Set<String> = []
        for path in paths {
            guard seen.insert(path).inserted else {
                throw ToolFailure(
                    ExitStatus.usage,
                    "\(path): two outputs have this name",
                    advice: "Use {level} in --name, and give each level a name of its own."
                )
            }
            let info = (try? fileSystem.info(path)).flatMap { $0 }
            guard let info else { continue }
            let place = try? fileSystem.canonicalPath(of: path)
            if inputs.contains(where: { (try? fileSystem.canonicalPath(of: $0.path)) == place }) {
                throw ToolFailure(
                    ExitStatus.cannotCreate,
                    "\(path): this is the input, which is never overwritten",
                    advice: "Name another output."
                )
            }
            guard !info.isDirectory, overwrites else {
                throw ToolFailure(
                    ExitStatus.cannotCreate,
                    info.isDirectory ? "\(path): this is a directory" : "\(path): this file is there already",
                    advice: info.isDirectory
                        ? "Name a file in it." : "Name another output, or pass --overwrite to replace it."
                )
            }
        }
    }

    /// Makes a directory and those above it that are missing.
    func makeDirectory(_ path: String) throws {
        do {
            try PosixFileSystem().createDirectories(path)
        } catch {
            throw ToolFailure(
                ExitStatus.cannotCreate,
                "\(path): the directory cannot be made (\(error))",
                advice: "Check the path and your rights to it."
            )
        }
    }

    /// Writes a file beside its place and renames it.
    func write(_ bytes: [UInt8], to path: String) throws {
        do {
            try PosixFileSystem().replaceFile(at: path, with: bytes.span)
        } catch {
            throw ToolFailure(
                ExitStatus.cannotCreate,
                "\(path): the file cannot be written (\(error))",
                advice: "Check that its directory is there, your rights to it and the space on the disk."
            )
        }
    }
}
