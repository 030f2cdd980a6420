/// The meaning of a vertex attribute, by its name.
struct AttributeSemantic {
    /// The name without the number of its set.
    let name: String
    /// The number of its set, if it has sets.
    let set: Int?
    /// Whether the file gives it a meaning of its own.
    let isCustom: Bool

    /// Takes a name apart; `nil` if it is not one that the specification allows.
    init?(_ key: String) {
        isCustom = key.utf8.first == UInt8(ascii: "_")
        if isCustom || ["POSITION", "NORMAL", "TANGENT"].contains(key) {
            name = key
            set = nil
            return
        }
        let parts = key.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 2, ["TEXCOORD", "COLOR", "JOINTS", "WEIGHTS"].contains(String(parts[0])),
            let number = Int(parts[1]), number >= 0, String(number) == parts[1]
        else { return nil }
        name = String(parts[0])
        set = number
    }

    /// Whether morph targets may change it.
    var isMorphable: Bool { name != "JOINTS" && name != "WEIGHTS" }

    /// The formats that it may have (specification, 3.7.2.1 and 3.7.2.2; KHR_mesh_quantization).
    func formats(isTarget: Bool, isQuantized: Bool) -> Set<String> {
        let fractions = ["float", "uint8 normalized", "uint16 normalized"]
        let signed = ["int8 normalized", "int16 normalized"]
        func all(_ shape: String, _ components: [String]) -> Set<String> { Set(components.map { "\(shape) \($0)" }) }
        switch name {
        case "POSITION":
            let small = ["int8", "int8 normalized", "int16", "int16 normalized"]
            let unsigned = ["uint8", "uint8 normalized", "uint16", "uint16 normalized"]
            return all("VEC3", ["float"] + (isQuantized ? isTarget ? small : small + unsigned : []))
        case "NORMAL": return all("VEC3", ["float"] + (isQuantized ? signed : []))
        case "TANGENT": return all(isTarget ? "VEC3" : "VEC4", ["float"] + (isQuantized ? signed : []))
        case "TEXCOORD":
            let whole = isTarget ? ["int8", "int16"] : ["int8", "uint8", "int16", "uint16"]
            return all("VEC2", fractions + (isTarget || isQuantized ? signed : []) + (isQuantized ? whole : []))
        case "COLOR":
            let components = fractions + (isTarget ? signed : [])
            return all("VEC3", components).union(all("VEC4", components))
        case "JOINTS": return all("VEC4", ["uint8", "uint16"])
        default: return all("VEC4", fractions)
        }
    }
}
