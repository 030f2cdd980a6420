// Every object checked, and what is damaged put again from where it came.
import ObjectVault

let path = CommandLine.arguments.dropFirst().first ?? "vault"
let vault = try await Vault.open(at: path)

// snippet.show
let report = try await vault.verify { progress in
    print("\(progress.objectsDone) of \(progress.objectsTotal)")
}
for problem in report.problems {
    print(problem.id, problem.path, problem.offset ?? 0, problem.error.code.name)
}
// snippet.hide

try await vault.close()
