/// Which frame a container writes to; a frame that was closed is not mistaken for the one that took its place.
struct FrameID {
    let place: UInt32
    let serial: UInt32
    var index: Int { Int(place) }
}

/// A value that is being encoded.
struct EncodingFrame {
    enum Kind: UInt8 {
        case none
        case single
        case map
        case list
        /// A list that has had nothing but bytes so far.
        case bytes
    }

    var kind = Kind.none
    var hasDeferred = false
    var serial: UInt32
    /// Containers around, and with, this one.
    var depth: Int
    /// Where the container begins.
    var start = 0
    /// The first of the map's entries.
    var first = 0
    /// Elements of the list.
    var count = 0
    /// Entries that were begun when the frame was pushed: the last one is the frame's own place.
    var outerEntries: Int
}

/// A container with a session of its own.
struct DeferredValue {
    let serial: UInt32
    /// The name in a map; in a list `nil`, and `offset` counts.
    let name: String?
    let offset: Int
    let session: EncodingSession
    /// The container's place in its session.
    let frame: FrameID
}

/// What a session changes while it encodes.
@safe struct EncodingState: ~Copyable {
    /// Values in values: containers, and single values that are written through others.
    private static let frameCountMax = 4 * DocumentLayout.depthMax

    var writer = DocumentWriter()
    // Of `frameCountMax`, the first `frameCount` initialised; trivial, and freed in `deinit`.
    let frames: UnsafeMutablePointer<EncodingFrame>
    var frameCount = 0
    var deferred: [DeferredValue] = []
    private var serial: UInt32 = 0

    init() {
        unsafe frames = UnsafeMutablePointer.allocate(capacity: EncodingState.frameCountMax)
    }

    deinit {
        unsafe frames.deallocate()
    }

    func isOpen(_ frame: FrameID) -> Bool {
        unsafe frame.index < frameCount && frames[frame.index].serial == frame.serial
    }

    func isInnermost(_ frame: FrameID) -> Bool {
        unsafe frame.index &+ 1 == frameCount && frames[frame.index].serial == frame.serial
    }

    var innermost: FrameID? {
        frameCount == 0
            ? nil
            : FrameID(place: UInt32(truncatingIfNeeded: frameCount - 1), serial: unsafe frames[frameCount - 1].serial)
    }

    mutating func push() -> FrameID? {
        frameCount < EncodingState.frameCountMax ? pushFirst() : nil
    }

    /// Pushes a frame where there is room for sure.
    mutating func pushFirst() -> FrameID {
        serial &+= 1
        let depth = frameCount == 0 ? 0 : unsafe frames[frameCount &- 1].depth
        unsafe (frames + frameCount).initialize(
            to: EncodingFrame(serial: serial, depth: depth, outerEntries: writer.entryCount)
        )
        frameCount &+= 1
        return FrameID(place: UInt32(truncatingIfNeeded: frameCount &- 1), serial: serial)
    }
}

/// A step of a coding path that was read back from a document.
struct PathKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(_ name: String) {
        stringValue = name
        intValue = nil
    }

    init(index: Int) {
        stringValue = "Index \(index)"
        intValue = index
    }

    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { self.init(index: intValue) }
}
