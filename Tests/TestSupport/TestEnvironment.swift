internal import Glibc

/// What the person who runs the tests can ask for through the environment.
package enum TestEnvironment {
    /// Whether `VITRINE_SOAK=1`: random tests run for minutes in place of moments.
    package static let isSoak: Bool = value("VITRINE_SOAK") == "1"

    /// `VITRINE_SEED`, when it is set to a number, in place of `usual`: to see a failure again, or to look elsewhere.
    package static func seed(_ usual: UInt64) -> UInt64 {
        value("VITRINE_SEED").flatMap { UInt64($0) } ?? usual
    }

    /// Whether `VITRINE_BRIEF=1`: random tests are short, for the sanitizers make everything many times slower.
    package static let isBrief: Bool = value("VITRINE_BRIEF") == "1"

    /// `usual`, or `soak` in a soak, or `brief` when that is asked for.
    package static func count(_ usual: Int, soak: Int, brief: Int? = nil) -> Int {
        isSoak ? soak : isBrief ? brief ?? usual : usual
    }

    private static func value(_ name: String) -> String? {
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }
}
