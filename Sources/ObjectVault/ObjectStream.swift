internal import Metrics

/// The bytes of an object, or of a range of it, in pieces, each verified before it is handed out.
///
/// It may be iterated several times and from several tasks; every iterator starts at the front. It holds the object's
/// file open, so that removing the object does not disturb it.
public struct ObjectStream: AsyncSequence, Sendable {
    /// A piece of the object.
    public typealias Element = [UInt8]

    /// How many bytes the stream yields in all.
    public var byteCount: Int64 { range.upperBound - range.lowerBound }
    /// The object that is read.
    public var id: ObjectID { object.header.id }

    let object: ObjectFile
    let range: Range<Int64>
    let pieceSize: Int
    let vault: Vault

    /// Starts at the front.
    public func makeAsyncIterator() -> Iterator {
        Iterator(stream: self)
    }

    /// Reads the pieces one after the other; keeps a piece and at most 1 MiB of frames in memory.
    public struct Iterator: AsyncIteratorProtocol {
        private static let framesInWindow: Int64 = 16

        private let stream: ObjectStream
        private var position: Int64
        /// The frames read last; pieces need not end where frames do.
        private var window = VerifiedFrames(range: 0..<0, bytes: [], tableEntries: [])
        /// `nil` when only a range is read, and once the check was made.
        private var wholeCheck: WholeCheck?

        init(stream: ObjectStream) {
            self.stream = stream
            position = stream.range.lowerBound
            wholeCheck = stream.range == 0..<stream.object.layout.size ? WholeCheck() : nil
        }

        /// The next piece; `nil` at the end.
        ///
        /// - Throws: `VaultError`: `.isCorrupt` with file and offset, `.ioFailed`; `CancellationError`.
        public mutating func next() async throws -> [UInt8]? {
            try Task.checkCancellation()
            guard position < stream.range.upperBound else {
                try finish()
                return nil
            }
            let end = Swift.min(position + Int64(stream.pieceSize), stream.range.upperBound)
            var piece: [UInt8] = []
            piece.reserveCapacity(Int(end - position))
            while position < end {
                if position >= window.range.upperBound { try advance(through: end) }
                let start = Int(position - window.range.lowerBound)
                let stop = Int(Swift.min(end, window.range.upperBound) - window.range.lowerBound)
                piece += window.bytes[start..<stop]
                position += Int64(stop - start)
            }
            stream.vault.metrics.readBytes.increment(by: piece.count)
            return piece
        }

        /// Reads the frame that holds `position`, and those after it up to `end` as far as the window allows.
        private mutating func advance(through end: Int64) throws(VaultError) {
            let object = stream.object
            let wanted = object.layout.frames(covering: position..<end)
            let frames = wanted.lowerBound..<Swift.min(wanted.upperBound, wanted.lowerBound + Iterator.framesInWindow)
            window = try stream.vault.explained(stream.id) { () throws(ObjectFault) in try object.verified(frames) }
            wholeCheck?.take(window)
        }

        private mutating func finish() throws(VaultError) {
            guard let check = wholeCheck.take() else { return }
            let object = stream.object
            try stream.vault.explained(stream.id) { () throws(ObjectFault) in try check.finish(object) }
        }
    }
}

@available(*, unavailable)
extension ObjectStream.Iterator: Sendable {}
