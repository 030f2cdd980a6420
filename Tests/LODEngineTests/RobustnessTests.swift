internal import Glibc
internal import LODEngine
internal import Testing
internal import VitrineIO
internal import VitrineTestSupport

/// The files of `../shared/assets/robustness`, all of them.
private enum RobustnessFiles {
    static let directory = (SharedAssets.directory ?? "") + "/robustness"

    static let all: [String] = files(below: directory)

    private static func files(below directory: String) -> [String] {
        let disk = PosixFileSystem()
        return ((try? disk.list(directory)) ?? []).flatMap { name -> [String] in
            let path = "\(directory)/\(name)"
            let isDirectory = (try? disk.info(path))??.isDirectory ?? false
            return isDirectory ? files(below: path) : [path]
        }
    }
}

@Suite("The robustness files", .enabled(if: SharedAssets.directory != nil))
struct RobustnessTests {
    @Test("each gives a model or a typed error, in 5 seconds and 512 MiB, read, validated and written")
    func bounded() async {
        await #expect(processExitsWith: .success) {
            // What exceeds its memory or its seconds ends this process.
            MemoryBound.limitData(to: 512 << 20)
            precondition(RobustnessFiles.all.count > 100)
            for path in RobustnessFiles.all {
                let start = clock()
                do {
                    let model = try Model.read(contentsOf: path)
                    _ = try Model.read(model.glb(), name: "written")
                } catch {
                    precondition((error as? LODError)?.file == path, "\(path): \(error)")
                }
                do { _ = try Model.validate(contentsOf: path) } catch {
                    precondition((error as? LODError)?.file == path, "\(path): \(error)")
                }
                precondition(clock() - start < 5 * CLOCKS_PER_SEC, "\(path): \(clock() - start) µs")
            }
        }
    }

    @Test("each glTF and GLB has an expected verdict in the list, or any verdict will do")
    func expectations() {
        let listed = Set(ExpectedVerdict.all.map { (SharedAssets.directory ?? "") + "/" + $0.path })
        let files = RobustnessFiles.all.filter { $0.hasSuffix(".glb") || $0.hasSuffix(".gltf") }
        // Of the files from trimesh's tests the list says that an error and a mesh are both right.
        let others = files.filter { !listed.contains($0) && !$0.contains("/trimesh/") }
        #expect(files.count > 85)
        #expect(others.isEmpty, "\(others)")
    }

    @Test(
        "a valid file is read, or refused because its data are not in it",
        arguments: ExpectedVerdict.all.filter { $0.errorCount == 0 && $0.path.hasPrefix("robustness/") }
    )
    func readsWhatIsValid(_ expected: ExpectedVerdict) throws {
        let path = (SharedAssets.directory ?? "") + "/" + expected.path
        do {
            _ = try Model.read(contentsOf: path)
        } catch let error as LODError {
            #expect(error.code == .unsupported)
            #expect(error.message.contains("whose buffer has none"), "\(error)")
        }
    }

    @Test(
        "OBJ, PLY and STL files have reports too",
        arguments: [
            ("two_objects.obj", []), ("polygonfaces.obj", []), ("empty.obj", ["FORMAT_INVALID"]),
            ("empty.ply", ["FORMAT_INVALID"]), ("points_bin.ply", ["NOT_CHECKED"]),
        ]
    )
    func reportsOnFlatFiles(_ name: String, codes: [String]) throws {
        let report = try Model.validate(contentsOf: "\(RobustnessFiles.directory)/trimesh/\(name)")
        #expect(report.findings.map(\.code) == codes)
        #expect(report.isValid == !codes.contains("FORMAT_INVALID"))
    }
}

@Suite("Memory of reading")
struct MappedReadingTests {
    @Test("a GLB of 500 MB is mapped: reading and validating it takes less than a tenth of that in memory")
    func mapped() async throws {
        await #expect(processExitsWith: .success) {
            let directory = try TemporaryDirectory()
            let path = directory.path + "/large.glb"
            try LargeGLB.write(to: path, byteCount: 500 << 20)
            MemoryBound.limitData(to: MemoryBound.data() + 48 << 20)
            let model = try Model.read(contentsOf: path)
            precondition(model.triangleCount == 1)
            let report = try Model.validate(contentsOf: path)
            precondition(report.isValid)
        }
    }
}

/// The memory of this process.
private enum MemoryBound {
    /// Bytes of memory of its own that the process has: not those of mapped files.
    static func data() -> Int {
        // A file of /proc has no size: it is read until it ends.
        let file = unsafe open("/proc/self/status", O_RDONLY)
        defer { close(file) }
        var text = [UInt8](repeating: 0, count: 1 << 16)
        let count = max(unsafe read(file, &text, text.count), 0)
        let lines = String(decoding: text[..<count], as: UTF8.self).split(separator: "\n")
        let line = lines.first { $0.hasPrefix("VmData:") }
        return (line?.split { !$0.isNumber }.first.flatMap { Int($0) } ?? 0) << 10
    }

    /// Lets the process have at most `count` such bytes: an allocation that exceeds them fails, which ends it.
    static func limitData(to count: Int) {
        var limit = rlimit(rlim_cur: rlim_t(count), rlim_max: rlim_t(count))
        precondition(unsafe setrlimit(__rlimit_resource_t(2), &limit) == 0)
    }
}

/// A file that is large by an image, most of which is a hole that takes no room on the disk.
private enum LargeGLB {
    static func write(to path: String, byteCount: Int) throws {
        var builder = GLTFBuilder.triangle()
        let start: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13] + Array("IHDR".utf8)
        let image = start + [0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0] + Array("IDAT".utf8)
        let view = builder.view(image)
        builder.root["images"] = [["bufferView": .int(view), "mimeType": "image/png"]]
        var head = builder.glb
        let added = (byteCount - head.count) & ~3
        let binary = builder.binary.count
        builder.views[view] = [
            "buffer": 0, "byteOffset": .int(binary - image.count), "byteLength": .int(image.count + added),
        ]
        builder.root["buffers"] = [["byteLength": .int(binary + added)]]
        head = builder.glb
        let padded = (binary + 3) & ~3
        head.replaceUInt32(at: 8, with: UInt32(head.count + added))
        head.replaceUInt32(at: head.count - padded - 8, with: UInt32(padded + added))
        try PosixFileSystem().replaceFile(at: path, with: head.span)
        precondition(unsafe truncate(path, off_t(head.count + added)) == 0)
    }
}
