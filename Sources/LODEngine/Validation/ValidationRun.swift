/// One document on its way through the checks, and what they have found so far.
///
/// Each category of checks is an extension in a file of its own. The schema goes first and reports whatever has the
/// wrong type; the later checks pass over what does not have the type that they need.
final class ValidationRun {
    /// What errors call the file.
    let name: String
    /// The document.
    let root: JSONValue
    /// Whether it came in a GLB container.
    let isGLB: Bool
    /// The GLB container's BIN chunk.
    let binary: ByteBlock?
    /// Where relative URIs lead; `nil` where the file has no directory.
    let directory: ResourceDirectory?
    /// The largest file that is read beside the model.
    let fileBytesMax: Int

    private(set) var findings: [Finding] = []
    private(set) var isTruncated = false
    private var kept: [Finding.Severity: Int] = [:]

    /// The extensions that the document declares.
    let extensionsUsed: Set<String>
    /// How many elements each collection has.
    private let collectionCounts: [String: Int]
    /// The elements that something refers to, by collection.
    var referenced: [String: Set<Int>] = [:]

    /// The buffers' bytes, where they could be read.
    var bufferData: [ByteBlock?] = []
    /// The accessors, where they make sense.
    var accessors: [AccessorFacts?] = []
    /// What each accessor and buffer view is used for.
    var accessorUses: [Int: AccessorUse] = [:]
    /// What the accessors of indices hold, once they were gone through.
    var indexSummaries: [Int: IndexSummary] = [:]
    /// What each buffer view is used for.
    var viewUses: [Int: ViewUse] = [:]
    /// The vertex attributes that read from each buffer view.
    var attributesOfView: [Int: Set<Int>] = [:]

    /// Whether some and whether all primitives of each mesh that nodes show have joints.
    var jointsOfMesh: [Int: (some: Bool, all: Bool)] = [:]
    /// The highest set of texture coordinates that each material of a primitive uses.
    var highestSetOfMaterial: [Int: Int] = [:]

    /// Files that were read by URI, so that one that is named often is read once.
    var resources: [String: ByteBlock] = [:]
    /// Data checks that were made, so that an accessor that many primitives share is gone through once.
    private var checkedData: Set<DataCheck> = []
    /// Numbers that may still be gone through: accessors may overlap, so that the file's size bounds nothing.
    private var numbersLeft = 1 << 30
    /// Bytes that sparse accessors may still be put together in.
    private var sparseBytesLeft = 1 << 28

    init(
        name: String,
        root: JSONValue,
        isGLB: Bool,
        binary: ByteBlock?,
        directory: ResourceDirectory?,
        fileBytesMax: Int
    ) {
        self.name = name
        self.root = root
        self.isGLB = isGLB
        self.binary = binary
        self.directory = directory
        self.fileBytesMax = fileBytesMax
        extensionsUsed = Set((root["extensionsUsed"]?.array ?? []).compactMap(\.string))
        var counts: [String: Int] = [:]
        for member in root.object?.members ?? [] {
            if let values = member.value.array { counts[member.key] = values.count }
        }
        for (name, key) in [("KHR_lights_punctual", "lights"), ("KHR_materials_variants", "variants")] {
            counts["\(name).\(key)"] = root["extensions"]?[name]?[key]?.array?.count
        }
        collectionCounts = counts
    }

    /// Keeps a finding, as long as there are not too many of its severity.
    func report(_ finding: Finding) {
        let count = kept[finding.severity, default: 0]
        guard count < ValidationReport.findingsPerSeverityMax else {
            isTruncated = true
            return
        }
        kept[finding.severity] = count + 1
        findings.append(finding)
    }

    /// Keeps a finding at a place in the JSON.
    func report(_ code: FindingCode, at pointer: JSONPointer, _ message: String) {
        report(Finding(code, message, pointer: pointer.description))
    }

    /// Whether a data check is to be made: not twice, and not beyond what all checks together may cost.
    func begins(_ kind: DataCheck.Kind, of facts: AccessorFacts, with other: [Int] = []) -> Bool {
        guard facts.data != nil, checkedData.insert(DataCheck(kind: kind, accessor: facts.index, other: other)).inserted
        else { return false }
        let (numbers, overflow) = facts.count.multipliedReportingOverflow(by: facts.shape.componentCount)
        guard !overflow, numbers <= numbersLeft else {
            report(.notChecked, at: facts.pointer, "the file's accessors state too many numbers to go through all")
            return false
        }
        numbersLeft -= numbers
        return true
    }

    /// Whether a sparse accessor of `count` bytes may be put together.
    func spendSparse(_ count: Int) -> Bool {
        guard count <= sparseBytesLeft else { return false }
        sparseBytesLeft -= count
        return true
    }

    /// How many elements `collection` has.
    func count(of collection: String) -> Int { collectionCounts[collection] ?? 0 }

    /// The elements of `collection` with their places.
    func elements(_ collection: String) -> [(index: Int, value: JSONValue, pointer: JSONPointer)] {
        let pointer = JSONPointer()[collection]
        return (root[collection]?.array ?? []).enumerated().map { ($0, $1, pointer[$0]) }
    }

    /// The index at member `key` of `object`, if it is one of `collection`.
    func index(_ key: String, of object: JSONValue, into collection: String) -> Int? {
        object[key].flatMap { index($0, into: collection) }
    }

    /// `value` as an index, if it is one of `collection`.
    func index(_ value: JSONValue, into collection: String) -> Int? {
        guard let index = value.int, index >= 0, index < count(of: collection) else { return nil }
        return index
    }

    /// The indices of array `key` of `object` that are of `collection`.
    func indices(_ key: String, of object: JSONValue, into collection: String) -> [Int] {
        (object[key]?.array ?? []).compactMap { index($0, into: collection) }
    }
}

/// A pass over an accessor's data, by which it is told whether it was made.
struct DataCheck: Hashable {
    /// What the pass looks for.
    enum Kind {
        case bounds, indices, normals, tangents, colors, influences
        case inverseBindMatrices, times, quaternions, cubicQuaternions
    }

    let kind: Kind
    let accessor: Int
    /// What it is held against, if there is something.
    let other: [Int]
}
