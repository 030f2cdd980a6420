/// What a child process adds to a store of series at each second, and what a test must find of it after killing the child.
package enum SampleScript {
    /// When second 0 is, since 1970: at the beginning of a minute.
    package static let start = Duration.seconds(1_780_000_020)
    /// Series of numbers.
    package static let seriesCount = 20
    /// Resolution and retention of each tier, in seconds: samples are rolled up twice within some minutes, and the last
    /// tier keeps all.
    package static let tiers: [(resolution: Int, retention: Int)] = [(1, 60), (10, 600), (60, 4_000_000)]

    /// The value of a series at a second; sums of some thousand are exact.
    package static func value(_ second: Int, series: Int) -> Double {
        Double((second &* 37 &+ series &* 1_009) % 10_007) / 4
    }

    /// How many samples go into the histogram at a second.
    package static func sampleCount(_ second: Int) -> Int { 1 + second % 5 }

    /// What each of them is.
    package static func nanoseconds(_ second: Int) -> Int64 { Int64(1 + second % 977) * 1_024 }
}
