import ArgumentParser
import Foundation
import Synchronization
import Telemetry

/// The shop in a process of its own, which is killed with SIGKILL while shoppers are in it.
///
/// The child prints a line for each thing that a store acknowledged; what the parent has read when the child is gone is
/// what must still be there afterwards.
struct KilledShop {
    let directory: String
    let shopperCount: Int
    let seed: UInt64

    /// Runs the child until `ordersMax` orders were acknowledged, and kills it.
    func run(ordersMax: Int, progress: (Int) -> Void) throws -> [Acknowledgement] {
        let child = Process()
        child.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        child.arguments = [
            ServeUntilKilled.name, directory, "--shoppers", "\(shopperCount)", "--seed",
            "\(seed)",
        ]
        let pipe = Pipe()
        child.standardOutput = pipe
        try child.run()
        var acknowledged: [Acknowledgement] = []
        var orders = 0
        var isKilled = false
        var rest = Data()
        // What is there as soon as it is there: the kill must come in the middle, not when a buffer is full.
        while case let chunk = pipe.fileHandleForReading.availableData, !chunk.isEmpty {
            rest += chunk
            while let newline = rest.firstIndex(of: 10) {
                // Only whole lines count: a line that the kill cut off was never read as acknowledged.
                if let line = Acknowledgement(line: String(decoding: rest[..<newline], as: UTF8.self)) {
                    acknowledged.append(line)
                    if case .order = line { orders += 1 }
                }
                rest = rest[(newline + 1)...]
            }
            progress(orders)
            if orders >= ordersMax, !isKilled {
                kill(child.processIdentifier, SIGKILL)
                isKilled = true
            }
        }
        child.waitUntilExit()
        guard isKilled else {
            throw TourError(
                child.terminationStatus == 0
                    ? "the shop closed before \(ordersMax) orders came in: \(orders) did"
                    : "the shop's process ended by itself with status \(child.terminationStatus)"
            )
        }
        return acknowledged
    }
}

/// What the child does; not for people.
struct ServeUntilKilled: AsyncParsableCommand {
    static let name = "serve-until-killed"
    static let configuration = CommandConfiguration(commandName: name)

    @Argument var directory: String
    @Option var shoppers: Int
    @Option var seed: UInt64

    func run() async throws {
        let shop = try await Shop.open(at: directory, clock: ShopClock())
        let figures = try Figures(MetricRegistry())
        let output = Mutex(FileHandle.standardOutput)
        let street = Street(shopperCount: shoppers, seed: seed)
        _ = try await street.run(in: shop, figures: figures) { acknowledgement in
            // One write per line: the pipe takes it whole or, after the kill, not at all.
            output.withLock { $0.write(Data((acknowledgement.line + "\n").utf8)) }
        }
        try await shop.close()
    }
}

extension Acknowledgement {
    var line: String {
        switch self {
        case .session(let token): "session \(token)"
        case .order(let shopper, let id): "order \(shopper) \(id)"
        }
    }

    init?(line: String) {
        let words = line.split(separator: " ").map(String.init)
        switch (words.first, words.count) {
        case ("session", 2): self = .session(token: words[1])
        case ("order", 3):
            guard let shopper = Int(words[1]) else { return nil }
            self = .order(shopper: shopper, id: words[2])
        default: return nil
        }
    }
}
