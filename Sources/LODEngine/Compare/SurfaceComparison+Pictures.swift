extension SurfaceComparison {
    /// The distance that heat maps show in red, as all greater ones are, in the scene's units.
    ///
    /// The one that 99 of 100 parts of the original stay below, rounded up to a number of one digit in percent of the
    /// extent; so a few points far off do not leave all else blue.
    public var heatTop: Double {
        let percent = Swift.max(fromOriginal.percentile99 / Swift.max(extent, .leastNormalMagnitude) * 100, 1e-6)
        var unit = 1.0
        while unit > percent { unit /= 10 }
        while unit * 10 < percent { unit *= 10 }
        let digits = [1.0, 2, 5, 10].first { $0 * unit >= percent * 0.999_999 } ?? 10
        return digits * unit / 100 * extent
    }

    /// The original's surface, in the colours of its distance to the simplified one, before a transparent background.
    ///
    /// The original is what is drawn, for what was lost is not on the simplified surface. Dark blue is no distance, red is
    /// `heatTop` and more. Measures every sample of the picture, one to two microseconds each.
    ///
    /// - Parameters:
    ///   - width: Pixels in a row, 1 to `Thumbnail.sideMax`.
    ///   - height: Rows, 1 to `Thumbnail.sideMax`.
    ///   - camera: Where it is taken from; by default `Camera.threeQuarterView` of the original.
    ///   - threadCount: The most threads to use; by default one for each processor.
    ///   - progress: Is called now and then with the fraction done; what it throws ends the work and is thrown on.
    /// - Throws: as `Thumbnail.picture`.
    public func heatMap(
        width: Int,
        height: Int,
        camera: Camera? = nil,
        threadCount: Int? = nil,
        progress: (Double) throws -> Void = { _ in }
    ) throws -> Picture {
        let scale = HeatScale(top: Float(Swift.max(heatTop, .leastNormalMagnitude)))
        return try Thumbnail.picture(
            of: original,
            as: .distance(DistanceColors(field: simplifiedField, scale: scale)),
            width: width,
            height: height,
            camera: camera,
            threadCount: threadCount,
            progress: progress
        )
    }

    /// The original, the simplified scene and the heat map side by side on white, all from one place, with triangle counts,
    /// distances and the scale of the colours.
    ///
    /// - Parameters:
    ///   - panelSide: Pixels of each of the three square pictures, 64 to 1,024; titles are whole from 160 on.
    ///   - threadCount: The most threads to use; by default one for each processor.
    ///   - progress: Is called now and then with the fraction done; what it throws ends the work and is thrown on.
    /// - Throws: `LODError.Code.invalidImage` when the size is out of its range; what `progress` throws.
    public func sideBySide(
        panelSide: Int,
        threadCount: Int? = nil,
        progress: (Double) throws -> Void = { _ in }
    ) throws -> Picture {
        guard (64...1_024).contains(panelSide) else {
            throw LODError(.invalidImage, "a panel cannot be \(panelSide) pixels wide; take 64 to 1024")
        }
        let camera = Camera.threeQuarterView(of: original, aspect: 1)
        func drawn(_ meshes: [DrawableMesh], _ from: Double) throws -> Picture {
            try Thumbnail.picture(
                of: meshes,
                width: panelSide,
                height: panelSide,
                camera: camera,
                threadCount: threadCount,
                progress: { try progress(from + $0 * 0.2) }
            )
        }
        let panels = [
            try drawn(original, 0), try drawn(simplified, 0.2),
            try heatMap(
                width: panelSide,
                height: panelSide,
                camera: camera,
                threadCount: threadCount,
                progress: { try progress(0.4 + $0 * 0.6) }
            ),
        ]
        let sheet = ComparisonSheet(panelSide: panelSide)
        return sheet.picture(panels: panels, of: self)
    }
}

/// Three pictures with titles above and the scale of colours below.
private struct ComparisonSheet {
    let panelSide: Int
    /// Pixels of a dot of the letters.
    private let dot: Int
    private let margin: Int
    private static let ink = SIMD3<UInt8>(40, 44, 52)

    init(panelSide: Int) {
        self.panelSide = panelSide
        dot = max(1, panelSide / 256)
        margin = 6 * dot
    }

    private var lineHeight: Int { (DotFont.height + 5) * dot }
    private var top: Int { margin + lineHeight }
    private var height: Int { top + panelSide + margin + lineHeight * 2 }

    func picture(panels: [Picture], of comparison: SurfaceComparison) -> Picture {
        var sheet = Picture(width: panelSide * panels.count, height: height)
        for index in sheet.bytes.indices { sheet.bytes[index] = 255 }
        let titles = [
            "original \(Self.grouped(comparison.originalTriangleCount)) triangles",
            "simplified \(Self.grouped(comparison.simplifiedTriangleCount)) triangles",
            "distance, % of diagonal",
        ]
        for (index, panel) in panels.enumerated() {
            let left = index * panelSide
            draw(panel, left, top, &sheet)
            write(titles[index], left + margin, margin, &sheet)
        }
        let legend = (panels.count - 1) * panelSide + margin
        drawScale(comparison, left: legend, &sheet)
        let extent = max(comparison.extent, .leastNormalMagnitude)
        let mean = Self.percent(comparison.mean / extent)
        let greatest = Self.percent(comparison.max / extent)
        write("mean \(mean) %, max \(greatest) %", margin, top + panelSide + margin, &sheet)
        return sheet
    }

    /// A bar of the colours, and the numbers under it.
    private func drawScale(_ comparison: SurfaceComparison, left: Int, _ sheet: inout Picture) {
        let width = panelSide - 2 * margin
        let y = top + panelSide + margin
        let scale = HeatScale(top: 1)
        for x in 0..<width {
            let rgb = SRGB.encode(scale.color((Float(x) + 0.5) / Float(width)))
            for row in 0..<DotFont.height * dot { set(left + x, y + row, rgb, &sheet) }
        }
        let share = comparison.heatTop / max(comparison.extent, .leastNormalMagnitude)
        let end = ">=" + Self.percent(share)
        let middle = Self.percent(share / 2)
        let below = y + lineHeight - 2 * dot
        write("0", left, below, &sheet)
        write(middle, left + (width - DotFont.width(middle, scale: dot)) / 2, below, &sheet)
        write(end, left + width - DotFont.width(end, scale: dot), below, &sheet)
    }

    private func draw(_ panel: Picture, _ left: Int, _ top: Int, _ sheet: inout Picture) {
        for y in 0..<panel.height {
            for x in 0..<panel.width {
                let pixel = SIMD4<Int>(truncatingIfNeeded: panel[x, y])
                // Over white, as browsers blend: in the encoded numbers.
                let blended = (SIMD3(pixel.x, pixel.y, pixel.z) &- 255) &* pixel.w / 255 &+ 255
                set(left + x, top + y, SIMD3<UInt8>(truncatingIfNeeded: blended), &sheet)
            }
        }
    }

    private func write(_ text: String, _ left: Int, _ top: Int, _ sheet: inout Picture) {
        DotFont.forEachDot(of: text) { x, y in
            for row in 0..<dot {
                for column in 0..<dot { set(left + x * dot + column, top + y * dot + row, Self.ink, &sheet) }
            }
        }
    }

    private func set(_ x: Int, _ y: Int, _ rgb: SIMD3<UInt8>, _ sheet: inout Picture) {
        guard x >= 0, y >= 0, x < sheet.width, y < sheet.height else { return }
        let start = (y * sheet.width + x) * 4
        sheet.bytes[start] = rgb.x
        sheet.bytes[start + 1] = rgb.y
        sheet.bytes[start + 2] = rgb.z
    }

    private static func grouped(_ number: Int) -> String {
        var digits = ""
        for (index, digit) in String(number).reversed().enumerated() {
            if index > 0, index.isMultiple(of: 3) { digits.append(",") }
            digits.append(digit)
        }
        return String(digits.reversed())
    }

    /// A share in percent, to two or three digits.
    private static func percent(_ share: Double) -> String {
        let percent = share * 100
        guard percent > 0 else { return "0" }
        var places = 0
        var scaled = percent
        while scaled < 10, places < 7 {
            scaled *= 10
            places += 1
        }
        let number = scaled.rounded()
        guard places > 0, number < 1e15 else { return String(Int(min(number, 1e15))) }
        var digits = String(Int(number))
        while digits.count <= places { digits = "0" + digits }
        let whole = digits.dropLast(places)
        var fraction = digits.suffix(places)
        while fraction.hasSuffix("0") { fraction = fraction.dropLast() }
        return fraction.isEmpty ? String(whole) : whole + "." + fraction
    }
}
