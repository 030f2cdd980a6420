extension Update {
    /// The document with the changes carried out; a missing one is begun empty.
    ///
    /// - Throws: `CatalogError` with `invalidExpression` when the update is over its limits or two changes meet,
    ///   `typeMismatch` when an attribute is not what its change needs, or when names or texts in what it changes are the
    ///   same but for their spelling in Unicode, which a change would make one; `numberOverflow` when a result does not fit, and
    ///   what making a document throws.
    public func applied(to document: Document?) throws -> Document {
        let document = document ?? Document()
        return try applied(to: document.view)
    }

    /// The same for a document where it stands; attributes that the update does not name are copied as they are.
    func applied(to view: borrowing DocumentView) throws -> Document {
        try check()
        let touched = try touchedAttributes(of: view)
        var root = Attribute.map(touched.attributes)
        for change in inOrder {
            var change = change
            if case .copy(let other) = change.action {
                guard let value = view[path: other]?.attribute else {
                    throw change.mismatch("\"\(other)\" is missing, so its value cannot be taken")
                }
                change = AttributeChange(path: change.path, action: .set(value))
            }
            try root.carryOut(change, along: change.path.steps[...])
        }
        guard case .map(let changed) = root else { return view.document }
        return try view.replacing(touched.names, with: changed)
    }

    /// The attributes that the changes begin at, as far as they are there, and the names of all of these.
    private func touchedAttributes(
        of view: borrowing DocumentView
    ) throws -> (attributes: [String: Attribute], names: Set<String>) {
        var attributes: [String: Attribute] = [:]
        var names: Set<String> = []
        for change in changes {
            guard case .name(let name)? = change.path.steps.first else { continue }
            let (isNew, known) = names.insert(name)
            guard known.utf8.elementsEqual(name.utf8) else { throw change.spellings() }
            guard isNew else { continue }
            guard let value = view[name] else { continue }
            let attribute = value.attribute
            // One document has one encoding: where it differs, names inside have become one.
            var writer = DocumentWriter()
            try writer.write(attribute, depth: 2)
            guard writer.count == value.encoded.count else { throw change.spellings() }
            attributes[name] = attribute
        }
        return (attributes, names)
    }

    /// Refuses an update that is over its limits, or whose changes meet.
    func check() throws {
        guard changes.count <= Update.changeCountMax else {
            throw CatalogError(
                .invalidExpression,
                "the update has \(changes.count) changes; it may have at most \(Update.changeCountMax)"
            )
        }
        for change in changes {
            try change.path.checkDepth()
            if case .copy(let other) = change.action { try other.checkDepth() }
        }
        if changes.count < 2 { return }
        // In this order a path stands directly before those that lie within it.
        let paths = changes.map(\.path).sorted(by: AttributePath.precedes)
        for (path, next) in zip(paths, paths.dropFirst()) where next.steps.starts(with: path.steps) {
            throw CatalogError(
                .invalidExpression,
                "the update changes \"\(path)\" and \"\(next)\", of which one holds the other"
            )
        }
    }

    /// Changes first that leave every position where it is, then removals from the last position to the first.
    private var inOrder: [AttributeChange] {
        guard changes.contains(where: { $0.action == .remove }) else { return changes }
        let removals = changes.filter { $0.action == .remove }
        return changes.filter { $0.action != .remove }
            + removals.sorted { AttributePath.precedes($1.path, $0.path) }
    }
}

extension AttributePath {
    /// Whether a step is before the first element of a list.
    var hasNegativePosition: Bool {
        steps.contains { step in
            if case .index(let index) = step { index < 0 } else { false }
        }
    }

    /// Refuses a path that is too deep, or has a position before the first.
    ///
    /// - Throws: `CatalogError` with `invalidExpression`.
    func checkDepth() throws {
        if hasNegativePosition {
            throw CatalogError(
                .invalidExpression,
                "the path \"\(self)\" has a position below 0; the first element is [0]"
            )
        }
        guard steps.count > Condition.pathDepthMax else { return }
        throw CatalogError(
            .invalidExpression,
            "an attribute path has \(steps.count) steps; it may have at most \(Condition.pathDepthMax)"
        )
    }

    /// The order of a tree's nodes, each before those below it.
    static func precedes(_ left: AttributePath, _ right: AttributePath) -> Bool {
        for (left, right) in zip(left.steps, right.steps) where left != right {
            switch (left, right) {
            case (.name(let left), .name(let right)): return left < right
            case (.index(let left), .index(let right)): return left < right
            case (.index, .name): return true
            case (.name, .index): return false
            }
        }
        return left.steps.count < right.steps.count
    }
}

extension AttributeChange {
    /// What cannot be done because texts that Unicode holds for the same would become one.
    func spellings() -> CatalogError {
        mismatch("names or elements of sets there differ in their spelling only, as Unicode has it; put the item whole")
    }

    func mismatch(_ why: String) -> CatalogError {
        CatalogError(.typeMismatch, "the update of \"\(path)\" cannot be carried out: \(why)")
    }

    /// What the attribute becomes; `nil` takes it away.
    func result(for old: Attribute?) throws -> Attribute? {
        switch action {
        case .set(let value): return value
        case .setIfAbsent(let value): return old ?? value
        case .remove, .copy: return nil
        case .add(let number): return try sum(old, number, isDifference: false)
        case .subtract(let number): return try sum(old, number, isDifference: true)
        case .append(let values): return try joined(old ?? .list([]), values)
        case .prepend(let values): return try joined(values, old ?? .list([]))
        case .insert(let elements): return try united(old, elements)
        case .subtractSet(let elements): return try old.flatMap { try difference($0, elements) }
        }
    }

    private func joined(_ first: Attribute, _ second: Attribute) throws -> Attribute {
        guard case .list(let first) = first, case .list(let second) = second else {
            throw mismatch("it is no list")
        }
        return .list(first + second)
    }

    private func united(_ old: Attribute?, _ elements: Attribute) throws -> Attribute? {
        switch (old, elements) {
        case (nil, _): return elements.isEmptySet ? Attribute?.none : elements
        case (.stringSet(let old), .stringSet(let new)):
            guard new.allSatisfy({ !old.contains($0) || old.containsSpelling($0) }) else { throw spellings() }
            return .stringSet(old.union(new))
        case (.numberSet(let old), .numberSet(let new)): return .numberSet(old.union(new))
        case (.byteSet(let old), .byteSet(let new)): return .byteSet(old.union(new))
        case (let old?, _): throw mismatch("it is of type \(old.kind), the elements are a \(elements.kind)")
        }
    }

    private func difference(_ old: Attribute, _ elements: Attribute) throws -> Attribute? {
        let rest: Attribute
        switch (old, elements) {
        case (.stringSet(let old), .stringSet(let gone)):
            rest = .stringSet(old.filter { !gone.containsSpelling($0) })
        case (.numberSet(let old), .numberSet(let gone)): rest = .numberSet(old.subtracting(gone))
        case (.byteSet(let old), .byteSet(let gone)): rest = .byteSet(old.subtracting(gone))
        default: throw mismatch("it is of type \(old.kind), the elements are a \(elements.kind)")
        }
        if rest.isEmptySet { return Attribute?.none }
        return rest
    }

    /// Exact sums, by the rules that `AttributeReference.add` states.
    private func sum(_ old: Attribute?, _ number: Attribute, isDifference: Bool) throws -> Attribute {
        switch (old ?? .int(0), number) {
        case (.int(let left), .int(let right)):
            let (sum, overflowed) =
                isDifference ? left.subtractingReportingOverflow(right) : left.addingReportingOverflow(right)
            if overflowed { throw overflow(.int(left), number) }
            return .int(sum)
        case (.double(let left), _):
            guard let right = number.exactDouble else { throw mismatch("\(number) added to a double would round") }
            return try sum(left, right, isDifference: isDifference)
        case (.int(let left), .double(let right)):
            // A missing attribute takes the type of what is added.
            guard let left = Double(exactly: left) else { throw mismatch("a double added to \(left) would round") }
            guard old == nil else { throw mismatch("it is an int, and a double would make it one that rounds") }
            return try sum(left, right, isDifference: isDifference)
        case (let left, let right):
            guard let exactLeft = left.exactNumber, let exactRight = right.exactNumber else {
                throw mismatch("\(right.kind) cannot be added to \(left.kind)")
            }
            let sum = isDifference ? exactLeft.subtracting(exactRight) : exactLeft.adding(exactRight)
            guard let sum else { throw overflow(left, right) }
            return .number(sum)
        }
    }

    private func sum(_ left: Double, _ right: Double, isDifference: Bool) throws -> Attribute {
        let sum = isDifference ? left - right : left + right
        if !sum.isFinite, left.isFinite, right.isFinite { throw overflow(.double(left), .double(right)) }
        return .double(sum)
    }

    private func overflow(_ left: Attribute, _ right: Attribute) -> CatalogError {
        CatalogError(
            .numberOverflow,
            "the update of \"\(path)\" gives a number that cannot be held: \(left) and \(right)"
        )
    }
}

extension Set<String> {
    /// Whether the set has this text byte for byte, and not only one that Unicode holds for the same.
    func containsSpelling(_ text: String) -> Bool {
        firstIndex(of: text).map { self[$0].utf8.elementsEqual(text.utf8) } ?? false
    }
}

extension Attribute {
    fileprivate var exactDouble: Double? {
        switch self {
        case .double(let value): value
        case .int(let value): Double(exactly: value)
        default: nil
        }
    }

    fileprivate var exactNumber: DecimalNumber? {
        switch self {
        case .int(let value): DecimalNumber(value)
        case .number(let value): value
        default: nil
        }
    }

    fileprivate var isEmptySet: Bool {
        switch self {
        case .stringSet(let values): values.isEmpty
        case .numberSet(let values): values.isEmpty
        case .byteSet(let values): values.isEmpty
        default: false
        }
    }

    /// Carries a change out on what stands at the end of `steps`.
    ///
    /// A container is taken out of `self` while it changes, so that nothing is copied.
    fileprivate mutating func carryOut(
        _ change: AttributeChange,
        along steps: ArraySlice<AttributePath.Step>
    ) throws {
        guard let step = steps.first else { return }
        let rest = steps.dropFirst()
        switch (step, self) {
        case (.name(let name), .map(var members)):
            if let index = members.index(forKey: name), !members[index].key.utf8.elementsEqual(name.utf8) {
                throw change.spellings()
            }
            self = .null
            if rest.isEmpty {
                members[name] = try change.result(for: members[name])
            } else if var member = members.removeValue(forKey: name) {
                try member.carryOut(change, along: rest)
                members[name] = member
            } else if change.action != .remove {
                throw change.mismatch("\"\(name)\" is missing")
            }
            self = .map(members)
        case (.index(let index), .list(var elements)):
            self = .null
            try Attribute.carryOut(change, at: index, of: &elements, along: rest)
            self = .list(elements)
        case (.name(let name), _): throw change.mismatch("what should hold \"\(name)\" is of type \(kind), not a map")
        case (.index(let index), _): throw change.mismatch("what should hold [\(index)] is of type \(kind), not a list")
        }
    }

    private static func carryOut(
        _ change: AttributeChange,
        at index: Int,
        of elements: inout [Attribute],
        along rest: ArraySlice<AttributePath.Step>
    ) throws {
        let isThere = elements.indices.contains(index)
        if rest.isEmpty {
            let result = try change.result(for: isThere ? elements[index] : nil)
            switch (result, isThere) {
            case (let value?, true): elements[index] = value
            case (let value?, false): elements.append(value)
            case (nil, true): elements.remove(at: index)
            case (nil, false): break
            }
        } else if isThere {
            try elements[index].carryOut(change, along: rest)
        } else if change.action != .remove {
            throw change.mismatch("there is no [\(index)]")
        }
    }
}
