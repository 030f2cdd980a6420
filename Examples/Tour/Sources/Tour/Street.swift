/// All shoppers, each a task of its own.
struct Street: Sendable {
    let shopperCount: Int
    let seed: UInt64

    /// What became of all of them.
    struct Tally: Sendable {
        var orders = 0
        var units = 0
        var soldOut = 0
        var seconds = 0.0
    }

    /// Sends them all in at once and waits until the last one left.
    func run(
        in shop: Shop,
        figures: Figures,
        acknowledged: @escaping @Sendable (Acknowledgement) -> Void,
        left: (Int) -> Void = { _ in }
    ) async throws -> Tally {
        let start = ContinuousClock.now
        return try await withThrowingTaskGroup(of: Shopper.Outcome.self) { group in
            for number in 0..<shopperCount {
                let shopper = Shopper(number: number, seed: seed)
                group.addTask {
                    try await shopper.visit(shop, figures: figures, acknowledged: acknowledged)
                }
            }
            var tally = Tally()
            var count = 0
            for try await outcome in group {
                switch outcome {
                case .looked: break
                case .bought(_, let units):
                    tally.orders += 1
                    tally.units += units
                case .soldOut: tally.soldOut += 1
                }
                count += 1
                left(count)
            }
            tally.seconds = (ContinuousClock.now - start).inSeconds
            return tally
        }
    }
}
