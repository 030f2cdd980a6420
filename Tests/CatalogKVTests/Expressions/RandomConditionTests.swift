import CatalogKV
import Testing
import VitrineTestSupport

/// Conditions drawn at random, each with a plain evaluator made beside it that works on decoded values.
@Suite("Random conditions")
struct RandomConditionTests {
    @Test("random conditions hold exactly where a plain evaluator says so")
    func agree() throws {
        let seed = TestEnvironment.seed(17)
        var random = ExpressionGenerator(seed: seed)
        var heldCount = 0
        let count = TestEnvironment.count(20_000, soak: 1_000_000)
        for round in 0..<count {
            let item = round % 17 == 0 ? nil : random.map(depth: 3)
            let (condition, plain) = random.condition(depth: 4)
            let expected = plain(item)
            let document = try item.map { try Document($0) }
            let held = try condition.holds(for: document, version: 7)
            if held != expected {
                Issue.record("seed \(seed), round \(round): \(condition) on \(item ?? [:])")
                return
            }
            if held { heldCount += 1 }
        }
        // Neither outcome is so rare that the test says nothing.
        #expect(heldCount > count / 5 && heldCount < count * 4 / 5)
    }
}

/// Draws values, paths and conditions that meet often.
struct ExpressionGenerator {
    typealias Plain = ([String: Attribute]?) -> Bool

    var random: SeededGenerator

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
    }

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

    mutating func name() -> String { ["a", "b", "c"][below(3)] }

    mutating func text() -> String {
        String((0..<below(4)).map { _ in ["x", "y", "é", "字"][below(4)] }.joined())
    }

    /// Numbers of all three types, quarters all of them, so that a double holds each exactly.
    mutating func number() -> Attribute {
        let quarters = below(41) - 20
        switch below(3) {
        case 0: return .int(Int64(quarters / 4))
        case 1: return .double(Double(quarters) / 4)
        default: return .number(DecimalNumber("\(Double(quarters) / 4)") ?? .zero)
        }
    }

    mutating func value(depth: Int) -> Attribute {
        switch below(depth > 0 ? 13 : 9) {
        case 0: .null
        case 1: .bool(below(2) == 0)
        case 2, 3, 4: number()
        case 5, 6: .string(text())
        case 7: .bytes((0..<below(3)).map { _ in UInt8(below(3)) })
        case 8: .stringSet(Set((0..<below(3)).map { _ in text() }))
        case 9, 10: .map(map(depth: depth - 1))
        default: .list((0..<below(4)).map { _ in value(depth: depth - 1) })
        }
    }

    mutating func map(depth: Int) -> [String: Attribute] {
        var map: [String: Attribute] = [:]
        for _ in 0..<(1 + below(4)) { map[name()] = value(depth: depth) }
        return map
    }

    mutating func path() -> AttributePath {
        var steps: [AttributePath.Step] = [.name(name())]
        while below(3) == 0 { steps.append(below(2) == 0 ? .name(name()) : .index(below(3))) }
        return AttributePath(steps)
    }

    mutating func condition(depth: Int) -> (Condition, Plain) {
        guard depth > 0, below(3) > 0 else { return leaf() }
        let (left, plainLeft) = condition(depth: depth - 1)
        if below(4) == 0 { return (!left, { !plainLeft($0) }) }
        let (right, plainRight) = condition(depth: depth - 1)
        if below(2) == 0 { return (left && right, { plainLeft($0) && plainRight($0) }) }
        return (left || right, { plainLeft($0) || plainRight($0) })
    }

    mutating func leaf() -> (Condition, Plain) {
        let path = path()
        let asked = attribute(path)
        func value(_ item: [String: Attribute]?) -> Attribute? { PlainValues.value(path, in: item) }
        switch below(10) {
        case 0: return (.exists, { $0 != nil })
        case 1:
            let version = UInt64(6 + below(2))
            return (.version(is: version), { $0 != nil && version == 7 })
        case 2: return (asked.exists, { value($0) != nil })
        case 3:
            let kind = Attribute.Kind.allCases[below(Attribute.Kind.allCases.count)]
            return (asked.isOfType(kind), { value($0)?.kind == kind })
        case 4:
            let limit = below(4)
            return (asked.size > limit, { (value($0).flatMap(PlainValues.size) ?? -1) > limit })
        case 5:
            let part = self.value(depth: 0)
            return (asked.contains(part), { value($0).map { PlainValues.contains($0, part) } ?? false })
        case 6:
            let prefix = self.value(depth: 0)
            return (asked.beginsWith(prefix), { value($0).map { PlainValues.begins($0, prefix) } ?? false })
        case 7:
            let choices = (0..<below(4)).map { _ in self.value(depth: 1) }
            return (
                asked.isIn(choices),
                { value($0).map { value in choices.contains { PlainValues.equal($0, value) } } ?? false }
            )
        case 8:
            let (other, bound) = (self.path(), self.value(depth: 0))
            return (
                asked == attribute(other) || asked.isBetween(bound, and: 4),
                { item in
                    let left = value(item)
                    let right = PlainValues.value(other, in: item)
                    let same = left.flatMap { left in right.map { PlainValues.equal(left, $0) } } ?? false
                    return same
                        || PlainValues.order(bound, left).map { $0 <= 0 } ?? false
                            && PlainValues.order(left, 4).map { $0 <= 0 } ?? false
                }
            )
        default: return comparison(asked, value)
        }
    }

    private mutating func comparison(
        _ asked: AttributeReference,
        _ value: @escaping ([String: Attribute]?) -> Attribute?
    ) -> (Condition, Plain) {
        let other = self.value(depth: 1)
        switch below(6) {
        case 0: return (asked == other, { value($0).map { PlainValues.equal($0, other) } ?? false })
        case 1: return (asked != other, { value($0).map { !PlainValues.equal($0, other) } ?? true })
        case 2: return (asked < other, { PlainValues.order(value($0), other).map { $0 < 0 } ?? false })
        case 3: return (asked <= other, { PlainValues.order(value($0), other).map { $0 <= 0 } ?? false })
        case 4: return (asked > other, { PlainValues.order(value($0), other).map { $0 > 0 } ?? false })
        default: return (asked >= other, { PlainValues.order(value($0), other).map { $0 >= 0 } ?? false })
        }
    }
}

/// What conditions mean, said again in the plainest way, for the values that the generator draws.
enum PlainValues {
    static func value(_ path: AttributePath, in item: [String: Attribute]?) -> Attribute? {
        guard let item else { return nil }
        var value = Attribute.map(item)
        for step in path.steps {
            switch (step, value) {
            case (.name(let name), .map(let members)):
                guard let member = members[name] else { return nil }
                value = member
            case (.index(let index), .list(let elements)):
                if index >= elements.count { return nil }
                value = elements[index]
            default: return nil
            }
        }
        return value
    }

    static func number(_ value: Attribute) -> Double? {
        switch value {
        case .int(let value): Double(value)
        case .double(let value): value
        case .number(let value): Double(value)
        default: nil
        }
    }

    static func equal(_ left: Attribute, _ right: Attribute) -> Bool {
        if let left = number(left), let right = number(right) { return left == right }
        switch (left, right) {
        case (.list(let left), .list(let right)):
            return left.count == right.count && zip(left, right).allSatisfy { equal($0, $1) }
        case (.map(let left), .map(let right)):
            return left.keys == right.keys
                && left.allSatisfy { name, value in right[name].map { equal(value, $0) } ?? false }
        case (.string(let left), .string(let right)): return Array(left.utf8) == Array(right.utf8)
        default: return left == right
        }
    }

    /// Below, at or above zero as the left value is before, beside or after the right one.
    static func order(_ left: Attribute?, _ right: Attribute?) -> Int? {
        guard let left, let right else { return nil }
        if let left = number(left), let right = number(right) { return left < right ? -1 : left > right ? 1 : 0 }
        switch (left, right) {
        case (.bool(let left), .bool(let right)): return (left ? 1 : 0) - (right ? 1 : 0)
        case (.string(let left), .string(let right)): return order(Array(left.utf8), Array(right.utf8))
        case (.bytes(let left), .bytes(let right)): return order(left, right)
        default: return nil
        }
    }

    private static func order(_ left: [UInt8], _ right: [UInt8]) -> Int {
        left.lexicographicallyPrecedes(right) ? -1 : right.lexicographicallyPrecedes(left) ? 1 : 0
    }

    static func size(_ value: Attribute) -> Int? {
        switch value {
        case .string(let text): Array(text.utf8).count
        case .bytes(let bytes): bytes.count
        case .list(let elements): elements.count
        case .map(let members): members.count
        case .stringSet(let elements): elements.count
        default: nil
        }
    }

    static func contains(_ value: Attribute, _ part: Attribute) -> Bool {
        switch (value, part) {
        case (.string(let text), .string(let part)): contains(Array(text.utf8), Array(part.utf8))
        case (.bytes(let bytes), .bytes(let part)): contains(bytes, part)
        case (.list(let elements), _): elements.contains { equal($0, part) }
        case (.stringSet(let elements), .string(let element)): elements.contains(element)
        default: false
        }
    }

    private static func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        (0...bytes.count).contains { bytes[$0...].starts(with: part) }
    }

    static func begins(_ value: Attribute, _ prefix: Attribute) -> Bool {
        switch (value, prefix) {
        case (.string(let text), .string(let prefix)): Array(text.utf8).starts(with: Array(prefix.utf8))
        case (.bytes(let bytes), .bytes(let prefix)): bytes.starts(with: prefix)
        default: false
        }
    }
}
