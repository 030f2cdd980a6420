internal import ArgumentParser
internal import LODEngine

/// The levels that `--levels` asks for.
struct LevelList: ExpressibleByArgument {
    let levels: [LODLevel]

    static let help: ArgumentHelp = ArgumentHelp(
        "The levels, separated by commas.",
        discussion: """
            preview, standard and high stand for what is usual: 5, 25 and 50 % of the triangles. Others are named and \
            sized: mobile=5000 (triangles), page=20% (of the triangles), near=error:0.1% (of the diagonal), \
            far=error:0.002 (in the model's units), hero=px:1@1080 (a pixel of error where the model fills 1080 \
            pixels).
            """,
        valueName: "list"
    )

    init(levels: [LODLevel]) {
        self.levels = levels
    }

    init?(argument: String) {
        var levels: [LODLevel] = []
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            guard let level = Self.level(part), !levels.contains(where: { $0.name == level.name }) else { return nil }
            levels.append(level)
        }
        guard !levels.isEmpty else { return nil }
        self.levels = levels
    }

    private static func level(_ text: Substring) -> LODLevel? {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        // The name becomes a part of file names.
        guard !name.isEmpty, name.utf8.allSatisfy({ isPlain($0) }) else { return nil }
        guard parts.count == 2 else { return LODPolicy.standard.levels.first { $0.name == name } }
        return target(parts[1]).map { LODLevel(name: name, target: $0) }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }

    private static func target(_ text: Substring) -> LODLevel.Target? {
        if text.hasPrefix("error:") {
            let value = text.dropFirst("error:".count)
            if value.hasSuffix("%") { return positive(value.dropLast()).map { .relativeError(Float($0 / 100)) } }
            return positive(value).map { .error(Float($0)) }
        }
        if text.hasPrefix("px:") {
            let parts = text.dropFirst("px:".count).split(separator: "@", omittingEmptySubsequences: false)
            guard parts.count == 2, let pixels = positive(parts[0]), let height = positive(parts[1]) else { return nil }
            return .pixels(pixels, at: ScreenView(height: height))
        }
        if text.hasSuffix("%") {
            return positive(text.dropLast()).flatMap { $0 <= 100 ? .ratio($0 / 100) : nil }
        }
        return Int(text).flatMap { $0 > 0 ? .triangles($0) : nil }
    }

    private static func positive(_ text: Substring) -> Double? {
        Double(text).flatMap { $0 > 0 && $0.isFinite ? $0 : nil }
    }
}
