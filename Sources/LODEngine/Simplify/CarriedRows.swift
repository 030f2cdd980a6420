/// The numbers of each wedge that are carried along without being weighed, and its skin influences.
struct CarriedRows: ~Copyable {
    /// Whether there is anything to carry.
    let isEmpty: Bool
    private let values: FlatArray<Float>
    /// Where each wedge's numbers begin, and after the last one, where they end; empty if there are none.
    private let starts: FlatArray<Int>
    private let skins: SkinRows

    /// Makes room for what each mesh of `layout` carries at its `wedges`.
    init(_ wedges: borrowing FlatArray<WedgeRecord>, _ layout: AttributeLayout) {
        let count = wedges.count
        let hasValues = layout.meshes.contains { $0.rowWidth > 0 }
        starts = FlatArray(repeating: 0, count: hasValues ? count + 1 : 0)
        var total = 0
        if hasValues {
            for wedge in 0..<count {
                starts[wedge] = total
                total += layout.meshes[Int(wedges[wedge].mesh)].rowWidth
            }
            starts[count] = total
        }
        values = FlatArray(repeating: 0, count: total)
        skins = SkinRows(wedges, layout)
        isEmpty = !hasValues && skins.isEmpty
    }

    /// Reads what wedges `range`, all of `mesh`, carry at its vertices `sources`.
    func load(_ mesh: Mesh, _ layout: AttributeLayout.MeshLayout, _ range: Range<Int>, _ sources: [UInt32]) {
        for carried in layout.carried {
            carried.stream.read(mesh, at: sources) { place, component, value in
                values[starts[range.lowerBound + place] + carried.offset + component] = value
            }
        }
        skins.load(mesh, range, sources)
    }

    /// Copies what wedge `two` of other rows carries to `one`, of the same mesh.
    func copy(_ one: Int, from other: borrowing CarriedRows, _ two: Int) {
        if isEmpty { return }
        if starts.count > 0 {
            let offset = other.starts[two] - starts[one]
            for k in starts[one]..<starts[one + 1] { values[k] = other.values[k + offset] }
        }
        skins.copy(one, from: other.skins, two)
    }

    /// Moves what `wedge` carries by `t` towards what `other` does.
    func blend(_ wedge: UInt32, _ other: UInt32, _ t: Float) {
        if starts.count > 0 {
            let offset = starts[other] - starts[wedge]
            for k in starts[wedge]..<starts[Int(wedge) + 1] { values[k] += t * (values[k + offset] - values[k]) }
        }
        skins.blend(wedge, other, t)
    }

    /// Carried number `k` of `wedge`.
    func value(_ wedge: UInt32, _ k: Int) -> Float { values[starts[wedge] + k] }

    /// The influences of `wedge` in set `set`.
    func influence(of wedge: UInt32, set: Int) -> SkinInfluence { skins.influence(of: wedge, set: set) }
}
