internal import Glibc

/// Numbers as people read them: a few digits and a unit.
enum NumberText {
    /// About three digits of `value`.
    static func text(_ value: Double, _ unit: DashboardUnit) -> String {
        guard value.isFinite else { return value.isNaN ? "–" : value < 0 ? "−∞" : "∞" }
        if value == 0 { return unit.scale == .percent ? "0 %" : joined("0", "", unit.suffix) }
        let magnitude = value.magnitude
        switch unit.scale {
        case .decimal:
            let steps: [(Double, String)] = [
                (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1, ""), (1e-3, "m"), (1e-6, "µ"),
            ]
            // 999.96 is a thousand when it is rounded.
            let step = steps.first { magnitude * 1.0005 >= $0.0 } ?? (1e-9, "n")
            return joined(rounded(value / step.0), step.1, unit.suffix)
        case .binary:
            let steps: [(Double, String)] = [
                (1_099_511_627_776, "Ti"), (1_073_741_824, "Gi"), (1_048_576, "Mi"), (1_024, "Ki"),
            ]
            let step = steps.first { magnitude * 1.0005 >= $0.0 } ?? (1, "")
            return joined(rounded(value / step.0), step.1, unit.suffix)
        case .time:
            let steps: [(Double, String)] = [
                (86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"), (1e-3, "ms"), (1e-6, "µs"),
            ]
            let step = steps.first { magnitude * 1.0005 >= $0.0 } ?? (1e-9, "ns")
            return joined(rounded(value / step.0), step.1, unit.suffix)
        case .percent: return joined(rounded(value * 100), "%", "")
        }
    }

    private static func joined(_ number: String, _ prefix: String, _ suffix: String) -> String {
        let unit = prefix + suffix
        if unit.isEmpty { return number }
        // k, M and G stand close to a bare number; a unit stands apart.
        return suffix.isEmpty && prefix.count == 1 && "kMGTmµn".contains(prefix)
            ? number + prefix : number + "\u{202F}" + unit
    }

    /// Three significant digits, without zeros at the end.
    static func rounded(_ value: Double) -> String {
        if value == 0 { return "0" }
        // A hundred times what is finite may not be.
        guard value.isFinite else { return value < 0 ? "−∞" : "∞" }
        let digits = max(0, min(6, 2 - Int(log10(value.magnitude).rounded(.down))))
        return fixed(value, digits)
    }

    /// `value` with at most `digits` decimals.
    static func fixed(_ value: Double, _ digits: Int) -> String {
        let power = pow(10, Double(digits))
        let scaled = (value.magnitude * power).rounded()
        guard scaled < 1e15 else { return "\(value)" }
        let whole = Int64(scaled)
        let divisor = Int64(power)
        var fraction = String(whole % divisor)
        fraction = digits == 0 ? "" : String(repeating: "0", count: digits - fraction.count) + fraction
        while fraction.last == "0" { fraction.removeLast() }
        let sign = value < 0 && whole > 0 ? "−" : ""
        return sign + String(whole / divisor) + (fraction.isEmpty ? "" : "." + fraction)
    }
}

extension Double {
    /// Where a number lies between two others, from 0 to 1; in halves, for the difference of two doubles may be none.
    func share(from low: Double, to high: Double) -> Double {
        let share = (self / 2 - low / 2) / (high / 2 - low / 2)
        return share.isNaN ? 0.5 : Swift.min(1, Swift.max(0, share))
    }
}

/// Round numbers along an axis.
struct AxisTicks {
    /// Where the axis begins and ends.
    let range: ClosedRange<Double>
    /// The round numbers within it.
    let values: [Double]

    /// About `count` ticks that take in all of `range`.
    init(covering range: ClosedRange<Double>, count: Int, unit: DashboardUnit) {
        // Beyond these an axis has no round numbers, or none between two that doubles can tell apart.
        let bounds = -1e300...1e300
        var low = min(max(range.lowerBound, bounds.lowerBound), bounds.upperBound)
        var high = min(max(range.upperBound, bounds.lowerBound), bounds.upperBound)
        if high - low < 1e-9 * max(low.magnitude, high.magnitude, 1e-290) {
            // A course that rests lies in the middle, and a zero at the bottom.
            let margin = low.magnitude < 1e-290 ? 1 : low.magnitude / 2
            low = low.magnitude < 1e-290 ? 0 : low - margin
            high += margin
        }
        let step = Self.step(for: (high - low) / Double(max(1, count)), unit)
        let first = (low / step).rounded(.down)
        let last = (high / step).rounded(.up)
        self.range = first * step...last * step
        values = stride(from: first, through: last, by: 1).map { $0 * step }
    }

    private static func step(for wish: Double, _ unit: DashboardUnit) -> Double {
        if unit.scale == .binary, wish >= 1 {
            // Powers of two, and one and a half of none: 1, 2, 4, 8 … Ki.
            return exp2(log2(wish).rounded(.up))
        }
        if unit.scale == .time, wish > 5 {
            let steps: [Double] = [
                10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400,
            ]
            if let step = steps.first(where: { $0 >= wish }) { return step }
        }
        let power = pow(10, log10(wish).rounded(.down))
        let factor = wish / power
        let nice: Double =
            factor <= 1.0001 ? 1 : factor <= 2.0001 ? 2 : factor <= 2.5001 ? 2.5 : factor <= 5.0001 ? 5 : 10
        return nice * power
    }
}

/// Times along an axis, in UTC.
enum TimeTicks {
    /// About `count` round times in a stretch of milliseconds, with what to write at each.
    static func ticks(from start: Int64, to end: Int64, count: Int) -> [(time: Int64, text: String)] {
        let second: Int64 = 1_000
        let (minute, hour, day) = (60 * second, 3_600 * second, 86_400 * second)
        let steps =
            [1, 2, 5, 10, 15, 30].map { $0 * second } + [1, 2, 5, 10, 15, 30].map { $0 * minute }
            + [1, 2, 3, 6, 12].map { $0 * hour } + [1, 2, 7, 14, 30, 60, 90, 180, 365].map { $0 * day }
        let wish = max(1, (end - start) / Int64(max(1, count)))
        let step = steps.first { $0 >= wish } ?? 365 * day
        var time = (start + step - 1) / step * step
        var result: [(time: Int64, text: String)] = []
        while time <= end {
            let date = CalendarDate(milliseconds: time)
            let text: String
            if step < minute {
                text = date.clock(withSeconds: true)
            } else if step < day {
                text = time % day == 0 && end - start > day ? date.short : date.clock(withSeconds: false)
            } else {
                text = date.short
            }
            result.append((time, text))
            time += step
        }
        return result
    }
}

/// A day and time of UTC.
struct CalendarDate {
    let year: Int
    let month: Int
    let day: Int
    private let secondOfDay: Int

    /// After Hinnant, "chrono-compatible low-level date algorithms" (2021), civil_from_days.
    init(milliseconds: Int64) {
        // What lies before 1970 or beyond what a store takes is shown as the nearer end.
        let seconds = Int(min(max(0, milliseconds), StoredTime.end) / 1_000)
        let days = seconds / 86_400 + 719_468
        secondOfDay = seconds % 86_400
        let era = days / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// 4 Jul.
    var short: String { "\(day)\u{00A0}\(Self.months[month - 1])" }

    /// 09:30, or 09:30:15.
    func clock(withSeconds: Bool) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let text = two(secondOfDay / 3_600) + ":" + two(secondOfDay / 60 % 60)
        return withSeconds ? text + ":" + two(secondOfDay % 60) : text
    }

    /// 4 Jul 2026, 09:30 UTC.
    var long: String { "\(short) \(year), \(clock(withSeconds: false))\u{00A0}UTC" }
}
