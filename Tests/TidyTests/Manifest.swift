import Foundation

/// What `swift package dump-package` says of `Package.swift`: the target graph as SwiftPM itself reads it.
struct Manifest: Decodable {
    struct Target: Decodable {
        struct Dependency: Decodable {
            /// A product of another package, `nil` for a target of this one.
            var package: String?
            /// The name of the target or product.
            var name: String

            private enum CodingKeys: String, CodingKey { case byName, target, product }

            init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: CodingKeys.self)
                if var product = try? container.nestedUnkeyedContainer(forKey: .product) {
                    name = try product.decode(String.self)
                    package = try product.decode(String.self)
                } else {
                    let key: CodingKeys = container.contains(.byName) ? .byName : .target
                    var target = try container.nestedUnkeyedContainer(forKey: key)
                    name = try target.decode(String.self)
                }
            }
        }

        var name: String
        var type: String
        var path: String?
        var dependencies: [Dependency]

        /// Where its sources are, relative to the root of the package.
        var directory: String { path ?? (type == "test" ? "Tests/" : "Sources/") + name }
    }

    struct Product: Decodable {
        var name: String
        var targets: [String]
    }

    struct Package: Decodable {
        struct Source: Decodable { var identity: String }
        var sourceControl: [Source]?
        var fileSystem: [Source]?
    }

    var targets: [Target]
    var products: [Product]
    var dependencies: [Package]

    /// Names of the packages that this one depends on.
    var packageNames: [String] {
        dependencies.flatMap { ($0.sourceControl ?? []) + ($0.fileSystem ?? []) }.map(\.identity)
    }

    /// Everything that building `target` builds: names of our targets, and of products as "package/product".
    func closure(of target: String) -> Set<String> {
        var found: Set<String> = []
        var unvisited = [target]
        while let name = unvisited.popLast() {
            guard found.insert(name).inserted else { continue }
            for dependency in targets.first(where: { $0.name == name })?.dependencies ?? [] {
                if let package = dependency.package {
                    found.insert(package + "/" + dependency.name)
                } else {
                    unvisited.append(dependency.name)
                }
            }
        }
        return found
    }

    /// The manifest of this package, asked for once.
    static let current: Result<Manifest, any Error> = Result {
        let json = try SwiftCommand.run(["package", "--package-path", PackageTree.root], ["dump-package"])
        return try JSONDecoder().decode(Manifest.self, from: json)
    }
}

/// Runs the compiler's driver, with a scratch folder of its own: the one of the running test is locked.
enum SwiftCommand {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// The standard output of `swift` with `options`, the scratch folder and `arguments`.
    static func run(_ options: [String], _ arguments: [String]) throws -> Data {
        let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("vitrine-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: scratch) }
        return try output(of: find(), options + ["--scratch-path", scratch.path] + arguments)
    }

    /// What `scripts/` chose, else the first `swift` of PATH that is a compiler: another program has the same name.
    private static func find() throws -> String {
        let environment = ProcessInfo.processInfo.environment
        if let chosen = environment["VITRINE_SWIFT"] { return chosen }
        let folders = (environment["PATH"] ?? "").split(separator: ":").map(String.init) + ["/opt/swift/usr/bin"]
        for folder in folders {
            let candidate = folder + "/swift"
            guard FileManager.default.isExecutableFile(atPath: candidate),
                let version = try? output(of: candidate, ["--version"])
            else { continue }
            if String(decoding: version, as: UTF8.self).contains("Swift version") { return candidate }
        }
        throw Failure(description: "no Swift compiler on PATH; set VITRINE_SWIFT")
    }

    private static func output(of program: String, _ arguments: [String]) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let output = Pipe()
        // A file, not a second pipe: nobody would read it while we wait for the first.
        let errors = FileManager.default.temporaryDirectory.appendingPathComponent("vitrine-\(UUID().uuidString).log")
        _ = FileManager.default.createFile(atPath: errors.path, contents: nil)
        defer { try? FileManager.default.removeItem(at: errors) }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let words = (try? String(contentsOf: errors, encoding: .utf8)) ?? ""
            throw Failure(description: "\(program) \(arguments.joined(separator: " ")): \(words)")
        }
        return data
    }
}
