/// What an item must be like for a write to happen, or for a query to return it.
///
///     attribute("stock") >= 3 && attribute("state") == "open"
///     .notExists || .version(is: 12)
///
/// A condition is a value: it can be kept, compared and sent. It is evaluated where the item stands, without decoding
/// more of it than the attributes it names.
///
/// What comparisons mean:
/// - Values compare as ``Attribute/compare(to:)`` and ``Attribute/matches(_:)`` say: numbers by value whichever type
///   they have, texts and bytes byte by byte; lists, maps and sets are equal or not, and have no order.
/// - Values of different types, or an attribute that is missing, are neither equal nor ordered: every comparison is
///   false, and `!=`, being the negation of `==`, is true. Ask `attribute("x").exists` where that matters.
///
/// An item without document (raw bytes) answers `exists`, `notExists` and `version(is:)` only; any other condition on
/// it throws `CatalogError` with `typeMismatch`. An item that is missing has no attributes.
public struct Condition: Hashable, Sendable {
    /// The most comparisons, negations and conjunctions that a condition may be made of.
    public static let nodeCountMax = 512
    /// How deep they may be nested.
    public static let depthMax = 64
    /// The most values that `isIn` may be given.
    public static let choiceCountMax = 256
    /// The most steps that a path in a condition, an update or a projection may have.
    public static let pathDepthMax = 32

    indirect enum Node: Hashable, Sendable {
        case exists
        case notExists
        case version(UInt64)
        case attributeExists(AttributePath)
        case compare(Comparison, Operand.Source, Operand.Source)
        case between(Operand.Source, Operand.Source, Operand.Source)
        case isIn(Operand.Source, [Attribute])
        case contains(Operand.Source, Attribute)
        case beginsWith(Operand.Source, Attribute)
        case isOfType(AttributePath, Attribute.Kind)
        case and(Node, Node)
        case or(Node, Node)
        case not(Node)
        /// Stands for what would be over a limit, so that no value of this type is ever deeper than the limits.
        case excessive

        var isExcessive: Bool {
            if case .excessive = self { true } else { false }
        }
    }

    // The raw values stand in the digests of transactions.
    enum Comparison: UInt8, Hashable, Sendable {
        case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
    }

    let node: Node
    let nodeCount: Int
    let depth: Int

    init(_ node: Node, nodeCount: Int = 1, depth: Int = 1) {
        if nodeCount <= Condition.nodeCountMax, depth <= Condition.depthMax, !node.isExcessive {
            self.node = node
            self.nodeCount = nodeCount
            self.depth = depth
        } else {
            // Over the limit for good, whatever it becomes a part of.
            self.node = .excessive
            self.nodeCount = Condition.nodeCountMax + 1
            self.depth = 1
        }
    }

    /// There is an item.
    public static let exists = Condition(.exists)
    /// There is no item.
    public static let notExists = Condition(.notExists)

    /// There is an item, and this is its version: nobody wrote it since.
    public static func version(is version: UInt64) -> Condition {
        Condition(.version(version))
    }

    /// Both hold; the right one is not evaluated when the left one does not.
    public static func && (left: Condition, right: Condition) -> Condition {
        left.joined(with: right, as: .and(left.node, right.node))
    }

    /// At least one holds; the right one is not evaluated when the left one does.
    public static func || (left: Condition, right: Condition) -> Condition {
        left.joined(with: right, as: .or(left.node, right.node))
    }

    /// The condition does not hold.
    public static prefix func ! (condition: Condition) -> Condition {
        Condition(.not(condition.node), nodeCount: condition.nodeCount + 1, depth: condition.depth + 1)
    }

    private func joined(with other: Condition, as node: Node) -> Condition {
        Condition(node, nodeCount: nodeCount + other.nodeCount + 1, depth: max(depth, other.depth) + 1)
    }

    /// A condition that is made of no others.
    init(leaf node: Node, _ operands: Operand.Source...) {
        let fits = operands.compactMap(\.path).allSatisfy {
            $0.steps.count <= Condition.pathDepthMax && !$0.hasNegativePosition
        }
        self.init(fits ? node : .excessive)
    }

    /// Refuses a condition that is over its limits.
    ///
    /// - Throws: `CatalogError` with `invalidExpression`.
    func check() throws {
        guard node.isExcessive else { return }
        throw CatalogError(
            .invalidExpression,
            "a condition may have at most \(Condition.nodeCountMax) parts, nested \(Condition.depthMax) deep, with "
                + "\(Condition.choiceCountMax) values in one isIn and \(Condition.pathDepthMax) steps in a path, with no "
                + "position below 0"
        )
    }
}
