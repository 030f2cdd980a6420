import Foundation
import Harness

/// A shop's files, made from a seed, the same on every machine.
///
/// Models with edited copies, textures, product descriptions, and libraries with their next releases: about 500 MB in
/// 5,000 files unless scaled.
///
/// What there is of each kind, and how alike it is, follows what a collection of glTF models with their product pages
/// looks like: models of 0.3 to 5 MB, of which most come in two or three versions that differ in places all over the
/// file; textures that no compressor shortens, some of them in several folders; thousands of small texts.
struct ShopAssets: Sendable {
    /// Where chance begins.
    let seed: UInt64
    /// 1 for about 500 MB; files grow fewer, not smaller.
    let scale: Double

    init(seed: UInt64, scale: Double = 1) {
        self.seed = seed
        self.scale = scale
    }

    /// Writes the files below `directory`, which must not be there; returns their paths in it and their bytes.
    ///
    /// They are written aside and renamed at the end, so that what is there is whole.
    func write(to directory: String) throws {
        let aside = directory + ".making"
        try? FileManager.default.removeItem(atPath: aside)  // What an interrupted run left.
        try make { path, bytes in
            let file = aside + "/" + path
            try FileManager.default.createDirectory(
                atPath: (file as NSString).deletingLastPathComponent,
                withIntermediateDirectories: true
            )
            try Data(bytes).write(to: URL(fileURLWithPath: file))
        }
        try FileManager.default.moveItem(atPath: aside, toPath: directory)
    }

    /// Hands out each file, in the order of making.
    func make(_ file: (_ path: String, _ bytes: [UInt8]) throws -> Void) throws {
        var random = Chance(seed: seed)
        try models(&random, file)
        try textures(&random, file)
        try descriptions(&random, file)
        try libraries(&random, file)
    }

    private func count(_ full: Int) -> Int { max(1, Int(Double(full) * scale)) }

    private func models(_ random: inout Chance, _ file: (String, [UInt8]) throws -> Void) throws {
        for number in 0..<count(60) {
            let model = AssetModel(rows: 70 + random.below(260), &random)
            let first = model.encoded(name: "model \(number)")
            try file("models/\(number)/model.glb", first)
            // Some are part of a set of furniture too.
            if number.isMultiple(of: 12) { try file("sets/\(number / 12)/model-\(number).glb", first) }
            for version in 0..<[1, 1, 2, 2, 3][random.below(5)] {
                let edited = model.edited(&random)
                try file(
                    "models/\(number)/model-v\(version + 2).glb",
                    edited.encoded(name: "model \(number), version \(version + 2)")
                )
            }
        }
    }

    /// As JPEG's entropy coding leaves them.
    private func textures(_ random: inout Chance, _ file: (String, [UInt8]) throws -> Void) throws {
        var earlier: [[UInt8]] = []
        for number in 0..<count(85) {
            let name = "textures/\(number % 40)/\(number).jpg"
            if !earlier.isEmpty, random.below(5) == 0 {
                try file(name, earlier[random.below(earlier.count)])
                continue
            }
            let bytes = [0xFF, 0xD8, 0xFF, 0xE0] + random.bytes(60_000 + random.below(900_000)) + [0xFF, 0xD9]
            try file(name, bytes)
            earlier.append(bytes)
        }
    }

    private func descriptions(_ random: inout Chance, _ file: (String, [UInt8]) throws -> Void) throws {
        let writer = AssetText(&random)
        for number in 0..<count(4_700) {
            try file("products/\(number % 97)/\(number).json", writer.description(number, &random))
        }
    }

    /// Each in two or three releases, of which every one changes some of the files' parts.
    private func libraries(_ random: inout Chance, _ file: (String, [UInt8]) throws -> Void) throws {
        let writer = AssetText(&random)
        for library in 0..<count(6) {
            var parts = (0..<(40 + random.below(60))).map { _ in writer.source(20_000 + random.below(60_000), &random) }
            for release in 0..<2 + random.below(2) {
                for _ in 0..<parts.count / 12 {
                    parts[random.below(parts.count)] = writer.source(20_000 + random.below(60_000), &random)
                }
                try file("libraries/\(library)/\(release)/library.js", parts.flatMap(\.self))
            }
        }
    }
}

/// The generator of all benchmarks, and what files are made of.
struct Chance {
    private var generator: SplitMix

    init(seed: UInt64) {
        generator = SplitMix(seed: seed)
    }

    mutating func next() -> UInt64 { generator.next() }

    /// From 0 up to `end`.
    mutating func below(_ end: Int) -> Int { Int(truncatingIfNeeded: ((next() >> 32) &* UInt64(end)) >> 32) }

    /// From 0 up to 1.
    mutating func unit() -> Double { generator.unit() }

    mutating func bytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count {
            withUnsafeBytes(of: next().littleEndian) { bytes.append(contentsOf: $0) }
        }
        return Array(bytes.prefix(count))
    }
}
