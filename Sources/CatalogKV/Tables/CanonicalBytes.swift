/// Requests as bytes that depend on nothing but what they ask for, not even on the process: for the digest of a
/// transaction and the fingerprint of a query.
struct CanonicalBytes {
    private(set) var bytes: [UInt8] = []

    mutating func append(tag: UInt8) {
        bytes.append(tag)
    }

    mutating func append(_ number: UInt64) {
        for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: number >> (8 * UInt64(shift)))) }
    }

    /// With the length first, so that no two lists of byte strings look the same.
    mutating func append(_ part: [UInt8]) {
        append(UInt64(part.count))
        bytes += part
    }

    mutating func append(_ attribute: Attribute) throws {
        // A document has one encoding only.
        append(try Document(["": attribute]).bytes)
    }

    mutating func append(_ path: AttributePath) {
        append(UInt64(path.steps.count))
        for step in path.steps {
            switch step {
            case .name(let name): append(Array(name.utf8))
            case .index(let index): append(UInt64(bitPattern: Int64(index)))
            }
            if case .index = step { append(tag: 1) } else { append(tag: 0) }
        }
    }

    mutating func append(_ duration: Duration?) {
        append(tag: duration == nil ? 0 : 1)
        guard let duration else { return }
        append(UInt64(bitPattern: duration.components.seconds))
        append(UInt64(bitPattern: duration.components.attoseconds))
    }

    mutating func append(_ condition: Condition?) throws {
        append(tag: condition == nil ? 0 : 1)
        if let condition { try append(condition.node) }
    }

    private mutating func append(_ node: Condition.Node) throws {
        switch node {
        case .exists: append(tag: 1)
        case .notExists: append(tag: 2)
        case .version(let version):
            append(tag: 3)
            append(version)
        case .attributeExists(let path):
            append(tag: 4)
            append(path)
        case .compare(let comparison, let left, let right):
            append(tag: 5)
            append(tag: comparison.rawValue)
            try append(left)
            try append(right)
        case .between(let operand, let lower, let upper):
            append(tag: 6)
            for source in [operand, lower, upper] { try append(source) }
        case .isIn(let operand, let choices):
            append(tag: 7)
            try append(operand)
            append(UInt64(choices.count))
            for choice in choices { try append(choice) }
        case .contains(let operand, let part):
            append(tag: 8)
            try append(operand)
            try append(part)
        case .beginsWith(let operand, let prefix):
            append(tag: 9)
            try append(operand)
            try append(prefix)
        case .isOfType(let path, let kind):
            append(tag: 10)
            append(path)
            append(Array(kind.rawValue.utf8))
        case .and(let left, let right): try append(11, left, right)
        case .or(let left, let right): try append(12, left, right)
        case .not(let node): try append(13, node)
        case .excessive: append(tag: 14)
        }
    }

    private mutating func append(_ kind: UInt8, _ nodes: Condition.Node...) throws {
        append(tag: kind)
        for node in nodes { try append(node) }
    }

    private mutating func append(_ source: Operand.Source) throws {
        switch source {
        case .attribute(let path):
            append(tag: 1)
            append(path)
        case .size(let path):
            append(tag: 2)
            append(path)
        case .value(let value):
            append(tag: 3)
            try append(value)
        }
    }

    mutating func append(_ update: Update) throws {
        append(UInt64(update.changes.count))
        for change in update.changes {
            append(change.path)
            switch change.action {
            case .set(let value): try append(1, value)
            case .copy(let path):
                append(tag: 2)
                append(path)
            case .setIfAbsent(let value): try append(3, value)
            case .remove: append(tag: 4)
            case .add(let value): try append(5, value)
            case .subtract(let value): try append(6, value)
            case .append(let value): try append(7, value)
            case .prepend(let value): try append(8, value)
            case .insert(let value): try append(9, value)
            case .subtractSet(let value): try append(10, value)
            }
        }
    }

    private mutating func append(_ kind: UInt8, _ value: Attribute) throws {
        append(tag: kind)
        try append(value)
    }

    /// A well-mixed number of the bytes (FNV-1a; Fowler, Noll and Vo), which tells requests apart that were not chosen
    /// to look the same.
    var fingerprint: UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }
}
