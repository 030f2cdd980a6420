/// What reading every byte of a store found.
public struct VerificationReport: Sendable, Equatable {
    /// Journal files that were read.
    public var segmentCount = 0
    /// Records in them.
    public var recordCount = 0
    /// Operations in them.
    public var operationCount = 0
    /// Bytes that were read.
    public var byteCount = 0
    /// Bytes at the journal's end that a crash left unfinished: no damage, the next opening cuts them off.
    public var tornByteCount = 0
    /// Everything that is not as it was written.
    public var findings: [StoreFinding] = []

    /// Whether nothing was found.
    public var isIntact: Bool { findings.isEmpty }

    /// Describes a store without a file.
    public init() {}
}
