// swift-tools-version: 6.2
import PackageDescription

// Fuzzers of the decoders, built by `scripts/fuzz` only: they need the compiler's fuzzing runtime.

let house: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

let catalog: Target.Dependency = .product(name: "_CatalogFuzzing", package: "vitrine")
let ledger: Target.Dependency = .product(name: "_LedgerFuzzing", package: "vitrine")
let metrics: Target.Dependency = .product(name: "_TelemetryFuzzing", package: "vitrine")
let models: Target.Dependency = .product(name: "_LODFuzzing", package: "vitrine")
let vault: Target.Dependency = .product(name: "_VaultFuzzing", package: "vitrine")

let package = Package(
    name: "vitrine-fuzz",
    dependencies: [.package(name: "vitrine", path: "..")],
    targets: [
        .executableTarget(name: "DocumentFuzz", dependencies: [catalog], swiftSettings: house),
        .executableTarget(name: "JournalFuzz", dependencies: [catalog], swiftSettings: house),
        .executableTarget(name: "CursorFuzz", dependencies: [catalog], swiftSettings: house),
        .executableTarget(name: "CheckpointFuzz", dependencies: [catalog], swiftSettings: house),
        .executableTarget(name: "RecordFuzz", dependencies: [catalog], swiftSettings: house),
        .executableTarget(name: "StoreFuzz", dependencies: [catalog], swiftSettings: house),
        .executableTarget(name: "SegmentFuzz", dependencies: [ledger], swiftSettings: house),
        .executableTarget(name: "MessageFuzz", dependencies: [ledger], swiftSettings: house),
        .executableTarget(name: "GlbFuzz", dependencies: [models], swiftSettings: house),
        .executableTarget(name: "ObjFuzz", dependencies: [models], swiftSettings: house),
        .executableTarget(name: "PlyFuzz", dependencies: [models], swiftSettings: house),
        .executableTarget(name: "StlFuzz", dependencies: [models], swiftSettings: house),
        .executableTarget(name: "MeshoptFuzz", dependencies: [models], swiftSettings: house),
        .executableTarget(name: "PngFuzz", dependencies: [models], swiftSettings: house),
        .executableTarget(name: "JpegFuzz", dependencies: [models], swiftSettings: house),
        .executableTarget(name: "PackFuzz", dependencies: [vault], swiftSettings: house),
        .executableTarget(name: "ManifestFuzz", dependencies: [vault], swiftSettings: house),
        .executableTarget(name: "RangeFuzz", dependencies: [vault], swiftSettings: house),
        .executableTarget(name: "BlockFuzz", dependencies: [metrics], swiftSettings: house),
        .executableTarget(name: "WalFuzz", dependencies: [metrics], swiftSettings: house),
        .executableTarget(name: "SeriesFuzz", dependencies: [metrics], swiftSettings: house),
        .executableTarget(name: "PromqlFuzz", dependencies: [metrics], swiftSettings: house),
    ],
    swiftLanguageModes: [.v6]
)
