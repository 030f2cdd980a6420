import CatalogKV
import Testing
import VitrineTestSupport

@Suite("The timing wheel")
struct TimingWheelTests {
    private static let start: Int64 = 1_780_000_000_000

    @Test("hands out what a sorted list would, wherever the clock jumps", arguments: 0..<8)
    func model(_ round: UInt64) {
        var generator = SeededGenerator(seed: TestEnvironment.seed(0x3EE1 &+ round))
        var now = Self.start
        var wheel = TimingWheel(now: now)
        var model: [HeldKey] = []
        for step in 0..<TestEnvironment.count(4_000, soak: 400_000) {
            switch Int.random(in: 0..<100, using: &generator) {
            case 0..<55:
                let key = generator.bytes(Int.random(in: 0..<40, using: &generator))
                let item = HeldKey(key: key, time: now.addingClamped(Self.distance(using: &generator)))
                wheel.insert(key.span, at: item.time)
                model.append(item)
            case 55..<75: now = now.addingClamped(Int64.random(in: 0..<100_000, using: &generator))
            case 75: now = now.addingClamped(Self.distance(using: &generator))
            case 76: now = Self.start
            default:
                let limit = Int.random(in: 1...40, using: &generator)
                var taken: [HeldKey] = []
                var isDone = false
                // A call may stop short of its limit where many items had to move.
                while taken.count < limit, !isDone {
                    isDone = wheel.takeDue(now: now, limit: limit - taken.count) { key, time in
                        taken.append(HeldKey(key: key.indices.map { key[$0] }, time: time))
                    }
                }
                let dueCount = model.count { $0.time <= now }
                #expect(taken.count == min(limit, dueCount), "step \(step) of seed \(generator.seed)")
                for item in taken {
                    #expect(item.time <= now)
                    guard let index = model.firstIndex(of: item) else {
                        Issue.record("\(item) was not held, or handed out twice: seed \(generator.seed)")
                        return
                    }
                    model.swapAt(index, model.count - 1)
                    model.removeLast()
                }
            }
            #expect(wheel.count == model.count)
        }
    }

    @Test("holds every time there is, from the first to the last")
    func range() {
        var wheel = TimingWheel(now: .min)
        let times: [Int64] = [.min, .min + 1, -1, 0, 1, 63, 64, 4_095, 4_096, Self.start, .max - 1, .max]
        for time in times { wheel.insert([UInt8(1)].span, at: time) }
        for time in times {
            var taken: [Int64] = []
            while !wheel.takeDue(now: time, limit: 10, { _, time in taken.append(time) }) {}
            #expect(taken == [time])
        }
        #expect(wheel.count == 0)
    }

    @Test("hands out nothing early after the clock was set back, and everything when it is time")
    func setBack() {
        var wheel = TimingWheel(now: Self.start)
        let year: Int64 = 31_536_000_000
        wheel.insert([UInt8(1)].span, at: Self.start + 2 * year)
        // The clock goes three years on and is set right again; the wheel saw both.
        var taken: [[UInt8]] = []
        func take(at now: Int64) {
            while !wheel.takeDue(now: now, limit: 10, { key, _ in taken.append([key[0]]) }) {}
        }
        take(at: Self.start + 3 * year)
        #expect(taken == [[1]])
        wheel.insert([UInt8(2)].span, at: Self.start + 4 * year)
        take(at: Self.start + 3 * year)
        wheel.insert([UInt8(3)].span, at: Self.start + 1_000)
        wheel.insert([UInt8(4)].span, at: Self.start + 500)
        take(at: Self.start)
        #expect(taken == [[1]])
        take(at: Self.start + 500)
        #expect(taken == [[1], [4]])
        take(at: Self.start + 999)
        take(at: Self.start + 1_000)
        #expect(taken == [[1], [4], [3]])
        take(at: Self.start + 4 * year)
        #expect(taken == [[1], [4], [3], [2]])
    }

    @Test("bounds a call, however many items come due at once")
    func bounded() {
        var wheel = TimingWheel(now: Self.start)
        let count = 50_000
        for number in 0..<count { wheel.insert([UInt8(0)].span, at: Self.start + 3_600_000 + Int64(number)) }
        var calls = 0
        var taken = 0
        var isDone = false
        while !isDone {
            calls += 1
            let before = taken
            isDone = wheel.takeDue(now: Self.start + 7_200_000, limit: 100) { _, _ in taken += 1 }
            #expect(taken - before <= 100)
        }
        #expect(taken == count && calls >= count / 100)
    }

    @Test("is audited: drops what is worth nothing and keeps each key once, at its time")
    func audit() {
        var generator = SeededGenerator(seed: TestEnvironment.seed(0xA0D1))
        var wheel = TimingWheel(now: Self.start)
        var live: [[UInt8]: Int64] = [:]
        for number in 0..<3_000 {
            let key = [UInt8(number % 200), UInt8(number % 7)]
            let time = Self.start + Int64.random(in: -50...1_000_000, using: &generator)
            wheel.insert(key.span, at: time)
            live[key] = number % 3 == 0 ? nil : time
        }
        // Some stand in a slot that is being taken apart.
        _ = wheel.takeDue(now: Self.start, limit: 1) { _, _ in }
        let held = wheel.count
        wheel.beginAudit(now: Self.start)
        var turns = 0
        while !wheel.audit(limit: 100, { key in live[[key[0], key[1]]] }) { turns += 1 }
        #expect(turns > 10 && wheel.count < held && !wheel.isAuditing)
        var taken: [[UInt8]: [Int64]] = [:]
        while !wheel.takeDue(
            now: Self.start + 2_000_000,
            limit: 64,
            { key, time in
                taken[[key[0], key[1]], default: []].append(time)
            }
        ) {}
        for (key, time) in live where time > Self.start { #expect(taken[key]?.contains(time) == true) }
        #expect(taken.values.reduce(0) { $0 + $1.count } == live.count && wheel.count == 0)
    }

    @Test("keeps long keys, and reuses its memory")
    func memory() {
        var wheel = TimingWheel(now: Self.start)
        var now = Self.start
        let long = [UInt8](repeating: 9, count: 3_100)
        var most = 0
        for round in 0..<200 {
            for _ in 0..<50 { wheel.insert([UInt8](repeating: 1, count: 20).span, at: now + 1_800_000) }
            wheel.insert(long.span, at: now + 1_000)
            now += 60_000
            while !wheel.takeDue(now: now, limit: 1_000, { key, _ in #expect(key.count == 20 || key.count == 3_100) }) {
            }
            if round == 60 { most = wheel.byteCount }
        }
        #expect(wheel.byteCount <= most + 64 * 1_024)
    }

    /// How far away a key's time is: most are near, some anywhere.
    private static func distance(using generator: inout SeededGenerator) -> Int64 {
        switch Int.random(in: 0..<20, using: &generator) {
        case 0: Int64.random(in: .min...(.max), using: &generator)
        case 1: Int64.random(in: -31_536_000_000...315_360_000_000, using: &generator)
        case 2..<5: Int64.random(in: -5_000...100, using: &generator)
        case 5..<10: Int64.random(in: 0..<100, using: &generator)
        default: Int64.random(in: 0..<2_000_000, using: &generator)
        }
    }
}

private struct HeldKey: Equatable {
    let key: [UInt8]
    let time: Int64
}

extension Int64 {
    fileprivate func addingClamped(_ other: Int64) -> Int64 {
        let (sum, isOver) = addingReportingOverflow(other)
        return isOver ? (other < 0 ? .min : .max) : sum
    }
}
