/// What a condition is held against: an item where it stands, or that there is none.
///
/// Only what a condition names is ever decoded, and texts and whole numbers are compared in place.
struct ConditionSubject: ~Escapable {
    /// What there is of the item.
    enum Kind {
        case missing, rawBytes, document
    }

    let kind: Kind
    /// Zero when there is no item.
    let version: UInt64
    /// Empty when there is no document.
    let view: DocumentView

    /// There is no item.
    @_lifetime(immortal)
    init() {
        kind = .missing
        version = 0
        view = DocumentView(trusted: Span())
    }

    /// The item where it stands; a document's bytes have been checked.
    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>, isDocument: Bool, version: UInt64) {
        kind = isDocument ? .document : .rawBytes
        self.version = version
        view = DocumentView(trusted: isDocument ? bytes : Span())
    }

    /// - Throws: `CatalogError` with `typeMismatch` when the item is raw bytes.
    func checkHasAttributes() throws {
        guard kind == .rawBytes else { return }
        throw CatalogError(
            .typeMismatch,
            "the item is raw bytes without attributes; only exists, notExists and version(is:) can be asked of it"
        )
    }
}

extension Condition {
    /// Whether the condition holds for a document, or for a missing item.
    ///
    /// - Parameters:
    ///   - document: The item; `nil` for a missing one.
    ///   - version: The version that the item has; only `version(is:)` asks for it.
    /// - Throws: `CatalogError` with `invalidExpression` when the condition is over its limits.
    public func holds(for document: Document?, version: UInt64 = 0) throws -> Bool {
        guard let document else { return try holds(for: ConditionSubject()) }
        return try holds(for: ConditionSubject(document.bytes.span, isDocument: true, version: version))
    }

    /// Whether the condition holds.
    ///
    /// - Throws: `CatalogError` with `invalidExpression`, or `typeMismatch` on raw bytes.
    func holds(for item: borrowing ConditionSubject) throws -> Bool {
        try check()
        return try Condition.holds(node, for: item)
    }

    private static func holds(_ node: Node, for item: borrowing ConditionSubject) throws -> Bool {
        switch node {
        case .exists: return item.kind != .missing
        case .notExists: return item.kind == .missing
        case .version(let version): return item.kind != .missing && item.version == version
        case .and(let left, let right): return try holds(left, for: item) && holds(right, for: item)
        case .or(let left, let right): return try holds(left, for: item) || holds(right, for: item)
        case .not(let node): return try !holds(node, for: item)
        case .excessive: return false
        default:
            try item.checkHasAttributes()
            return leafHolds(node, for: item.view)
        }
    }

    /// What a part says that asks for attributes.
    private static func leafHolds(_ node: Node, for item: borrowing DocumentView) -> Bool {
        switch node {
        case .attributeExists(let path):
            return item[path: path] != nil
        case .isOfType(let path, let kind):
            guard let value = item[path: path] else { return false }
            return value.kind == kind
        case .compare(let comparison, .attribute(let path), .value(let right)):
            guard let left = item[path: path] else { return comparison == .notEqual }
            return switch comparison {
            case .equal: left.matches(right)
            case .notEqual: !left.matches(right)
            default: comparison.holds(for: left.compare(to: right))
            }
        case .compare(let comparison, let left, let right):
            guard let left = value(of: left, in: item), let right = value(of: right, in: item) else {
                return comparison == .notEqual
            }
            return switch comparison {
            case .equal: left.matches(right)
            case .notEqual: !left.matches(right)
            default: comparison.holds(for: left.compare(to: right))
            }
        case .between(let operand, let lower, let upper):
            guard let value = value(of: operand, in: item), let lower = Condition.value(of: lower, in: item),
                let upper = Condition.value(of: upper, in: item)
            else { return false }
            return Comparison.greaterOrEqual.holds(for: value.compare(to: lower))
                && Comparison.lessOrEqual.holds(for: value.compare(to: upper))
        case .isIn(let operand, let choices):
            guard let value = value(of: operand, in: item) else { return false }
            return choices.contains { $0.matches(value) }
        case .contains(let operand, let part):
            return value(of: operand, in: item)?.contains(part) ?? false
        case .beginsWith(let operand, let prefix):
            return value(of: operand, in: item)?.begins(with: prefix) ?? false
        case .exists, .notExists, .version, .and, .or, .not, .excessive:
            return false
        }
    }

    private static func value(of source: Operand.Source, in item: borrowing DocumentView) -> Attribute? {
        switch source {
        case .value(let value): return value
        case .attribute(let path):
            guard let value = item[path: path] else { return nil }
            return value.attribute
        case .size(let path):
            guard let value = item[path: path], let size = value.count else { return nil }
            return .int(Int64(size))
        }
    }
}

extension Condition.Comparison {
    /// Whether an order is what this comparison asks for; no order is none.
    fileprivate func holds(for order: Attribute.Order?) -> Bool {
        switch self {
        case .less: order == .ascending
        case .greater: order == .descending
        case .lessOrEqual: order == .ascending || order == .same
        case .greaterOrEqual: order == .descending || order == .same
        case .equal: order == .same
        case .notEqual: order != .same
        }
    }
}

extension Attribute {
    /// Whether the text holds that text, the bytes those bytes, or the list or set that element.
    func contains(_ part: Attribute) -> Bool {
        switch (self, part) {
        case (.string(let text), .string(let part)): Attribute.contains(Array(text.utf8), Array(part.utf8))
        case (.bytes(let bytes), .bytes(let part)): Attribute.contains(bytes, part)
        case (.list(let values), _): values.contains { $0.matches(part) }
        case (.stringSet(let values), .string(let element)): values.contains(element)
        case (.byteSet(let values), .bytes(let element)): values.contains(element)
        case (.numberSet(let values), _): part.decimalNumber.map(values.contains) ?? false
        default: false
        }
    }

    /// Whether the text begins with that text, or the bytes with those bytes.
    func begins(with prefix: Attribute) -> Bool {
        switch (self, prefix) {
        case (.string(let text), .string(let prefix)): text.utf8.starts(with: prefix.utf8)
        case (.bytes(let bytes), .bytes(let prefix)): bytes.starts(with: prefix)
        default: false
        }
    }

    /// The decimal number that a number stands for; `nil` when there is none.
    var decimalNumber: DecimalNumber? {
        switch self {
        case .int(let value): DecimalNumber(value)
        case .double(let value): DecimalNumber(value)
        case .number(let value): value
        default: nil
        }
    }

    private static func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        guard let first = part.first else { return true }
        guard bytes.count >= part.count else { return false }
        let last = bytes.count - part.count
        var index = 0
        while index <= last {
            if bytes[index] == first, bytes[index..<(index + part.count)].elementsEqual(part) { return true }
            index += 1
        }
        return false
    }
}
