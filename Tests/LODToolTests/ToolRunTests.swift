import Foundation
import LODEngine
import LODTool
import Testing
import VitrineConsole
import VitrineTestSupport

@Suite("The lod command line tool")
struct ToolRunTests {
    private static let models = SharedAssets.packageDirectory + "/Examples/Models"
    private static let fox = models + "/Fox.glb"

    /// What a run printed and how it ended.
    private struct Outcome {
        var status: Int32
        var output: String
        var notes: String
    }

    private func run(_ arguments: String..., isWatched: Bool = false) -> Outcome {
        run(arguments, isWatched: isWatched)
    }

    private func run(_ arguments: [String], isWatched: Bool = false) -> Outcome {
        let (output, notes) = (Shared(""), Shared(""))
        let console = Console(
            of: "lod",
            isWatched: isWatched,
            output: { text in output.update { $0 += text } },
            notes: { text in notes.update { $0 += text } }
        )
        let status = ToolRun.run(arguments, on: console)
        return Outcome(status: status, output: output.value, notes: notes.value)
    }

    private func json(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    private func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    @Test("build writes a valid GLB and a picture for each level, and a manifest that lists them")
    func build() throws {
        let directory = try TemporaryDirectory()
        let out = directory.path + "/new/out"
        let before = try bytes(Self.fox)
        let levels = "preview,page=40%,mobile=200,near=error:1%"
        let outcome = run(
            "build",
            Self.fox,
            "-o",
            out,
            "--levels",
            levels,
            "--picture-size",
            "32",
            "--name",
            "x-{name}-{level}"
        )
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.notes == "")
        let manifest = try json(String(decoding: try bytes(out + "/Fox.lod.json"), as: UTF8.self))
        let source = try #require(manifest["source"] as? [String: Any])
        #expect(source["triangleCount"] as? Int == 576 && source["file"] as? String == "Fox.glb")
        let entries = try #require(manifest["levels"] as? [[String: Any]])
        let names = Set(entries.flatMap { [$0["name"] as? String] + ($0["aliases"] as? [String] ?? []) })
        #expect(names == ["preview", "page", "mobile", "near"])
        for entry in entries {
            let name = try #require(entry["name"] as? String)
            #expect(entry["file"] as? String == "x-Fox-\(name).glb")
            let file = try bytes(out + "/x-Fox-\(name).glb")
            #expect(entry["byteCount"] as? Int == file.count)
            #expect(try Model.validate(file, name: name).isValid)
            #expect(try Model.read(file, name: name).triangleCount == entry["triangleCount"] as? Int)
            #expect(try Picture(png: try bytes(out + "/x-Fox-\(name).png")).width == 32)
            #expect(outcome.output.contains(name))
        }
        #expect(try bytes(Self.fox) == before)
    }

    @Test("build puts a model in order first on request, and says what that changed")
    func repairing() throws {
        let directory = try TemporaryDirectory()
        let outcome = run(
            "build",
            Self.fox,
            "-o",
            directory.path,
            "--levels",
            "all=100%",
            "--picture-size",
            "0",
            "--compression",
            "none",
            "--repair"
        )
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.notes.contains("normals generated") && outcome.notes.contains("vertices welded"))
        let model = try Model.read(contentsOf: directory.path + "/Fox-all.glb")
        let original = try Model.read(contentsOf: Self.fox)
        #expect(original.primitives[0].mesh.normals == nil && model.primitives[0].mesh.normals != nil)
        #expect(model.triangleCount == original.triangleCount)
        #expect(try Model.validate(try bytes(directory.path + "/Fox-all.glb"), name: "Fox-all").isValid)
    }

    @Test("the same build gives the same files")
    func determinism() throws {
        let directory = try TemporaryDirectory()
        for name in ["a", "b"] {
            #expect(
                run("build", Self.fox, "-o", directory.path + "/" + name, "--picture-size", "24", "--levels", "preview")
                    .status == 0
            )
        }
        for file in ["Fox-preview.glb", "Fox-preview.png", "Fox.lod.json"] {
            #expect(try bytes(directory.path + "/a/" + file) == bytes(directory.path + "/b/" + file))
        }
    }

    @Test("what is there already is replaced only on request, and the input never")
    func overwriting() throws {
        let directory = try TemporaryDirectory()
        let input = directory.path + "/m-preview.glb"
        try Data(try bytes(Self.fox)).write(to: URL(fileURLWithPath: input))
        let first = run("thumbnail", input, "-o", directory.path + "/a.png", "--size", "16")
        #expect(first.status == 0, "\(first)")
        let second = run("thumbnail", input, "-o", directory.path + "/a.png", "--size", "16")
        #expect(second.status == ExitStatus.cannotCreate && second.notes.contains("--overwrite"))
        #expect(
            run("thumbnail", input, "-o", directory.path + "/a.png", "--size", "20x10", "--overwrite").status == 0
        )
        #expect(try Picture(png: try bytes(directory.path + "/a.png")).height == 10)
        // By another way to the same file, too.
        let onto = run("thumbnail", input, "-o", directory.path + "/./m-preview.glb", "--overwrite")
        #expect(onto.status == ExitStatus.cannotCreate && onto.notes.contains("never overwritten"))
        let build = run(
            "build",
            input,
            "-o",
            directory.path,
            "--levels",
            "preview",
            "--name",
            "m-{level}",
            "--overwrite"
        )
        #expect(build.status == ExitStatus.cannotCreate && build.notes.contains("never overwritten"))
        #expect(try bytes(input) == bytes(Self.fox))
    }

    @Test("validate ends with 0 for valid files and 65 for others, and lists findings as text and JSON")
    func validate() throws {
        let directory = try TemporaryDirectory()
        let valid = run("validate", Self.fox)
        #expect(valid.status == 0 && valid.output.contains("Fox.glb: valid"))
        let path = directory.path + "/bad.gltf"
        try Data(#"{"asset":{"version":"2.0"},"scene":3}"#.utf8).write(to: URL(fileURLWithPath: path))
        let text = run("validate", path, Self.fox)
        #expect(text.status == ExitStatus.invalidData)
        #expect(text.output.contains("error UNRESOLVED_REFERENCE at /scene"), "\(text.output)")
        let parsed = run("validate", "--json", "--severity", "error", path)
        #expect(parsed.status == ExitStatus.invalidData)
        let list = try #require(try JSONSerialization.jsonObject(with: Data(parsed.output.utf8)) as? [[String: Any]])
        #expect(list.first?["isValid"] as? Bool == false)
        let findings = try #require(list.first?["findings"] as? [[String: Any]])
        #expect(!findings.isEmpty && findings.allSatisfy { $0["severity"] as? String == "error" })
    }

    @Test("info tells counts, size and materials")
    func info() throws {
        let text = run("info", Self.fox)
        #expect(text.status == 0 && text.output.contains("576 triangles") && text.output.contains("image/png"))
        let parsed = try json(run("info", Self.fox, "--json").output)
        #expect(parsed["triangleCount"] as? Int == 576)
        #expect((parsed["primitives"] as? [[String: Any]])?.count == 1)
    }

    @Test("compare measures a model against itself and against a level, and draws both")
    func compare() throws {
        let directory = try TemporaryDirectory()
        let same = try json(run("compare", Self.fox, Self.fox, "--json").output)
        // Nothing but roundings, in a model of some 190 units.
        #expect(try #require(same["max"] as? Double) < 0.002)
        #expect(run("build", Self.fox, "-o", directory.path, "--levels", "low=60", "--picture-size", "0").status == 0)
        let level = directory.path + "/Fox-low.glb"
        let picture = directory.path + "/c.png"
        let outcome = run("compare", Self.fox, level, "-o", picture, "--picture-size", "64")
        #expect(outcome.status == 0 && outcome.output.contains("576 triangles against 60"), "\(outcome)")
        #expect(try Picture(png: try bytes(picture)).width == 192)
        let found = try json(run("compare", Self.fox, level, "--json").output)
        let (mean, greatest) = (try #require(found["mean"] as? Double), try #require(found["max"] as? Double))
        #expect(mean > 0 && greatest > mean)
    }

    @Test("a failure says what is wrong and what to do, and ends with its own status")
    func failures() throws {
        let directory = try TemporaryDirectory()
        let missing = run("info", directory.path + "/none.glb")
        #expect(missing.status == ExitStatus.noInput && missing.notes.contains("no such file"))
        #expect(run("info", directory.path).status == ExitStatus.noInput)
        let path = directory.path + "/text.txt"
        try Data("hello".utf8).write(to: URL(fileURLWithPath: path))
        let text = run("thumbnail", path, "-o", directory.path + "/t.png")
        #expect(text.status == ExitStatus.invalidData && text.notes.contains("GLB, glTF 2.0, OBJ, PLY or STL"))
        let nowhere = run("thumbnail", Self.fox, "-o", directory.path + "/none/t.png", "--size", "8")
        #expect(nowhere.status == ExitStatus.cannotCreate && nowhere.output == "")
    }

    @Test(
        "a command line that makes no sense is told so",
        arguments: [
            ["build", fox], ["build", fox, "-o", "x", "--levels", ""], ["build", fox, "-o", "x", "--levels", "a=0"],
            ["build", fox, "-o", "x", "--levels", "a=200%"], ["build", fox, "-o", "x", "--levels", "preview,preview"],
            ["build", fox, "-o", "x", "--levels", "../a=5"], ["build", fox, "-o", "x", "--levels", "a=error:nan"],
            ["build", fox, "-o", "x", "--name", "fixed"], ["build", fox, "-o", "x", "--name", "a/{level}"],
            ["build", fox, "-o", "x", "--weight", "texture"], ["build", fox, "-o", "x", "--weight", "texture:-1=1"],
            ["build", fox, "-o", "x", "--weight", "shape=1"], ["build", fox, "-o", "x", "--weight", "normal:0=1"],
            ["thumbnail", fox, "-o", "x.png", "--size", "0"], ["thumbnail", fox, "-o", "x.png", "--size", "5000"],
            ["compare", fox], ["validate"], ["nonsense"],
        ]
    )
    func usage(arguments: [String]) {
        let outcome = run(arguments)
        #expect(outcome.status == ExitStatus.usage, "\(arguments)")
        #expect(outcome.output.isEmpty && outcome.notes.contains("Error:"), "\(outcome.notes)")
    }

    @Test("help goes where results go")
    func help() {
        for arguments in [[], ["--help"], ["help", "build"], ["build", "--help"]] as [[String]] {
            let outcome = run(arguments)
            #expect(outcome.status == ExitStatus.ok)
            #expect(outcome.output.contains("lod") && outcome.notes.isEmpty)
        }
    }

    @Test("thumbnail says what it drew, as JSON")
    func thumbnailReport() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/fox.png"
        let outcome = run("thumbnail", Self.fox, "-o", path, "--size", "24x16", "--json")
        let report = try json(outcome.output)
        #expect(report["width"] as? Int == 24 && report["height"] as? Int == 16)
        #expect(report["triangleCount"] as? Int == 576 && report["picture"] as? String == path)
        #expect(try report["byteCount"] as? Int == bytes(path).count)
        #expect(report["omissions"] as? [String] == [])
    }

    @Test("build merges parts on request, says so, and states the grid's part of the error")
    func merge() throws {
        let directory = try TemporaryDirectory()
        let input = directory.path + "/nested.glb"
        // Two tetrahedra, one inside the other.
        let corners: [SIMD3<Float>] = [SIMD3(1, 1, 1), SIMD3(-1, -1, 1), SIMD3(-1, 1, -1), SIMD3(1, -1, -1)]
        let meshes = [Float(1), 0.2].map { radius in
            ("", Mesh(positions: corners.map { $0 * radius }, indices: [0, 2, 1, 0, 1, 3, 0, 3, 2, 1, 2, 3]))
        }
        try Model(meshes: meshes, name: "nested").write(to: input)
        let out = directory.path
        let outcome = run("build", input, "-o", out, "--merge", "--picture-size", "0", "--levels", "all=100%")
        #expect(outcome.status == 0 && outcome.notes.contains("1 hidden part dropped"), "\(outcome)")
        let manifest = try json(String(decoding: try bytes(directory.path + "/nested.lod.json"), as: UTF8.self))
        let level = try #require((manifest["levels"] as? [[String: Any]])?.first)
        #expect(level["triangleCount"] as? Int == 4)
        let (error, grid) = (level["error"] as? Double ?? -1, level["quantizationError"] as? Double ?? -1)
        #expect(grid >= 0 && error >= grid)
    }

    @Test("build keeps vertices and takes weights on request")
    func keptVertices() throws {
        let directory = try TemporaryDirectory()
        let weights = ["--weight", "texture=1", "--weight", "texture:0=0.5"]
        let plain = ["--compression", "none", "--picture-size", "0", "--levels", "half=50%", "--keep-vertices"]
        let outcome = run(["build", Self.fox, "-o", directory.path] + plain + weights)
        #expect(outcome.status == 0, "\(outcome)")
        let original = Set(try Model.read(contentsOf: Self.fox).primitives.flatMap(\.mesh.positions))
        let level = try Model.read(contentsOf: directory.path + "/Fox-half.glb")
        #expect(level.triangleCount <= 288)
        #expect(level.primitives.flatMap(\.mesh.positions).allSatisfy { original.contains($0) })
    }

    @Test("a bar moves where somebody watches, and nowhere else")
    func progress() throws {
        let directory = try TemporaryDirectory()
        let watched = run("thumbnail", Self.fox, "-o", directory.path + "/a.png", "--size", "16", isWatched: true)
        #expect(watched.notes.contains("%") && watched.notes.hasSuffix("\r\u{1B}[K") && watched.output == "")
        let piped = run("thumbnail", Self.fox, "-o", directory.path + "/b.png", "--size", "16")
        #expect(piped.notes == "" && piped.output == "")
        let validated = run("validate", Self.fox, Self.fox, isWatched: true)
        #expect(validated.notes.contains("50 % validating") && validated.notes.hasSuffix("\r\u{1B}[K"))
        #expect(validated.output.split(separator: "\n").count { $0.contains("valid") } == 2)
    }
}
