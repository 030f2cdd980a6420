// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that importing a module of Vitrine never resolves what its benchmarks need.

let house: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

func module(_ name: String) -> Target.Dependency { .product(name: name, package: "vitrine") }

let package = Package(
    name: "vitrine-benchmarks",
    dependencies: [
        .package(name: "vitrine", path: "..", traits: ["Zstd"]),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift.git", from: "0.2.0"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
    ],
    targets: [
        .target(name: "CAffinity"),
        .target(name: "Harness", dependencies: ["CAffinity"], swiftSettings: house),

        // Peers, as Debian packages them.
        .systemLibrary(name: "CZlibPeer", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CRocksDB", pkgConfig: "rocksdb", providers: [.apt(["librocksdb-dev"])]),
        .systemLibrary(name: "CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"])]),
        .systemLibrary(name: "CSQLitePeer", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CISAL", providers: [.apt(["libisal-dev"])]),
        .systemLibrary(name: "CMeshoptimizer", providers: [.apt(["libmeshoptimizer-dev"])]),
        .target(
            name: "CPrometheus",
            linkerSettings: [.linkedLibrary("prometheus-cpp-core"), .linkedLibrary("stdc++")]
        ),
        .target(name: "CRawOrders", linkerSettings: [.linkedLibrary("sqlite3")]),
        .target(name: "Peers", dependencies: ["CRocksDB", "CLMDB", "CSQLitePeer"], swiftSettings: house),

        .executableTarget(
            name: "GroundBenchmarks",
            dependencies: ["Harness", "CZlibPeer", module("_VitrineCIntrinsics")],
            swiftSettings: house
        ),
        .executableTarget(
            name: "TelemetryBenchmarks",
            dependencies: [
                "Harness", "CPrometheus", module("Telemetry"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            swiftSettings: house
        ),
        .executableTarget(
            name: "ObjectVaultBenchmarks",
            dependencies: [
                "CISAL", "Harness", module("ObjectVault"), module("_ErasureTrials"),
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: house
        ),
        .executableTarget(
            name: "CatalogKVBenchmarks",
            dependencies: ["Harness", "Peers", module("CatalogKV")],
            // Else each call between its own functions looks for the executor to go on, and that is timed too.
            swiftSettings: house + [.enableUpcomingFeature("NonisolatedNonsendingByDefault")]
        ),
        .executableTarget(
            name: "OrderLedgerBenchmarks",
            dependencies: ["Harness", "CRawOrders", module("OrderLedger")],
            swiftSettings: house
        ),
        .executableTarget(
            name: "LODEngineBenchmarks",
            dependencies: ["Harness", "CMeshoptimizer", module("LODEngine")],
            swiftSettings: house
        ),
        .testTarget(name: "HarnessTests", dependencies: ["Harness"], swiftSettings: house),
    ],
    swiftLanguageModes: [.v6]
)
