/// What the collapse loop reads and writes of a vertex: one cache line.
struct VertexRecord: BitwiseCopyable {
    /// The error around it, with the best attributes filled in; relative to the position.
    var quadric = Quadric()
    private var x: Float
    private var y: Float
    private var z: Float
    /// Where the vertex's corners are listed.
    var ring: UInt32 = 0
    /// One of the wedges here.
    var wedge: UInt32 = none

    /// A vertex at `position`, with nothing known of its surroundings.
    init(_ position: SIMD3<Float>) {
        x = position.x
        y = position.y
        z = position.z
    }

    /// Where it is.
    var position: SIMD3<Float> {
        @inline(__always) get { SIMD3(x, y, z) }
        @inline(__always) set {
            x = newValue.x
            y = newValue.y
            z = newValue.z
        }
    }
}

/// What a vertex lies on, as bits.
enum VertexTrait {
    /// An edge with triangles on one side only.
    static let border: UInt8 = 1
    /// An edge where three or more sheets meet.
    static let branch: UInt8 = 2
    /// Both of them: what the link condition looks at.
    static let boundary: UInt8 = 3
    /// An edge that was found blocked, and may be free when the vertex's surroundings change.
    static let blocked: UInt8 = 4
    /// Triangles of other clusters, which are not known here: the vertex stays as it is.
    static let held: UInt8 = 8
    /// Edges, to others like it, of which the triangles have not been looked at together yet.
    static let unseeded: UInt8 = 16
}

/// What the collapse loop reads and writes of a wedge, besides its attributes.
struct WedgeRecord: BitwiseCopyable {
    /// The area behind the wedge's attributes.
    var area: Float = 0
    /// The next wedge at the same vertex, in a ring.
    var next: UInt32 = none
    /// Corners that use the wedge.
    var use: UInt32 = 0
    private var meshAndMoved: UInt32

    /// A wedge of `mesh` that nothing uses yet.
    init(mesh: UInt32) { meshAndMoved = mesh }

    /// Whose it is.
    var mesh: UInt32 {
        @inline(__always) get { meshAndMoved & 0x7FFF_FFFF }
    }

    /// Whether it is no longer as it was in the original.
    var isMoved: Bool {
        @inline(__always) get { meshAndMoved >> 31 != 0 }
        @inline(__always) set { meshAndMoved = mesh | (newValue ? 0x8000_0000 : 0) }
    }
}

/// What the collapse loop reads and writes of an edge.
struct EdgeRecord: BitwiseCopyable {
    /// Its two vertices.
    var start: UInt32
    var end: UInt32
    /// The next edge in the same list of the queue.
    var following: UInt32 = none
    /// The key of a cost that it has at least, while it waits.
    var key: UInt16 = 0
    /// How often it was found blocked since its surroundings last changed.
    var attempts: UInt8 = 0
    /// Where it stands.
    var state = State.idle

    enum State: UInt8, BitwiseCopyable {
        /// Given up, until its surroundings change.
        case idle
        /// Waiting, in a list of the queue or to be put there.
        case waiting
        /// Not to be collapsed: an end is held.
        case held
        /// Collapsed, or become one with another edge.
        case gone
    }
}
