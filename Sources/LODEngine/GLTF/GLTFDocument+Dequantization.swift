extension GLTFDocument {
    /// Has every node and skin that places a mesh undo the mesh's grid.
    ///
    /// A node keeps its transform, children, animations and name; its mesh goes to a new child, which scales and moves
    /// it. What a skin places is undone in the skin's inverse bind matrices, for skins do not see their node.
    mutating func undo(_ grids: [Int: PositionGrid]) {
        guard !grids.isEmpty, case .array(var nodes)? = root["nodes"] else { return }
        let bare = nodesWithoutRole
        var skins = SkinCopies(root["skins"]?.array ?? [])
        var moved: [Int: Int] = [:]
        for index in nodes.indices {
            guard case .object(var node) = nodes[index], let mesh = node["mesh"]?.int else { continue }
            if let skin = node["skin"]?.int {
                node["skin"] = .int(skins.skin(skin, for: grids[mesh], in: &self))
                nodes[index] = .object(node)
            } else if let grid = grids[mesh] {
                if bare.contains(index) {
                    grid.place(&node)
                } else {
                    var child = JSONObject()
                    for key in ["mesh", "weights"] {
                        child[key] = node[key]
                        node[key] = nil
                    }
                    grid.place(&child)
                    // First of the children, so that meshes are met in the same order.
                    node["children"] = .array([.int(nodes.count)] + (node["children"]?.array ?? []))
                    moved[index] = nodes.count
                    nodes.append(.object(child))
                }
                nodes[index] = .object(node)
            }
        }
        root["nodes"] = .array(nodes)
        if !skins.skins.isEmpty { root["skins"] = .array(skins.skins) }
        if !moved.isEmpty { retargetWeights(moved) }
    }

    /// The nodes that place a mesh where it is and do nothing else, so that they may scale and move it themselves.
    private var nodesWithoutRole: Set<Int> {
        guard root["animations"] == nil, let nodes = root["nodes"]?.array else { return [] }
        let joints = Set((root["skins"]?.array ?? []).flatMap { $0["joints"]?.array ?? [] }.compactMap(\.int))
        let roles = ["children", "camera", "matrix", "translation", "rotation", "scale", "extensions"]
        return Set(
            nodes.indices.filter { index in !joints.contains(index) && roles.allSatisfy { nodes[index][$0] == nil } }
        )
    }

    /// Points animations of morph weights to the nodes that have the meshes now.
    private mutating func retargetWeights(_ moved: [Int: Int]) {
        guard case .array(var animations)? = root["animations"] else { return }
        for index in animations.indices {
            guard case .object(var animation) = animations[index], case .array(var channels)? = animation["channels"]
            else { continue }
            for place in channels.indices {
                guard case .object(var channel) = channels[place], case .object(var target)? = channel["target"] else {
                    continue
                }
                GLTFDocument.retarget(&target, moved)
                channel["target"] = .object(target)
                channels[place] = .object(channel)
            }
            animation["channels"] = .array(channels)
            animations[index] = .object(animation)
        }
        root["animations"] = .array(animations)
    }

    private static func retarget(_ target: inout JSONObject, _ moved: [Int: Int]) {
        if target["path"]?.string == "weights", let node = target["node"]?.int, let child = moved[node] {
            target["node"] = .int(child)
        }
        let pointer = target["extensions"]?["KHR_animation_pointer"]?["pointer"]?.string?.split(separator: "/")
        guard let pointer, pointer.count >= 3, pointer[0] == "nodes", pointer[2] == "weights",
            let child = Int(pointer[1]).flatMap({ moved[$0] }),
            case .object(var extensions)? = target["extensions"],
            case .object(var animated)? = extensions["KHR_animation_pointer"]
        else { return }
        animated["pointer"] = .string("/nodes/\(child)/" + pointer.dropFirst(2).joined(separator: "/"))
        extensions["KHR_animation_pointer"] = .object(animated)
        target["extensions"] = .object(extensions)
    }

    /// A skin's inverse bind matrices, 16 floats each, identities where it has none; `nil` where they are not known.
    func inverseBindMatrices(ofSkin index: Int) -> [Float]? {
        guard let skin = root["skins"]?[index], let joints = skin["joints"]?.array, !joints.isEmpty else { return nil }
        guard let accessor = skin["inverseBindMatrices"]?.int else {
            let identity: [Float] = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
            return joints.flatMap { _ in identity }
        }
        guard let bytes = accessors[AccessorKey(index: accessor, usage: .inverseBindMatrices)]?.bytes,
            bytes.count >= joints.count * 64
        else { return nil }
        return stride(from: 0, to: bytes.count / 64 * 64, by: 4).map { place in
            var pattern: UInt32 = 0
            for byte in 0..<4 { pattern |= UInt32(bytes[place + byte]) << UInt32(byte * 8) }
            return Float(bitPattern: pattern)
        }
    }
}

extension PositionGrid {
    /// Gives a node, which has no transform yet, the grid's.
    fileprivate func place(_ node: inout JSONObject) {
        if origin != .zero { node["translation"] = .array((0..<3).map { .double(Double(origin[$0])) }) }
        if step != 1 { node["scale"] = .array([JSONValue](repeating: .double(Double(step)), count: 3)) }
    }

    /// 4×4 matrices, column by column, each applied after the grid is undone.
    fileprivate func undone(before matrices: [Float]) -> [Float] {
        var result = matrices
        for first in Swift.stride(from: 0, to: matrices.count - 15, by: 16) {
            for row in 0..<4 {
                var moved = Double(matrices[first + 12 + row])
                for column in 0..<3 {
                    let number = Double(matrices[first + column * 4 + row])
                    moved += number * Double(origin[column])
                    result[first + column * 4 + row] = Float(number * Double(step))
                }
                result[first + 12 + row] = Float(moved)
            }
        }
        return result
    }
}

/// Skins, of which one that several meshes share becomes one for each of their grids.
private struct SkinCopies {
    private struct Key: Hashable {
        let skin: Int
        let grid: PositionGrid?
    }

    private(set) var skins: [JSONValue]
    private let originals: [JSONValue]
    private var known: [Key: Int] = [:]
    private var taken: Set<Int> = []

    init(_ skins: [JSONValue]) {
        self.skins = skins
        originals = skins
    }

    /// The skin that does what `skin` does to positions that are on `grid`.
    mutating func skin(_ skin: Int, for grid: PositionGrid?, in document: inout GLTFDocument) -> Int {
        let key = Key(skin: skin, grid: grid)
        if let index = known[key] { return index }
        guard originals.indices.contains(skin), case .object(var object) = originals[skin] else { return skin }
        if let grid, let matrices = document.inverseBindMatrices(ofSkin: skin) {
            object["inverseBindMatrices"] = .int(document.add(inverseBindMatrices: grid.undone(before: matrices)))
        }
        var index = skin
        if taken.insert(skin).inserted {
            skins[skin] = .object(object)
        } else {
            index = skins.count
            skins.append(.object(object))
        }
        known[key] = index
        return index
    }
}

extension GLTFDocument {
    /// Adds an accessor of matrices and returns its index.
    fileprivate mutating func add(inverseBindMatrices matrices: [Float]) -> Int {
        let index = (accessors.keys.map(\.index).max() ?? -1) + 1
        var bytes: [UInt8] = []
        bytes.reserveCapacity(matrices.count * 4)
        for number in matrices {
            for byte in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: number.bitPattern >> UInt32(byte * 8))) }
        }
        accessors[AccessorKey(index: index, usage: .inverseBindMatrices)] = CarriedAccessor(
            json: [
                "componentType": .int(ComponentType.float.rawValue), "count": .int(matrices.count / 16),
                "type": .string(ElementShape.matrix4.rawValue),
            ],
            bytes: bytes,
            stride: 64
        )
        return index
    }
}
