// A policy with exceptions, and the loop that keeps a vault in order.
import ObjectVault

let path = CommandLine.arguments.dropFirst().first ?? "vault"
let vault = try await Vault.open(at: path)

// snippet.show
let rules = [
    // What customers see first is always at hand.
    TieringRule(.allHot, for: TieringFilter(bucket: "previews")),
    TieringRule(.costOptimal(CostOptimalRules(prices: .awsUSEast1))),
]
let report = try await vault.tier(by: rules, budget: MoveBudget(bytesMax: 10 << 30))
print("\(report.contentCount) objects, \(report.byteCount) bytes, done: \(report.isComplete)")

// In a service: a task that tiers, collects and scrubs every hour, until it is cancelled.
let upkeep = Task { try await vault.maintain(MaintenancePlan(rules: rules)) }
// snippet.hide

upkeep.cancel()
_ = await upkeep.result
try await vault.close()
