internal import VitrineIO
internal import VitrineSync

extension StoreCore {
    /// Removes the blocks whose tier's retention is over, counted from how far time has come by the samples: a clock that
    /// jumps ahead for a while takes nothing with it.
    func dropExpired() throws(TelemetryError) -> Bool {
        let paths: [String] = contents.withLock { contents in
            guard let now = contents.steady.time else { return [] }
            var paths: [String] = []
            for (tier, place) in layout.enumerated() {
                let border = now - place.retention
                paths += contents.blocks[tier].filter { $0.header.end <= border && !$0.header.isFlush }.map(\.path)
                contents.blocks[tier].removeAll { $0.header.end <= border && !$0.header.isFlush }
            }
            func isOver(_ file: StoreContents.DamagedFile) -> Bool {
                // One that names no tier of ours stays as long as anything does.
                let place = layout.indices.contains(file.tier) ? layout[file.tier] : layout.last
                return file.end <= now - (place?.retention ?? 0)
            }
            paths += contents.damagedFiles.filter(isOver).map(\.path)
            contents.damagedFiles.removeAll(where: isOver)
            return paths
        }
        try remove(paths)
        return !paths.isEmpty
    }

    private func remove(_ paths: [String]) throws(TelemetryError) {
        if paths.isEmpty { return }
        try storing("removing blocks") { () throws(IOError) in
            for path in paths { try disk.remove(path) }
            try disk.synchronizeDirectory(directory.blocksPath)
        }
    }

    /// Removes the oldest blocks of whichever tier takes most of the disk until `bytes` more fit into the budget.
    ///
    /// What is spared goes last. Where all of them would not be enough, none goes.
    ///
    /// - Returns: whether there is room.
    func makeRoom(for bytes: Int64, sparing spared: [BlockFile] = []) throws(TelemetryError) -> Bool {
        let victims: [String] = contents.withLock { contents in
            if bytes > 0, contents.fixedBytes + bytes > configuration.diskBytesMax { return [] }
            var victims: [String] = []
            while contents.diskBytes + bytes > configuration.diskBytesMax {
                if let damaged = contents.damagedFiles.first {
                    victims.append(damaged.path)
                    contents.damagedFiles.removeFirst()
                    continue
                }
                guard let tier = Self.largestTier(contents, sparing: spared) ?? Self.largestTier(contents, sparing: []),
                    let place = contents.blocks[tier].firstIndex(where: { block in !spared.contains { $0 === block } })
                        ?? contents.blocks[tier].indices.first
                else { break }
                let block = contents.blocks[tier].remove(at: place)
                contents.droppedPointCount += block.pointCount
                victims.append(block.path)
            }
            return victims
        }
        try remove(victims)
        return contents.withLock { $0.diskBytes + bytes <= configuration.diskBytesMax }
    }

    /// Makes room for a block of up to `bytes` and keeps it free until the block is there.
    ///
    /// - Returns: whether there is room; without, nothing is kept free.
    func reserve(_ bytes: Int64, sparing spared: [BlockFile] = []) throws(TelemetryError) -> Bool {
        guard try makeRoom(for: bytes, sparing: spared) else { return false }
        contents.withLock { $0.reservedBytes = bytes }
        return true
    }

    private static func largestTier(_ contents: borrowing StoreContents, sparing spared: [BlockFile]) -> Int? {
        var largest: (tier: Int, bytes: Int)?
        for (tier, blocks) in contents.blocks.enumerated() {
            let bytes = blocks.reduce(0) { sum, block in
                spared.contains { $0 === block } ? sum : sum + block.byteCount
            }
            if bytes > largest?.bytes ?? 0 { largest = (tier, bytes) }
        }
        return largest?.tier
    }

    /// Writes the catalogue anew without the series of which no block and no memory has anything, when they are many.
    func forgetUnusedSeries() throws(TelemetryError) {
        try maintenance.withLock { state throws(TelemetryError) in
            state.hasDropped = false
            // For a moment there are two catalogues.
            guard try reserve(contents.withLock { $0.catalogBytes }) else { return }
            defer { contents.withLock { $0.reservedBytes = 0 } }
            let blocks = contents.withLock { $0.blocks.flatMap { $0 } }
            var used: Set<UInt32> = []
            for block in blocks { for place in 0..<block.seriesCount { used.insert(block.id(at: place)) } }
            let isInBlocks = used
            try writing("writing the catalogue") { writer throws(IOError) in
                let old = contents.withLock { contents in
                    (table: contents.table, heads: contents.frozen + [contents.head])
                }
                var kept = isInBlocks
                for head in old.heads {
                    for batch in head.batches { kept.formUnion(batch.list.numbers) }
                    kept.formUnion(head.loose.joined().map(\.number))
                    kept.formUnion(head.increases.joined().map(\.number))
                }
                guard old.table.count >= 64,
                    old.table.numbers.count(where: { kept.contains($0) }) < old.table.count * 3 / 4
                else { return }
                var table = SeriesTable()
                for number in old.table.numbers where kept.contains(number) {
                    _ = table.insert(number, old.table.name(number), old.table.labels(number), old.table.kind(number))
                }
                table.skip(to: old.table.numberEnd)
                try writer.catalog.replace(with: table)
                writer.newestList = nil
                let bytes = writer.catalog.end
                contents.withLock { contents in
                    contents.table = table
                    contents.generation += 1
                    contents.catalogBytes = bytes
                }
            }
        }
    }
}
