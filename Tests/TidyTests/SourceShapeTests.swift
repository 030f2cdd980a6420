import Foundation
import Testing

@Suite("The shape of the sources")
struct SourceShapeTests {
    static let functionLinesMax = 70
    static let fileLinesMax = 500

    @Test("no function is longer than seventy lines")
    func functions() throws {
        var found = 0
        for file in PackageTree.files(under: "Sources", suffixes: [".swift"]) {
            for body in SwiftText(try PackageTree.text(file)).bodies {
                found += 1
                #expect(
                    body.lineCount <= Self.functionLinesMax,
                    "\(file):\(body.line) starts a function of \(body.lineCount) lines"
                )
            }
        }
        #expect(found > 100, "only \(found) functions were found")
    }

    @Test("no file is longer than five hundred lines")
    func files() throws {
        for file in PackageTree.files(under: "Sources", suffixes: [".swift", ".c", ".h"])
            + PackageTree.files(under: "Tests", suffixes: [".swift"])
        where !file.hasSuffix("Fixtures.swift") {  // Tables of bytes are as long as they are.
            let lineCount =
                try PackageTree.text(file).split(separator: "\n", omittingEmptySubsequences: false).count - 1
            #expect(lineCount <= Self.fileLinesMax, "\(file) has \(lineCount) lines")
        }
    }

    @Test("nothing was left to be done later")
    func markers() throws {
        // Put together, or this file would be found.
        let words = Set(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"])
        for folder in ["Sources", "Tests", "Snippets", "Benchmarks", "Examples", "Fuzz"] {
            for file in PackageTree.files(under: folder, suffixes: [".swift", ".c", ".h"]) {
                let lines = try PackageTree.text(file).split(separator: "\n", omittingEmptySubsequences: false)
                for (index, line) in lines.enumerated() {
                    let found = line.split { !$0.isLetter }.contains { words.contains(String($0)) }
                    #expect(!found, "\(file):\(index + 1): \(line)")
                }
            }
        }
    }

    @Test("nothing in the sources ends the process by design", arguments: ["try!", "fatalError(", "as!", "try?!"])
    func traps(word: String) throws {
        for file in PackageTree.files(under: "Sources", suffixes: [".swift"]) {
            for (index, line) in SwiftText(try PackageTree.text(file)).lines.enumerated() {
                #expect(!line.contains(word), "\(file):\(index + 1): \(line)")
            }
        }
    }

    @Test("the reader of sources sees code, and neither comments nor strings")
    func reader() {
        let source = ##"""
            // func hidden() {
            /* outer /* inner */ func alsoHidden() { */
            func shown(_ x: Int = 1) -> String {
                let text = "a { \(x > 0 ? "}" : "{") \(call { $0 })"
                let raw = #"{ " \(no) \#(x) "#
                return text + raw
            }
            protocol P {
                func bare()
                var value: Int { get }
                init()
            }
            extension Int { init(_ text: String) { self = 0 } }
            let long = """
                { "quoted" } \("}")
                """
            struct S {
                var stored = 1
                var computed: Int {
                    2
                }
                subscript(i: Int) -> Int {
                    get { i }
                }
                deinit { call(.init(1)) }
            }
            """##
        let text = SwiftText(source)
        #expect(text.lines.count == source.split(separator: "\n", omittingEmptySubsequences: false).count)
        #expect(!text.code.contains("hidden") && !text.code.contains("alsoHidden") && !text.code.contains("quoted"))
        #expect(text.code.count { $0 == "{" } == text.code.count { $0 == "}" })
        let bodies = text.bodies.map { [$0.line, $0.lineCount] }
        #expect(bodies == [[3, 5], [10, 1], [13, 1], [19, 3], [22, 3], [25, 1]])
    }
}
