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

let fuzzing: Target.Dependency = .product(name: "_CatalogFuzzing", package: "vitrine")

let package = Package(
    name: "vitrine-fuzz",
    dependencies: [.package(name: "vitrine", path: "..")],
    targets: [
        .executableTarget(name: "DocumentFuzz", dependencies: [fuzzing], swiftSettings: house),
        .executableTarget(name: "JournalFuzz", dependencies: [fuzzing], swiftSettings: house),
        .executableTarget(name: "CursorFuzz", dependencies: [fuzzing], swiftSettings: house),
    ],
    swiftLanguageModes: [.v6]
)
