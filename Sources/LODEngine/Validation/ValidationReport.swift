/// What a glTF or GLB file was found to state wrongly, oddly or needlessly.
///
/// The codes and severities are those of the Khronos glTF validator, so that what is known about them applies here;
/// the guide "Validation" lists the ones that are checked.
public struct ValidationReport: Sendable {
    /// What the file is called.
    public let name: String
    /// All findings, in the order in which the file was gone through.
    public let findings: [Finding]
    /// Whether there were more than `findingsPerSeverityMax` of one severity, the rest of which are not kept.
    public let isTruncated: Bool

    /// How many findings of each severity are kept.
    public static let findingsPerSeverityMax = 500

    /// What makes the file invalid.
    public var errors: [Finding] { findings.filter { $0.severity == .error } }
    /// Whether there is no error.
    public var isValid: Bool { !findings.contains { $0.severity == .error } }

    /// The byte of each place that an error may be thrown for.
    private let offsets: [String: Int]

    /// A report whose thrown errors are at the bytes that `locate` gives for their JSON pointers.
    init(name: String, findings: [Finding], isTruncated: Bool, locate: (String) -> Int? = { _ in nil }) {
        self.name = name
        self.findings = findings
        self.isTruncated = isTruncated
        var offsets: [String: Int] = [:]
        for finding in [findings.first(where: \.isError), findings.first(where: \.isUnreadable)] {
            if let pointer = finding?.pointer, offsets[pointer] == nil { offsets[pointer] = locate(pointer) }
        }
        self.offsets = offsets
    }

    /// Stops at an invalid file.
    ///
    /// - Throws: `LODError` with the first error's code and place, if there is an error: `unsupported` if it is another
    ///   version of the format, and `invalidModel` otherwise.
    public func requireValid() throws {
        if let first = findings.first(where: \.isError) { throw error(of: first) }
    }

    /// Stops at what makes the file invalid by itself; files beside it that cannot be read are the reader's to name.
    func requireReadable() throws {
        if let first = findings.first(where: \.isUnreadable) { throw error(of: first) }
    }

    private func error(of finding: Finding) -> LODError {
        let isVersion = [FindingCode.glbInvalidVersion, .unknownAssetMajorVersion].map(\.rawValue).contains(
            finding.code
        )
        let offset = finding.byteOffset ?? finding.pointer.flatMap { offsets[$0] }
        let isInJSON = finding.byteOffset == nil && finding.pointer != nil
        let place = isInJSON ? offset.map { "\(finding.place) (byte \($0))" } : nil
        return LODError(
            isVersion ? .unsupported : .invalidModel,
            "\(name): \(finding.code) at \(place ?? finding.place): \(finding.message)",
            file: name,
            pointer: finding.pointer,
            byteOffset: offset
        )
    }
}

/// One thing that is wrong, odd or needless in a file.
public struct Finding: Sendable, Hashable, CustomStringConvertible {
    /// How much a finding matters.
    public enum Severity: String, Sendable, CaseIterable {
        /// The file breaks the specification.
        case error
        /// The file does what the specification advises against.
        case warning
        /// Something is needless, unknown, or was not checked.
        case information
        /// Something could be better.
        case hint
    }

    /// The code, such as `ACCESSOR_INDEX_OOB`.
    public let code: String
    /// How much it matters.
    public let severity: Severity
    /// What was expected and what was found.
    public let message: String
    /// The place in the JSON as an RFC 6901 pointer, if it is there.
    public let pointer: String?
    /// The byte in the file, if it is a matter of the container or of JSON's grammar.
    public let byteOffset: Int?

    init(_ code: FindingCode, _ message: String, pointer: String? = nil, byteOffset: Int? = nil) {
        self.code = code.rawValue
        severity = code.severity
        self.message = message
        self.pointer = pointer
        self.byteOffset = byteOffset
    }

    /// Code, place and message in one line.
    public var description: String { "\(code) at \(place): \(message)" }

    /// What errors call the place.
    fileprivate var place: String {
        byteOffset.map { "byte \($0)" } ?? pointer.map { $0.isEmpty ? "the document" : $0 } ?? "the file"
    }

    /// Whether it makes the file invalid.
    fileprivate var isError: Bool { severity == .error }

    /// Whether it makes the file invalid by itself, whatever lies beside it.
    fileprivate var isUnreadable: Bool { isError && code != FindingCode.ioError.rawValue }
}
