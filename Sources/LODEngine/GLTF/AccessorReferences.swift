/// Finds, and replaces, the places of a glTF document that name accessors and buffer views by index.
///
/// Triangle primitives have none: their attributes are taken out when a file is read and put in when one is written.
/// What an extension refers to is known by the member's name: `…accessor`, `…bufferView` and their plurals, and the
/// special cases in `members`. `extras` belong to the application and are left alone.
enum AccessorReferences {
    /// Something that is named by index.
    enum Target {
        case accessor(GLTFDocument.Usage)
        case view
    }

    /// The new index for `index`, which names a target at a pointer.
    typealias Mapping = (_ target: Target, _ index: JSONPlace) throws -> Int

    /// The document with every index replaced by what `mapping` says.
    static func map(_ root: JSONObject, file: String, _ mapping: Mapping) throws -> JSONObject {
        let start = JSONPlace(value: .null, pointer: JSONPointer(), file: file)
        var root = root
        try edit(&root, "animations", start) { animation, place in
            try edit(&animation, "samplers", place) { sampler, place in
                try replace("input", of: &sampler, place, .accessor(.other), mapping)
                try replace("output", of: &sampler, place, .accessor(.other), mapping)
            }
        }
        try edit(&root, "skins", start) { skin, place in
            try replace("inverseBindMatrices", of: &skin, place, .accessor(.inverseBindMatrices), mapping)
        }
        try edit(&root, "meshes", start) { mesh, place in
            try edit(&mesh, "primitives", place) { primitive, place in
                try replace("indices", of: &primitive, place, .accessor(.indices), mapping)
                if case .object(var attributes)? = primitive["attributes"] {
                    try replaceAll(of: &attributes, place.at("attributes"), .accessor(.vertices), mapping)
                    primitive["attributes"] = .object(attributes)
                }
                try edit(&primitive, "targets", place) { target, place in
                    try replaceAll(of: &target, place, .accessor(.vertices), mapping)
                }
            }
        }
        return try mapExtensions(in: .object(root), start, of: nil, mapping).object ?? root
    }

    /// Members of extensions that name accessors or buffer views without saying so.
    static func target(of key: String, in name: String) -> Target? {
        let lower = key.lowercased()
        if lower.hasSuffix("accessor") || lower.hasSuffix("accessors") { return .accessor(.other) }
        if lower.hasSuffix("bufferview") || lower.hasSuffix("bufferviews") { return .view }
        if name == "EXT_structural_metadata", ["values", "arrayOffsets", "stringOffsets"].contains(key) {
            return .view
        }
        return nil
    }

    /// Changes each object of the array `key`.
    private static func edit(
        _ object: inout JSONObject,
        _ key: String,
        _ place: JSONPlace,
        _ change: (inout JSONObject, JSONPlace) throws -> Void
    ) throws {
        guard case .array(var values)? = object[key] else { return }
        for index in values.indices {
            guard case .object(var element) = values[index] else { continue }
            try change(&element, place.at(key).at(index))
            values[index] = .object(element)
        }
        object[key] = .array(values)
    }

    /// Changes the index `key`, if it is there.
    private static func replace(
        _ key: String,
        of object: inout JSONObject,
        _ place: JSONPlace,
        _ target: Target,
        _ mapping: Mapping
    ) throws {
        guard let value = object[key] else { return }
        object[key] = .int(try mapping(target, place.at(key, value)))
    }

    /// Changes the indices that are an object's members.
    private static func replaceAll(
        of object: inout JSONObject,
        _ place: JSONPlace,
        _ target: Target,
        _ mapping: Mapping
    ) throws {
        try object.replaceValues { .int(try mapping(target, place.at($0.key, $0.value))) }
    }

    /// Changes what extensions refer to, anywhere in `value`; `name` is the extension that `value` is part of.
    private static func mapExtensions(
        in value: JSONValue,
        _ place: JSONPlace,
        of name: String?,
        _ mapping: Mapping
    ) throws -> JSONValue {
        switch value {
        case .array(let values):
            return .array(
                try values.enumerated().map { try mapExtensions(in: $1, place.at($0), of: name, mapping) }
            )
        case .object(var object):
            try object.replaceValues { member in
                guard member.key != "extras" else { return member.value }
                return try mapMember(member, place.at(member.key), of: name, mapping)
            }
            return .object(object)
        default: return value
        }
    }

    private static func mapMember(
        _ member: JSONObject.Member,
        _ place: JSONPlace,
        of name: String?,
        _ mapping: Mapping
    ) throws -> JSONValue {
        guard let name else {
            guard member.key == "extensions", case .object(var extensions) = member.value else {
                return try mapExtensions(in: member.value, place, of: nil, mapping)
            }
            try extensions.replaceValues { member in
                try mapExtensions(in: member.value, place.at(member.key), of: member.key, mapping)
            }
            return .object(extensions)
        }
        if name == "EXT_mesh_gpu_instancing", member.key == "attributes", case .object(var attributes) = member.value {
            try replaceAll(of: &attributes, place, .accessor(.other), mapping)
            return .object(attributes)
        }
        guard let target = target(of: member.key, in: name) else {
            return try mapExtensions(in: member.value, place, of: name, mapping)
        }
        return try mapIndices(in: member.value, place, target, mapping)
    }

    /// Changes a number, or the numbers of an array; anything else is no index.
    private static func mapIndices(
        in value: JSONValue,
        _ place: JSONPlace,
        _ target: Target,
        _ mapping: Mapping
    ) throws -> JSONValue {
        switch value {
        case .number:
            .int(try mapping(target, JSONPlace(value: value, pointer: place.pointer, file: place.file)))
        case .array(let values):
            .array(try values.enumerated().map { try mapIndices(in: $1, place.at($0), target, mapping) })
        default: value
        }
    }
}

extension JSONPlace {
    /// The place of member `key`, with its value if that is known.
    fileprivate func at(_ key: String, _ value: JSONValue = .null) -> JSONPlace {
        JSONPlace(value: value, pointer: pointer[key], file: file)
    }

    /// The place of element `index`.
    fileprivate func at(_ index: Int) -> JSONPlace {
        JSONPlace(value: .null, pointer: pointer[index], file: file)
    }
}
