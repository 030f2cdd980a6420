import LODEngine
import Testing
import VitrineTestSupport

@Suite("JSON")
struct JSONTests {
    private func parse(_ text: String) throws -> JSONValue {
        try JSONParser.parse(Array(text.utf8).span)
    }

    @Test("what is read is written back with its order and its numbers' text")
    func roundTrip() throws {
        let text = #"{"z":1.50,"a":[true,false,null,-0,1E+2,1e999],"s":"a\"\\\u0001é🦊","o":{},"e":[]}"#
        #expect(String(decoding: try parse(text).serialized, as: UTF8.self) == text)
    }

    @Test("members, elements and numbers are found, and what is not there is nil")
    func access() throws {
        let value = try parse(#" { "nodes" : [ 1 , { "mesh" : 2.0 , "n" : 2.5, "big" : 1e300 } ] } "#)
        #expect(value["nodes"]?[1]?["mesh"]?.int == 2)
        #expect(value["nodes"]?[1]?["n"]?.int == nil)
        #expect(value["nodes"]?[1]?["n"]?.double == 2.5)
        #expect(value["nodes"]?[1]?["big"]?.int == nil)
        #expect(value["nodes"]?[2] == nil)
        #expect(value["nodes"]?[-1] == nil)
        #expect(value["nodes"]?["mesh"] == nil)
        #expect(value["nothing"] == nil)
    }

    @Test("members keep their place when set, and go when set to nil")
    func editing() throws {
        var object: JSONObject = ["a": 1, "b": 2, "c": 3]
        object["b"] = "two"
        object["a"] = nil
        object["d"] = true
        let text = String(decoding: JSONValue.object(object).serialized, as: UTF8.self)
        #expect(text == #"{"b":"two","c":3,"d":true}"#)
    }

    @Test(
        "each error names its kind and its byte",
        arguments: [
            ("", JSONError.Kind.syntax, 0), ("\u{FEFF}{}", .syntax, 0), ("{", .syntax, 1), ("[1,]", .syntax, 3),
            ("[1 2]", .syntax, 3), (#"{"a" 1}"#, .syntax, 5), (#"{"a":1,}"#, .syntax, 7), ("tru", .syntax, 0),
            ("01", .syntax, 1), ("1.", .syntax, 2), ("-", .syntax, 1), ("1e", .syntax, 2), (".5", .syntax, 0),
            (#""abc"#, .syntax, 0), (#""\x""#, .syntax, 1), (#""\u12g4""#, .syntax, 5), (#""\ud800""#, .syntax, 1),
            (#""\ud800\u0041""#, .syntax, 1), (#""\udc00""#, .syntax, 1), ("\"a\u{1}\"", .syntax, 2),
            (#"{"a":1,"b":2,"a":3}"#, .duplicateKey, 13), ("{} {}", .syntax, 3), ("NaN", .syntax, 0),
        ]
    )
    func errors(text: String, kind: JSONError.Kind, offset: Int) {
        let error = #expect(throws: JSONError.self) { try parse(text) }
        #expect(error?.kind == kind)
        #expect(error?.offset == offset)
    }

    @Test("keys that repeat are found among many members too")
    func manyMembers() throws {
        let members = (0..<100).map { "\"k\($0)\":\($0)" }
        #expect(try parse("{" + members.joined(separator: ",") + "}").object?.count == 100)
        let repeated = members + ["\"k70\":0"]
        let error = #expect(throws: JSONError.self) { try parse("{" + repeated.joined(separator: ",") + "}") }
        #expect(error?.kind == .duplicateKey)
    }

    @Test("bytes that are not UTF-8 are refused at their offset")
    func invalidUTF8() {
        let error = #expect(throws: JSONError.self) {
            try JSONParser.parse(([0x22, 0x61, 0xC3, 0x28, 0x22] as [UInt8]).span)
        }
        #expect(error?.kind == .invalidUTF8)
        #expect(error?.offset == 2)
    }

    @Test("surrogate pairs become one character")
    func surrogates() throws {
        #expect(try parse(#""\ud83e\udd8a\u00e9\/""#).string == "🦊é/")
    }

    @Test("nesting and the number of values are bounded")
    func bounds() throws {
        let deep = String(repeating: "[", count: 100_000)
        let tooDeep = #expect(throws: JSONError.self) { try parse(deep) }
        #expect(tooDeep?.kind == .tooDeep)
        #expect(tooDeep?.offset == 128)
        #expect(try parse(String(repeating: "[", count: 128) + String(repeating: "]", count: 128)).array != nil)
        let error = #expect(throws: JSONError.self) {
            try JSONParser.parse(Array("[1,2,3,4]".utf8).span, valueCountMax: 4)
        }
        #expect(error?.kind == .tooManyValues)
    }

    @Test("every truncation and every flipped bit gives a value or an error")
    func damage() throws {
        let text = Array(#"{"a":[1.5e3,true,null,"x\u00e9\n"],"b":{"c":-7}}"#.utf8)
        for length in 0..<text.count {
            #expect(throws: JSONError.self) { try JSONParser.parse(Array(text[..<length]).span) }
        }
        for bit in 0..<text.count * 8 {
            var damaged = text
            damaged[bit / 8] ^= 1 << (bit % 8)
            guard let value = try? JSONParser.parse(damaged.span) else { continue }
            #expect(try JSONParser.parse(value.serialized.span) == value, "bit \(bit)")
        }
    }

    @Test("pointers escape what RFC 6901 escapes")
    func pointers() {
        #expect(JSONPointer().description == "")
        #expect(JSONPointer()["a/b"]["m~n"][3].description == "/a~1b/m~0n/3")
    }
}
