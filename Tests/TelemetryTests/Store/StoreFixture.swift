import Telemetry
import VitrineTestSupport

/// A store with short tiers, so that hours of its life fit into a test: a second for a minute, ten seconds for ten
/// minutes, a minute for two hours.
var shortTiers: StoreConfiguration {
    var configuration = StoreConfiguration()
    configuration.tiers = [
        StoreTier(resolution: .seconds(1), retention: .seconds(120)),
        StoreTier(resolution: .seconds(10), retention: .seconds(1_200)),
        StoreTier(resolution: .seconds(60), retention: .seconds(14_400)),
    ]
    configuration.outOfOrderWindow = .seconds(5)
    configuration.headAgeMax = .seconds(7)
    configuration.lookback = .seconds(30)
    return configuration
}

/// A time of tests, in whole seconds behind a minute's beginning.
func moment(_ seconds: Double) -> Duration { .seconds(1_780_000_020) + .milliseconds(Int64(seconds * 1_000)) }

extension SeriesStore {
    /// Adds one sample and waits until it is safe.
    @discardableResult
    func add(_ value: Double, to series: SeriesID, at time: Duration) async throws -> Int {
        var batch = SampleBatch(at: time)
        batch.add(value, to: series)
        return try await append(batch)
    }

    /// Does all the upkeep that there is.
    func settle() async throws {
        while try await maintain() {}
    }

    /// All values of a series, by second behind the beginning of tests.
    func values(of series: SeriesID) throws -> [Double: Double] {
        var result: [Double: Double] = [:]
        for sample in try samples(of: series, from: .zero, through: moment(1e9)) {
            result[(sample.time - moment(0)) / .seconds(1)] = sample.value
        }
        return result
    }
}

/// The code of the `TelemetryError` that `body` throws; `nil` when it throws none.
func storeCode(_ body: () async throws -> some Any) async throws -> TelemetryError.Code? {
    do {
        _ = try await body()
        return nil
    } catch let error as TelemetryError {
        return error.code
    }
}
