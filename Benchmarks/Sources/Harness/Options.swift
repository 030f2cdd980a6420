/// What the command line asks of a suite.
public struct Options: Sendable {
    /// Whether a missed ratio is a failure.
    public var isRequired = false
    /// How many rounds each comparison runs.
    public var rounds = 7
    /// Only comparisons whose name contains this, or one of several texts with `|` between them, are run; all when
    /// empty.
    public var filter = ""
    /// Where the JSON lines go.
    public var jsonPath: String?
    /// What a module's own options were given, by name.
    public var extra: [String: String] = [:]

    /// Whether the filter lets a comparison of this name through.
    public func includes(_ name: String) -> Bool {
        filter.isEmpty || filter.split(separator: "|").contains { name.contains($0) }
    }

    /// Reads arguments: the common ones, and those of the module's own, each of which takes a value.
    static func parse(_ arguments: some Sequence<String>, extra: [String] = []) -> Result<Options, WrongResult> {
        var options = Options()
        var rest = Array(arguments)[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--require": options.isRequired = true
            case "--rounds":
                guard let rounds = rest.popFirst().flatMap(Int.init), 1...1_000 ~= rounds else {
                    return .failure(WrongResult("--rounds takes a number from 1 to 1000"))
                }
                options.rounds = rounds
            case "--filter":
                guard let filter = rest.popFirst() else { return .failure(WrongResult("--filter takes a text")) }
                options.filter = filter
            case "--json":
                guard let path = rest.popFirst() else { return .failure(WrongResult("--json takes a file")) }
                options.jsonPath = path
            case _ where extra.contains(argument):
                guard let value = rest.popFirst() else { return .failure(WrongResult("\(argument) takes a value")) }
                options.extra[argument] = value
            default:
                let known = ["--require", "--rounds N", "--filter TEXT", "--json FILE"] + extra.map { $0 + " VALUE" }
                return .failure(
                    WrongResult("unknown argument \(argument); there are \(known.joined(separator: ", "))")
                )
            }
        }
        return .success(options)
    }
}
