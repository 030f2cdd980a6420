import Foundation

/// A page of Markdown: its links, headings and pieces of code.
struct Guide {
    /// A piece of code between lines of three backticks.
    struct Fence {
        /// The line of the opening backticks, counted from 1.
        var line: Int
        /// The word after them.
        var language: String
        /// What the comment on the line before names, as "Module/Name".
        var snippet: String?
        /// The code, without the line break at its end.
        var text: String
    }

    private(set) var links: [String] = []
    private(set) var anchors: Set<String> = []
    private(set) var fences: [Fence] = []

    /// Reads a page by its path relative to the root of the package.
    init(_ path: String) throws {
        self.init(text: try PackageTree.text(path))
    }

    /// Reads a page.
    init(text: String) {
        var open: Fence?
        var code: [Substring] = []
        var previous: Substring = ""
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.hasPrefix("```") {
                if var fence = open {
                    fence.text = code.joined(separator: "\n")
                    fences.append(fence)
                    open = nil
                } else {
                    let language = String(line.dropFirst(3))
                    open = Fence(line: index + 1, language: language, snippet: Guide.snippet(in: previous), text: "")
                    code = []
                }
            } else if open != nil {
                code.append(line)
            } else {
                if line.hasPrefix("#") { anchors.insert(Guide.anchor(of: line)) }
                links += Guide.links(in: line)
            }
            previous = line
        }
    }

    /// A path without "." and "..".
    static func normalized(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }

    private static func snippet(in line: Substring) -> String? {
        let text = line.trimmingCharacters(in: .whitespaces)
        guard text.hasPrefix("<!-- snippet:"), text.hasSuffix("-->") else { return nil }
        return text.dropFirst("<!-- snippet:".count).dropLast(3).trimmingCharacters(in: .whitespaces)
    }

    /// The targets of `[text](target)`, outside of code.
    private static func links(in line: Substring) -> [String] {
        // Every other piece between backticks is code.
        let prose = line.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset.isMultiple(of: 2) }.map { String($0.element) }.joined(separator: "code")
        return prose.components(separatedBy: "](").dropFirst().compactMap { piece in
            piece.split(whereSeparator: { $0 == ")" || $0 == " " }).first.map(String.init)
        }
    }

    /// The name that a heading gets in the address: lower case, hyphens for spaces, no punctuation.
    private static func anchor(of heading: Substring) -> String {
        let words = heading.drop { $0 == "#" }.trimmingCharacters(in: .whitespaces).lowercased()
        return String(words.filter { $0.isLetter || $0.isNumber || " -_".contains($0) }.map { $0 == " " ? "-" : $0 })
    }
}
