import Telemetry
import VitrineTestSupport

extension TelemetryFuzzing {
    /// Takes bytes as a query's text: it is refused with a place inside of it, or is written as a text that means the same,
    /// and is computed or refused with a typed error.
    public static func promql(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        let query: Query
        do {
            query = try Query(text)
        } catch {
            hold((0...text.utf8.count).contains(error.offset), "a place beyond the text")
            hold(!error.message.isEmpty, "an error without a message")
            return
        }
        let written = query.description
        do {
            hold(try Query(written).description == written, "a query is written in two ways")
        } catch {
            hold(false, "what a query is written as is refused: \(error)")
        }
        wait {
            guard let store = await QueriedStore.shared.value else { return hold(false, "the store was not opened") }
            let end = SmallStore.end
            await refusal { try store.evaluate(query, at: end) }
            await refusal { try store.evaluate(query, from: end - .seconds(400), through: end, step: .seconds(50)) }
        }
    }
}

/// The small store, opened once to be asked.
private enum QueriedStore {
    static let shared = Task<SeriesStore?, Never> {
        guard let whole = await SmallStore.shared.value else { return nil }
        let clock = ManualClock(sinceEpoch: SmallStore.end)
        return try? await SmallStore.open(whole.disk.restarted(after: .kept), clock)
    }
}
