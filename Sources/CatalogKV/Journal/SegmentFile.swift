package import VitrineIO

/// One file of the journal, mapped over its whole size.
package final class SegmentFile: Sendable {
    private enum Mapping: Sendable {
        case readable(FileMapping)
        case writable(WritableMapping)
    }

    package let number: UInt32
    package let file: any StorageFile
    /// Bytes that are mapped: the file's size.
    package let capacity: Int
    private let mapping: Mapping

    /// Maps a file that holds records or is to hold them.
    package init(number: UInt32, file: any StorageFile, isWritable: Bool) throws(IOError) {
        self.number = number
        self.file = file
        capacity = Int(try file.size())
        mapping =
            isWritable ? .writable(try file.mapWritable(count: capacity)) : .readable(try file.map(count: capacity))
    }

    /// The file's bytes, written or not.
    package var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            switch mapping {
            case .readable(let mapping): unsafe _overrideLifetime(mapping.bytes, borrowing: self)
            case .writable(let mapping): unsafe _overrideLifetime(mapping.bytes, borrowing: self)
            }
        }
    }

    /// Copies `bytes` to `offset`; only the journal's one writer does.
    package func store(_ bytes: Span<UInt8>, at offset: Int) throws(IOError) {
        guard case .writable(let mapping) = mapping else {
            throw IOError(.write, path: file.path, offset: Int64(offset), errno: 9, detail: "mapped for reading")
        }
        try mapping.store(bytes, at: offset)
    }

    /// Makes the pages of a part ready for stores.
    package func prefault(_ range: Range<Int>) {
        if case .writable(let mapping) = mapping { mapping.prefault(range) }
    }
}
