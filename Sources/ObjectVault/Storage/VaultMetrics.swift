internal import Metrics

/// What a vault counts.
struct VaultMetrics: Sendable {
    let puts: Counter
    let putBytes: Counter
    let duplicateBytes: Counter
    let readBytes: Counter
    let removes: Counter
    let damage: Counter
    let commitGroup: Recorder

    init(factory: (any MetricsFactory)?) {
        let factory = factory ?? MetricsSystem.factory
        puts = Counter(label: "objectvault_puts_total", factory: factory)
        putBytes = Counter(label: "objectvault_put_bytes_total", factory: factory)
        duplicateBytes = Counter(label: "objectvault_duplicate_bytes_total", factory: factory)
        readBytes = Counter(label: "objectvault_read_bytes_total", factory: factory)
        removes = Counter(label: "objectvault_removes_total", factory: factory)
        damage = Counter(label: "objectvault_damage_found_total", factory: factory)
        commitGroup = Recorder(label: "objectvault_commit_group_size", factory: factory)
    }
}
