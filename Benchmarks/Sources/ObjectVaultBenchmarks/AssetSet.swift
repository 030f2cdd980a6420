import Foundation
import Harness

/// The files that are stored, on disk, and what is in them.
struct AssetSet: Sendable {
    let directory: String
    /// Paths within the directory, in order.
    let paths: [String]
    let byteCount: Int64

    /// The set at `directory`, which is made if it is not there.
    init(at directory: String, seed: UInt64, scale: Double) throws {
        if !FileManager.default.fileExists(atPath: directory) {
            try ShopAssets(seed: seed, scale: scale).write(to: directory)
        }
        self.directory = directory
        (paths, byteCount) = try Self.files(in: directory)
    }

    /// Files below a directory, in order, and their bytes.
    static func files(in directory: String) throws -> ([String], Int64) {
        var (paths, total): ([String], Int64) = ([], 0)
        for path in try FileManager.default.subpathsOfDirectory(atPath: directory) {
            let attributes = try FileManager.default.attributesOfItem(atPath: directory + "/" + path)
            guard attributes[.type] as? FileAttributeType == .typeRegular else { continue }
            paths.append(path)
            total += (attributes[.size] as? NSNumber)?.int64Value ?? 0
        }
        return (paths.sorted(), total)
    }

    /// Throws unless somewhere below `restored` are the same files with the same bytes.
    func check(_ restored: String) throws {
        let (found, _) = try Self.files(in: restored)
        guard let first = paths.first, let place = found.first(where: { $0.hasSuffix(first) }) else {
            throw WrongResult("nothing was restored")
        }
        let root = restored + "/" + place.dropLast(first.utf8.count)
        for path in paths {
            guard FileManager.default.contentsEqual(atPath: directory + "/" + path, andPath: root + path) else {
                throw WrongResult("\(path) was not restored as it was")
            }
        }
    }
}
