import Foundation
import Harness

/// Ranks from 0 on, the r-th in proportion to 1 / (r + 1)^theta.
///
/// Gray, Sundaresan, Englert, Baclawski and Weinberger, "Quickly generating billion-record synthetic databases",
/// SIGMOD 1994; as YCSB does it, with theta 0.99.
struct Zipfian: Sendable {
    let count: Int
    private let theta: Double
    private let zeta: Double
    private let eta: Double

    init(count: Int, theta: Double = 0.99) {
        self.count = count
        self.theta = theta
        var sum = 0.0
        for rank in 1...count { sum += pow(Double(rank), -theta) }
        zeta = sum
        let two = 1 + pow(2, -theta)
        eta = (1 - pow(2 / Double(count), 1 - theta)) / (1 - two / sum)
    }

    func rank(_ generator: inout SplitMix) -> Int {
        let u = generator.unit()
        let scaled = u * zeta
        if scaled < 1 { return 0 }
        if scaled < 1 + pow(0.5, theta) { return 1 }
        return min(count - 1, Int(Double(count) * pow(eta * u - eta + 1, 1 / (1 - theta))))
    }

    /// A rank scattered over all items, as in YCSB, so that the popular ones are no neighbours.
    func item(_ generator: inout SplitMix) -> Int {
        Int(SplitMix.mix(UInt64(rank(&generator)) &+ 0x5851) % UInt64(count))
    }
}
