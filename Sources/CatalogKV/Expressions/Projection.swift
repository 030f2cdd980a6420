/// The attributes that a read returns, in place of the whole item.
///
///     let shown: Projection = ["name", "price", "sizes[0].stock"]
///
/// Attributes that are missing are left out. What is inside a map comes in a map with only what was asked for; elements
/// of a list come in a list, in their order, closed up.
public struct Projection: Hashable, Sendable, ExpressibleByArrayLiteral {
    /// The most paths that a projection may have.
    public static let pathCountMax = 256

    /// The attributes to return.
    public let paths: [AttributePath]
    /// The paths as a tree, so that each attribute is visited once.
    private let root: Branch
    /// When there is nothing but names of whole attributes: these, whose bytes are copied without decoding.
    private let names: [String]?

    /// Returns what stands at these paths.
    public init(_ paths: [AttributePath]) {
        self.paths = paths
        var root = Branch()
        for path in paths.prefix(Projection.pathCountMax) { root.insert(path.steps.prefix(Condition.pathDepthMax)) }
        self.root = root
        let names = root.branches.compactMap { step, branch -> String? in
            if case .name(let name) = step, branch.takesAll { name } else { nil }
        }
        self.names = names.count == root.branches.count ? names : nil
    }

    /// Returns what stands at these paths.
    public init(arrayLiteral paths: AttributePath...) {
        self.init(paths)
    }

    /// - Throws: `CatalogError` with `invalidExpression` when the projection is over its limits.
    func check() throws {
        guard paths.count <= Projection.pathCountMax else {
            throw CatalogError(
                .invalidExpression,
                "the projection has \(paths.count) paths; it may have at most \(Projection.pathCountMax)"
            )
        }
        for path in paths { try path.checkDepth() }
    }

    /// What the projection leaves of a document; only the attributes it names are decoded.
    ///
    /// - Throws: `CatalogError` with `invalidExpression` when the projection is over its limits.
    public func applied(to document: Document) throws -> Document {
        try check()
        return try applied(to: document.view)
    }

    /// The same for a document where it stands.
    func applied(to view: borrowing DocumentView) throws -> Document {
        if let names { return view.selecting(names) }
        var kept: [String: Attribute] = [:]
        for (step, branch) in root.branches {
            guard case .name(let name) = step, let value = view[name] else { continue }
            if let part = branch.part(of: value.attribute) { kept[name] = part }
        }
        return try Document(kept)
    }

    /// A node of the tree of paths; one without branches takes all that is below it.
    private struct Branch: Hashable {
        var branches: [AttributePath.Step: Branch] = [:]
        var takesAll = false

        mutating func insert(_ steps: ArraySlice<AttributePath.Step>) {
            guard let step = steps.first else {
                takesAll = true
                return
            }
            branches[step, default: Branch()].insert(steps.dropFirst())
        }

        func part(of value: Attribute) -> Attribute? {
            if takesAll { return value }
            switch value {
            case .map(let members):
                var kept: [String: Attribute] = [:]
                for (step, branch) in branches {
                    guard case .name(let name) = step, let member = members[name] else { continue }
                    if let part = branch.part(of: member) { kept[name] = part }
                }
                return kept.isEmpty ? Attribute?.none : .map(kept)
            case .list(let elements):
                let kept = elements.enumerated().compactMap { index, element in
                    branches[.index(index)]?.part(of: element)
                }
                return kept.isEmpty ? Attribute?.none : .list(kept)
            default: return nil
            }
        }
    }
}
