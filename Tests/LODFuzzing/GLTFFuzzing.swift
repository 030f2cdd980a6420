import LODEngine
import VitrineIO

extension LODFuzzing {
    /// Takes bytes as a file, and as a container whose header fits: the first two bytes are then the length of its
    /// JSON, so that what stands in chunks is mutated without their lengths.
    public static func glb(_ bytes: [UInt8]) {
        read(bytes)
        guard bytes.count > 2 else { return }
        let length = min(Int(bytes[0]) | Int(bytes[1]) << 8, bytes.count - 2)
        read(container(json: bytes[2..<2 + length], binary: bytes[(2 + length)...]))
    }

    private static func read(_ bytes: [UInt8]) {
        let name = "fuzz.glb"
        do {
            let report = try Model.validate(bytes, name: name, limits: limits)
            for finding in report.findings {
                if let offset = finding.byteOffset { hold(offset <= bytes.count, "a finding beyond the file") }
            }
        } catch { hold(error, names: name) }
        do {
            hold(try Model.read(bytes, name: name, limits: limits))
        } catch { hold(error, names: name) }
        do {
            // The reader's own checks must do without validation before it.
            let model = try Model.read(bytes, name: name, limits: limits, validates: false)
            for primitive in model.primitives { try primitive.mesh.check(name: name) }
            _ = try model.glb()
        } catch { hold(error is LODError, "another error: \(error)") }
    }

    private static func container(json: ArraySlice<UInt8>, binary: ArraySlice<UInt8>) -> [UInt8] {
        let json = json + repeatElement(0x20, count: -json.count & 3)
        let binary = binary + repeatElement(0, count: -binary.count & 3)
        var bytes = Array("glTF".utf8)
        bytes.appendLittleEndian(UInt32(2))
        bytes.appendLittleEndian(UInt32(20 + json.count + (binary.isEmpty ? 0 : 8 + binary.count)))
        bytes.appendLittleEndian(UInt32(json.count))
        bytes += Array("JSON".utf8) + json
        guard !binary.isEmpty else { return bytes }
        bytes.appendLittleEndian(UInt32(binary.count))
        return bytes + Array("BIN\0".utf8) + binary
    }
}
