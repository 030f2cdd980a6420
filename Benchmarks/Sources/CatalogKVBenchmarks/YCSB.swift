import Harness

/// The core workloads of the Yahoo! Cloud Serving Benchmark.
///
/// Cooper, Silberstein, Tam, Ramakrishnan and Sears, "Benchmarking cloud serving systems with YCSB", SoCC 2010, with the
/// mixes and distributions of its published workload files: A half reads, half updates; B 95 % reads; C reads; D reads
/// of the latest with 5 % inserts; E scans of 1 to 100 items with 5 % inserts; F half reads, half read-modify-write.
/// Zipfian with theta 0.99. A value is written whole; a scan stays under one partition key.
enum YCSB {
    static func workloads(operations: Int) -> [Workload] {
        [
            Workload(name: name("A"), threads: 2, operations: operations, region: 1) { source in
                let kind: Operation.Kind = source.random.below(100) < 50 ? .get : .put
                return Operation(kind: kind, item: UInt32(source.popular()))
            },
            Workload(name: name("B"), threads: 2, operations: operations, region: 2) { source in
                let kind: Operation.Kind = source.random.below(100) < 95 ? .get : .put
                return Operation(kind: kind, item: UInt32(source.popular()))
            },
            Workload(name: name("C"), threads: 2, operations: operations, region: 3) { source in
                Operation(kind: .get, item: UInt32(source.popular()))
            },
            Workload(name: name("D"), threads: 2, operations: operations, region: 4) { source in
                if source.random.below(100) < 95 { return Operation(kind: .get, item: UInt32(source.latest())) }
                return Operation(kind: .insert, item: UInt32(source.fresh()))
            },
            Workload(name: name("E"), threads: 2, operations: operations / 4, region: 5) { source in
                if source.random.below(100) >= 95 { return Operation(kind: .insert, item: UInt32(source.fresh())) }
                let limit = 1 + source.random.below(100)
                let start = source.start(source.popular(), limit: limit)
                return Operation(kind: .query, limit: UInt8(limit), item: UInt32(start))
            },
            Workload(name: name("F"), threads: 2, operations: operations, region: 6) { source in
                let kind: Operation.Kind = source.random.below(100) < 50 ? .get : .readModifyWrite
                return Operation(kind: kind, item: UInt32(source.popular()))
            },
        ]
    }

    private static func name(_ letter: String) -> String { "YCSB \(letter), 2 threads, buffered" }
}
