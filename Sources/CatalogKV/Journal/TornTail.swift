internal import VitrineIO

/// Decides whether a bad record is what a crash left of unflushed data, or damage.
///
/// It is damage when any record behind it, in its segment or a later one, says that the bad one's place had been
/// flushed. Every offset is tried, because lengths behind a bad record cannot be believed.
package struct TornTail {
    /// A segment from the torn one on.
    package struct Candidate {
        let number: UInt32
        let header: SegmentHeader?
        let file: any StorageFile
    }

    package let storeID: UInt64
    /// The segment with the bad record, and all that are listed after it.
    package let candidates: [Candidate]
    /// Where the bad record begins.
    package let end: Int

    /// Whether a later record claims the place; blocks.
    package func isClaimed() throws -> Bool {
        for (index, candidate) in candidates.enumerated() {
            // The segment between the two was compacted away, which only happens to what was flushed.
            if index > 0, let header = candidate.header, header.previousNumber > candidates[index - 1].number {
                return true
            }
            let seed = SegmentHeader.checksumSeed(storeID: storeID, number: candidate.number)
            let bytes = try onDisk("reading the journal") { () throws(IOError) in
                try candidate.file.readBytes(Int(try candidate.file.size()), at: 0)
            }
            if claims(bytes.span, seed: seed, index: index) { return true }
        }
        return false
    }

    private func claims(_ bytes: Span<UInt8>, seed: CRC32C, index: Int) -> Bool {
        var offset = index == 0 ? end + 1 : 0
        while offset <= bytes.count - RecordHeader.byteCount {
            // A header ends in time and checksum, which are not all zeros.
            guard let nonzero = bytes.firstNonzero(from: offset) else { return false }
            offset = max(offset, nonzero - (RecordHeader.byteCount - 1))
            guard offset <= bytes.count - RecordHeader.byteCount else { return false }
            let window = bytes.extracting(offset..<offset + RecordHeader.byteCount)
            if let later = RecordHeader(window, at: offset, seed: seed),
                reaches(from: index, offset, back: later.unsettledByteCount)
            {
                return true
            }
            offset += 1
        }
        return false
    }

    /// Whether what lies `unsettled` bytes before a place of segment `index` is behind the bad record's beginning.
    private func reaches(from index: Int, _ offset: Int, back unsettled: Int) -> Bool {
        var index = index
        var offset = offset
        var rest = unsettled
        while rest > offset {
            // Without its header it is not known where the segment before this one ended.
            guard index > 0, let header = candidates[index].header,
                header.previousNumber == candidates[index - 1].number
            else { return false }
            rest -= offset
            index -= 1
            offset = Int(header.previousByteCount)
        }
        return index > 0 || offset - rest > end
    }
}
