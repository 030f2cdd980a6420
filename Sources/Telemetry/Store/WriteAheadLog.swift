internal import VitrineIO

/// The log of the samples in memory: one file for each head, a record for each append.
///
/// The format is that of Docs/formats/telemetry.md.
struct WriteAheadLog {
    static let magic = "VTRNLOG\n"
    private enum Code {
        static let list: UInt8 = 1
        static let batch: UInt8 = 2
        static let loose: UInt8 = 3
        static let increases: UInt8 = 4
        static let names: UInt8 = 5
    }

    let number: UInt64
    let path: String
    private let file: any StorageFile
    private(set) var end: Int64
    private var isSynchronized = true
    /// The lists that this file names, by identity of the newest.
    private var newestList: SeriesList?
    private var listCount: UInt32 = 0

    static func name(_ number: UInt64) -> String { "\(number).log" }
    static func number(of name: String) -> UInt64? {
        name.hasSuffix(".log") ? UInt64(name.dropLast(4)) : nil
    }

    /// Makes the file, its name safe from a crash; leaves none where there is no room for it.
    init(number: UInt64, in directory: String, on disk: any FileSystem) throws(IOError) {
        self.number = number
        path = directory.appendingPath(Self.name(number))
        file = try disk.open(path, .createNew)
        let title = FileTitle.encoded(Self.magic)
        do throws(IOError) {
            try file.writeAll(title.span, at: 0)
        } catch {
            try? file.close()
            try disk.remove(path)
            throw error
        }
        end = Int64(title.count)
        try file.synchronize()
        try disk.synchronizeDirectory(directory)
    }

    /// Writes what one append brings, in one call: all of it or nothing.
    ///
    /// `names` are records of the catalogue that are new with it.
    mutating func append(
        names: [[UInt8]],
        batch: (kept: Head.Batch, values: [Double])?,
        loose: [Head.Loose],
        increases: [Head.Increase]
    ) throws(IOError) {
        var bytes: [UInt8] = []
        var lists = (newest: newestList, count: listCount)
        if !names.isEmpty {
            Frames.append(to: &bytes) { out in
                out.append(Code.names)
                out.appendVarint(UInt64(names.count))
                for name in names {
                    out.appendVarint(UInt64(name.count))
                    out.append(contentsOf: name)
                }
            }
        }
        if let batch {
            bytes.reserveCapacity(bytes.count + 8 * batch.values.count + 64)
            if lists.newest !== batch.kept.list {
                lists = (batch.kept.list, lists.count + 1)
                Frames.append(to: &bytes) { Self.encode(batch.kept.list, number: lists.count, into: &$0) }
            }
            Frames.append(to: &bytes) { Self.encode(batch.values, at: batch.kept.time, list: lists.count, into: &$0) }
        }
        if !loose.isEmpty { Frames.append(to: &bytes) { Self.encode(loose, into: &$0) } }
        if !increases.isEmpty { Frames.append(to: &bytes) { Self.encode(increases, into: &$0) } }
        isSynchronized = false
        try file.appendAll(bytes.span, at: end)
        end += Int64(bytes.count)
        (newestList, listCount) = lists
    }

    /// Makes all that was appended safe from a crash.
    mutating func synchronize() throws(IOError) {
        if isSynchronized { return }
        try file.synchronize()
        isSynchronized = true
    }

    func close() {
        // All that matters was flushed, or is in memory still.
        try? file.close()
    }

    private static func encode(_ list: SeriesList, number: UInt32, into out: inout [UInt8]) {
        out.append(Code.list)
        out.appendLittleEndian(number)
        out.appendVarint(UInt64(list.numbers.count))
        var previous: UInt32 = 0
        for series in list.numbers {
            out.appendVarint(UInt64(series - previous))
            previous = series
        }
    }

    private static func encode(_ values: [Double], at time: Int64, list: UInt32, into out: inout [UInt8]) {
        out.append(Code.batch)
        out.appendLittleEndian(list)
        out.appendLittleEndian(time)
        // Doubles as they lie in memory: every machine that Swift runs on is little-endian, and the format says so.
        unsafe values.withUnsafeBytes { unsafe out.append(contentsOf: $0) }
    }

    private static func encode(_ samples: [Head.Loose], into out: inout [UInt8]) {
        out.append(Code.loose)
        out.appendVarint(UInt64(samples.count))
        for sample in samples {
            out.appendLittleEndian(sample.number)
            out.appendLittleEndian(sample.time)
            out.appendLittleEndian(sample.value.bitPattern)
        }
    }

    private static func encode(_ samples: [Head.Increase], into out: inout [UInt8]) {
        out.append(Code.increases)
        out.appendVarint(UInt64(samples.count))
        for sample in samples {
            out.appendLittleEndian(sample.number)
            out.appendLittleEndian(sample.time)
            sample.increase.encode(into: &out)
        }
    }

    /// Calls the head's additions for each record of a log that is no longer written.
    ///
    /// - Returns: what was found beside records, and records that made no sense.
    static func replay(_ file: Span<UInt8>, into target: inout Replay) -> Frames.Findings {
        var lists: [UInt32: SeriesList] = [:]
        var failures = 0
        var findings = Frames.read(file, from: min(FileTitle.byteCount, file.count)) { record in
            if !load(record, &lists, &target) { failures += record.count }
        }
        findings.damagedByteCount += failures
        return findings
    }

    private static func load(_ record: Span<UInt8>, _ lists: inout [UInt32: SeriesList], _ target: inout Replay) -> Bool
    {
        var reader = ByteReader(record)
        switch reader.readUInt8() {
        case Code.names:
            guard let count = reader.readVarint(), count <= UInt64(record.count) else { return false }
            for _ in 0..<count {
                guard let length = reader.readVarint(), length <= UInt64(reader.remaining),
                    let name = reader.readBytes(Int(length))
                else { return false }
                target.names.append(name)
            }
            return true
        case Code.list:
            guard let number = reader.readUInt32(), let count = reader.readVarint(), count <= UInt64(record.count)
            else {
                return false
            }
            var numbers: [UInt32] = []
            var previous: UInt64 = 0
            for _ in 0..<count {
                guard let gap = reader.readVarint(), gap <= UInt64(UInt32.max) else { return false }
                previous += gap
                guard let series = UInt32(exactly: previous), series < SeriesTable.numberMax,
                    series > numbers.last ?? 0 || numbers.isEmpty
                else { return false }
                numbers.append(series)
            }
            lists[number] = SeriesList(numbers)
            return true
        case Code.batch:
            guard let number = reader.readUInt32(), let time = reader.readInt64(), StoredTime.isValid(time),
                let list = lists[number], reader.remaining == 8 * list.numbers.count
            else { return false }
            var values: [Double] = []
            values.reserveCapacity(list.numbers.count)
            while let bits = reader.readUInt64() { values.append(Double(bitPattern: bits)) }
            target.samples.append(.batch(Head.Batch(time: time, list: list, values: BatchValues(values))))
            return true
        case Code.loose:
            guard let count = reader.readVarint(), count <= UInt64(record.count) else { return false }
            for _ in 0..<count {
                guard let (number, time) = place(&reader), let bits = reader.readUInt64() else { return false }
                let sample = Head.Loose(number: number, time: time, value: Double(bitPattern: bits))
                target.samples.append(.loose(sample))
            }
            return true
        case Code.increases:
            guard let count = reader.readVarint(), count <= UInt64(record.count) else { return false }
            for _ in 0..<count {
                guard let (number, time) = place(&reader), let increase = SeriesHistogram(from: &reader) else {
                    return false
                }
                target.samples.append(.increase(Head.Increase(number: number, time: time, increase: increase)))
            }
            return true
        default: return false
        }
    }

    /// A sample's series and time.
    private static func place(_ reader: inout ByteReader) -> (number: UInt32, time: Int64)? {
        guard let number = reader.readUInt32(), number < SeriesTable.numberMax, let time = reader.readInt64(),
            StoredTime.isValid(time)
        else { return nil }
        return (number, time)
    }
}

/// What logs held, in the order in which it came: of two samples of one time the later counts.
struct Replay {
    enum Samples {
        case batch(Head.Batch)
        case loose(Head.Loose)
        case increase(Head.Increase)
    }

    var samples: [Samples] = []
    /// The catalogue's records of series that were new.
    var names: [[UInt8]] = []
}

extension SeriesHistogram {
    /// Appends the histogram as one row, for the log.
    func encode(into out: inout [UInt8]) {
        for value in [sum, min, max, zeros] { out.appendLittleEndian(value.bitPattern) }
        for side in [positive, negative] {
            out.appendVarint(UInt64(side.count))
            var previous: Int64 = 0
            for bucket in side {
                out.appendVarint((Int64(bucket.index) - previous).zigzag)
                previous = Int64(bucket.index)
                out.appendLittleEndian(bucket.count.bitPattern)
            }
        }
    }

    /// Reads what `encode` wrote.
    init?(from reader: inout ByteReader) {
        var values: [Double] = []
        for _ in 0..<4 {
            guard let bits = reader.readUInt64() else { return nil }
            values.append(Double(bitPattern: bits))
        }
        self.init()
        (sum, min, max, zeros) = (values[0], values[1], values[2], values[3])
        for side in [\SeriesHistogram.positive, \SeriesHistogram.negative] {
            guard let count = reader.readVarint(), count <= 8_192 else { return nil }
            var number: Int32?
            for _ in 0..<count {
                guard let gap = reader.readVarint(), let bits = reader.readUInt64(),
                    let next = Self.index(Int64(zigzag: gap), behind: number)
                else { return nil }
                self[keyPath: side].append(Bucket(index: next, count: Double(bitPattern: bits)))
                number = next
            }
        }
    }
}
