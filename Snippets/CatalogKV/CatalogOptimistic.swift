// Changes an item that nobody else has changed meanwhile.
import CatalogKV

struct Lamp: Codable, Sendable {
    var name: String
    var cents: Int
}

let catalog = try await Catalog.open(at: "shop/catalog")
let lamps = try await catalog.table("lamps", of: Lamp.self)
let arc = Key(partition: "floor lamps", sort: "arc")
// snippet.show
while let entry = try lamps.entry(arc) {
    var lamp = entry.item
    lamp.cents = lamp.cents * 9 / 10
    do {
        try await lamps.put(lamp, for: arc, if: .version(is: entry.version))
        break
    } catch let error as CatalogError where error.code == .conditionFailed {
        continue  // Somebody was quicker: look again.
    }
}
// snippet.hide
try await catalog.close()
