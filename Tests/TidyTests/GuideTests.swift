import Foundation
import Testing

@Suite("The guides")
struct GuideTests {
    static let guides: [String] =
        ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].filter(PackageTree.exists)
        + PackageTree.files(under: "Docs", suffixes: [".md"])

    @Test("every relative link leads to a file", arguments: guides)
    func links(guide: String) throws {
        for link in try Guide(guide).links {
            if link.contains("://") || link.hasPrefix("mailto:") || link.hasPrefix("doc:") { continue }
            let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
            let folder = guide.split(separator: "/").dropLast().joined(separator: "/")
            let target = parts[0].isEmpty ? guide : (folder.isEmpty ? "" : folder + "/") + parts[0]
            let path = target.removingPercentEncoding ?? target
            #expect(PackageTree.exists(path), "\(guide) links to \(link)")
            if parts.count > 1, path.hasSuffix(".md"), PackageTree.exists(path) {
                let anchors = try Guide(Guide.normalized(path)).anchors
                #expect(anchors.contains(String(parts[1])), "\(guide) links to \(link), a heading that is not there")
            }
        }
    }

    @Test("every piece of Swift in a guide is, word for word, a part of a program that is compiled", arguments: guides)
    func snippets(guide: String) throws {
        for fence in try Guide(guide).fences where fence.language == "swift" {
            // A manifest cannot be compiled here; it says what it is.
            if fence.text.hasPrefix("// Package.swift") { continue }
            guard let name = fence.snippet else {
                Issue.record("\(guide):\(fence.line): no <!-- snippet: Module/Name --> before this piece of Swift")
                continue
            }
            let file = "Snippets/\(name).swift"
            guard PackageTree.exists(file) else {
                Issue.record("\(guide):\(fence.line): there is no \(file)")
                continue
            }
            let shown = Self.shownRegions(of: try PackageTree.text(file))
            #expect(shown.contains(fence.text), "\(guide):\(fence.line) is not what \(file) shows")
        }
    }

    @Test("every snippet is quoted by a guide")
    func snippetsAreUsed() throws {
        var quoted: Set<String> = []
        for guide in Self.guides { quoted.formUnion(try Guide(guide).fences.compactMap(\.snippet)) }
        for file in PackageTree.files(under: "Snippets", suffixes: [".swift"]) {
            let name = String(file.dropFirst("Snippets/".count).dropLast(".swift".count))
            #expect(quoted.contains(name), "no guide quotes \(file)")
        }
    }

    /// What stands between "// snippet.show" and "// snippet.hide": each region, and all of them together.
    private static func shownRegions(of text: String) -> [String] {
        var regions: [[Substring]] = []
        var isShown = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            switch line.trimmingCharacters(in: .whitespaces) {
            case "// snippet.show":
                isShown = true
                regions.append([])
            case "// snippet.hide": isShown = false
            default: if isShown { regions[regions.count - 1].append(line) }
            }
        }
        return (regions + [Array(regions.joined())]).map { $0.joined(separator: "\n") }
            .map { $0.trimmingCharacters(in: .newlines) }
    }

    @Test("the reader of guides finds links, headings and code where they are")
    func reader() {
        let guide = Guide(
            text: """
                # The `house`, and *why*
                See [one](a.md) and [two](b.md#here "title"), not `[code](c.md)`.
                <!-- snippet: M/N -->
                ```swift
                let x = [1](2)
                ```
                ![picture](d.svg)
                """
        )
        #expect(guide.links == ["a.md", "b.md#here", "d.svg"])
        #expect(guide.anchors == ["the-house-and-why"])
        #expect(guide.fences.map(\.text) == ["let x = [1](2)"])
        #expect(guide.fences.map(\.snippet) == ["M/N"] && guide.fences.map(\.line) == [4])
    }
}
