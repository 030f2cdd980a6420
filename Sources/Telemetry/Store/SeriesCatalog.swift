internal import VitrineIO

/// The file that says which series each number stands for: records that are only ever appended.
///
/// Blocks and the log name series by number, so a name is written once. A damaged record costs its one series; the
/// file is written anew when most of its series are gone.
struct SeriesCatalog {
    static let magic = "VTRNSER\n"

    static func record(_ number: UInt32, _ name: String, _ labels: [MetricLabel], _ kind: SeriesKind) -> [UInt8] {
        var out: [UInt8] = []
        Frames.append(to: &out) { out in
            out.appendLittleEndian(number)
            out.append(kind.rawValue)
            out.appendVarint(UInt64(labels.count))
            for text in [name] + labels.flatMap({ [$0.name, $0.value] }) {
                out.appendVarint(UInt64(text.utf8.count))
                out.append(contentsOf: text.utf8)
            }
        }
        return out
    }

    /// A series as a record has it.
    struct Entry {
        let number: UInt32
        let name: String
        let labels: [MetricLabel]
        let kind: SeriesKind
    }

    /// Takes the series of a record into `table`; returns whether it made sense.
    static func load(_ record: Span<UInt8>, into table: inout SeriesTable) -> Bool {
        guard let entry = entry(record) else { return false }
        return table.insert(entry.number, entry.name, entry.labels, entry.kind)
    }

    /// The series of a record, or `nil` when it makes no sense.
    static func entry(_ record: Span<UInt8>) -> Entry? {
        var reader = ByteReader(record)
        guard let number = reader.readUInt32(), let kind = reader.readUInt8().flatMap(SeriesKind.init(rawValue:)),
            let labelCount = reader.readVarint(), labelCount <= UInt64(record.count),
            let name = text(&reader)
        else { return nil }
        var labels: [MetricLabel] = []
        for _ in 0..<labelCount {
            guard let name = text(&reader), let value = text(&reader) else { return nil }
            labels.append(MetricLabel(name: name, value: value))
        }
        return Entry(number: number, name: name, labels: labels, kind: kind)
    }

    private static func text(_ reader: inout ByteReader) -> String? {
        guard let count = reader.readVarint(), count <= UInt64(reader.remaining) else { return nil }
        return reader.readBytes(Int(count)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The whole file for the series of `table`.
    static func file(of table: SeriesTable) -> [UInt8] {
        var out = FileTitle.encoded(magic)
        for number in table.numbers {
            out += record(number, table.name(number), table.labels(number), table.kind(number))
        }
        return out
    }
}
