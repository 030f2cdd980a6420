import Foundation
import LODEngine
import ObjectVault

/// A model on its way into the shop.
struct Ingest {
    let path: String
    let sku: String

    /// The file's name without its ending, as people would write it.
    var name: String {
        let file = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
        return file.replacing("_", with: " ")
    }

    /// Reads the model and builds, draws and stores its levels; returns the product and the report's row.
    func run(
        _ model: Model,
        into vault: Vault,
        progress: (Double) -> Void
    ) async throws -> (Product, TourResult.ModelRow) {
        let start = ContinuousClock.now
        let extent = Double(model.bounds?.diagonal ?? 0)
        let chain = try LODChain.build(from: model, progress: progress)
        var levels: [Product.Level] = []
        var rows: [TourResult.LevelRow] = []
        for level in chain.levels {
            let file = try level.model.glb()
            let id = try await vault.put(file)
            levels.append(
                Product.Level(
                    name: level.name,
                    digest: id.hex,
                    byteCount: file.count,
                    triangles: level.triangleCount
                )
            )
            let picture = try level.model.thumbnail(width: 320, height: 320).png()
            rows.append(
                TourResult.LevelRow(
                    name: level.name,
                    triangles: level.triangleCount,
                    byteCount: file.count,
                    error: Double(level.error),
                    relativeError: extent > 0 ? Double(level.error) / extent : 0,
                    seconds: level.duration.inSeconds,
                    picture: picture
                )
            )
        }
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
        let row = TourResult.ModelRow(
            sku: sku,
            name: name,
            sourceBytes: size,
            sourceTriangles: model.triangleCount,
            levels: rows,
            seconds: (ContinuousClock.now - start).inSeconds,
            hidesTextures: model.materials.contains { $0.baseColorTexture.map { $0.mimeType != "image/png" } ?? false }
        )
        return (Product(sku: sku, name: name, price: price, levels: levels), row)
    }

    /// Some price that depends on nothing but the SKU, in cents.
    private var price: Int64 {
        1_999 + Int64(sku.utf8.reduce(0) { ($0 * 31 + Int($1)) % 400 }) * 100
    }
}
