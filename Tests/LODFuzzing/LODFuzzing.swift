import LODEngine

/// What a fuzzer feeds with bytes: each reader of foreign bytes, and what must hold of whatever it accepts.
///
/// The functions trap when something does not hold; the fuzzer keeps the input.
public enum LODFuzzing {
    /// Limits that keep one input within a fuzzer's memory and patience.
    static let limits: ReadLimits = {
        var limits = ReadLimits()
        limits.verticesMax = 1 << 16
        limits.trianglesMax = 1 << 16
        limits.decompressedBytesMax = 1 << 22
        limits.instancesMax = 1 << 12
        return limits
    }()

    /// Traps unless the error is one of the module's own and names the file.
    static func hold(_ error: any Error, names name: String) {
        guard let error = error as? LODError else { return hold(false, "another error: \(error)") }
        hold(error.file == name, "an error that does not name the file: \(error)")
        hold(error.message.hasPrefix(name), "a message that does not name the file: \(error)")
    }

    /// Holds what is promised of a model that was read: its meshes are sound, and it is written as a file that is
    /// valid and holds the same triangles.
    static func hold(_ model: Model, invalidWhereItWas: Set<String> = []) {
        for primitive in model.primitives {
            do { try primitive.mesh.check() } catch { hold(false, "a mesh that is none: \(error)") }
        }
        for instance in model.instances {
            hold(model.primitives.indices.contains(instance.primitiveIndex), "an instance of nothing")
            let isFinite = instance.transform.columns.allSatisfy { column in (0..<4).allSatisfy { column[$0].isFinite }
            }
            hold(isFinite, "an instance that is nowhere")
        }
        _ = (model.bounds, model.materials.count)
        let written: [UInt8]
        do { written = try model.glb() } catch { return hold(false, "a model that cannot be written: \(error)") }
        do {
            let report = try Model.validate(written, name: "written", limits: limits)
            let new = report.errors.filter { !invalidWhereItWas.contains($0.code) }
            hold(new.isEmpty, "a written file with errors: \(new.prefix(3))")
            guard report.isValid else { return }
            // Bytes that several accessors shared may be spelled out in the written file.
            let again = try Model.read(written, name: "written")
            // A mesh that has lost all its triangles is written as one without area.
            if model.primitives.allSatisfy({ $0.mesh.triangleCount > 0 }) {
                hold(again.triangleCount == model.triangleCount, "triangles are lost on the way")
                hold(again.vertexCount == model.vertexCount, "vertices are lost on the way")
            }
        } catch { hold(false, "a written file that is not read: \(error)") }
    }

    static func hold(_ condition: Bool, _ what: @autoclosure () -> String) {
        precondition(condition, what())
    }
}
