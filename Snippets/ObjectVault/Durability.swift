// Everything read again, and what is damaged mended from copies and parity.
import ObjectVault

let path = CommandLine.arguments.dropFirst().first ?? "vault"
let vault = try await Vault.open(at: path)

// snippet.show
let report = try await vault.scrub(ScrubOptions(bytesPerSecondMax: 20_000_000)) { progress in
    print("\(progress.packsDone) of \(progress.packsTotal)")
}
print("\(report.mendedCount) mended")
for problem in report.lost {
    print(problem.name, problem.number, problem.error.code.name)
}
for tier in try vault.durabilityReport() {
    print(tier.tier, tier.packCount, tier.estimate.nines)
}
// snippet.hide

try await vault.close()
