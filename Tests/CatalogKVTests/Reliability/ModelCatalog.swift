import CatalogKV

/// The name of an item of the model's two tables.
struct ItemName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Table 0 holds plain bytes, table 1 documents.
    let table: Int
    let partition: Int
    let sort: Int

    var key: Key { Key(partition: "p\(partition)", sort: "\(sort)") }
    var description: String { "\(table)/p\(partition)/\(sort)" }

    static func < (left: ItemName, right: ItemName) -> Bool {
        (left.table, left.partition, left.sort) < (right.table, right.partition, right.sort)
    }
}

/// An item of the model.
struct ModelItem: Hashable, Sendable, CustomStringConvertible {
    var value: [UInt8]
    /// The millisecond from which on it is gone, `nil` for never.
    var expiry: Int64?

    var description: String { "\(value.count):\(value.prefix(4))\(expiry.map { " until \($0)" } ?? "")" }

    func lives(at time: Int64) -> Bool { expiry.map { $0 > time } ?? true }
}

/// A change as the stream tells it.
struct ModelChange: Equatable, Sendable, CustomStringConvertible {
    enum Kind: Sendable { case put, delete, expire }

    let kind: Kind
    let name: ItemName
    let old: ModelItem?
    let new: ModelItem?

    var description: String { "\(kind) \(name) from \(old.map { "\($0)" } ?? "-") to \(new.map { "\($0)" } ?? "-")" }
}

/// The simplest catalog there is: what a real one must be indistinguishable from.
struct ModelCatalog: Sendable {
    /// What a step answers.
    enum Answer: Sendable, Equatable { case done, refused }

    private(set) var items: [ItemName: ModelItem] = [:]
    /// Milliseconds since the Unix epoch.
    private(set) var time: Int64
    /// Every put and delete so far.
    private(set) var changes: [ModelChange] = []
    private var tokens: Set<String> = []

    init(time: Int64) {
        self.time = time
    }

    /// What readers may see.
    var living: [ItemName: ModelItem] { living(at: time) }

    func living(at time: Int64) -> [ItemName: ModelItem] { items.filter { $0.value.lives(at: time) } }

    private func lives(_ name: ItemName) -> Bool { items[name]?.lives(at: time) ?? false }

    /// Does what the step says and answers what a catalog must.
    @discardableResult
    mutating func apply(_ step: ModelStep) -> Answer {
        switch step {
        case .write(let write, _):
            apply(write)
        case .putIf(let name, let value, let exists, _):
            guard lives(name) == exists else { return .refused }
            apply(.put(name, value, lifetime: nil))
        case .append(let name, let bytes, _):
            let value = lives(name) ? items[name]?.value ?? [] : []
            apply(.put(name, value + bytes, lifetime: nil, keepsExpiry: true))
        case .transact(let writes, let checks, let token, _):
            if let token, tokens.contains(token) { return .done }
            guard checks.allSatisfy({ lives($0.name) == $0.exists }) else { return .refused }
            if let token { tokens.insert(token) }
            for write in writes { apply(write) }
        case .batch(let writes, _):
            for write in writes { apply(write) }
        case .advance(let milliseconds):
            time += milliseconds
        case .sweep, .compact, .checkpoint, .flush, .reopen:
            break
        }
        return .done
    }

    private mutating func apply(_ write: ModelWrite) {
        switch write {
        case .put(let name, let value, let lifetime, let keepsExpiry):
            let old = lives(name) ? items[name] : nil
            let expiry = keepsExpiry ? old?.expiry : lifetime.map { time + $0 }
            let new = ModelItem(value: value, expiry: expiry)
            changes.append(ModelChange(kind: .put, name: name, old: old, new: new))
            items[name] = new
        case .delete(let name):
            // Nothing there: nothing is written, and nothing told.
            guard lives(name) else { return }
            changes.append(ModelChange(kind: .delete, name: name, old: items[name], new: nil))
            items[name] = nil
        }
    }
}

/// One write of a step.
enum ModelWrite: Sendable, CustomStringConvertible {
    case put(ItemName, [UInt8], lifetime: Int64?, keepsExpiry: Bool = false)
    case delete(ItemName)

    var name: ItemName {
        switch self {
        case .put(let name, _, _, _), .delete(let name): name
        }
    }

    var description: String {
        switch self {
        case .put(let name, let value, let lifetime, _):
            "put \(name) \(value.count):\(value.prefix(4))" + (lifetime.map { " for \($0)" } ?? "")
        case .delete(let name): "delete \(name)"
        }
    }
}

/// What a transaction holds an item against without writing it.
struct ModelCheck: Sendable {
    let name: ItemName
    let exists: Bool
}

/// Something that is asked of a catalog.
enum ModelStep: Sendable {
    case write(ModelWrite, Durability)
    case putIf(ItemName, [UInt8], exists: Bool, Durability)
    /// An update that appends to what is there, of a document.
    case append(ItemName, [UInt8], Durability)
    case transact([ModelWrite], [ModelCheck], token: String?, Durability)
    case batch([ModelWrite], Durability)
    case advance(milliseconds: Int64)
    case sweep
    case compact
    case checkpoint
    case flush
    case reopen

    /// Whether a loss of power after it was acknowledged can take neither it nor anything before it.
    var isBarrier: Bool {
        switch self {
        case .write(_, let durability), .putIf(_, _, _, let durability), .append(_, _, let durability),
            .transact(_, _, _, let durability), .batch(_, let durability):
            durability == .synced
        case .flush, .reopen: true
        case .advance, .sweep, .compact, .checkpoint: false
        }
    }

    /// The items that it writes or looks at.
    var names: [ItemName] {
        switch self {
        case .write(let write, _): [write.name]
        case .putIf(let name, _, _, _), .append(let name, _, _): [name]
        case .transact(let writes, let checks, _, _): writes.map(\.name) + checks.map(\.name)
        case .batch(let writes, _): writes.map(\.name)
        case .advance, .sweep, .compact, .checkpoint, .flush, .reopen: []
        }
    }
}
