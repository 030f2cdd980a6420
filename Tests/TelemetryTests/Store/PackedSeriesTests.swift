import Telemetry
import Testing
import VitrineTestSupport

@Suite("Packed series")
struct PackedSeriesTests {
    /// Series of every shape that the codecs tell apart.
    private static func series(_ shape: Int, count: Int, _ random: inout SeededGenerator) -> ([Int64], [Double]) {
        var times: [Int64] = []
        var values: [Double] = []
        var time = Int64.random(in: 0...1_800_000_000_000, using: &random)
        var total = 0.0
        for index in 0..<count {
            time += 1_000
            if shape == 9, index % 17 == 0 { time -= 5_000 }
            times.append(shape % 2 == 0 ? time : time + Int64.random(in: -2...2, using: &random))
            total += Double(Int.random(in: 0...200, using: &random))
            switch shape {
            case 0, 1: values.append(total)
            case 2, 3: values.append(50 + Double.random(in: -10...10, using: &random))
            case 4: values.append(7.25)
            case 5: values.append(Double(Int.random(in: 0...10_000, using: &random)) / 100)
            case 6: values.append(Double(bitPattern: random.next()))
            case 7:
                values.append(
                    [0.0, -0.0, .infinity, -.infinity, .nan, 1e300, .leastNonzeroMagnitude].randomElement(
                        using: &random
                    ) ?? 0
                )
            case 8: values.append(index % 40 < 38 ? 3 : total * 1e12)
            default: values.append(index % 50 == 0 ? total : values.last ?? 0)
            }
        }
        return (times, values)
    }

    @Test("whatever is packed comes back the same to the bit", arguments: 0..<10)
    func comesBack(shape: Int) throws {
        let seed = TestEnvironment.seed(UInt64(41 + shape))
        var random = SeededGenerator(seed: seed)
        for round in 0..<TestEnvironment.count(60, soak: 5_000) {
            let count = round < 8 ? round : Int.random(in: 1...700, using: &random)
            let (times, values) = Self.series(shape, count: count, &random)
            var packer = SeriesPacker(blockCount: Int.random(in: 1...300, using: &random))
            for (time, value) in zip(times, values) { packer.append(value, at: time) }
            let packed = packer.finish()
            #expect(packed.count == count)
            var foundTimes: [Int64] = []
            var found: [Double] = []
            try PackedSeries(bytes: packed.bytes).unpack(into: &foundTimes, &found)
            #expect(foundTimes == times, "seed \(seed), round \(round)")
            #expect(found.map(\.bitPattern) == values.map(\.bitPattern), "seed \(seed), round \(round)")
        }
    }

    @Test("samples that are added together are packed to the same bytes as one by one", arguments: 0..<10)
    func together(shape: Int) throws {
        let seed = TestEnvironment.seed(UInt64(71 + shape))
        var random = SeededGenerator(seed: seed)
        for round in 0..<TestEnvironment.count(40, soak: 2_000) {
            let (times, values) = Self.series(shape, count: Int.random(in: 0...700, using: &random), &random)
            let blockCount = Int.random(in: 1...300, using: &random)
            var single = SeriesPacker(blockCount: blockCount)
            var whole = SeriesPacker(blockCount: blockCount)
            for (time, value) in zip(times, values) { single.append(value, at: time) }
            var start = 0
            while start < times.count {
                let piece = start..<min(times.count, start + Int.random(in: 1...(2 * blockCount), using: &random))
                whole.append(values.span.extracting(piece), at: times.span.extracting(piece))
                start = piece.upperBound
            }
            #expect(whole.finish() == single.finish(), "seed \(seed), round \(round)")
        }
    }

    @Test("extreme times and values survive the differences' wrapping around")
    func extremes() throws {
        let times: [Int64] = [.min, .max, 0, .max, .min, -1, 1, .min + 1]
        let values: [Double] = [9e15, -9e15, 9e15, 0, 1e-6, -1e-6, 0.1, 123_456.789]
        let packed = PackedSeries(times: times, values: values)
        var foundTimes: [Int64] = []
        var found: [Double] = []
        try packed.unpack(into: &foundTimes, &found)
        #expect(foundTimes == times)
        #expect(found == values)
    }

    @Test("each flipped bit and each truncation is noticed")
    func damage() throws {
        var random = SeededGenerator(seed: 5)
        for shape in [1, 3, 4, 5, 8] {
            let (times, values) = Self.series(shape, count: 40, &random)
            let bytes = PackedSeries(times: times, values: values).bytes
            for place in bytes.indices {
                for bit in 0..<8 {
                    var damaged = bytes
                    damaged[place] ^= 1 << UInt8(bit)
                    #expect(throws: TelemetryError.self, "bit \(bit) of byte \(place)") {
                        try PackedSeries(bytes: damaged)
                    }
                }
            }
            for length in 1..<bytes.count {
                #expect(throws: TelemetryError.self, "\(length) bytes") {
                    try PackedSeries(bytes: Array(bytes[..<length]))
                }
            }
        }
    }

    @Test("bytes that stand for more samples than are allowed are refused, and counted without being kept")
    func countMax() throws {
        var packer = SeriesPacker(blockCount: 65_536)
        for index in 0..<(4 * 65_536) { packer.append(1, at: Int64(index)) }
        let packed = packer.finish()
        #expect(packed.bytes.count < 200)
        #expect(try PackedSeries(bytes: packed.bytes, countMax: packed.count).count == packed.count)
        let error = #expect(throws: TelemetryError.self) {
            try PackedSeries(bytes: packed.bytes, countMax: packed.count - 1)
        }
        #expect(error?.code == .invalidArgument)
        // Half a mebibyte that stands for nearly half a billion samples.
        let bomb = [[UInt8]](repeating: packed.bytes, count: 1_800).flatMap(\.self)
        #expect(throws: TelemetryError.self) { try PackedSeries(bytes: bomb) }
    }

    @Test("foreign bytes give an error or samples, never a trap")
    func foreignBytes() {
        var random = SeededGenerator(seed: 6)
        for _ in 0..<TestEnvironment.count(3_000, soak: 300_000) {
            let bytes = random.bytes(Int.random(in: 1...60, using: &random))
            _ = try? PackedSeries(bytes: bytes)
        }
    }

    @Test(
        "blocks of 120 samples take few bytes",
        arguments: [("counter", 0, 1.2), ("jittered", 1, 1.7), ("noisy", 3, 7.5), ("constant", 4, 0.3)]
    )
    func size(name: String, shape: Int, most: Double) {
        var random = SeededGenerator(seed: 7)
        let (times, values) = Self.series(shape, count: 12_000, &random)
        let packed = PackedSeries(times: times, values: values)
        let size = Double(packed.bytes.count) / Double(packed.count)
        #expect(size <= most, "\(name): \(size) bytes a sample")
    }

    @Test("values that differ in a few bits in the middle take those bits, for the shorter of two codecs is chosen")
    func fewBits() throws {
        var random = SeededGenerator(seed: 8)
        let times = (0..<1_200).map { Int64($0) * 1_000 }
        let values = times.map { _ in
            Double(bitPattern: (1.0 / 3).bitPattern ^ UInt64.random(in: 0..<16, using: &random) << 40)
        }
        let packed = PackedSeries(times: times, values: values)
        // Two bits that say so and four that differ; as whole numbers they are 44 bits apart.
        #expect(packed.bytes.count <= 1_200)
        var found: (times: [Int64], values: [Double]) = ([], [])
        try packed.unpack(into: &found.times, &found.values)
        #expect(found.times == times && found.values == values)
    }

    @Test("whole numbers and decimals of every size come back, also those that doubles hardly tell apart")
    func wholeNumbers() throws {
        var random = SeededGenerator(seed: 9)
        for bits in 1..<63 {
            for power in [1.0, 10, 1_000, 1_000_000] {
                let values = (0..<40).map { _ in
                    Double(Int64.random(in: -(1 << bits)...(1 << bits), using: &random)) / power
                }
                let packed = PackedSeries(times: values.indices.map { Int64($0) }, values: values)
                var found: (times: [Int64], values: [Double]) = ([], [])
                try packed.unpack(into: &found.times, &found.values)
                #expect(found.values.map(\.bitPattern) == values.map(\.bitPattern), "\(bits) bits over \(power)")
            }
        }
    }
}
