// swift-tools-version: 6.2
import PackageDescription

/// The one list of settings that every Swift target of ours is built with.
let house: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableExperimentalFeature("Lifetimes"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

/// The same for C.
let houseC: [CSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
    name: "vitrine",
    products: [
        .library(name: "CatalogKV", targets: ["CatalogKV"]),
        .library(name: "OrderLedger", targets: ["OrderLedger"]),
        .library(name: "LODEngine", targets: ["LODEngine"]),
        .library(name: "ObjectVault", targets: ["ObjectVault"]),
        .library(name: "Telemetry", targets: ["Telemetry"]),
        .executable(name: "lod", targets: ["lod"]),
        .executable(name: "vault", targets: ["vault"]),
        // Not public API: lets the nested Benchmarks package measure the checksum itself.
        .library(name: "_VitrineCIntrinsics", targets: ["VitrineCIntrinsics"]),
        // Not public API: what the nested Benchmarks package calls, for `package` declarations end at a package.
        .library(name: "_ErasureTrials", targets: ["ErasureTrials"]),
        // Not public API: what the nested Fuzz package calls, for the same reason.
        .library(name: "_CatalogFuzzing", targets: ["CatalogFuzzing"]),
        .library(name: "_LedgerFuzzing", targets: ["LedgerFuzzing"]),
        .library(name: "_LODFuzzing", targets: ["LODFuzzing"]),
        .library(name: "_TelemetryFuzzing", targets: ["TelemetryFuzzing"]),
        .library(name: "_VaultFuzzing", targets: ["VaultFuzzing"]),
    ],
    traits: [
        .trait(
            name: "Zstd",
            description: "ObjectVault compresses with Debian's libzstd too, which libzstd-dev provides."
        )
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-distributed-tracing.git", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
    ],
    targets: [
        // Ground: C
        .systemLibrary(
            name: "VitrineCSQLite",
            pkgConfig: "sqlite3",
            providers: [.apt(["libsqlite3-dev"])]
        ),
        .systemLibrary(
            name: "VitrineCZlib",
            pkgConfig: "zlib",
            providers: [.apt(["zlib1g-dev"])]
        ),
        // Without a pkg-config name, which would be looked up whether the trait is on or off.
        .systemLibrary(name: "VitrineCZstd", providers: [.apt(["libzstd-dev"])]),
        // The library itself, and a shim that keeps its longjmp in C.
        .target(name: "VitrineCJPEG", cSettings: houseC, linkerSettings: [.linkedLibrary("jpeg")]),
        .target(name: "VitrineCIntrinsics", cSettings: houseC),
        .target(name: "VitrineCReedSolomon", cSettings: houseC),
        .target(name: "VitrineCTelemetry", cSettings: houseC),

        // Ground: Swift
        .target(name: "VitrineSync", dependencies: ["VitrineCIntrinsics"], swiftSettings: house),
        .target(
            name: "VitrineIO",
            dependencies: ["VitrineCIntrinsics", "VitrineSync"],
            swiftSettings: house
        ),
        .target(
            name: "VitrineSQLite",
            dependencies: ["VitrineCSQLite", "VitrineIO", "VitrineSync"],
            swiftSettings: house
        ),
        .target(name: "VitrineReedSolomon", dependencies: ["VitrineCReedSolomon"], swiftSettings: house),
        // Of the command line tools
        .target(name: "VitrineConsole", dependencies: ["VitrineSync"], swiftSettings: house),

        // Modules
        .target(
            name: "CatalogKV",
            dependencies: [
                "VitrineCIntrinsics", "VitrineIO", "VitrineSync",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
            ],
            swiftSettings: house
        ),
        .target(
            name: "OrderLedger",
            dependencies: [
                "VitrineCSQLite", "VitrineCZlib", "VitrineIO", "VitrineSQLite", "VitrineSync",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
            ],
            swiftSettings: house
        ),
        .target(
            name: "LODEngine",
            dependencies: ["VitrineCIntrinsics", "VitrineCJPEG", "VitrineCZlib", "VitrineIO"],
            swiftSettings: house
        ),
        .target(
            name: "ObjectVault",
            dependencies: [
                "VitrineCZlib", "VitrineIO", "VitrineReedSolomon", "VitrineSQLite", "VitrineSync",
                .target(name: "VitrineCZstd", condition: .when(traits: ["Zstd"])),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
            ],
            swiftSettings: house
        ),
        .target(
            name: "Telemetry",
            dependencies: [
                "VitrineCTelemetry", "VitrineIO", "VitrineSync",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Instrumentation", package: "swift-distributed-tracing"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: house
        ),

        // The command line tool of LODEngine
        .target(
            name: "LODTool",
            dependencies: [
                "LODEngine", "VitrineConsole", "VitrineIO",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: house
        ),
        .executableTarget(name: "lod", dependencies: ["LODTool", "VitrineConsole"], swiftSettings: house),

        // The command line tool of ObjectVault
        .target(
            name: "VaultTool",
            dependencies: [
                "ObjectVault", "VitrineConsole",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: house
        ),
        .executableTarget(name: "vault", dependencies: ["VaultTool", "VitrineConsole"], swiftSettings: house),

        // Tests
        .target(
            name: "VitrineTestSupport",
            dependencies: ["VitrineIO", "VitrineSync"],
            path: "Tests/TestSupport",
            swiftSettings: house
        ),
        .testTarget(
            name: "VitrineIOTests",
            dependencies: ["VitrineCIntrinsics", "VitrineIO", "VitrineSync", "VitrineTestSupport"],
            swiftSettings: house
        ),
        .target(
            name: "ErasureTrials",
            dependencies: ["VitrineReedSolomon"],
            path: "Tests/ErasureTrials",
            swiftSettings: house
        ),
        .testTarget(
            name: "VitrineReedSolomonTests",
            dependencies: ["VitrineCReedSolomon", "VitrineReedSolomon", "VitrineTestSupport"],
            swiftSettings: house
        ),
        .target(
            name: "CatalogFuzzing",
            dependencies: ["CatalogKV", "VitrineIO", "VitrineSync", "VitrineTestSupport"],
            path: "Tests/CatalogFuzzing",
            swiftSettings: house
        ),
        .executableTarget(
            name: "CatalogCrashWriter",
            dependencies: ["CatalogKV", "VitrineTestSupport"],
            path: "Tests/CatalogCrashWriter",
            swiftSettings: house
        ),
        .testTarget(
            name: "CatalogKVTests",
            dependencies: [
                "CatalogCrashWriter", "CatalogKV", "VitrineIO", "VitrineSync", "VitrineTestSupport",
                .product(name: "MetricsTestKit", package: "swift-metrics"),
            ],
            swiftSettings: house
        ),
        .target(
            name: "VitrineCFaultVFS",
            dependencies: ["VitrineCSQLite"],
            path: "Tests/FaultVFS",
            cSettings: houseC
        ),
        .target(
            name: "LedgerFuzzing",
            dependencies: ["OrderLedger", "VitrineIO"],
            path: "Tests/LedgerFuzzing",
            swiftSettings: house
        ),
        .executableTarget(
            name: "LedgerCrashWriter",
            dependencies: ["OrderLedger"],
            path: "Tests/LedgerCrashWriter",
            swiftSettings: house
        ),
        .testTarget(
            name: "OrderLedgerTests",
            dependencies: [
                "LedgerCrashWriter", "LedgerFuzzing", "OrderLedger", "VitrineCFaultVFS", "VitrineCSQLite", "VitrineIO",
                "VitrineSQLite", "VitrineSync", "VitrineTestSupport",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
            ],
            swiftSettings: house
        ),
        .target(
            name: "LODFuzzing",
            dependencies: ["LODEngine", "VitrineIO"],
            path: "Tests/LODFuzzing",
            swiftSettings: house
        ),
        .testTarget(
            name: "LODEngineTests",
            dependencies: ["LODEngine", "VitrineCIntrinsics", "VitrineCZlib", "VitrineIO", "VitrineTestSupport"],
            swiftSettings: house
        ),
        .testTarget(
            name: "LODToolTests",
            dependencies: ["LODEngine", "LODTool", "VitrineConsole", "VitrineTestSupport"],
            swiftSettings: house
        ),
        .executableTarget(
            name: "VaultCrashWriter",
            dependencies: ["ObjectVault"],
            path: "Tests/VaultCrashWriter",
            swiftSettings: house
        ),
        .target(
            name: "VaultFuzzing",
            dependencies: ["ObjectVault", "VitrineIO", "VitrineSQLite", "VitrineSync", "VitrineTestSupport"],
            path: "Tests/VaultFuzzing",
            swiftSettings: house
        ),
        .testTarget(
            name: "ObjectVaultTests",
            dependencies: [
                "ObjectVault", "VaultCrashWriter", "VaultFuzzing", "VaultTool", "VitrineConsole", "VitrineIO",
                "VitrineSQLite",
                "VitrineSync",
                "VitrineTestSupport",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: house
        ),
        .target(
            name: "TelemetryFuzzing",
            dependencies: ["Telemetry", "VitrineIO", "VitrineSync", "VitrineTestSupport"],
            path: "Tests/TelemetryFuzzing",
            swiftSettings: house
        ),
        .executableTarget(
            name: "TelemetryCrashWriter",
            dependencies: ["Telemetry", "VitrineTestSupport"],
            path: "Tests/TelemetryCrashWriter",
            swiftSettings: house
        ),
        .testTarget(
            name: "TelemetryTests",
            dependencies: [
                "Telemetry", "TelemetryCrashWriter", "VitrineCTelemetry", "VitrineIO", "VitrineSync",
                "VitrineTestSupport",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Instrumentation", package: "swift-distributed-tracing"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
            ],
            exclude: ["Fixtures"],
            swiftSettings: house
        ),
        .testTarget(name: "TidyTests", swiftSettings: house),
    ],
    swiftLanguageModes: [.v6]
)
