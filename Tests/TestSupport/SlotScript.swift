/// What a writer that will be killed does with eight slots of its own, number by number, so that whoever finds them can
/// tell from the number alone what must be there.
package enum SlotScript {
    /// Slots of one writer.
    package static let slotCount = 8

    /// The slot that step `number` puts its number into.
    package static func slot(putBy number: Int) -> Int { number % slotCount }

    /// The slot that the same step empties, if any.
    package static func slot(deletedBy number: Int) -> Int? {
        number % 3 == 0 ? (number + 4) % slotCount : nil
    }

    /// The bytes of `number`: its digits, and a tail of some length.
    package static func value(_ number: Int) -> [UInt8] {
        Array("\(number) ".utf8) + [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: number * 37 % 700)
    }

    /// What the slots hold after step `number`: a step's number, or nothing.
    package static func slots(after number: Int) -> [Int?] {
        var slots = [Int?](repeating: nil, count: slotCount)
        // Every slot was put by one of the last eight steps, and maybe emptied by a later one.
        for step in max(1, number - 2 * slotCount)..<number + 1 {
            slots[slot(putBy: step)] = step
            if let deleted = slot(deletedBy: step) { slots[deleted] = nil }
        }
        return slots
    }
}
