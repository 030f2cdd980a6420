import ArgumentParser
import Foundation
import LODEngine
import Metrics
import OrderLedger
import Telemetry

@main
enum Main {
    /// The tour starts itself a second time, as the shop that is killed: only then is the first argument this word.
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.first == ServeUntilKilled.name {
            await ServeUntilKilled.main(Array(arguments.dropFirst()))
        } else {
            await Tour.main(arguments)
        }
    }
}

/// The command: a small shop from model to paid order.
struct Tour: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tour",
        abstract: "A small shop from model to paid order, on Vitrine's embedded defaults.",
        discussion: """
            Builds preview, standard and high of each model, stores them, opens the shop and lets shoppers browse and buy \
            at once until stock runs out. In the middle the shop's process is killed with SIGKILL and every store is \
            opened again. Ends with a check that everything adds up, a one-page report, and report.html with pictures.

            Exits with 0 when all holds, 1 when something does not add up or failed, 64 for unusable arguments, \
            65 when a file is not a model that can be read.
            """
    )

    @Argument(help: "Models to sell (.glb, .gltf, .obj, .ply, .stl). By default those under Examples/Models.")
    var models: [String] = []

    @Option(help: "Where the shop's files go. By default a fresh directory under the temporary one.")
    var directory: String?

    @Option(help: "How many shoppers come, 20 to 10000.")
    var shoppers = 200

    @Option(help: "What the shoppers' wishes follow from.")
    var seed: UInt64 = 2026

    func validate() throws {
        guard 20...10_000 ~= shoppers else { throw ValidationError("--shoppers takes a number from 20 to 10000") }
        if let directory, let names = try? FileManager.default.contentsOfDirectory(atPath: directory), !names.isEmpty {
            throw ValidationError(
                "--directory takes a new or an empty directory; \(directory) holds \(names.count) files"
            )
        }
    }

    func run() async throws {
        do {
            let result = try await tour()
            print(result.text)
            if !result.allHolds { throw ExitCode(1) }
        } catch let error as LODError {
            complain("\(error)")
            throw ExitCode(65)
        } catch let code as ExitCode {
            throw code
        } catch {
            complain("\(error)")
            throw ExitCode(1)
        }
    }

    private func tour() async throws -> TourResult {
        let telemetry = TelemetrySystem()
        MetricsSystem.bootstrap(telemetry)
        let place =
            directory
            ?? FileManager.default.temporaryDirectory.appending(path: "vitrine-tour-\(UUID().uuidString.prefix(8))")
            .path
        let run = TourRun(
            directory: place,
            shopperCount: shoppers,
            seed: seed,
            figures: try Figures(telemetry.registry)
        )
        let result = try await run.run(models.isEmpty ? try shippedModels() : models)
        try Data(result.html.utf8).write(to: URL(fileURLWithPath: place + "/report.html"))
        try Data(telemetry.prometheusText().utf8).write(to: URL(fileURLWithPath: place + "/metrics.prom"))
        return result
    }

    /// The models that ship with the example.
    private func shippedModels() throws -> [String] {
        let directory = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().appending(path: "../../../Models").standardized.path
        return try FileManager.default.contentsOfDirectory(atPath: directory)
            .filter { $0.hasSuffix(".glb") }.sorted().map { directory + "/" + $0 }
    }

    private func complain(_ message: String) {
        FileHandle.standardError.write(Data("error: \(message)\n".utf8))
    }
}
