// Reads a partition page by page.
import CatalogKV

let catalog = try await Catalog.open(at: "shop/catalog")
let events = try await catalog.table("events")
// snippet.show
let days = (1...30).map { day -> (key: Key, item: Document) in
    (Key(partition: "lamps", sort: "2026-11-\(day / 10)\(day % 10)"), ["visits": .int(Int64(day))])
}
try await events.batchWrite(puts: days)

var page = try events.query("lamps", .prefix("2026-11-"), limit: 10).page()
while let cursor = page.cursor {
    print(page.entries.count, "days; the next page begins at", cursor.text)
    page = try events.query("lamps", .prefix("2026-11-"), limit: 10, after: cursor).page()
}
// snippet.hide
try await catalog.close()
