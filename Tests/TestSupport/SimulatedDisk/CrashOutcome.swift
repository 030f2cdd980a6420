/// What a crash makes of everything that was not flushed.
package enum CrashOutcome: String, Sendable, CaseIterable {
    /// Power fails, and nothing that was not flushed had reached the disk.
    case lost
    /// The process is killed and the machine runs on: everything can be read, and what was not flushed still is not.
    case kept
    /// Power fails in the middle of a write: sectors of one write are on the disk and others are not.
    ///
    /// Either everything up to a seeded moment is there, in the order of the calls, and the write of that moment is
    /// torn; or every call is there, and each unflushed write may be torn.
    case torn
    /// Power fails, and the disk had done any part of its work in any order: of the changes to one sector or one
    /// name the first few, of all sectors and names any.
    case reordered
    /// The process is killed in the midst of its newest write, and the machine runs on: a part of that write can be read.
    ///
    /// Only `RecordedCrashSweep` can tell which promises stand then, so it is not among `allCases`.
    case interrupted

    /// What may become of the disk when every operation was done or not.
    package static let allCases: [CrashOutcome] = [.lost, .kept, .torn, .reordered]

    /// Whether different seeds give different disks.
    package var isSeeded: Bool { self == .torn || self == .reordered || self == .interrupted }
}

/// Bytes that a disk writes whole or not at all.
let sectorByteCount = 512

/// One crash's decisions that concern more than one file.
enum CrashPlan {
    case lost
    /// All changes before this place in the order of the calls; a write at it is torn.
    case cut(at: Int)
    /// All changes, each write torn or not by itself.
    case tornEach
    case reordered

    init(_ outcome: CrashOutcome, pendingSequences: [Int], using generator: inout SeededGenerator) {
        switch outcome {
        case .lost, .kept, .interrupted: self = .lost
        case .reordered: self = .reordered
        case .torn:
            if let cut = pendingSequences.randomElement(using: &generator), Bool.random(using: &generator) {
                self = .cut(at: cut)
            } else {
                self = .tornEach
            }
        }
    }
}

extension SimulatedContents {
    /// The bytes that a crash leaves.
    func image(after plan: CrashPlan, using generator: inout SeededGenerator) -> [UInt8] {
        guard !pending.isEmpty else { return durable }
        var image = durable
        switch plan {
        case .lost:
            break
        case .cut(let cut):
            for change in pending where change.sequence <= cut {
                if change.sequence < cut {
                    change.apply(to: &image)
                } else {
                    change.tear(into: &image, using: &generator)
                }
            }
        case .tornEach:
            for change in pending {
                if Bool.random(using: &generator) {
                    change.apply(to: &image)
                } else {
                    change.tear(into: &image, using: &generator)
                }
            }
        case .reordered:
            image = reorderedImage(using: &generator)
        }
        return image
    }

    /// Sector by sector, the first few of the changes that touch it; and the size of some moment since the flush.
    private func reorderedImage(using generator: inout SeededGenerator) -> [UInt8] {
        var sizes = [durable.count]
        for change in pending { sizes.append(change.size(after: sizes[sizes.count - 1])) }
        let extent = sizes.max() ?? 0
        var image = durable
        image.resize(to: extent)
        if Bool.random(using: &generator) { spoilUnflushedExtension(of: &image, using: &generator) }

        var touches: [Int: Int] = [:]
        for change in pending {
            for sector in change.sectors(below: extent) { touches[sector, default: 0] += 1 }
        }
        var remaining: [Int: Int] = [:]
        for (sector, count) in touches.sorted(by: { $0.key < $1.key }) {
            remaining[sector] =
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: 0
                case 1: Int.random(in: 0...count, using: &generator)
                default: count
                }
        }
        for change in pending {
            for sector in change.sectors(below: extent) {
                guard let left = remaining[sector], left > 0 else { continue }
                remaining[sector] = left - 1
                change.apply(to: &image, inSector: sector)
            }
        }
        let size = Bool.random(using: &generator) ? sizes[sizes.count - 1] : sizes.randomElement(using: &generator)
        image.resize(to: size ?? durable.count)
        return image
    }

    /// Fills what unflushed writes added to the file with whatever the disk held there before.
    private func spoilUnflushedExtension(of image: inout [UInt8], using generator: inout SeededGenerator) {
        for change in pending {
            guard case .write(let offset, let bytes) = change.kind else { continue }
            let start = max(offset, durable.count)
            let end = offset + bytes.count
            if start < end { image.overwrite(with: generator.bytes(end - start)[...], at: start) }
        }
    }
}

extension PendingChange {
    /// The sectors that it changes, of a file that ends at or before `extent`.
    fileprivate func sectors(below extent: Int) -> Range<Int> {
        switch kind {
        case .write(let offset, let bytes):
            bytes.isEmpty ? 0..<0 : offset / sectorByteCount..<(offset + bytes.count - 1) / sectorByteCount + 1
        case .resize(let size):
            size < extent ? size / sectorByteCount..<(extent - 1) / sectorByteCount + 1 : 0..<0
        }
    }

    /// Carries out the part that falls into one sector of an image that is long enough.
    fileprivate func apply(to image: inout [UInt8], inSector sector: Int) {
        let start = sector * sectorByteCount
        let end = min(start + sectorByteCount, image.count)
        switch kind {
        case .write(let offset, let bytes):
            let from = max(start, offset)
            let to = min(end, offset + bytes.count)
            if from < to { image.overwrite(with: bytes[from - offset..<to - offset], at: from) }
        case .resize(let size):
            let from = max(start, size)
            if from < end { image.overwrite(with: [UInt8](repeating: 0, count: end - from)[...], at: from) }
        }
    }

    /// Carries out some sectors of a write, a first part or any; a change of size happens or does not.
    fileprivate func tear(into image: inout [UInt8], using generator: inout SeededGenerator) {
        guard case .write(let offset, let bytes) = kind, !bytes.isEmpty else {
            if Bool.random(using: &generator) { apply(to: &image) }
            return
        }
        let oldSize = image.count
        let end = offset + bytes.count
        if end > oldSize {
            image.resize(to: end)
            // The size reached the disk before the bytes: zeros stand there, or what the disk held before.
            if Bool.random(using: &generator) {
                let start = max(offset, oldSize)
                image.overwrite(with: generator.bytes(end - start)[...], at: start)
            }
        }
        let sectors = sectors(below: end)
        let isPrefix = Bool.random(using: &generator)
        let prefixCount = Int.random(in: 0..<sectors.count, using: &generator)
        var keptEnd = oldSize
        for (index, sector) in sectors.enumerated() {
            guard isPrefix ? index < prefixCount : Bool.random(using: &generator) else { continue }
            apply(to: &image, inSector: sector)
            keptEnd = max(keptEnd, min(end, (sector + 1) * sectorByteCount))
        }
        // Or the bytes reached the disk before the size.
        if Bool.random(using: &generator) { image.resize(to: keptEnd) }
    }
}
