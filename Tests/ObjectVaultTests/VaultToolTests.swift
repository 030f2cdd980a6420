import ObjectVault
import Testing
import VaultTool
import VitrineConsole
import VitrineIO
import VitrineTestSupport

@Suite("The vault tool")
struct VaultToolTests {
    private func run(_ arguments: String...) async -> (status: Int32, output: String, notes: String) {
        let (output, notes) = (Shared(""), Shared(""))
        let console = Console(
            of: "vault",
            isWatched: false,
            output: { text in output.update { $0 += text } },
            notes: { text in notes.update { $0 += text } }
        )
        let status = await VaultRun.run(arguments, on: console)
        return (status, output.value, notes.value)
    }

    @Test("an object goes in, is listed, told of, moved, checked, and comes out the same")
    func roundTrip() async throws {
        let directory = try TemporaryDirectory()
        let (vault, file) = (directory.path + "/vault", directory.path + "/in")
        var random = SeededGenerator(seed: 1)
        let bytes = random.bytes(700_000)
        let disk = PosixFileSystem()
        try disk.replaceFile(at: file, with: bytes.span)
        var result = await run("put", "-v", vault, "--content-type", "model/stl", file, "shop/chairs/a.stl")
        #expect(result.status == 0 && result.output.contains("700000 bytes"), "\(result)")
        result = await run("put", "-v", vault, "--if-absent", file, "shop/chairs/a.stl")
        #expect(result.status == 74 && result.notes.contains("preconditionFailed"), "\(result)")
        result = await run("ls", "-v", vault, "shop", "--delimiter", "/")
        #expect(result.output == "chairs/\n")
        result = await run("ls", "-v", vault)
        #expect(result.output == "shop\n")
        result = await run("tier", "-v", vault, "--object", "shop/chairs/a.stl", "--to", "cold")
        #expect(result.status == 0, "\(result)")
        result = await run("stat", "-v", vault, "--json", "shop/chairs/a.stl")
        #expect(
            result.output.contains("\"tier\" : \"cold\"") && result.output.contains("\"bytes\" : 700000"),
            "\(result)"
        )
        for command in ["verify", "scrub", "gc"] {
            result = await run(command, "-v", vault, "--json")
            #expect(result.status == 0 && result.output.contains("{"), "\(command): \(result)")
        }
        result = await run("get", "-v", vault, "shop/chairs/a.stl", directory.path + "/out")
        #expect(result.status == 0)
        #expect(try disk.contents(of: directory.path + "/out", byteCountMax: 1 << 20) == bytes)
    }

    @Test("what cannot be is refused with a status of its own")
    func refuses() async throws {
        let directory = try TemporaryDirectory()
        let vault = directory.path + "/vault"
        #expect(await run("get", "-v", vault, "shop/a", "/dev/null").status == 66)
        #expect(await run("get", "-v", vault, "noslash", "/dev/null").status == 64)
        #expect(await run("put", "-v", vault, directory.path + "/absent", "shop/a").status == 74)
        #expect(await run("tier", "-v", vault).status == 64)
        #expect(await run("frobnicate").status == 64)
        #expect(await run("--help").status == 0)
        let held = try await Vault.open(at: vault)
        #expect(await run("verify", "-v", vault).status == 75)
        try await held.close()
    }

    @Test("damage is told by name, and by the status")
    func damage() async throws {
        let directory = try TemporaryDirectory()
        let (vault, file) = (directory.path + "/vault", directory.path + "/in")
        let disk = PosixFileSystem()
        try disk.replaceFile(at: file, with: [UInt8](repeating: 1, count: 5_000).span)
        #expect(await run("put", "-v", vault, file, "shop/a").status == 0)
        let pack = try disk.open(vault + "/hot/1.0.pack", .readWrite)
        try pack.writeAll([UInt8(9)].span, at: 1_000)
        try pack.close()
        let result = await run("verify", "-v", vault)
        #expect(result.status == 1 && result.notes.contains("shop/a"), "\(result)")
        #expect(await run("get", "-v", vault, "shop/a", directory.path + "/out").status == 65)
    }

    @Test("the simulation prints what each policy costs")
    func simulate() async throws {
        let result = await run("simulate", "--objects", "200", "--seed", "3")
        #expect(result.status == 0 && result.output.contains("cost-optimal"), "\(result)")
        #expect(await run("simulate", "--objects", "0").status == 64)
        #expect(await run("simulate", "--objects", "100", "--json").output.contains("\"all hot\""))
    }
}
