extension Comparison {
    /// Warms all sides up, then takes turns: A B C, C B A, A B C …, so that none always runs on what the same other
    /// left in the caches.
    func run(rounds asked: Int) async throws -> Outcome {
        let contenders = [ours] + rivals.map(\.contender)
        if isWarmedUp {
            for contender in contenders { _ = try await time(contender, max(1, operations / 4)) }
        }
        var times = [[Double]](repeating: [], count: contenders.count)
        for round in 0..<min(asked, roundsMax) {
            let order = round.isMultiple(of: 2) ? Array(contenders.indices) : contenders.indices.reversed()
            for index in order { times[index].append(try await time(contenders[index], operations)) }
        }
        for contender in contenders { try contender.check() }
        return Outcome(comparison: self, ours: times[0], peers: Array(times.dropFirst()))
    }

    /// Nanoseconds per operation of one turn, or the figure that it took.
    private func time(_ contender: Contender, _ wanted: Int) async throws -> Double {
        let operations = max(1, Int(Double(wanted) * contender.turnShare))
        let threadCount = if case .twoThreadsCPU = measure { 2 } else { 1 }
        let isOnTheWall =
            switch measure {
            case .wall, .wallRate: true
            case .threadCPU, .twoThreadsCPU, .figure: false
            }
        let elsewhere = try isOnTheWall ? nil : contender.cpuElsewhere?()
        var nanoseconds: Double
        switch contender.work {
        case .threads(let work) where isOnTheWall:
            let start = Timing.onTheWall()
            try work(operations, 0)
            nanoseconds = Timing.onTheWall() - start
        case .threads(let work):
            nanoseconds = try Timing.cpu(threads: threadCount, operations: operations, work: work)
        case .tasks(let work) where isOnTheWall:
            let start = Timing.onTheWall()
            try await work(operations, 0)
            nanoseconds = Timing.onTheWall() - start
        case .tasks(let work):
            nanoseconds = try Timing.cpu(threads: threadCount, operations: operations, task: work)
        case .wall(let work):
            let start = Timing.onTheWall()
            try await work(operations)
            nanoseconds = Timing.onTheWall() - start
        case .figure(let take):
            return try await take()
        }
        if let elsewhere, let now = try contender.cpuElsewhere?() {
            nanoseconds += (now - elsewhere) / Double(threadCount)
        }
        return nanoseconds / Double(operations)
    }
}
