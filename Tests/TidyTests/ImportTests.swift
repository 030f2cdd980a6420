import Foundation
import Testing

@Suite("What the sources import")
struct ImportTests {
    /// Modules of the toolchain that sources may use, and those that only tests may.
    static let toolchain: Set = ["Glibc", "Synchronization", "FoundationEssentials"]
    static let testToolchain = toolchain.union(["Foundation", "Testing"])

    let manifest: Manifest

    init() throws {
        manifest = try Manifest.current.get()
    }

    @Test("each target imports only what it declares, and declares only what it imports")
    func declaredImports() throws {
        for target in manifest.targets where target.type != "system" {
            let files = PackageTree.files(under: target.directory, suffixes: [".swift"])
            if files.isEmpty { continue }  // A target of C.
            let declared = Set(target.dependencies.map(\.name))
            let isTest = target.directory.hasPrefix("Tests/")
            let allowed = declared.union(isTest ? Self.testToolchain : Self.toolchain)
            var used: Set<String> = []
            for file in files {
                for module in try Self.imports(of: file) {
                    #expect(
                        allowed.contains(module),
                        "\(file) imports \(module), which \(target.name) does not declare"
                    )
                    used.insert(module)
                }
            }
            if !isTest {
                let unused = declared.subtracting(used)
                #expect(unused.isEmpty, "\(target.name) declares \(unused.sorted()) and never imports it")
            }
        }
    }

    @Test("every file belongs to a target")
    func noStrays() {
        let directories = manifest.targets.map { $0.directory + "/" }
        for file in PackageTree.files(under: "Sources", suffixes: [".swift", ".c", ".h", ".modulemap"])
            + PackageTree.files(under: "Tests", suffixes: [".swift"])
        {
            #expect(directories.contains { file.hasPrefix($0) }, "\(file) is built by no target")
        }
    }

    @Test("nothing is passed on to those who import us")
    func noReexports() throws {
        for file in PackageTree.files(under: "Sources", suffixes: [".swift"]) {
            #expect(!SwiftText(try PackageTree.text(file)).code.contains("@_exported"), "\(file) re-exports a module")
        }
    }

    /// The modules that a file imports, without submodules.
    private static func imports(of file: String) throws -> [String] {
        SwiftText(try PackageTree.text(file)).lines.compactMap { line in
            var words = line.split(separator: " ")
            while let word = words.first, word.hasPrefix("@") || accessLevels.contains(word) { words.removeFirst() }
            guard words.first == "import", words.count > 1 else { return nil }
            // "import struct Module.Type" names the kind first.
            let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "typealias", "func", "var", "let"]
            let name = kinds.contains(words[1]) && words.count > 2 ? words[2] : words[1]
            return name.split(separator: ".").first.map(String.init)
        }
    }

    private static let accessLevels: Set<Substring> = ["public", "package", "internal", "private", "fileprivate"]
}
