import CatalogKV
import VitrineTestSupport

/// Makes random steps on few items, so that they meet.
struct StepMaker {
    var generator: SeededGenerator
    /// Some step with a token, to be asked for again.
    private var repeated: ModelStep?
    private var tokenCount = 0
    let valueByteCounts: [Int]

    init(seed: UInt64, valueByteCounts: [Int] = [0, 1, 40, 300, 900]) {
        generator = SeededGenerator(seed: seed)
        self.valueByteCounts = valueByteCounts
    }

    /// Any step.
    mutating func step() -> ModelStep {
        switch pick(100) {
        case 0..<4: .advance(milliseconds: Int64(1 + pick(400)))
        case 4..<7: .sweep
        case 7..<11: .compact
        case 11..<14: .checkpoint
        case 14..<16: .flush
        case 16..<19: .reopen
        default: write()
        }
    }

    /// A step that writes, or that is refused.
    mutating func write() -> ModelStep {
        switch pick(20) {
        case 0..<3: return .write(.delete(name()), durability())
        case 3..<5: return .putIf(name(), value(), exists: pick(2) == 0, durability())
        case 5..<8: return .append(document(), value(), durability())
        case 8..<10: return .batch(writes(1 + pick(5)), durability())
        case 10..<14: return transaction()
        case 14:
            if let repeated { return repeated }
            return transaction()
        default: return .write(put(), durability())
        }
    }

    /// Up to `count` writing steps that look at no item of one another.
    mutating func apart(_ count: Int) -> [ModelStep] {
        var steps: [ModelStep] = []
        var taken: Set<ItemName> = []
        for _ in 0..<count {
            let step = write()
            // A token that is asked for twice at a time would tie two steps together.
            if case .transact(_, _, .some, _) = step { continue }
            guard taken.isDisjoint(with: step.names) else { continue }
            taken.formUnion(step.names)
            steps.append(step)
        }
        return steps
    }

    private mutating func transaction() -> ModelStep {
        let writes = writes(1 + pick(4))
        let names = Set(writes.map(\.name))
        var checks: [ModelCheck] = []
        if pick(2) == 0 {
            let name = name()
            if !names.contains(name) { checks.append(ModelCheck(name: name, exists: pick(2) == 0)) }
        }
        var token: String?
        if pick(3) == 0 {
            tokenCount += 1
            token = "token \(tokenCount)"
        }
        let step = ModelStep.transact(writes, checks, token: token, durability())
        if token != nil { repeated = step }
        return step
    }

    /// Writes of different items.
    private mutating func writes(_ count: Int) -> [ModelWrite] {
        var names: Set<ItemName> = []
        var writes: [ModelWrite] = []
        for _ in 0..<count {
            let write = pick(4) == 0 ? .delete(name()) : put()
            if names.insert(write.name).inserted { writes.append(write) }
        }
        return writes
    }

    private mutating func put() -> ModelWrite {
        .put(name(), value(), lifetime: pick(5) == 0 ? Int64(1 + pick(600)) : nil)
    }

    private mutating func name() -> ItemName {
        ItemName(table: pick(2), partition: pick(3), sort: pick(7))
    }

    private mutating func document() -> ItemName {
        ItemName(table: 1, partition: pick(3), sort: pick(7))
    }

    private mutating func value() -> [UInt8] {
        generator.bytes(valueByteCounts[pick(valueByteCounts.count)])
    }

    private mutating func durability() -> Durability {
        pick(3) == 0 ? .buffered : .synced
    }

    mutating func pick(_ count: Int) -> Int {
        Int.random(in: 0..<count, using: &generator)
    }
}

extension ModelStep: CustomStringConvertible {
    var description: String {
        switch self {
        case .write(let write, let durability): "\(write) \(durability)"
        case .putIf(let name, let value, let exists, let durability):
            "put \(name) \(value.count):\(value.prefix(4)) if \(exists ? "there" : "missing") \(durability)"
        case .append(let name, let value, let durability): "append \(name) \(value.count) \(durability)"
        case .transact(let writes, let checks, let token, let durability):
            "transact \(writes) \(checks.map { "\($0.name) \($0.exists)" }) \(token ?? "") \(durability)"
        case .batch(let writes, let durability): "batch \(writes) \(durability)"
        case .advance(let milliseconds): "advance \(milliseconds)"
        case .sweep: "sweep"
        case .compact: "compact"
        case .checkpoint: "checkpoint"
        case .flush: "flush"
        case .reopen: "reopen"
        }
    }
}
