/// Capital letters, digits and signs of five by seven dots, for the labels of pictures.
enum DotFont {
    /// Dots from one letter to the next.
    private static let advance = 6
    /// Dots from the top of a letter to its foot.
    static let height = 7

    /// How wide a line is, in pixels, with dots of `scale` pixels.
    static func width(_ text: String, scale: Int) -> Int {
        max(text.count * advance - 1, 0) * scale
    }

    /// Calls `body` with the place of each dot that is set, in dots from the upper left corner.
    static func forEachDot(of text: String, _ body: (_ x: Int, _ y: Int) -> Void) {
        for (index, letter) in text.uppercased().enumerated() {
            guard let dots = letters[letter] else { continue }
            for y in 0..<height {
                for x in 0..<5 where dots >> UInt64((height - 1 - y) * 5 + 4 - x) & 1 == 1 {
                    body(index * advance + x, y)
                }
            }
        }
    }

    /// The dots of each letter, row by row from the upper left, the last one in the lowest bit.
    private static let letters: [Character: UInt64] = [
        "A": 0x3_A31F_C631, "B": 0x7_A31F_463E, "C": 0x3_E108_420F, "D": 0x7_A318_C63E, "E": 0x7_E10F_421F,
        "F": 0x7_E10F_4210, "G": 0x3_E109_C62F, "H": 0x4_631F_C631, "I": 0x7_C842_109F, "J": 0x1_C421_0A4C,
        "K": 0x4_654C_5251, "L": 0x4_2108_421F, "M": 0x4_775A_C631, "N": 0x4_739A_CE71, "O": 0x3_A318_C62E,
        "P": 0x7_A31F_4210, "Q": 0x3_A318_D64D, "R": 0x7_A31F_5251, "S": 0x3_E107_043E, "T": 0x7_C842_1084,
        "U": 0x4_6318_C62E, "V": 0x4_6318_A944, "W": 0x4_631A_D771, "X": 0x4_62A2_2A31, "Y": 0x4_62A2_1084,
        "Z": 0x7_C222_221F, "0": 0x3_A33A_E62E, "1": 0x1_1942_109F, "2": 0x3_A213_221F, "3": 0x7_8217_043E,
        "4": 0x0_8CA9_7C42, "5": 0x7_E1E0_862E, "6": 0x3_A10F_462E, "7": 0x7_C221_1084, "8": 0x3_A317_462E,
        "9": 0x3_A317_842E, ".": 0x0_0000_018C, ",": 0x0_0000_3088, "%": 0x6_3222_2263, "-": 0x0_000F_8000,
        "+": 0x0_084F_9080, ">": 0x2_0820_8888, "<": 0x0_8888_2082, "=": 0x0_01F0_7C00, ":": 0x0_18C0_3180,
        "/": 0x0_4222_2210, "(": 0x0_8884_2082, ")": 0x2_0821_0888,
    ]
}
