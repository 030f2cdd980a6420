import Foundation

/// The files of this package, found from where this file stands.
enum PackageTree {
    /// The root of the package, with links followed: a build may reach the tests through one.
    static let root: String = {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return tests.resolvingSymlinksInPath().deletingLastPathComponent().path
    }()

    /// Paths, relative to the root, of the files under `directory` that end in one of `suffixes`, sorted; without those
    /// in hidden or build folders.
    static func files(under directory: String, suffixes: [String]) -> [String] {
        var found: [String] = []
        guard let walk = FileManager.default.enumerator(atPath: root + "/" + directory) else { return [] }
        for case let path as String in walk {
            let name = path.split(separator: "/").last ?? ""
            if name.hasPrefix(".") {
                walk.skipDescendants()
            } else if suffixes.contains(where: { name.hasSuffix($0) }) {
                found.append(directory + "/" + path)
            }
        }
        return found.sorted()
    }

    /// The text of a file, by its path relative to the root.
    static func text(_ path: String) throws -> String {
        try String(contentsOfFile: root + "/" + path, encoding: .utf8)
    }

    /// Whether there is a file or directory at a path relative to the root.
    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root + "/" + path)
    }
}
