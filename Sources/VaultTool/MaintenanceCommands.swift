internal import ArgumentParser
internal import FoundationEssentials
internal import ObjectVault
internal import VitrineConsole

/// The command `vault tier`.
struct TierCommand: VaultCommand {
    static let configuration = CommandConfiguration(
        commandName: "tier",
        abstract: "Moves an object to a tier, or all objects by a policy."
    )

    @OptionGroup var options: VaultOptions
    @Option(help: "The object: BUCKET/KEY; with --to.") var object: String?
    @Option(
        help: "hot, warm or cold.",
        transform: { text in
            guard let tier = Tier.allCases.first(where: { $0.description == text }) else {
                throw ValidationError("there is no tier \"\(text)\": choose hot, warm or cold")
            }
            return tier
        }
    )
    var to: Tier?
    @Option(help: "intelligent (30 and 90 days without access) or cost (AWS's prices).") var policy: String?
    @Option(help: "Bytes that may be read and written.") var bytesMax: Int64 = .max

    func validate() throws {
        guard (object != nil && to != nil) != (policy != nil) else {
            throw ValidationError("give --object and --to, or --policy")
        }
        guard policy == nil || policy == "intelligent" || policy == "cost" else {
            throw ValidationError("--policy is intelligent or cost")
        }
    }

    func run(on console: Console) async throws -> Int32 {
        let name = try object.map(objectName)
        return try await options.with { vault in
            let budget = MoveBudget(bytesMax: bytesMax)
            let report: MoveReport
            if let name, let to {
                report = try await vault.move(name, to: to, budget: budget)
            } else {
                let chosen: TieringPolicy =
                    policy == "cost"
                    ? .costOptimal(CostOptimalRules(prices: .awsUSEast1)) : .intelligentTiering()
                report = try await vault.tier(by: [TieringRule(chosen)], budget: budget)
            }
            if options.json {
                try console.print(
                    json: [
                        "contents": report.contentCount, "chunks": report.chunkCount, "bytes": Int(report.byteCount),
                        "complete": report.isComplete ? 1 : 0,
                    ]
                )
            } else {
                console.print(
                    "\(report.contentCount) objects, \(report.chunkCount) chunks, \(report.byteCount) bytes moved"
                        + (report.isComplete ? "" : "; more is to be moved")
                )
            }
            return ExitStatus.ok
        }
    }
}

/// The command `vault simulate`.
struct SimulateCommand: VaultCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Prices tiering policies on a year of a shop's accesses, by AWS's price list."
    )

    @Option(help: "Where chance begins.") var seed: UInt64 = 1
    @Option(help: "Models in the catalog.") var objects = 5_000
    @Option(help: "A directory for the charts tiering-costs.svg and tiering-rates.svg.") var charts: String?
    @Flag(help: "Print the result as JSON.") var json = false

    func validate() throws {
        guard (1...1_000_000).contains(objects) else { throw ValidationError("--objects is from 1 to 1000000") }
    }

    func run(on console: Console) async throws -> Int32 {
        let prices = PriceList.awsUSEast1
        let costs = Vault.simulate(trace: ShopYear(seed: seed, objectCount: objects).trace(), prices: prices)
        if let charts { try draw(costs, prices, into: charts) }
        if json {
            let totals = Dictionary(costs.map { ($0.policy, $0.total) }) { $1 }
            try console.print(json: totals)
            return ExitStatus.ok
        }
        console.print("\(objects) models, a year, prices of \(prices.name) on \(prices.date), USD")
        for cost in costs {
            let share = costs.first.map { cost.total / $0.total * 100 } ?? 0
            console.print(
                "\(cost.policy): \(rounded(cost.total)) (\(rounded(share)) % of all hot): storage "
                    + "\(rounded(cost.storage)), requests \(rounded(cost.requests)), retrieval "
                    + "\(rounded(cost.retrieval)), transitions \(rounded(cost.transitions)), early leaving "
                    + "\(rounded(cost.earlyLeaving)), watching \(rounded(cost.monitoring)); \(cost.moveCount) moves"
            )
        }
        return ExitStatus.ok
    }

    private func draw(_ costs: [PolicyCost], _ prices: PriceList, into directory: String) throws {
        let title = "\(objects) models, prices of \(prices.name) on \(prices.date)"
        try Data(SimulationCharts.costs(costs, title: "USD a year: " + title).utf8)
            .write(to: URL(fileURLWithPath: directory + "/tiering-costs.svg"))
        // From the generated year's own rate on its first day, by which all of a model's later reads go.
        let runs = [0.02, 0.04, 0.075, 0.15, 0.3, 0.6].map { rate in
            let trace = ShopYear(seed: seed, objectCount: objects, readsPerObjectDay: rate).trace()
            let days = trace.objects.reduce(0) { $0 + trace.days.count - $1.createdDay }
            let reads = trace.days.reduce(0) { $0 + $1.reduce(0) { $0 + $1.count } }
            return (
                readsPerMonth: Double(reads) / Double(max(1, days)) * 30,
                costs: Vault.simulate(trace: trace, prices: prices)
            )
        }
        try Data(SimulationCharts.rates(runs, title: "Share of all hot: " + title).utf8)
            .write(to: URL(fileURLWithPath: directory + "/tiering-rates.svg"))
    }

    private func rounded(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
}

/// The command `vault scrub`.
struct ScrubCommand: VaultCommand {
    static let configuration = CommandConfiguration(
        commandName: "scrub",
        abstract: "Reads everything, and mends from copies and parity what is damaged."
    )

    @OptionGroup var options: VaultOptions
    @Option(help: "Bytes a second, at most.") var rate: Int64?

    func run(on console: Console) async throws -> Int32 {
        try await options.with { vault in
            let bar = ProgressBar(console)
            bar.begin("scrub")
            let report = try await vault.scrub(ScrubOptions(bytesPerSecondMax: rate)) { progress in
                bar.update(Double(progress.packsDone) / Double(max(1, progress.packsTotal)))
            }
            bar.end()
            if options.json {
                try console.print(
                    json: [
                        "packs": report.packCount, "bytes": Int(report.byteCount), "mended": report.mendedCount,
                        "lost": report.lost.count,
                    ]
                )
            } else {
                console.print("\(report.packCount) packs, \(report.byteCount) bytes, \(report.mendedCount) mended")
            }
            for problem in report.lost { console.note("\(problem)") }
            return report.lost.isEmpty ? ExitStatus.ok : ExitStatus.damageFound
        }
    }
}

/// The command `vault verify`.
struct VerifyCommand: VaultCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Reads everything and says what is damaged, without changing anything."
    )

    @OptionGroup var options: VaultOptions

    func run(on console: Console) async throws -> Int32 {
        try await options.with { vault in
            let bar = ProgressBar(console)
            bar.begin("verify")
            let report = try await vault.verify { progress in
                bar.update(Double(progress.packsDone) / Double(max(1, progress.packsTotal)))
            }
            bar.end()
            if options.json {
                try console.print(
                    json: [
                        "objects": report.objectCount, "bytes": Int(report.byteCount),
                        "damaged": report.problems.count, "mendable": report.mendableChunkCount,
                    ]
                )
            } else {
                console.print(
                    "\(report.objectCount) versions, \(report.byteCount) bytes, \(report.problems.count) damaged, "
                        + "\(report.mendableChunkCount) copies or parts to mend"
                )
            }
            for problem in report.problems { console.note("\(problem)") }
            return report.isIntact ? ExitStatus.ok : ExitStatus.damageFound
        }
    }
}

/// The command `vault repair`.
struct RepairCommand: VaultCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Makes wrong indexes anew, mends every pack from copies and parity, and verifies the result."
    )

    @OptionGroup var options: VaultOptions

    func run(on console: Console) async throws -> Int32 {
        try await options.with { vault in
            let bar = ProgressBar(console)
            bar.begin("repair")
            let report = try await vault.repair { progress in
                bar.update(Double(progress.packsDone) / Double(max(1, progress.packsTotal)))
            }
            bar.end()
            if options.json {
                try console.print(
                    json: [
                        "mended": report.mendedCount, "indexes": report.indexFaults.count, "lost": report.lost.count,
                    ]
                )
            } else {
                console.print(
                    "\(report.mendedCount) mended, \(report.indexFaults.count) faults of indexes, "
                        + "\(report.lost.count) versions lost"
                )
            }
            for problem in report.lost { console.note("\(problem)") }
            return report.isIntact ? 0 : 1
        }
    }
}

/// The command `vault gc`.
struct CollectCommand: VaultCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract: "Removes what no name leads to, and writes packs anew of which much is dead."
    )

    @OptionGroup var options: VaultOptions
    @Option(help: "Share of a pack that must be dead for it to be written anew, from 0 to 1.") var deadShare = 0.25

    func run(on console: Console) async throws -> Int32 {
        try await options.with { vault in
            let report = try await vault.collect(deadShareMin: deadShare)
            if options.json {
                try console.print(
                    json: [
                        "contents": report.contentCount, "chunks": report.chunkCount, "packs": report.packCount,
                        "bytes": Int(report.freedByteCount),
                    ]
                )
            } else {
                console.print(
                    "\(report.freedByteCount) bytes freed, \(report.chunkCount) chunks, \(report.packCount) packs"
                )
            }
            return ExitStatus.ok
        }
    }
}
