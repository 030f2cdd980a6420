// A shopper logs in, comes back, changes the password and logs out everywhere.
import CatalogKV

let catalog = try await Catalog.open(at: "shop/catalog")
// snippet.show
let sessions = SessionStore(
    catalog: catalog,
    configuration: SessionConfiguration(idleLifetime: .seconds(1_800), absoluteLifetime: .seconds(43_200))
)

// At login: the text goes into a cookie, and nowhere else.
let (token, _) = try await sessions.create(user: "ada@example.com", data: Array("cart-17".utf8))
let cookie = token.text

// At each request.
if let presented = SessionToken(cookie), let session = try sessions.resolve(presented) {
    print("hello", session.user)
    try await sessions.touch(presented)
}

// When rights change: the old token is worth nothing from then on.
let fresh = try await sessions.rotate(token)
print(fresh == nil ? "the session has ended" : "a new cookie")

// "Log me out everywhere."
let count = try await sessions.revokeAll(of: "ada@example.com")
print(count, "sessions ended")
// snippet.hide
try await catalog.close()
