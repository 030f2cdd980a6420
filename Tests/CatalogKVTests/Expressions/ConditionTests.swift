import CatalogKV
import Testing

@Suite("Conditions")
struct ConditionTests {
    static let book: Document = [
        "name": "Kepler lamp",
        "price": .number("12.90"),
        "stock": 3,
        "weight": 0.5,
        "state": "open",
        "note": nil,
        "isNew": true,
        "tags": ["lamp", "desk"],
        "colours": .stringSet(["red", "blue"]),
        "codes": .numberSet([1, "2.5"]),
        "picture": .bytes([1, 2, 3, 4]),
        "sizes": [["name": "S", "stock": 1], ["name": "M", "stock": 7]],
    ]

    @Test(
        "a condition that describes the item holds",
        arguments: [
            attribute("stock") >= 3 && attribute("state") == "open",
            attribute("price") == DecimalNumber("12.9"),
            attribute("price") < 13,
            attribute("price") > 12.5,
            attribute("weight") == DecimalNumber("0.5"),
            attribute("stock") < attribute("price"),
            attribute("sizes[1].stock") == 7,
            attribute("sizes[1].stock") > attribute("sizes[0].stock"),
            attribute("tags").contains("desk"),
            attribute("name").contains("pler"),
            attribute("name").contains(""),
            attribute("picture").contains([2, 3] as [UInt8]),
            attribute("colours").contains("red"),
            attribute("codes").contains(2.5),
            attribute("name").beginsWith("Kep"),
            attribute("picture").beginsWith([1, 2] as [UInt8]),
            attribute("name").size == 11,
            attribute("tags").size < 3,
            attribute("stock").isBetween(1, and: 3),
            attribute("state").isIn(["shut", "open"]),
            attribute("note").exists && attribute("note").isOfType(.null),
            attribute("missing").notExists,
            attribute("missing") != 1,
            attribute("name") != 1,
            !(attribute("name") < 1),
            attribute("isNew") == true,
            .exists,
            .version(is: 9),
            .notExists || .exists,
        ]
    )
    func holds(condition: Condition) throws {
        #expect(try condition.holds(for: ConditionTests.book, version: 9))
    }

    @Test(
        "a condition that the item contradicts does not hold",
        arguments: [
            attribute("stock") > 3,
            attribute("missing") == 1,
            attribute("missing") < 1,
            attribute("missing") >= 1,
            attribute("name") < 1,
            attribute("name") > 1,
            attribute("tags") < 1,
            attribute("stock").size > 0,
            attribute("sizes[2].stock") == 7,
            attribute("sizes.stock").exists,
            attribute("name[0]").exists,
            attribute("stock").contains(3),
            attribute("stock").beginsWith("3"),
            attribute("stock").isBetween(4, and: 2),
            attribute("stock").isIn([Int]()),
            attribute("missing").isOfType(.null),
            .notExists,
            .version(is: 8),
            .exists && .notExists,
        ]
    )
    func contradicts(condition: Condition) throws {
        #expect(try !condition.holds(for: ConditionTests.book, version: 9))
    }

    @Test("a missing item has no attributes and no version")
    func missingItem() throws {
        #expect(try Condition.notExists.holds(for: nil))
        #expect(try attribute("stock").notExists.holds(for: nil))
        #expect(try !(attribute("stock") == 0).holds(for: nil))
        #expect(try !Condition.version(is: 0).holds(for: nil))
    }

    @Test("NaN equals nothing and is before and after nothing")
    func notANumber() throws {
        let item: Document = ["x": .double(.nan)]
        #expect(try !(attribute("x") == Double.nan).holds(for: item))
        #expect(try (attribute("x") != Double.nan).holds(for: item))
        #expect(try !(attribute("x") <= 1).holds(for: item))
        #expect(try !(attribute("x") >= 1).holds(for: item))
    }

    @Test("texts that look the same but differ in their bytes differ")
    func spellings() throws {
        let item: Document = ["name": "caf\u{E9}"]
        #expect(try !(attribute("name") == "cafe\u{301}").holds(for: item))
        #expect(try !attribute("name").beginsWith("cafe").holds(for: item))
        #expect(try !attribute("name").isIn(["cafe\u{301}"]).holds(for: item))
    }

    @Test("a condition over its limits is refused")
    func limits() throws {
        var many = attribute("a") == 1
        for _ in 0..<100_000 { many = many || attribute("b") == 2 }
        #expect(throws: CatalogError.self) { try many.holds(for: nil) }
        var deep = attribute("a") == 1
        for _ in 0..<100 { deep = !deep }
        #expect(throws: CatalogError.self) { try deep.holds(for: nil) }
        let choices = attribute("a").isIn(Array(0...Condition.choiceCountMax))
        #expect(throws: CatalogError.self) { try choices.holds(for: nil) }
        let steps = [AttributePath.Step](repeating: .name("a"), count: Condition.pathDepthMax + 1)
        let path = attribute(AttributePath(steps)) == 1
        do {
            _ = try path.holds(for: nil)
            Issue.record("a path that is too deep was taken")
        } catch let error as CatalogError {
            #expect(error.code == .invalidExpression)
        }
    }

    @Test("a condition at its limits is taken")
    func withinLimits() throws {
        func balanced(_ count: Int) -> Condition {
            count == 1 ? attribute("a") == 1 : balanced(count / 2) || balanced(count - count / 2)
        }
        #expect(try balanced(Condition.nodeCountMax / 2).holds(for: ["a": 1]))
        var deep = attribute("a") == 1
        for _ in 1..<Condition.depthMax { deep = !deep }
        #expect(try !deep.holds(for: ["a": 1]))
    }
}
