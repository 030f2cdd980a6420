/// Texts of words that are used as often as Zipf's law says: descriptions of products, and program text.
struct AssetText: Sendable {
    private let words: [[UInt8]]
    private let colours = ["oak", "walnut", "ash", "white", "graphite", "sand", "moss", "brick"]

    init(_ random: inout Chance) {
        let letters = Array("etaoinshrdlucmfwypvbgkjqxz".utf8)
        words = (0..<4_000).map { _ in
            (0..<2 + random.below(8)).map { _ in letters[min(random.below(26), random.below(26))] }
        }
    }

    /// A product's page as JSON: the same fields for all, and words of its own.
    func description(_ number: Int, _ random: inout Chance) -> [UInt8] {
        var bytes = Array(
            """
            {"id":\(number),"sku":"\(random.next() % 100_000_000)","price":{"minor":\(random.below(500_000)),"currency":"EUR"},\
            "colours":["\(colours[random.below(8)])","\(colours[random.below(8)])"],"model":"models/\(random.below(64))/model.glb",\
            "textures":["textures/\(random.below(40))/\(random.below(150)).jpg"],"dimensions":[\(random.below(300)),\
            \(random.below(300)),\(random.below(300))],"text":"
            """.utf8
        )
        append(700 + random.below(7_000), to: &bytes, &random)
        bytes += "\"}\n".utf8
        return bytes
    }

    /// Lines of a program.
    func source(_ count: Int, _ random: inout Chance) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 100)
        while bytes.count < count {
            bytes += [UInt8](repeating: 0x20, count: 4 * random.below(4))
            bytes += "const ".utf8
            bytes += word(&random)
            bytes += " = this.".utf8
            append(10 + random.below(40), to: &bytes, &random)
            bytes += "(\(random.below(1_000)));\n".utf8
        }
        return bytes
    }

    private func append(_ count: Int, to bytes: inout [UInt8], _ random: inout Chance) {
        let end = bytes.count + count
        while bytes.count < end {
            bytes += word(&random)
            bytes.append(0x20)
        }
    }

    /// The n-th word comes about as often as 1/n.
    private func word(_ random: inout Chance) -> [UInt8] {
        let rank = 1 << random.below(12)
        return words[min(words.count - 1, rank - 1 + random.below(rank))]
    }
}
