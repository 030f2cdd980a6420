/// The way to a value inside an item: `"title"`, `"address.city"`, `"images[0].url"`.
///
/// Written as text, a point separates names and brackets hold the place in a list; a name that itself has a point or a
/// bracket is given by ``init(_:)``.
public struct AttributePath: Sendable, Hashable {
    /// One step of a path.
    public enum Step: Sendable, Hashable {
        /// Into a map, by name.
        case name(String)
        /// Into a list, by place from zero.
        case index(Int)
    }

    /// The steps from the item down; the first is a name.
    public let steps: [Step]

    /// A path of these steps.
    public init(_ steps: [Step]) {
        precondition(!steps.isEmpty, "a path needs a step")
        self.steps = steps
    }

    /// The attribute of that name, whatever characters it has.
    public static func name(_ name: String) -> AttributePath { AttributePath([.name(name)]) }

    /// Reads a path from text.
    ///
    /// - Throws: `CatalogError` with `invalidArgument` for an empty name, or brackets without a number in them.
    public init(parsing text: String) throws {
        guard let steps = AttributePath.parse(text) else {
            throw CatalogError(.invalidArgument, "\(text.prefix(128).debugDescription) is no path like \"a.b[0]\"")
        }
        self.steps = steps
    }

    /// The path one name further down.
    public func appending(_ name: String) -> AttributePath { AttributePath(steps + [.name(name)]) }

    /// The path one place of a list further down.
    public func appending(_ index: Int) -> AttributePath { AttributePath(steps + [.index(index)]) }

    private static func parse(_ text: String) -> [Step]? {
        var steps: [Step] = []
        for part in text.split(separator: ".", omittingEmptySubsequences: false) {
            let pieces = part.split(separator: "[", omittingEmptySubsequences: false)
            guard let name = pieces.first, !name.isEmpty, !name.contains("]") else { return nil }
            steps.append(.name(String(name)))
            for piece in pieces.dropFirst() {
                guard piece.last == "]", let index = Int(piece.dropLast()), index >= 0 else { return nil }
                steps.append(.index(index))
            }
        }
        return steps
    }
}

extension AttributePath: ExpressibleByStringLiteral, CustomStringConvertible {
    /// Writes `"address.city"` for that path; the text must be one that ``init(parsing:)`` takes.
    public init(stringLiteral value: String) {
        guard let steps = AttributePath.parse(value) else {
            preconditionFailure("the literal \(value.debugDescription) is no path like \"a.b[0]\"")
        }
        self.steps = steps
    }

    /// The path as text.
    public var description: String {
        var text = ""
        for step in steps {
            switch step {
            case .name(let name): text += text.isEmpty ? name : "." + name
            case .index(let index): text += "[\(index)]"
            }
        }
        return text
    }
}

extension Attribute {
    /// The value at the end of a path; `nil` when a step leads nowhere.
    ///
    /// The attribute itself stands for the item: the first step names an entry of it.
    public subscript(path path: AttributePath) -> Attribute? { value(at: path.steps[...]) }

    func value(at steps: ArraySlice<AttributePath.Step>) -> Attribute? {
        var value = self
        for step in steps {
            switch (step, value) {
            case (.name(let name), .map(let values)):
                guard let next = values[name] else { return nil }
                value = next
            case (.index(let index), .list(let values)):
                guard values.indices.contains(index) else { return nil }
                value = values[index]
            default: return nil
            }
        }
        return value
    }
}
