import Foundation
import Harness

/// Who takes part.
enum Engines {
    static let all: [any Store.Type] = [
        CatalogStore.self, RocksDBStore.self, LMDBStore.self, SQLiteStore.self, RedisStore.self,
    ]

    /// Opens and loads ours and the peers that were asked for.
    static func prepare(_ plan: Plan) async throws -> Rows {
        let zipfian = Zipfian(count: plan.itemCount)
        let ours = Entry(CatalogStore.self, plan, zipfian)
        try await ours.prepare()
        var peers: [any Entrant] = []
        for type in all where plan.peers.contains(type.name) {
            let peer = entrant(type, plan, zipfian)
            do {
                try await peer.prepare()
                peers.append(peer)
            } catch let error as WrongResult {
                FileHandle.standardError.write(Data("\(type.name) is left out: \(error)\n".utf8))
            }
        }
        return Rows(plan: plan, ours: ours, peers: peers)
    }

    private static func entrant<S: Store>(_ type: S.Type, _ plan: Plan, _ zipfian: Zipfian) -> any Entrant {
        Entry(type, plan, zipfian)
    }
}
