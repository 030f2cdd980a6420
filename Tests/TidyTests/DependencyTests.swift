import Foundation
import Testing

@Suite("What depends on what")
struct DependencyTests {
    static let modules = ["CatalogKV", "OrderLedger", "LODEngine", "ObjectVault", "Telemetry"]
    /// The most that the package may ever depend on.
    static let packages: Set = [
        "swift-argument-parser", "swift-crypto", "swift-distributed-tracing", "swift-log", "swift-metrics",
        "swift-collections",
    ]
    /// What users run rather than import.
    static let tools = ["lod", "vault"]

    let manifest: Manifest

    init() throws {
        manifest = try Manifest.current.get()
    }

    @Test("no module builds another", arguments: modules)
    func modulesAreIndependent(module: String) {
        let others = manifest.closure(of: module).intersection(Self.modules).subtracting([module])
        #expect(others.isEmpty, "\(module) builds \(others.sorted())")
        #expect(manifest.closure(of: module).isDisjoint(with: ["VitrineTestSupport", "LODTool"]))
        #expect(!manifest.closure(of: module).contains("swift-argument-parser/ArgumentParser"))
    }

    @Test("importing LODEngine builds no SQLite, importing CatalogKV neither zlib nor libjpeg")
    func systemLibraries() {
        #expect(!manifest.closure(of: "LODEngine").contains("VitrineCSQLite"))
        #expect(manifest.closure(of: "CatalogKV").isDisjoint(with: ["VitrineCZlib", "VitrineCJPEG"]))
        // The closure is no empty set that contains nothing.
        #expect(manifest.closure(of: "OrderLedger").contains("VitrineCSQLite"))
        #expect(manifest.closure(of: "LODEngine").isSuperset(of: ["VitrineCZlib", "VitrineCJPEG"]))
    }

    @Test("each module has a product of its own, and there is no umbrella")
    func products() {
        for module in Self.modules {
            #expect(manifest.products.first { $0.name == module }?.targets == [module])
        }
        for tool in Self.tools { #expect(manifest.products.first { $0.name == tool }?.targets == [tool]) }
        // What is not for users says so by its underscore.
        let others = manifest.products.filter {
            !Self.modules.contains($0.name) && !Self.tools.contains($0.name) && !$0.name.hasPrefix("_")
        }
        #expect(others.map(\.name) == [])
    }

    @Test("packages are few, and Docs/Dependencies.md names each")
    func packagesAreNamed() throws {
        let guide = try PackageTree.text("Docs/Dependencies.md")
        #expect(!manifest.packageNames.isEmpty)
        for name in manifest.packageNames {
            #expect(Self.packages.contains(name), "\(name) is a new dependency")
            #expect(guide.contains("[\(name)]("), "Docs/Dependencies.md does not say why we need \(name)")
        }
    }

    @Test("the guide's table of what each module builds is the target graph")
    func table() throws {
        let lines = try PackageTree.text("Docs/Dependencies.md").split(separator: "\n").map(String.init)
        let header = "| module | swift-crypto | swift-log, swift-metrics | SQLite | zlib | libjpeg |"
        let start = try #require(lines.firstIndex(of: header), "the table is gone")
        var rows: [String: [String]] = [:]
        for line in lines[(start + 2)...] {
            guard line.hasPrefix("|") else { break }
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
                .map { $0.trimmingCharacters(in: .whitespaces) }
            rows[cells[0]] = Array(cells.dropFirst())
        }
        for module in Self.modules {
            let closure = manifest.closure(of: module)
            func uses(_ prefix: String) -> Bool { closure.contains { $0.hasPrefix(prefix) } }
            let facades =
                switch (uses("swift-log/"), uses("swift-metrics/")) {
                case (true, true): "yes"
                case (true, false): "swift-log"
                case (false, true): "swift-metrics"
                case (false, false): ""
                }
            let expected = [
                uses("swift-crypto/") ? "yes" : "", facades, uses("VitrineCSQLite") ? "yes" : "",
                uses("VitrineCZlib") ? "yes" : "", uses("VitrineCJPEG") ? "yes" : "",
            ]
            #expect(rows[module] == expected, "the row of \(module)")
        }
    }

    @Test("SwiftPM resolves what the guide names, and nothing else")
    func resolvedPackages() throws {
        // In a copy, for resolving writes beside the manifest; with links to the sources, which it looks at, and with
        // the versions that this build has chosen and SwiftPM therefore has in its cache.
        let copy = FileManager.default.temporaryDirectory.appendingPathComponent("vitrine-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: copy) }
        for name in try FileManager.default.contentsOfDirectory(atPath: PackageTree.root) where !name.hasPrefix(".") {
            let original = URL(fileURLWithPath: PackageTree.root).appendingPathComponent(name)
            if name == "Package.swift" || name == "Package.resolved" {
                try FileManager.default.copyItem(at: original, to: copy.appendingPathComponent(name))
            } else if ["Sources", "Tests", "Snippets"].contains(name) {
                try FileManager.default.createSymbolicLink(
                    at: copy.appendingPathComponent(name),
                    withDestinationURL: original
                )
            }
        }
        let json = try SwiftCommand.run(
            ["package", "--package-path", copy.path],
            ["show-dependencies", "--format", "json"]
        )
        let names = try JSONDecoder().decode(ResolvedPackage.self, from: json).names
        let guide = try PackageTree.text("Docs/Dependencies.md")
        for name in names { #expect(guide.contains(name), "\(name) is resolved, and the guide does not say why") }
        #expect(names.isSuperset(of: manifest.packageNames))
    }

    private struct ResolvedPackage: Decodable {
        var identity: String
        var dependencies: [ResolvedPackage]

        /// Of all packages below this one.
        var names: Set<String> { dependencies.reduce(into: []) { $0.formUnion($1.names.union([$1.identity])) } }
    }
}
