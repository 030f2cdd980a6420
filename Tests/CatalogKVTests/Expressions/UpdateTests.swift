import CatalogKV
import Testing

@Suite("Updates")
struct UpdateTests {
    static let lamp: Document = [
        "stock": 5,
        "price": .number("10.50"),
        "weight": 0.5,
        "tags": ["a", "b", "c", "d"],
        "colours": .stringSet(["red"]),
        "codes": .numberSet([1]),
        "maker": ["name": "Kepler", "city": "Linz"],
    ]

    private func code(_ update: Update, on document: Document? = lamp) -> CatalogError.Code? {
        do {
            _ = try update.applied(to: document)
            return nil
        } catch {
            return (error as? CatalogError)?.code
        }
    }

    @Test("each change does what it says")
    func changes() throws {
        let update = Update {
            attribute("stock").subtract(2)
            attribute("price").add(DecimalNumber("0.75"))
            attribute("weight").add(0.25)
            attribute("tags").append(["e"])
            attribute("colours").insert(["blue", "red"] as Set<String>)
            attribute("codes").removeElements([1] as Set<Int>)
            attribute("maker.city").set(to: "Graz")
            attribute("maker.country").setIfAbsent(to: "AT")
            attribute("maker.name").setIfAbsent(to: "other")
            attribute("state").set(to: ["open": true])
            attribute("old").set(to: attribute("stock"))
            attribute("missing").remove()
        }
        let result = try update.applied(to: UpdateTests.lamp)
        #expect(
            result == [
                "stock": 3,
                "price": .number("11.25"),
                "weight": 0.75,
                "tags": ["a", "b", "c", "d", "e"],
                "colours": .stringSet(["red", "blue"]),
                "maker": ["name": "Kepler", "city": "Graz", "country": "AT"],
                "state": ["open": true],
                "old": 5,
            ]
        )
    }

    @Test("a missing item, number, list and set begin as nothing")
    func beginnings() throws {
        let update = Update {
            attribute("count").add(3)
            attribute("left").subtract(3)
            attribute("ratio").subtract(0.5)
            attribute("exact").add(DecimalNumber("0.1"))
            attribute("log").prepend([1, 2])
            attribute("seen").insert([DecimalNumber("1.5")] as Set<DecimalNumber>)
            attribute("gone").removeElements(["x"] as Set<String>)
        }
        #expect(
            try update.applied(to: nil) == [
                "count": 3, "left": -3, "ratio": -0.5, "exact": .number("0.1"), "log": [1, 2],
                "seen": .numberSet(["1.5"]),
            ]
        )
    }

    @Test("positions mean the list as it was before the update")
    func positions() throws {
        let update = Update {
            attribute("tags[0]").remove()
            attribute("tags[2]").remove()
            attribute("tags[3]").set(to: "D")
            attribute("tags[9]").set(to: "e")
            attribute("tags[17]").remove()
        }
        #expect(try update.applied(to: UpdateTests.lamp)["tags"] == ["b", "D", "e"])
    }

    @Test("a number and an int give a number, and sums are exact")
    func exact() throws {
        let update = Update {
            attribute("stock").add(DecimalNumber("0.1"))
            attribute("price").subtract(10)
        }
        let result = try update.applied(to: UpdateTests.lamp)
        #expect(result["stock"] == .number("5.1"))
        #expect(result["price"] == .number("0.5"))
    }

    @Test("a sum that does not fit is refused")
    func overflow() {
        let full: Document = ["a": .int(.max), "b": .int(.min), "c": .number("9e125"), "d": .double(1e308)]
        #expect(code(Update { attribute("a").add(1) }, on: full) == .numberOverflow)
        #expect(code(Update { attribute("b").subtract(1) }, on: full) == .numberOverflow)
        #expect(code(Update { attribute("c").add(DecimalNumber("9e125")) }, on: full) == .numberOverflow)
        #expect(code(Update { attribute("c").add(1) }, on: full) == .numberOverflow)
        #expect(code(Update { attribute("d").add(1e308) }, on: full) == .numberOverflow)
    }

    @Test("a change that its attribute cannot take is refused")
    func mismatches() {
        #expect(code(Update { attribute("maker").add(1) }) == .typeMismatch)
        #expect(code(Update { attribute("stock").add("1") }) == .typeMismatch)
        #expect(code(Update { attribute("stock").add(0.5) }) == .typeMismatch)
        #expect(code(Update { attribute("price").add(0.5) }) == .typeMismatch)
        #expect(code(Update { attribute("weight").add(DecimalNumber("0.1")) }) == .typeMismatch)
        #expect(code(Update { attribute("weight").add(1 << 60) }) == nil)
        #expect(code(Update { attribute("weight").add((1 << 60) + 1) }) == .typeMismatch)
        #expect(code(Update { attribute("stock").append([1]) }) == .typeMismatch)
        #expect(code(Update { attribute("colours").insert([1] as Set<Int>) }) == .typeMismatch)
        #expect(code(Update { attribute("tags").removeElements(["a"] as Set<String>) }) == .typeMismatch)
        #expect(code(Update { attribute("nowhere.name").set(to: 1) }) == .typeMismatch)
        #expect(code(Update { attribute("stock.name").set(to: 1) }) == .typeMismatch)
        #expect(code(Update { attribute("stock[0]").set(to: 1) }) == .typeMismatch)
        #expect(code(Update { attribute("tags[7].name").set(to: 1) }) == .typeMismatch)
        #expect(code(Update { attribute("copy").set(to: attribute("nowhere")) }) == .typeMismatch)
        #expect(code(Update { attribute("nowhere.name").remove() }) == nil)
    }

    @Test("two changes that meet are refused")
    func meeting() {
        #expect(
            code(
                Update {
                    attribute("a").set(to: 1)
                    attribute("a").set(to: 2)
                }
            ) == .invalidExpression
        )
        let inside = Update {
            attribute("maker").remove()
            attribute("b").set(to: 1)
            attribute("maker.name").set(to: "x")
        }
        #expect(code(inside) == .invalidExpression)
        let beside = Update {
            attribute("makers").set(to: 1)
            attribute("maker.name").set(to: "x")
        }
        #expect(code(beside) == nil)
    }

    @Test("an update over its limits is refused")
    func limits() {
        let many = Update {
            for index in 0...Update.changeCountMax { attribute(named: "a\(index)").set(to: index) }
        }
        #expect(code(many) == .invalidExpression)
        let steps = [AttributePath.Step](repeating: .name("a"), count: Condition.pathDepthMax + 1)
        #expect(code(Update { attribute(AttributePath(steps)).remove() }) == .invalidExpression)
    }

    @Test("an update leaves attributes alone whose names are the same but for their spelling in Unicode")
    func spellings() throws {
        let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")
        let both = try Document([composed: 1]).setting(decomposed, to: 2)
        #expect(both.count == 2)
        let changed = try Update { attribute("x").set(to: 3) }.applied(to: both)
        #expect(changed.count == 3 && changed[composed] == 1 && changed[decomposed] == 2)
        let one = try Update { attribute(named: decomposed).add(5) }.applied(to: both)
        #expect(one[composed] == 1 && one[decomposed] == 7)
        let added = try Update { attribute(named: composed).set(to: 9) }.applied(to: Document([decomposed: 2]))
        #expect(added[composed] == 9 && added[decomposed] == 2)
    }

    @Test("what can hold only one of two spellings is refused rather than losing the other")
    func refusedSpellings() throws {
        let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")
        let document: Document = ["m": [decomposed: 1], "s": .stringSet([decomposed])]
        #expect(code(Update { attribute("m.caf\u{E9}").set(to: 2) }, on: document) == .typeMismatch)
        #expect(code(Update { attribute("s").insert([composed] as Set<String>) }, on: document) == .typeMismatch)
        let rest = try Update { attribute("s").removeElements([composed] as Set<String>) }.applied(to: document)
        #expect(rest == document)
        let two = Update {
            attribute(named: composed).set(to: 1)
            attribute(named: decomposed).set(to: 2)
        }
        #expect(code(two, on: nil) == .invalidExpression)
    }

    @Test("adding no elements makes no set")
    func emptySets() throws {
        let result = try Update { attribute("s").insert([] as Set<String>) }.applied(to: ["a": 1])
        #expect(result == ["a": 1])
    }

    @Test("a position before the first is refused wherever a path is given")
    func negativePositions() async throws {
        let path = AttributePath([.name("tags"), .index(-1)])
        #expect(code(Update([attribute(path).set(to: 1)])) == .invalidExpression)
        let fixture = try await TableFixture()
        let table = try await fixture.catalog.table("t")
        let (key, condition) = (Key(partition: "p"), attribute(path) == 1)
        #expect(await errorCode { try await table.put([:], for: key, if: condition) } == .invalidExpression)
        #expect(await errorCode { _ = try table.query("p", limit: 1, filter: condition) } == .invalidExpression)
        #expect(await errorCode { _ = try table.get(key, projection: Projection([path])) } == .invalidExpression)
        let checked = await catalogError {
            try await fixture.catalog.transact([table.checking(key, condition)], token: "t")
        }
        #expect(checked?.cancellation?.reasons.map { $0?.code } == [.invalidExpression])
    }

}
