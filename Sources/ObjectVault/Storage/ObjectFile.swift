internal import Glibc
internal import VitrineIO

/// An object's file, open for reading, whose header and length have been checked.
///
/// Nothing leaves it unverified: bytes come in whole frames whose checksums matched, and `WholeCheck` adds the digest
/// for those who read all of it.
struct ObjectFile: Sendable {
    let file: any StorageFile
    let header: ObjectHeader

    var layout: ObjectLayout { header.layout }

    /// Opens the file of `id` at `path`; `nil` when there is none.
    static func open(_ id: ObjectID, at path: String, on disk: any FileSystem) throws(ObjectFault) -> ObjectFile? {
        let file: any StorageFile
        do throws(IOError) {
            file = try disk.open(path, .read)
        } catch {
            if error.errno == ENOENT { return nil }
            throw .io(error)
        }
        let start = try file.checkedBytes(ObjectFormat.headerBytes, at: 0)
        let header = try ObjectHeader(decoding: start.span)
        guard header.id == id else { throw .damage(offset: 24, "the file is that of object \(header.id)") }
        let size: Int64
        do throws(IOError) {
            size = try file.size()
        } catch {
            throw .io(error)
        }
        guard size == header.layout.fileBytes else {
            throw .damage(
                offset: min(size, header.layout.fileBytes),
                "the file has \(size) bytes, and should have \(header.layout.fileBytes)"
            )
        }
        return ObjectFile(file: file, header: header)
    }

    /// The bytes of `frames`, each checked against its entry in the frame table.
    func verified(_ frames: Range<Int64>) throws(ObjectFault) -> VerifiedFrames {
        let range = layout.bytes(in: frames)
        let bytes = try file.checkedBytes(range.count, at: layout.fileOffset(of: range.lowerBound))
        let entryBytes = ObjectFormat.tableEntryBytes
        let entries = try file.checkedBytes(
            frames.count * entryBytes,
            at: layout.tableOffset + frames.lowerBound * Int64(entryBytes)
        )
        var reader = ByteReader(entries.span)
        for frame in frames {
            let inFrame = layout.bytes(in: frame..<frame + 1)
            var checksum = ObjectFormat.frameChecksum(startingFrame: frame)
            let start = Int(inFrame.lowerBound - range.lowerBound)
            checksum.update(bytes.span.extracting(start..<start + inFrame.count))
            guard reader.readUInt32() == checksum.value else {
                let offset = layout.fileOffset(of: inFrame.lowerBound)
                throw .damage(offset: offset, "frame \(frame), of \(inFrame.count) bytes, does not match its checksum")
            }
        }
        return VerifiedFrames(range: range, bytes: bytes, tableEntries: entries)
    }

    /// The bytes of `range`, which lies within the object.
    func verified(bytesIn range: Range<Int64>) throws(ObjectFault) -> [UInt8] {
        let found = try verified(layout.frames(covering: range))
        if found.range == range { return found.bytes }
        guard !range.isEmpty else { return [] }
        let start = Int(range.lowerBound - found.range.lowerBound)
        return Array(found.bytes[start..<start + range.count])
    }

    /// All bytes, checked frame by frame and against the digest.
    func verifiedWhole() throws(ObjectFault) -> [UInt8] {
        let all = try verified(0..<layout.frameCount)
        var check = WholeCheck()
        check.take(all)
        try check.finish(self)
        return all.bytes
    }
}

/// Frames whose checksums matched.
struct VerifiedFrames: Sendable {
    /// Which of the object's bytes they hold.
    let range: Range<Int64>
    let bytes: [UInt8]
    /// Their part of the frame table.
    let tableEntries: [UInt8]
}

/// What remains to be checked when all frames of an object went by in order: the digest, the table, the footer.
struct WholeCheck {
    private var digester: Digester?
    private var tableChecksum = CRC32C()

    /// Leaves the digest out when `withDigest` is false: what frames and table can show costs a tenth of it.
    init(withDigest: Bool = true) {
        digester = withDigest ? Digester() : nil
    }

    /// Takes in the next frames.
    mutating func take(_ frames: VerifiedFrames) {
        digester?.update(frames.bytes.span)
        tableChecksum.update(frames.tableEntries.span)
    }

    /// Checks what was taken in.
    func finish(_ object: ObjectFile) throws(ObjectFault) {
        let layout = object.layout
        let expected = ObjectFooter.encoded(tableChecksum: tableChecksum.value, header: object.header.encoded())
        let footer = try object.file.checkedBytes(ObjectFormat.footerBytes, at: layout.footerOffset)
        if let wrong = footer.indices.first(where: { footer[$0] != expected[$0] }) {
            throw .damage(
                offset: layout.footerOffset + Int64(wrong),
                "the footer is not the one that frame table and header call for"
            )
        }
        guard let digest = digester?.finish() else { return }
        guard digest == object.header.id else {
            throw .damage(offset: layout.fileOffset(of: 0), "the object's bytes have the SHA-256 digest \(digest)")
        }
    }
}

extension StorageFile {
    /// Reads exactly `count` bytes.
    fileprivate func checkedBytes(_ count: Int, at offset: Int64) throws(ObjectFault) -> [UInt8] {
        let bytes: [UInt8]
        do throws(IOError) {
            bytes = try readBytes(count, at: offset)
        } catch {
            throw .io(error)
        }
        guard bytes.count == count else {
            throw .damage(offset: offset + Int64(bytes.count), "the file ends \(count - bytes.count) bytes too early")
        }
        return bytes
    }
}
