import Foundation
import Harness
import ObjectVault
import Synchronization

/// Listing and looking up among a million keys.
final class MetadataRows: Sendable {
    private static let keyCount = 1_000_000
    private static let bucket = "keys"
    private let directory: String
    private let opened = Mutex<Vault?>(nil)

    init(directory: String) {
        self.directory = directory
    }

    var comparisons: [Comparison] {
        [
            Comparison(
                "list 1,000 of 1,000,000 keys",
                measure: .figure(.nanoseconds),
                ours: contender(200) { vault, turn in
                    let page = try vault.list(Self.bucket, prefix: "models/\(turn % 9 + 1)", countMax: 1_000)
                    guard page.objects.count == 1_000, page.cursor != nil else {
                        throw WrongResult("\(page.objects.count) objects are listed")
                    }
                },
                rivals: [],
                oursMax: 5_000_000
            ),
            Comparison(
                "stat among 1,000,000 keys",
                measure: .figure(.nanoseconds),
                ours: contender(50_000) { vault, turn in
                    let number = turn &* 7_919 % Self.keyCount
                    guard let found = try vault.stat(Self.name(number)), found.byteCount == 3 else {
                        throw WrongResult("key \(number) is not found")
                    }
                },
                rivals: [],
                oursMax: 20_000
            ),
        ]
    }

    private static func name(_ number: Int) -> ObjectName {
        ObjectName(bucket, "models/\(number % 1_000)/\(number).glb")
    }

    /// Time on the wall of one call, the mean of so many.
    private func contender(_ count: Int, _ call: @escaping @Sendable (Vault, Int) throws -> Void) -> Contender {
        Contender("ObjectVault", version: "this commit", settings: ["keys": "\(Self.keyCount)"]) {
            let vault = try await self.vault()
            let start = Timing.onTheWall()
            for turn in 0..<count { try call(vault, turn) }
            return (Timing.onTheWall() - start) / Double(count)
        }
    }

    /// The vault, which is filled when it is first asked for.
    private func vault() async throws -> Vault {
        if let vault = opened.withLock({ $0 }) { return vault }
        let vault = try await Vault.open(at: directory)
        try await vault.createBucket(Self.bucket)
        try await vault.put([1, 2, 3], as: Self.name(0))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<256 {
                group.addTask {
                    for number in stride(from: task, to: Self.keyCount, by: 256) where number > 0 {
                        try await vault.copy(Self.name(0), to: Self.name(number))
                    }
                }
            }
            try await group.waitForAll()
        }
        opened.withLock { $0 = vault }
        return vault
    }
}
