internal import VitrineIO

extension Model {
    /// All that is wrong, odd or needless in a GLB or glTF file, in the terms of the Khronos glTF validator, and what is
    /// wrong first in an OBJ, PLY or STL file.
    ///
    /// Reads buffers and images beside a .gltf from its own directory only. Blocks while the disk reads.
    ///
    /// - Throws: `LODError` with `ioFailed` if the file cannot be read, `notAModel` if it is of no format that is read,
    ///   and `limitExceeded`. A file that is merely invalid does not throw: the report says so.
    public static func validate(contentsOf path: String, limits: ReadLimits = ReadLimits()) throws -> ValidationReport {
        let fileSystem = PosixFileSystem()
        let block = try ByteBlock.load(path, of: fileSystem, bytesMax: limits.fileBytesMax)
        let directory = ResourceDirectory(path: path.parentDirectory, fileSystem: fileSystem)
        return try report(on: block, name: path, directory: directory, limits: limits)
    }

    /// All that is wrong, odd or needless in a file in memory; URIs of other files are not checked.
    ///
    /// - Throws: as `validate(contentsOf:limits:)`.
    public static func validate(
        _ bytes: [UInt8],
        name: String,
        limits: ReadLimits = ReadLimits()
    ) throws -> ValidationReport {
        try report(on: ByteBlock(bytes), name: name, directory: nil, limits: limits)
    }

    private static func report(
        on block: ByteBlock,
        name: String,
        directory: ResourceDirectory?,
        limits: ReadLimits
    ) throws -> ValidationReport {
        do {
            if GLTFValidator.recognizes(block) {
                return try GLTFValidator.validate(block, name: name, directory: directory, limits: limits)
            }
            _ = try readFlat(block, name: name, directory: directory, limits: limits)
            return ValidationReport(name: name, findings: [], isTruncated: false)
        } catch let error as LODError where error.code == .invalidModel || error.code == .unsupported {
            // The report names the file and the byte itself.
            let start = error.message.firstRange(of: "expected")?.lowerBound ?? error.message.startIndex
            let finding = Finding(
                error.code == .unsupported ? .notChecked : .formatInvalid,
                String(error.message[start...]),
                byteOffset: error.byteOffset
            )
            return ValidationReport(name: name, findings: [finding], isTruncated: false)
        } catch let error as LODError {
            throw error.named(name)
        }
    }
}
