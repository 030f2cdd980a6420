internal import ArgumentParser
internal import LODEngine

/// A weight that `--weight` sets: what an attribute counts next to the surface's shape.
struct AttributeWeight: ExpressibleByArgument {
    private enum Attribute {
        case normal
        case tangent
        /// All sets of texture coordinates, or one.
        case texture(Int?)
        /// All sets of colours, or one.
        case color(Int?)
    }

    private let attribute: Attribute
    private let weight: Float

    static let help: ArgumentHelp = ArgumentHelp(
        "What an attribute counts: normal, tangent, texture or color, as in texture=0.5; may be repeated.",
        discussion: """
            texture:1=0 is the weight of one set. Usual are normal=0.003, tangent=0, texture=0.2 and color=0.02; 0 only \
            carries an attribute along.
            """,
        valueName: "attribute=number"
    )

    init?(argument: String) {
        let sides = argument.split(separator: "=", omittingEmptySubsequences: false)
        guard sides.count == 2, let weight = Float(sides[1]), weight >= 0, weight.isFinite else { return nil }
        let parts = sides[0].split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2 else { return nil }
        var set: Int?
        if parts.count == 2 {
            guard let number = Int(parts[1]), number >= 0 else { return nil }
            set = number
        }
        switch (parts[0], set) {
        case ("normal", nil): attribute = .normal
        case ("tangent", nil): attribute = .tangent
        case ("texture", _): attribute = .texture(set)
        case ("color", _): attribute = .color(set)
        default: return nil
        }
        self.weight = weight
    }

    /// Sets the weight.
    func apply(to options: inout SimplificationOptions) {
        switch attribute {
        case .normal: options.normalWeight = weight
        case .tangent: options.tangentWeight = weight
        case .texture(nil): options.textureWeight = weight
        case .texture(let set?): options.textureSetWeights[set] = weight
        case .color(nil): options.colorWeight = weight
        case .color(let set?): options.colorSetWeights[set] = weight
        }
    }
}
