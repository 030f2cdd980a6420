/// The skin influences of each wedge while meshes shrink.
struct SkinRows: ~Copyable {
    private let joints: FlatArray<UInt16>
    private let weights: FlatArray<Float>
    /// Where each wedge's influences begin, and after the last one, where they end; empty if no mesh has any.
    private let starts: FlatArray<Int>

    /// Whether no mesh has any.
    var isEmpty: Bool { starts.count == 0 }

    /// Makes room for four influences at each of `wedges` for each set that its mesh has.
    init(_ wedges: borrowing FlatArray<WedgeRecord>, _ layout: AttributeLayout) {
        let count = wedges.count
        let hasInfluences = layout.meshes.contains { $0.influenceCount > 0 }
        var total = 0
        starts = FlatArray(repeating: 0, count: hasInfluences ? count + 1 : 0)
        if hasInfluences {
            for wedge in 0..<count {
                starts[wedge] = total
                total += layout.meshes[Int(wedges[wedge].mesh)].influenceCount
            }
            starts[count] = total
        }
        joints = FlatArray(repeating: 0, count: total)
        weights = FlatArray(repeating: 0, count: total)
    }

    /// Reads the influences of wedges `range`, all of `mesh`, at its vertices `sources`.
    func load(_ mesh: Mesh, _ range: Range<Int>, _ sources: [UInt32]) {
        for (set, influences) in mesh.influences.enumerated() {
            for (wedge, source) in zip(range, sources) {
                let influence = influences[Int(source)]
                for k in 0..<4 {
                    let weight = influence.weights[k]
                    joints[starts[wedge] + set * 4 + k] = influence.joints[k]
                    weights[starts[wedge] + set * 4 + k] = weight.isFinite ? max(weight, 0) : 0
                }
            }
        }
    }

    /// Copies the influences of wedge `two` of other rows to `one`, of the same mesh.
    func copy(_ one: Int, from other: borrowing SkinRows, _ two: Int) {
        guard !isEmpty else { return }
        let offset = other.starts[two] - starts[one]
        for k in starts[one]..<starts[one + 1] {
            joints[k] = other.joints[k + offset]
            weights[k] = other.weights[k + offset]
        }
    }

    /// Moves the influences of `wedge` by `t` towards those of `other`; the strongest that find room stay.
    func blend(_ wedge: UInt32, _ other: UInt32, _ t: Float) {
        guard joints.count > 0 else { return }
        let start = starts[wedge]
        let count = starts[Int(wedge) + 1] - start
        guard count > 0 else { return }
        var joined: [(joint: UInt16, weight: Float)] = []
        for (from, share) in [(start, 1 - t), (starts[other], t)] {
            for k in from..<(from + count) where weights[k] * share > 0 {
                if let place = joined.firstIndex(where: { $0.joint == joints[k] }) {
                    joined[place].weight += weights[k] * share
                } else {
                    joined.append((joints[k], weights[k] * share))
                }
            }
        }
        joined.sort { ($0.weight, $1.joint) > ($1.weight, $0.joint) }
        let kept = joined.prefix(count)
        let sum = kept.reduce(0) { $0 + $1.weight }
        for k in 0..<count {
            joints[start + k] = k < kept.count ? kept[k].joint : 0
            weights[start + k] = k < kept.count && sum > 0 ? kept[k].weight / sum : 0
        }
    }

    /// The influences of `wedge` in set `set`.
    func influence(of wedge: UInt32, set: Int) -> SkinInfluence {
        var influence = SkinInfluence(joints: .zero, weights: .zero)
        let start = starts[wedge] + set * 4
        for k in 0..<4 {
            influence.joints[k] = joints[start + k]
            influence.weights[k] = weights[start + k]
        }
        return influence
    }
}
