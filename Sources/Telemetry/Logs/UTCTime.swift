/// A moment as RFC 3339 writes it, in UTC with microseconds.
struct UTCTime {
    /// The text: `2026-11-29T10:15:00.000000Z`.
    let text: String

    /// A time since 1970-01-01 00:00 UTC; the calendar is the Gregorian one.
    init(_ sinceEpoch: Duration) {
        let microseconds = sinceEpoch.wholeNanoseconds / 1_000
        let (seconds, fraction) = Self.floored(microseconds, 1_000_000)
        let (days, secondOfDay) = Self.floored(seconds, 86_400)
        // Days are counted from 0000-03-01, so that a leap day is the last of its year; 146,097 of them are 400 years
        // (Hinnant, "chrono-compatible low-level date algorithms").
        let (era, dayOfEra) = Self.floored(days + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let date = "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))"
        let time = [secondOfDay / 3_600, secondOfDay / 60 % 60, secondOfDay % 60].map { Self.padded($0, 2) }
        text = "\(date)T\(time.joined(separator: ":")).\(Self.padded(fraction, 6))Z"
    }

    private static func floored(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, rest: Int64) {
        let rest = (value % divisor + divisor) % divisor
        return ((value - rest) / divisor, rest)
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
