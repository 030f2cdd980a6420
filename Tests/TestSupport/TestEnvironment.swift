internal import Glibc

/// What the person who runs the tests can ask for through the environment.
package enum TestEnvironment {
    /// Whether `VITRINE_SOAK=1`: random tests run for minutes in place of moments.
    package static let isSoak: Bool = value("VITRINE_SOAK") == "1"

    /// `VITRINE_SEED`, when it is set to a number, in place of `usual`: to see a failure again, or to look elsewhere.
    package static func seed(_ usual: UInt64) -> UInt64 {
        value("VITRINE_SEED").flatMap { UInt64($0) } ?? usual
    }

    /// `usual`, or `soak` in a soak.
    package static func count(_ usual: Int, soak: Int) -> Int {
        isSoak ? soak : usual
    }

    private static func value(_ name: String) -> String? {
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }
}
