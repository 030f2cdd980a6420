// DynamoDB's expressions, said in Swift.
import CatalogKV

let catalog = try await Catalog.open(at: "shop/catalog")
let products = try await catalog.table("products")
let chair = Key(partition: "chair-17")
// snippet.show
// UpdateExpression: SET price = :p, views = if_not_exists(views, :zero) ADD stock :n, tags :new REMOVE draft
// ConditionExpression: attribute_exists(pk) AND stock < :most AND NOT contains(tags, :sold)
// ReturnValues: ALL_NEW
let result = try await products.update(
    chair,
    if: .exists && attribute("stock") < 100 && !attribute("tags").contains("sold out"),
    returning: .new
) {
    attribute("price").set(to: DecimalNumber("119.90"))
    attribute("views").setIfAbsent(to: 0)
    attribute("stock").add(5)
    attribute("tags").insert(["new"] as Set<String>)
    attribute("draft").remove()
}
print(result.version, result.new?.item ?? [:])
// snippet.hide
try await catalog.close()
