/// One value being encoded: the bytes so far, and the containers that are open.
///
/// Containers nest like calls, so each writes at the end of the same memory. Those that a value asks for explicitly, with
/// `nestedContainer` or `superEncoder`, may outlive others and be used alternately: each gets a session of its own, whose
/// bytes are put in place when the container around it closes.
@safe final class EncodingSession: @unchecked Sendable {
    // One thread at a time has a session. What changes stands behind a constant pointer: stored properties of a class
    // would be checked for exclusive access at each step.
    private let state: UnsafeMutablePointer<EncodingState>
    let userInfo: [CodingUserInfoKey: any Sendable]
    private let basePath: [any CodingKey]
    private let baseDepth: Int

    init(userInfo: [CodingUserInfoKey: any Sendable], basePath: [any CodingKey] = [], baseDepth: Int = 0) {
        self.userInfo = userInfo
        self.basePath = basePath
        self.baseDepth = baseDepth
        unsafe state = UnsafeMutablePointer.allocate(capacity: 1)
        unsafe state.initialize(to: EncodingState())
    }

    deinit {
        unsafe state.deinitialize(count: 1)
        unsafe state.deallocate()
    }

    func end() {
        unsafe state.pointee.frameCount = 0
        unsafe state.pointee.deferred = []
        unsafe state.pointee.writer.trim()
    }

    func encodeDocument<Value: Encodable, Result>(
        _ value: Value,
        _ body: (Span<UInt8>) throws -> Result
    ) throws -> Result {
        unsafe state.pointee.writer.reset()
        try encodeValue(value)
        let tag = DocumentLayout.byte(unsafe state.pointee.writer.written, at: DocumentLayout.root)
        guard tag == DocumentLayout.Tag.map || tag == DocumentLayout.Tag.wideMap else {
            throw EncodingError.invalidValue(
                value,
                EncodingError.Context(codingPath: [], debugDescription: "an item must have named fields")
            )
        }
        return try body(unsafe state.pointee.writer.written)
    }

    // MARK: - Places

    /// Begins the entry of a keyed container.
    func beginEntry(_ frame: FrameID, _ name: String) throws {
        guard unsafe state.pointee.isInnermost(frame) else { throw misplaced(name) }
        try unsafe state.pointee.writer.checkSize()
        unsafe state.pointee.writer.beginEntry(name, first: state.pointee.frames[frame.index].first)
    }

    /// Begins the next element of an unkeyed container.
    func beginElement(_ frame: FrameID) throws {
        guard unsafe state.pointee.isInnermost(frame) else { throw misplaced("") }
        try unsafe state.pointee.writer.checkSize()
        spreadBytes(frame)
        unsafe state.pointee.frames[frame.index].count += 1
    }

    /// Makes a list of what was a byte string so far, because something else follows.
    private func spreadBytes(_ frame: FrameID) {
        guard unsafe state.pointee.frames[frame.index].kind == .bytes else { return }
        unsafe state.pointee.writer.spreadBytes(at: state.pointee.frames[frame.index].start)
        unsafe state.pointee.frames[frame.index].kind = .list
    }

    /// Takes the one place of a single value.
    func beginSingle(_ frame: FrameID) throws {
        guard unsafe state.pointee.isInnermost(frame), unsafe state.pointee.frames[frame.index].kind == .none else {
            throw misplaced("")
        }
        unsafe state.pointee.frames[frame.index].kind = .single
    }

    /// Adds a byte to an unkeyed container, which stays a byte string while it has nothing else.
    func appendByte(_ frame: FrameID, _ byte: UInt8) throws {
        guard unsafe state.pointee.isInnermost(frame) else { throw misplaced("") }
        try unsafe state.pointee.writer.checkSize()
        let isFirst = unsafe state.pointee.frames[frame.index].count == 0
        if isFirst { unsafe state.pointee.frames[frame.index].kind = .bytes }
        guard unsafe state.pointee.frames[frame.index].kind == .bytes else {
            try beginElement(frame)
            write(Int64(byte))
            return
        }
        unsafe state.pointee.frames[frame.index].count += 1
        unsafe state.pointee.writer.writeRaw(byte)
    }

    func elementCount(_ frame: FrameID) -> Int {
        unsafe state.pointee.isOpen(frame) ? state.pointee.frames[frame.index].count : 0
    }

    // MARK: - Values

    func writeNull() { unsafe state.pointee.writer.writeNull() }
    func write(_ value: Bool) { unsafe state.pointee.writer.write(value) }
    func write(_ value: Int64) { unsafe state.pointee.writer.write(value) }
    func write(_ value: Double) { unsafe state.pointee.writer.write(value) }
    func write(_ value: String) { unsafe state.pointee.writer.write(value) }

    func write(_ value: UInt64) {
        if let small = Int64(exactly: value) {
            write(small)
        } else if let number = DecimalNumber(
            isNegative: false,
            DecimalDigits(coefficient: UInt128(value), exponent: 0)
        ) {
            unsafe state.pointee.writer.write(number)
        }
    }

    /// Runs `body`, which begins a place and fills it; if it throws, what it wrote is taken back, so that a value that
    /// catches the error can go on.
    func place<Value: Encodable>(_ value: Value, _ begin: () throws -> Void) throws {
        guard let outer = unsafe state.pointee.innermost else {
            try begin()
            return try encodeValue(value)
        }
        spreadBytes(outer)
        let saved = unsafe state.pointee.frames[outer.index]
        let (count, entries) = unsafe (state.pointee.writer.count, state.pointee.writer.entryCount)
        let (frames, deferred) = unsafe (state.pointee.frameCount, state.pointee.deferred.count)
        do {
            try begin()
            try encodeValue(value)
        } catch {
            unsafe state.pointee.writer.rewind(to: count, entries: entries)
            unsafe state.pointee.frameCount = min(frames, state.pointee.frameCount)
            if unsafe state.pointee.isOpen(outer) { unsafe state.pointee.frames[outer.index] = saved }
            unsafe state.pointee.deferred.removeLast(state.pointee.deferred.count - deferred)
            throw error
        }
    }

    func encodeValue<Value: Encodable>(_ value: Value) throws {
        if try encodeKnown(value) { return }
        let frame = try push()
        try value.encode(to: ValueEncoder(session: self, frame: frame))
        // Only lists ask: looking a conformance up costs more than writing a field.
        if hasElements(frame), let unordered = Value.self as? any UnorderedElements.Type {
            unsafe state.pointee.writer.sortElements(
                at: state.pointee.frames[frame.index].start,
                width: unordered.elementWidth,
                areBytes: state.pointee.frames[frame.index].kind == .bytes
            )
        }
        try pop(frame)
    }

    /// Whether the frame is a list of several elements.
    private func hasElements(_ frame: FrameID) -> Bool {
        guard unsafe state.pointee.isOpen(frame) else { return false }
        let list = unsafe state.pointee.frames[frame.index]
        return list.count > 1 && (list.kind == .list || list.kind == .bytes)
    }

    /// Values whose encoding is known are written at once; their own conformance would take several calls.
    private func encodeKnown<Value: Encodable>(_ value: Value) throws -> Bool {
        // Each cast is between a type and itself, which the comparison before it shows.
        if Value.self == String.self {
            write(unsafe unsafeBitCast(value, to: String.self))
        } else if Value.self == Int.self {
            write(Int64(unsafe unsafeBitCast(value, to: Int.self)))
        } else if Value.self == Double.self {
            write(unsafe unsafeBitCast(value, to: Double.self))
        } else if Value.self == DecimalNumber.self {
            unsafe state.pointee.writer.write(unsafeBitCast(value, to: DecimalNumber.self))
        } else if Value.self == [UInt8].self {
            let bytes = unsafe unsafeBitCast(value, to: [UInt8].self)
            unsafe state.pointee.writer.write(bytes: bytes.span)
        } else if Value.self == [String].self {
            let texts = unsafe unsafeBitCast(value, to: [String].self)
            try DocumentWriter.checkDepth(depth + 1)
            let start = unsafe state.pointee.writer.beginList()
            for text in texts { write(text) }
            unsafe state.pointee.writer.endList(at: start, count: texts.count)
        } else if Value.self == Set<String>.self {
            unsafe state.pointee.writer.write(unsafeBitCast(value, to: Set<String>.self))
        } else if Value.self == Set<DecimalNumber>.self {
            unsafe state.pointee.writer.write(unsafeBitCast(value, to: Set<DecimalNumber>.self))
        } else if Value.self == Set<[UInt8]>.self {
            unsafe state.pointee.writer.write(unsafeBitCast(value, to: Set<[UInt8]>.self))
        } else if Value.self == Attribute.self {
            try unsafe state.pointee.writer.write(unsafeBitCast(value, to: Attribute.self), depth: depth + 1)
        } else if Value.self == Document.self {
            let document = unsafe unsafeBitCast(value, to: Document.self)
            // As deep as a document may be, so that nothing needs to be looked at.
            guard depth == 0 else {
                try unsafe state.pointee.writer.write(document.view.root.attribute, depth: depth + 1)
                return true
            }
            unsafe state.pointee.writer.write(encoded: document.view.root.encoded)
        } else {
            return false
        }
        return true
    }

    // MARK: - Frames

    /// Containers around the next value.
    private var depth: Int {
        unsafe baseDepth
            + (state.pointee.frameCount == 0 ? 0 : state.pointee.frames[state.pointee.frameCount - 1].depth)
    }

    func push() throws -> FrameID {
        guard depth <= DocumentLayout.depthMax, let frame = unsafe state.pointee.push() else {
            throw CatalogError(.invalidArgument, "the item's values stand in each other too deep")
        }
        return frame
    }

    /// Closes the innermost frame: what was opened in it becomes a value.
    func pop(_ frame: FrameID) throws {
        guard unsafe state.pointee.isInnermost(frame) else { throw misplaced("") }
        if unsafe state.pointee.frames[frame.index].hasDeferred { try settleDeferred(frame) }
        let closing = unsafe state.pointee.frames[frame.index]
        switch closing.kind {
        case .single: break
        case .none:
            let start = unsafe state.pointee.writer.beginMap()
            unsafe state.pointee.writer.endMap(at: start, first: state.pointee.writer.entryCount)
        case .map: unsafe state.pointee.writer.endMap(at: closing.start, first: closing.first)
        case .list: unsafe state.pointee.writer.endList(at: closing.start, count: closing.count)
        case .bytes: unsafe state.pointee.writer.endBytes(at: closing.start)
        }
        unsafe state.pointee.frameCount -= 1
        try unsafe state.pointee.writer.checkSize()
        try DocumentWriter.checkDepth(baseDepth + closing.depth)
    }

    func openMap(_ frame: FrameID) {
        open(frame, .map) { unsafe state.pointee.writer.beginMap() }
    }

    func openList(_ frame: FrameID) {
        open(frame, .list) { unsafe state.pointee.writer.beginList() }
    }

    private func open(_ frame: FrameID, _ kind: EncodingFrame.Kind, _ begin: () -> Int) {
        precondition(unsafe state.pointee.isInnermost(frame), "an encoder was asked for a container after its value")
        let present = unsafe state.pointee.frames[frame.index].kind
        // A class and its superclass may ask for the same container of the same encoder.
        if present == kind || (present == .bytes && kind == .list) { return }
        precondition(present == .none, "an encoder was asked for two different containers")
        unsafe state.pointee.frames[frame.index].kind = kind
        unsafe state.pointee.frames[frame.index].first = state.pointee.writer.entryCount
        unsafe state.pointee.frames[frame.index].depth += 1
        unsafe state.pointee.frames[frame.index].start = begin()
    }

    // MARK: - Containers that are put in place later

    /// A session for a container that is used independently of `frame` and belongs under `key`, or, without one, at the
    /// present end of the list.
    func makeDeferred(_ frame: FrameID, key: (any CodingKey)?) -> (EncodingSession, FrameID) {
        precondition(unsafe state.pointee.isInnermost(frame), "a container was used after another one was begun")
        if let name = key?.stringValue, let open = openDeferred(frame, name) { return open }
        spreadBytes(frame)
        let step = key ?? PathKey(index: elementCount(frame))
        let child = EncodingSession(userInfo: userInfo, basePath: path(frame) + [step], baseDepth: depth)
        let own = unsafe child.state.pointee.pushFirst()
        unsafe state.pointee.deferred.append(
            DeferredValue(
                serial: frame.serial,
                name: key?.stringValue,
                offset: state.pointee.writer.count,
                session: child,
                frame: own
            )
        )
        unsafe state.pointee.frames[frame.index].hasDeferred = true
        if key == nil { unsafe state.pointee.frames[frame.index].count += 1 }
        return (child, own)
    }

    /// The container that was asked for under that name before: a value and its superclass may share one.
    private func openDeferred(_ frame: FrameID, _ name: String) -> (EncodingSession, FrameID)? {
        guard unsafe state.pointee.frames[frame.index].hasDeferred else { return nil }
        let found = unsafe state.pointee.deferred.last { $0.serial == frame.serial && $0.name == name }
        return found.map { ($0.session, $0.frame) }
    }

    private func settleDeferred(_ frame: FrameID) throws {
        let settled = unsafe state.pointee.deferred.filter { $0.serial == frame.serial }
        unsafe state.pointee.deferred.removeAll { $0.serial == frame.serial }
        let first = unsafe state.pointee.frames[frame.index].first
        var shift = 0
        for value in settled {
            let bytes = try value.session.finish()
            if let name = value.name {
                unsafe state.pointee.writer.beginEntry(name, first: first)
                unsafe state.pointee.writer.write(encoded: bytes.span)
            } else {
                unsafe state.pointee.writer.insert(encoded: bytes.span, at: value.offset + shift)
                shift += bytes.count
            }
        }
    }

    /// Closes the one frame of a deferred session; returns what was written.
    private func finish() throws -> [UInt8] {
        guard let frame = unsafe state.pointee.innermost else { return [] }
        try pop(frame)
        return unsafe DocumentLayout.copy(state.pointee.writer.written, 0..<state.pointee.writer.count)
    }

    // MARK: - Paths

    /// The keys that lead to the value of a frame, read back from what was written.
    func path(_ frame: FrameID) -> [any CodingKey] {
        guard unsafe state.pointee.isOpen(frame) else { return basePath }
        var path = basePath
        for index in 0..<frame.index {
            let outer = unsafe state.pointee.frames[index]
            switch outer.kind {
            case .map:
                let entry = unsafe state.pointee.frames[index + 1].outerEntries - 1
                if entry >= outer.first { path.append(PathKey(unsafe state.pointee.writer.name(ofEntry: entry))) }
            case .list, .bytes: path.append(PathKey(index: outer.count - 1))
            case .none, .single: break
            }
        }
        return path
    }

    private func misplaced(_ name: String) -> EncodingError {
        let path = unsafe state.pointee.innermost.map { self.path($0) } ?? basePath
        return EncodingError.invalidValue(
            name,
            EncodingError.Context(
                codingPath: path,
                debugDescription: "a container was used after its value, or while another one was open"
            )
        )
    }
}

/// Collections that give their elements in another order in each process, so that equal ones would not be encoded alike.
///
/// They are put in the order of their bytes: documents with the same content have the same bytes then, and a transaction
/// is known by its token also after the process has begun anew.
private protocol UnorderedElements {
    /// Values in the list for each element.
    static var elementWidth: Int { get }
}

extension Set: UnorderedElements {
    fileprivate static var elementWidth: Int { 1 }
}

// With keys that are neither text nor whole numbers, keys and values stand in turn in a list.
extension Dictionary: UnorderedElements {
    fileprivate static var elementWidth: Int { 2 }
}
