import Peers

/// What the rows ask of an engine.
protocol Store: Sendable {
    associatedtype Session: StoreSession

    static var name: String { get }
    /// Whether its clients wait as tasks; else each blocks a thread of its own.
    static var hasAsyncClients: Bool { get }
    /// The part of a round's operations that it does in a turn.
    static var turnShare: Double { get }
    var version: String { get }
    var settings: [String: String] { get }

    /// Opens or creates the engine's store in a directory that exists.
    static func open(at path: String, _ plan: Plan) async throws -> Self

    /// What one thread or task works with; writes by it are flushed each if `isSynced`.
    func session(isSynced: Bool) throws -> Session
    /// Makes the store flush each write, or not, where that is no matter of the session.
    func setSynced(_ isSynced: Bool) throws
    /// Puts many items as fast as it can.
    func load(_ keys: [ItemKey], _ values: [UInt8]) async throws
    /// Lets background work come to rest after loading, so that reads are as fast as they get.
    func finishLoading() async throws
    /// Waits until space is reclaimed as far as the engine does by itself.
    func settle() async throws
    func close() async throws

    /// Bytes that values take which stand in memory for the sake of reads, within a budget of their own.
    var residentValueByteCount: Int { get }
    /// CPU time that was spent for it in other processes, in nanoseconds.
    func cpuElsewhere() throws -> Double?
}

extension Store {
    static var hasAsyncClients: Bool { false }
    static var turnShare: Double { 1 }
    func setSynced(_ isSynced: Bool) throws {}
    func finishLoading() async throws {}
    func settle() async throws {}
    var residentValueByteCount: Int { 0 }
    func cpuElsewhere() throws -> Double? { nil }
}

/// One thread's or task's way into a store.
///
/// Values are read whole: what is returned is the sum of their words.
protocol StoreSession: AnyObject {
    /// A key as the engine takes it, made before the clock runs.
    associatedtype PreparedKey

    static func prepare(_ key: ItemKey, forRange: Bool) -> PreparedKey
    func sum(_ key: PreparedKey) throws -> UInt64?
    /// Up to `limit` items of the key's partition, from the key on.
    func range(from key: PreparedKey, limit: Int) throws -> RangeSum
    func put(_ key: PreparedKey, _ value: [UInt8]) async throws
    /// One transaction: the item of the first key must be there; `values` are put under the others.
    func transact(_ keys: ArraySlice<PreparedKey>, _ values: [UInt8]) async throws -> Bool
}
