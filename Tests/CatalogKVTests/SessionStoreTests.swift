import CatalogKV
import Testing
import VitrineSync
import VitrineTestSupport

@Suite("Sessions")
struct SessionStoreTests {
    private let store = StreamHarness()
    private var clock: ManualClock { store.clock }
    private var disk: SimulatedFileSystem { store.disk }
    private let configuration = SessionConfiguration(idleLifetime: .seconds(60), absoluteLifetime: .seconds(150))

    private func open() async throws -> (Catalog, SessionStore) {
        let catalog = try await store.open()
        return (catalog, SessionStore(catalog: catalog, configuration: configuration))
    }

    @Test("are found by their token, with user and data, before and after a restart")
    func creating() async throws {
        let (first, sessions) = try await open()
        let (token, session) = try await sessions.create(user: "ada", data: [1, 2])
        #expect(session.user == "ada" && session.data == [1, 2])
        #expect(session.expiry == session.created + .seconds(60))
        #expect(session.finalExpiry == session.created + .seconds(150))
        #expect(try sessions.resolve(token) == session)
        try await first.close()
        let (second, restored) = try await open()
        let text = token.text
        let copy = try #require(SessionToken(text))
        #expect(try restored.resolve(copy) == session)
        let other = try #require(SessionToken(bytes: [UInt8](repeating: 0, count: 32)))
        #expect(try restored.resolve(other) == nil)
        try await second.close()
    }

    @Test("end when they are idle for too long, and live on when they are touched")
    func sliding() async throws {
        let (catalog, sessions) = try await open()
        let (idle, _) = try await sessions.create(user: "ada")
        let (busy, _) = try await sessions.create(user: "ada")
        clock.advance(by: .milliseconds(59_999))
        #expect(try sessions.resolve(idle) != nil)
        #expect(try await sessions.touch(busy) != nil)
        clock.advance(by: .milliseconds(1))
        #expect(try sessions.resolve(idle) == nil)
        #expect(try await sessions.touch(idle) == nil)
        #expect(try await sessions.rotate(idle) == nil)
        #expect(try await sessions.setData([1], of: idle) == nil)
        #expect(try await !sessions.revoke(idle))
        #expect(try sessions.resolve(busy) != nil)
        try await catalog.close()
    }

    @Test("end at their final expiry however often they are touched")
    func absolute() async throws {
        let (catalog, sessions) = try await open()
        let (token, created) = try await sessions.create(user: "ada")
        for _ in 0..<3 {
            clock.advance(by: .seconds(45))
            #expect(try await sessions.touch(token)?.finalExpiry == created.finalExpiry)
        }
        clock.advance(by: .milliseconds(14_999))
        #expect(try sessions.resolve(token)?.expiry == created.finalExpiry)
        clock.advance(by: .milliseconds(1))
        #expect(try sessions.resolve(token) == nil)
        #expect(try await sessions.touch(token) == nil)
        // Both the session and its entry under the user have had their time.
        #expect(try await catalog.sweepExpired(limit: .max) == 2)
        #expect(catalog.statistics.keyCount == 0)
        try await catalog.close()
    }

    @Test("keep new data")
    func data() async throws {
        let (catalog, sessions) = try await open()
        let (token, _) = try await sessions.create(user: "ada", data: [1])
        #expect(try await sessions.setData([2, 3], of: token)?.data == [2, 3])
        #expect(try sessions.resolve(token)?.data == [2, 3])
        try await catalog.close()
    }

    @Test("change their token in one step: the old one opens nothing from then on")
    func rotation() async throws {
        let (catalog, sessions) = try await open()
        let (old, created) = try await sessions.create(user: "ada", data: [5])
        clock.advance(by: .seconds(30))
        let new = try #require(try await sessions.rotate(old))
        #expect(try sessions.resolve(old) == nil)
        let rotated = try #require(try sessions.resolve(new))
        #expect(rotated.created == created.created && rotated.expiry == created.expiry)
        #expect(rotated.data == [5] && rotated.user == "ada" && rotated.id != created.id)
        #expect(try await sessions.revokeAll(of: "ada") == 1)
        #expect(try sessions.resolve(new) == nil)
        #expect(catalog.statistics.keyCount == 0)
        try await catalog.close()
    }

    @Test("are revoked one by one and all of a user's at once, for good")
    func revoking() async throws {
        let (first, sessions) = try await open()
        var tokens: [SessionToken] = []
        for _ in 0..<120 { tokens.append(try await sessions.create(user: "ada").token) }
        let (other, _) = try await sessions.create(user: "ada lovelace")
        #expect(try await sessions.revoke(tokens[0]))
        #expect(try await !sessions.revoke(tokens[0]))
        #expect(try sessions.resolve(tokens[0]) == nil)
        #expect(try await sessions.revokeAll(of: "ada") == 119)
        #expect(try await sessions.revokeAll(of: "ada") == 0)
        try await first.close()
        let (second, restored) = try await open()
        #expect(try tokens.allSatisfy { try restored.resolve($0) == nil })
        #expect(try restored.resolve(other) != nil)
        try await second.close()
    }

    @Test("that are touched or rotated while all are revoked do not come back", arguments: 0..<8)
    func races(_ round: Int) async throws {
        let (catalog, sessions) = try await open()
        var created: [SessionToken] = []
        for _ in 0..<12 { created.append(try await sessions.create(user: "ada").token) }
        let tokens = created
        try await withThrowingTaskGroup(of: Void.self) { group in
            for token in tokens {
                group.addTask {
                    var current = token
                    for turn in 0..<round + 2 {
                        if turn % 3 == 2 { _ = try await sessions.setData([1], of: current) }
                        try await sessions.touch(current)
                        if let next = try await sessions.rotate(current) { current = next }
                    }
                    // Whatever became of it, by now or by the end of the revocation it is gone.
                    try await sessions.revokeAll(of: "ada")
                    #expect(try sessions.resolve(current) == nil)
                }
            }
            group.addTask { try await sessions.revokeAll(of: "ada") }
            try await group.waitForAll()
        }
        #expect(catalog.statistics.keyCount == 0)
        try await catalog.close()
    }

    @Test("leave no token on the disk, and stay apart from the catalog's items")
    func atRest() async throws {
        let catalog = try await store.open()
        let sessions = SessionStore(catalog: catalog, configuration: configuration) { count in
            (0..<count).map { UInt8($0 + 100) }
        }
        let (token, _) = try await sessions.create(user: "ada", data: [1])
        #expect(token.bytes == (0..<32).map { UInt8($0 + 100) })
        try await catalog.close()
        let bytes = try #require(disk.contents(ofFile: "/store/journal/00000001.log"))
        #expect(!bytes.contains(token.bytes[..<8]) && !bytes.contains(Array(token.text.utf8)[..<8]))
        #expect(bytes.contains(Array("ada".utf8)))
        #expect("\(token)" == "SessionToken(secret)")
    }

    @Test("draw another token when one is taken, and never take over a session")
    func collisions() async throws {
        let catalog = try await store.open()
        let draws = Locked<UInt8>(0)
        let sessions = SessionStore(catalog: catalog, configuration: configuration) { count in
            // Each token is drawn twice.
            let draw = draws.withLock { draw in
                draw += 1
                return draw
            }
            return [UInt8](repeating: (draw + 1) / 2, count: count)
        }
        let (first, _) = try await sessions.create(user: "ada")
        let (second, _) = try await sessions.create(user: "eve")
        #expect(first.bytes[0] == 1 && second.bytes[0] == 2)
        #expect(try sessions.resolve(first)?.user == "ada" && sessions.resolve(second)?.user == "eve")
        try await catalog.close()
    }

    @Test("refuse users and data over the limits, and a generator that returns too little")
    func limits() async throws {
        let (catalog, sessions) = try await open()
        #expect(await catalogErrorCode { _ = try await sessions.create(user: "") } == .keyTooLong)
        #expect(
            await catalogErrorCode { try await sessions.revokeAll(of: String(repeating: "x", count: 2_049)) }
                == .keyTooLong
        )
        let huge = [UInt8](repeating: 0, count: Catalog.itemByteCountMax)
        #expect(await catalogErrorCode { _ = try await sessions.create(user: "ada", data: huge) } == .valueTooLarge)
        let mean = SessionStore(catalog: catalog, configuration: configuration) { _ in [] }
        #expect(await catalogErrorCode { _ = try await mean.create(user: "ada") } == .invalidArgument)
        #expect(catalog.statistics.keyCount == 0)
        try await catalog.close()
    }

    @Test("have tokens whose text is read back, and whose misspellings are not")
    func tokenText() throws {
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<50 {
            let token = try #require(SessionToken(bytes: generator.bytes(32)))
            #expect(token.text.utf8.count == 43)
            #expect(SessionToken(token.text)?.bytes == token.bytes)
            #expect(SessionToken(token.text + "A") == nil && SessionToken(String(token.text.dropLast())) == nil)
        }
        let zeros = try #require(SessionToken(bytes: [UInt8](repeating: 0, count: 32)))
        #expect(zeros.text == String(repeating: "A", count: 43))
        #expect(SessionToken(String(repeating: "A", count: 42) + "B") == nil, "spare bits must be zero")
        #expect(SessionToken(String(repeating: "A", count: 42) + "=") == nil)
        #expect(SessionToken("") == nil && SessionToken(bytes: [1]) == nil)
        #expect(SessionToken(String(repeating: "A", count: 100_000)) == nil)
    }
}
