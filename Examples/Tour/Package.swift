// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that importing a module of Vitrine never resolves what this example needs.

let package = Package(
    name: "tour",
    products: [.executable(name: "tour", targets: ["Tour"])],
    dependencies: [
        .package(name: "vitrine", path: "../.."),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
    ],
    targets: [
        .executableTarget(
            name: "Tour",
            dependencies: [
                .product(name: "CatalogKV", package: "vitrine"),
                .product(name: "LODEngine", package: "vitrine"),
                .product(name: "ObjectVault", package: "vitrine"),
                .product(name: "OrderLedger", package: "vitrine"),
                .product(name: "Telemetry", package: "vitrine"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Metrics", package: "swift-metrics"),
            ],
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
                .treatAllWarnings(as: .error),
            ]
        )
    ],
    swiftLanguageModes: [.v6]
)
