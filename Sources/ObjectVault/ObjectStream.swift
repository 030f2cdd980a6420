internal import Metrics

/// The bytes of an object, or of a range of it, in pieces, each verified before it is handed out.
///
/// It may be iterated several times and from several tasks; every iterator starts at the front. It holds the object's
/// bytes, so that deleting the object does not disturb it.
public struct ObjectStream: AsyncSequence, Sendable {
    /// A piece of the object.
    public typealias Element = [UInt8]

    /// How many bytes the stream yields in all.
    public var byteCount: Int64 { range.upperBound - range.lowerBound }
    /// SHA-256 of the whole object that is read.
    public var id: ObjectID { object.content.digest }

    let object: OpenObject
    let range: Range<Int64>
    let pieceSize: Int

    /// Starts at the front.
    public func makeAsyncIterator() -> Iterator {
        Iterator(stream: self)
    }

    /// Reads the pieces one after the other; keeps a piece and a chunk in memory.
    public struct Iterator: AsyncIteratorProtocol {
        private let pieceSize: Int
        private var cursor: ContentCursor
        /// What is left of the chunk that was read last.
        private var rest: ArraySlice<UInt8> = []

        init(stream: ObjectStream) {
            pieceSize = stream.pieceSize
            cursor = stream.object.cursor(stream.range)
        }

        /// The next piece; `nil` at the end.
        ///
        /// - Throws: `VaultError`: `.isCorrupt` with file and offset, `.ioFailed`, `.isClosed`; `CancellationError`.
        public mutating func next() async throws -> [UInt8]? {
            try Task.checkCancellation()
            var piece: [UInt8] = []
            while piece.count < pieceSize {
                if rest.isEmpty {
                    guard let chunk = try cursor.next() else { break }
                    rest = chunk[...]
                }
                let part = rest.prefix(pieceSize - piece.count)
                if piece.isEmpty, part.count == pieceSize || rest.count == part.count {
                    piece = Array(part)
                } else {
                    piece += part
                }
                rest.removeFirst(part.count)
            }
            return piece.isEmpty ? nil : piece
        }
    }
}

@available(*, unavailable)
extension ObjectStream.Iterator: Sendable {}
