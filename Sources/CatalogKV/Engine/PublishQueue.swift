/// Records that were appended and that readers do not see yet, in journal order.
///
/// A record waits for a place in the journal to be flushed: its own end when it was written synced, that of the last
/// synced record before it when it was buffered. These places never go back, so the records that may be seen are always
/// the first ones.
struct PublishQueue {
    private struct Record {
        let position: UInt64
        let lastSequence: UInt64
    }

    private var records: [Record] = []
    private var first = 0

    /// Whether readers see everything that was appended.
    var isEmpty: Bool { first == records.count }
    /// What the newest record waits for.
    var lastPosition: UInt64? { isEmpty ? nil : records[records.count - 1].position }

    /// Adds the newest record.
    mutating func append(position: UInt64, lastSequence: UInt64) {
        records.append(Record(position: position, lastSequence: lastSequence))
    }

    /// Takes out the records that wait for nothing beyond `position`, and returns the last one's last sequence number.
    mutating func takeSettled(through position: UInt64) -> UInt64? {
        var last: UInt64?
        while first < records.count, records[first].position <= position {
            last = records[first].lastSequence
            first += 1
        }
        if first == records.count {
            records.removeAll(keepingCapacity: true)
            first = 0
        } else if first > 1_024 {
            records.removeFirst(first)
            first = 0
        }
        return last
    }
}
