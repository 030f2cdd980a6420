import OrderLedger
import VitrineIO

/// What a fuzzer calls with its bytes, and tests with random ones: decoders of what comes from a file or a network.
public enum LedgerFuzzing {
    /// Ends the process, so that the fuzzer keeps its input.
    static func hold(_ condition: Bool, _ what: @autoclosure () -> String) {
        precondition(condition, what())
    }
}
