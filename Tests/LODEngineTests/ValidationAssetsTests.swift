internal import LODEngine
internal import Testing
internal import VitrineIO
internal import VitrineTestSupport

/// What the shared models' list expects of one file.
struct ExpectedVerdict: CustomTestStringConvertible {
    let path: String
    let errorCount: Int
    let codes: Set<String>

    var testDescription: String { path }

    /// The rows of the list: those with codes, those that are called valid, and the models themselves.
    static let all: [ExpectedVerdict] = {
        guard let directory = SharedAssets.directory,
            let bytes = try? PosixFileSystem().contents(of: directory + "/MANIFEST.md", byteCountMax: 1 << 20)
        else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|").map { cell in
                String(cell.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            }
            guard cells.count >= 2, cells[0].hasSuffix(".glb") || cells[0].hasSuffix(".gltf") else { return nil }
            if cells[0].hasPrefix("models/") || cells[1] == "valid" {
                return ExpectedVerdict(path: cells[0], errorCount: 0, codes: [])
            }
            let words = cells[1].split(separator: " ")
            guard words.count >= 2, words[1] == "errors:", let count = Int(words[0]) else { return nil }
            let codes = words.dropFirst(2).joined().split(separator: ",").map(String.init)
            return ExpectedVerdict(path: cells[0], errorCount: count, codes: Set(codes))
        }
    }()
}

@Suite("Validation of others' files", .enabled(if: SharedAssets.directory != nil))
struct ValidationAssetsTests {
    @Test("verdict and codes are the Khronos validator's", arguments: ExpectedVerdict.all)
    func agrees(_ expected: ExpectedVerdict) throws {
        let path = (SharedAssets.directory ?? "") + "/" + expected.path
        let report = try Model.validate(contentsOf: path)
        #expect(report.isValid == (expected.errorCount == 0))
        let codes = Set(report.errors.map(\.code))
        #expect(codes == expected.codes, "\(report.errors.prefix(5).map(\.description))")
        #expect(report.errors.allSatisfy { $0.pointer != nil || $0.byteOffset != nil })
    }

    @Test("the reader stops at each invalid file with one of its codes", arguments: ExpectedVerdict.all)
    func stops(_ expected: ExpectedVerdict) throws {
        let path = (SharedAssets.directory ?? "") + "/" + expected.path
        guard expected.errorCount > 0 else { return }
        let error = #expect(throws: LODError.self) { _ = try Model.read(contentsOf: path) }
        let message = error?.message ?? ""
        #expect(error?.code == .invalidModel)
        #expect(message.hasPrefix(path + ": "))
        #expect(expected.codes.contains { message.contains(": \($0) at ") }, "\(message)")
    }

    @Test("the list has been read")
    func readsList() {
        #expect(ExpectedVerdict.all.count > 100)
        #expect(ExpectedVerdict.all.count(where: { $0.errorCount > 0 }) == 41)
    }
}
