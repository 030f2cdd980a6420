import CatalogKV
import Testing

@Suite("Projections")
struct ProjectionTests {
    static let lamp: Document = [
        "name": "Kepler lamp",
        "stock": 5,
        "sizes": [["name": "S", "stock": 1], ["name": "M", "stock": 7], ["name": "L", "stock": 2]],
        "maker": ["name": "Kepler", "city": "Linz"],
    ]

    @Test("whole attributes are taken as they are, missing ones left out")
    func whole() throws {
        let projection: Projection = ["name", "maker", "price"]
        #expect(
            try projection.applied(to: ProjectionTests.lamp) == [
                "name": "Kepler lamp", "maker": ["name": "Kepler", "city": "Linz"],
            ]
        )
    }

    @Test("parts come in maps and closed-up lists")
    func parts() throws {
        let nothing: Projection = ["maker.street", "sizes[3]"]
        #expect(try nothing.applied(to: ProjectionTests.lamp).isEmpty)
        let projection: Projection = ["sizes[2].name", "sizes[0]", "maker.city", "maker.street", "stock.no", "name[0]"]
        #expect(
            try projection.applied(to: ProjectionTests.lamp) == [
                "sizes": [["name": "S", "stock": 1], ["name": "L"]], "maker": ["city": "Linz"],
            ]
        )
    }

    @Test("a path and what is inside it give the whole")
    func nested() throws {
        let projection: Projection = ["maker.city", "maker"]
        #expect(try projection.applied(to: ProjectionTests.lamp)["maker"] == ProjectionTests.lamp["maker"])
    }

    @Test("a projection over its limits is refused")
    func limits() {
        let many = Projection((0...Projection.pathCountMax).map { .name("a\($0)") })
        #expect(throws: CatalogError.self) { try many.applied(to: ProjectionTests.lamp) }
        let steps = [AttributePath.Step](repeating: .name("a"), count: Condition.pathDepthMax + 1)
        #expect(throws: CatalogError.self) {
            try Projection([AttributePath(steps)]).applied(to: ProjectionTests.lamp)
        }
    }
}
