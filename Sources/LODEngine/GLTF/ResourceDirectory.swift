internal import VitrineIO

/// The directory that a .gltf file may name buffers and images in, itself and those below it.
struct ResourceDirectory: Sendable {
    private let path: String
    private let fileSystem: any FileSystem

    /// The directory at `path`.
    init(path: String, fileSystem: any FileSystem) {
        self.path = path
        self.fileSystem = fileSystem
    }

    /// The contents of the file that `uri` names.
    ///
    /// - Parameter place: The file and JSON pointer of `uri`, for errors.
    /// - Throws: `LODError` with `outsideDirectory`, `invalidModel`, `ioFailed` or `limitExceeded`.
    func load(_ uri: String, bytesMax: Int, place: String) throws -> ByteBlock {
        try load(path: try ResourceDirectory.relativePath(uri, place: place), bytesMax: bytesMax, place: place)
    }

    /// The contents of the file at a relative path, which `uri` or an OBJ spelled.
    func load(path relativePath: String, bytesMax: Int, place: String) throws -> ByteBlock {
        try ResourceDirectory.checkStaysBelow(relativePath, place: place)
        let file = path.appendingPath(relativePath)
        let root: String
        let target: String
        do {
            // A symbolic link may lead anywhere: what counts is where the path ends up.
            root = try fileSystem.canonicalPath(of: path)
            target = try fileSystem.canonicalPath(of: file)
        } catch {
            throw LODError(.ioFailed, "\(place): the file \"\(relativePath)\" could not be read", cause: error)
        }
        guard target.hasPrefix(root.hasSuffix("/") ? root : root + "/") else {
            throw ResourceDirectory.outside(relativePath, place, "it leads out by a symbolic link")
        }
        return try ByteBlock.load(target, of: fileSystem, bytesMax: bytesMax)
    }

    /// The path that a relative URI spells (RFC 3986).
    static func relativePath(_ uri: String, place: String) throws -> String {
        guard !hasScheme(uri) else { throw outside(uri, place, "a URI with a scheme is not followed") }
        guard let path = percentDecoded(uri), !path.isEmpty, !path.utf8.contains(0) else {
            throw LODError(.invalidModel, "\(place): expected a percent-encoded relative URI, found \"\(uri)\"")
        }
        return path
    }

    private static func checkStaysBelow(_ path: String, place: String) throws {
        guard !path.utf8.contains(0) else { throw outside(path, place, "it holds a NUL, at which a system call ends") }
        guard !path.hasPrefix("/"), !path.hasPrefix("\\") else { throw outside(path, place, "it is absolute") }
        let parts = path.split { $0 == "/" || $0 == "\\" }
        guard !parts.contains("..") else { throw outside(path, place, "it climbs with \"..\"") }
    }

    private static func outside(_ name: String, _ place: String, _ reason: String) -> LODError {
        LODError(.outsideDirectory, "\(place): expected a file in the model's directory, found \"\(name)\": \(reason)")
    }

    /// Whether a URI names something by HTTP, which means the same wherever the model goes.
    static func isOfAnotherMachine(_ uri: String) -> Bool {
        let scheme = uri.prefix { $0 != ":" }.lowercased()
        return scheme == "http" || scheme == "https"
    }

    private static func hasScheme(_ uri: String) -> Bool {
        guard let colon = uri.utf8.firstIndex(of: UInt8(ascii: ":")) else { return false }
        // A colon after a slash belongs to a name.
        return !uri.utf8[..<colon].contains(UInt8(ascii: "/"))
    }

    private static func percentDecoded(_ uri: String) -> String? {
        var bytes: [UInt8] = []
        var rest = uri.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
                let value = UInt8(Substring(digits), radix: 16)
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
