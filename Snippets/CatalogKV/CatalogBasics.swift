// A table of lamps: put, get, query, update, delete.
import CatalogKV

struct Lamp: Codable, Sendable {
    var name: String
    var cents: Int
    var stock: Int
}

// snippet.show
let catalog = try await Catalog.open(at: "shop/catalog")
let lamps = try await catalog.table("lamps", of: Lamp.self)

let arc = Key(partition: "floor lamps", sort: "arc")
try await lamps.put(Lamp(name: "Arc", cents: 12_900, stock: 3), for: arc)
try await lamps.update(arc, if: attribute("stock") >= 1) { attribute("stock").subtract(1) }

print(try lamps.get(arc)?.stock ?? 0, "left")
try lamps.query("floor lamps", limit: 10).readEach { print($0.item.name, $0.item.cents) }
try await catalog.close()
// snippet.hide
