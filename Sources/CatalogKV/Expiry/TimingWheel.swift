/// Keys by the millisecond in which their time comes: a hierarchical timing wheel (Varghese and Lauck, "Hashed and
/// hierarchical timing wheels", 1987).
///
/// Eleven wheels of 64 slots stand for the eleven digits of a 64-bit time in base 64, so that every `Int64` has its
/// place and no list of the far future is needed. An item stands in the wheel of the highest digit in which its time
/// differs from `base`, in the slot of that digit. When `base` reaches a slot, its items are due or move down, each at
/// most ten times, and a few times in practice: an insertion costs O(1), and finding the next slot a few bit
/// operations, however far the clock jumped.
///
/// `base` only grows while there are items. What is inserted below it (the clock was set back, or the lifetime was zero)
/// waits in a heap, so that nothing is ever handed out before its time.
///
/// An item costs 10 bytes beyond its key, in chunks of 1 KiB of which each occupied slot has one that is not full.
@safe package struct TimingWheel: ~Copyable {
    private static let levelCount = 11
    /// Chunks that are kept for reuse, at most.
    private static let spareCountMax = 1_024

    /// Newest chunk of each slot's chain, level by level.
    private let slots: UnsafeMutablePointer<WheelChunk?>
    /// For each level, a bit for each slot that has items.
    private let occupied: UnsafeMutablePointer<UInt64>
    /// Everything in the slots is at this time or later.
    private var base: UInt64
    /// The chain of a slot that `base` has reached, and how much of its first chunk was dealt with.
    private var open: WheelChunk?
    private var openOffset = WheelChunk.headerByteCount
    private var late = LateItems()
    private var spares: [WheelChunk] = []
    /// The items that an audit has not looked at yet.
    private var unaudited: [WheelChunk] = []
    private var seen: Set<AuditedItem> = []

    /// Items held, those included that are worth nothing any more.
    package private(set) var count = 0
    /// Bytes of memory held by chunks.
    package private(set) var byteCount = 0

    /// Starts empty at `now`, in milliseconds of any origin.
    package init(now: Int64) {
        let slotCount = TimingWheel.levelCount * 64
        unsafe slots = .allocate(capacity: slotCount)
        unsafe slots.initialize(repeating: nil, count: slotCount)
        unsafe occupied = .allocate(capacity: TimingWheel.levelCount)
        unsafe occupied.initialize(repeating: 0, count: TimingWheel.levelCount)
        base = TimingWheel.ordered(now)
    }

    deinit {
        for slot in 0..<TimingWheel.levelCount * 64 { unsafe TimingWheel.free(slots[slot]) }
        TimingWheel.free(open)
        for chunk in unaudited { TimingWheel.free(chunk) }
        for chunk in spares { chunk.free() }
        unsafe slots.deallocate()
        unsafe occupied.deallocate()
    }

    /// Holds `key` until `time`.
    ///
    /// The same key may be held any number of times.
    package mutating func insert(_ key: Span<UInt8>, at time: Int64) {
        count += 1
        place(key, at: TimingWheel.ordered(time))
    }

    /// Hands out items whose time is `now` or before, at most `limit`, and says whether none is left that is.
    ///
    /// The order among them is not that of their times. Moves at most some sixteen items for each that is asked for, so
    /// that a call is bounded however many come due at once.
    package mutating func takeDue(now: Int64, limit: Int, _ body: (Span<UInt8>, Int64) -> Void) -> Bool {
        let now = TimingWheel.ordered(now)
        var remaining = limit
        while remaining > 0, let item = late.takeFirst(notAfter: now) {
            count -= 1
            remaining -= 1
            body(item.key.span, TimingWheel.time(item.time))
        }
        var moves = 1_024 + 16 * min(limit, 1 << 32)
        while remaining > 0, moves > 0 {
            guard let chunk = open ?? openNextSlot(now) else { return true }
            let end = chunk.usedByteCount
            while openOffset < end, remaining > 0, moves > 0 {
                let time = chunk.time(at: openOffset)
                let key = chunk.key(at: openOffset)
                openOffset += WheelChunk.itemHeaderByteCount + key.count
                moves -= 1
                if time <= now {
                    count -= 1
                    remaining -= 1
                    body(key, TimingWheel.time(time))
                } else {
                    place(key, at: time)
                }
            }
            guard openOffset == end else { continue }
            open = chunk.next
            openOffset = WheelChunk.headerByteCount
            recycle(chunk)
        }
        return false
    }
}

// MARK: - Slots

extension TimingWheel {
    /// Takes the chain off the slot with the earliest items, if its time has come, and moves `base` there.
    private mutating func openNextSlot(_ now: UInt64) -> WheelChunk? {
        for level in 0..<TimingWheel.levelCount {
            let bits = unsafe occupied[level]
            if bits == 0 { continue }
            // The items of a lower level share more of their high digits with `base`: they come first.
            let digit = bits.trailingZeroBitCount
            let aboveBits = UInt64(6 * (level + 1))
            let above = (base >> aboveBits) << aboveBits
            let start = above | UInt64(digit) << UInt64(6 * level)
            guard start <= now else {
                // Up to the next slot's start no item's highest differing digit changes.
                base = max(base, now)
                return nil
            }
            base = max(base, start)
            let chain = unsafe slots[64 * level + digit]
            unsafe slots[64 * level + digit] = nil
            unsafe occupied[level] = bits & (bits &- 1)
            open = chain
            openOffset = WheelChunk.headerByteCount
            return chain
        }
        base = now
        return nil
    }

    private mutating func place(_ key: Span<UInt8>, at time: UInt64) {
        guard time >= base else {
            late.insert(LateItem(time: time, key: key.bytes))
            return
        }
        let level = (63 - ((time ^ base) | 1).leadingZeroBitCount) / 6
        let digit = Int(truncatingIfNeeded: time >> UInt64(6 * level)) & 63
        let slot = 64 * level + digit
        if let chunk = unsafe slots[slot], chunk.append(time, key) { return }
        let chunk = makeChunk(fitting: WheelChunk.itemHeaderByteCount + key.count, next: unsafe slots[slot])
        _ = chunk.append(time, key)
        unsafe slots[slot] = chunk
        unsafe occupied[level] |= 1 << UInt64(digit)
    }

    private mutating func makeChunk(fitting itemByteCount: Int, next: WheelChunk?) -> WheelChunk {
        if WheelChunk.headerByteCount + itemByteCount <= WheelChunk.usualByteCount, let spare = spares.popLast() {
            spare.reset(next: next)
            return spare
        }
        let chunk = WheelChunk(fitting: itemByteCount, next: next)
        byteCount += chunk.byteCount
        return chunk
    }

    private mutating func recycle(_ chunk: WheelChunk) {
        if spares.count < TimingWheel.spareCountMax, chunk.byteCount == WheelChunk.usualByteCount {
            spares.append(chunk)
        } else {
            byteCount -= chunk.byteCount
            chunk.free()
        }
    }

    private static func free(_ chain: WheelChunk?) {
        var rest = chain
        while let chunk = rest {
            rest = chunk.next
            chunk.free()
        }
    }

    /// Times as unsigned numbers in the same order.
    private static func ordered(_ time: Int64) -> UInt64 { UInt64(bitPattern: time) ^ 1 << 63 }
    private static func time(_ ordered: UInt64) -> Int64 { Int64(bitPattern: ordered ^ 1 << 63) }
}

// MARK: - Audit

extension TimingWheel {
    /// Whether an audit has begun and not ended.
    package var isAuditing: Bool { !unaudited.isEmpty }

    /// Begins to look at every item, to drop those that are worth nothing; `audit` does the work, piece by piece.
    ///
    /// What is inserted meanwhile is not looked at. Items wait for the audit and are not handed out before it has come
    /// to them.
    package mutating func beginAudit(now: Int64) {
        guard unaudited.isEmpty else { return }
        for level in 0..<TimingWheel.levelCount {
            var bits = unsafe occupied[level]
            while bits != 0 {
                let slot = 64 * level + bits.trailingZeroBitCount
                bits &= bits &- 1
                if let chain = unsafe slots[slot] { unaudited.append(chain) }
                unsafe slots[slot] = nil
            }
            unsafe occupied[level] = 0
        }
        // Nothing is left in the slots, so `base` may go back with the clock, and late items are late no more.
        if open == nil { base = TimingWheel.ordered(now) }
        var chain: WheelChunk?
        for item in late.removeAll() {
            if let chain, chain.append(item.time, item.key.span) { continue }
            let chunk = makeChunk(fitting: WheelChunk.itemHeaderByteCount + item.key.count, next: chain)
            _ = chunk.append(item.time, item.key.span)
            chain = chunk
        }
        if let chain { unaudited.append(chain) }
    }

    /// Looks at about `limit` more items, and returns whether the audit is at its end.
    ///
    /// Each is kept at the time that `time` gives for its key, once, or dropped when that is `nil`. Two items count as the same when the time and 64 bits of a hash with a random seed are equal.
    package mutating func audit(limit: Int, _ time: (Span<UInt8>) -> Int64?) -> Bool {
        var remaining = limit
        while remaining > 0, let chunk = unaudited.popLast() {
            if let next = chunk.next { unaudited.append(next) }
            var offset = WheelChunk.headerByteCount
            while offset < chunk.usedByteCount {
                let key = chunk.key(at: offset)
                offset += WheelChunk.itemHeaderByteCount + key.count
                remaining -= 1
                if let time = time(key), seen.insert(AuditedItem(key, time)).inserted {
                    place(key, at: TimingWheel.ordered(time))
                } else {
                    count -= 1
                }
            }
            recycle(chunk)
        }
        if unaudited.isEmpty { seen = [] }
        return unaudited.isEmpty
    }
}

private struct AuditedItem: Hashable {
    let hash: Int
    let time: Int64

    init(_ key: Span<UInt8>, _ time: Int64) {
        var hasher = Hasher()
        // The pointer stays inside the closure.
        unsafe key.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        hash = hasher.finalize()
        self.time = time
    }
}
