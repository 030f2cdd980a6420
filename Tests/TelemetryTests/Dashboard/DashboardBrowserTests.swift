import Foundation
import Telemetry
import Testing
import VitrineIO
import VitrineTestSupport

/// A Chromium: scripts/test finds one.
private let chromium = ProcessInfo.processInfo.environment["VITRINE_CHROMIUM"]

/// What a browser made of a page.
private struct Measurements: Decodable {
    /// How wide the content is.
    let width: Double
    /// Heights of the axes' texts, in pixels of the screen.
    let heights: [Double]
    /// Texts that the edge of their panel cuts off, and pairs along an axis that run into each other.
    let cut: [String]
    let overlapping: [String]
    let hasScrolled: Bool
    let background: String
    let ink: String
    /// What is told to a finger on the middle of each chart.
    let told: [String]
}

@Suite("Dashboards in Chromium")
struct DashboardBrowserTests {
    /// The page in a frame as wide as a screen, and a script beside it that measures: the page itself allows none.
    private static func bench(_ page: String, width: Int) -> String {
        """
        <!doctype html><meta charset="utf-8"><style>iframe{border:0;width:\(width)px;height:800px}</style>
        <script id="page" type="application/json">\(page)</script><pre id="out"></pre>
        <script>
        const frame = document.createElement('iframe');
        frame.onload = () => {
          const d = frame.contentDocument, all = q => [...d.querySelectorAll(q)];
          const box = e => e.getBoundingClientRect(), style = d.defaultView.getComputedStyle(d.body);
          const texts = all('.tick text'), cut = [], overlapping = [];
          for (const t of texts) {
            const b = box(t), f = box(t.closest('figure'));
            if (b.left < f.left || b.right > f.right || b.bottom > f.bottom || b.top < f.top) cut.push(t.textContent);
          }
          for (const axis of all('.tick')) {
            const own = [...axis.querySelectorAll('text')];
            own.forEach((t, i) => { const b = box(t); own.slice(i + 1).forEach(o => { const c = box(o);
              if (b.left < c.right && c.left < b.right && b.top + 2 < c.bottom && c.top + 2 < b.bottom)
                overlapping.push(t.textContent + ' | ' + o.textContent); }); });
          }
          const told = all('.hint').map(h => { const g = h.children; return g.length ?
            g[Math.floor(g.length / 2)].querySelector('.tell').textContent : ''; });
          document.getElementById('out').textContent = JSON.stringify({
            width: d.documentElement.scrollWidth, heights: texts.map(t => box(t).height), cut, overlapping,
            hasScrolled: d.documentElement.scrollWidth > frame.clientWidth,
            background: style.backgroundColor, ink: style.color, told });
        };
        frame.srcdoc = JSON.parse(document.getElementById('page').textContent);
        document.body.append(frame);
        </script>
        """
    }

    private func measured(_ html: String, width: Int, dark: Bool) throws -> Measurements {
        let directory = try TemporaryDirectory()
        let text = String(decoding: try JSONEncoder().encode(html), as: UTF8.self)
        let page = text.replacing("</", with: "<\\/").replacing("<!--", with: "<\\u0021--")
        let path = directory.path + "/bench.html"
        try PosixFileSystem().replaceFile(at: path, with: Array(Self.bench(page, width: width).utf8).span)
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: chromium ?? "")
        process.arguments = [
            "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1600,1000", "--virtual-time-budget=5000",
            "--user-data-dir=\(directory.path)/profile",
            "--blink-settings=preferredColorScheme=\(dark ? 0 : 1)", "--dump-dom", "file://" + path,
        ]
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let found = try #require(output.split(separator: "<pre id=\"out\">").last?.split(separator: "</pre>").first)
        let json = found.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&amp;", with: "&")
        return try JSONDecoder().decode(Measurements.self, from: Data(json.utf8))
    }

    private static func brightness(_ color: String) -> Double {
        let parts = color.split { !$0.isNumber && $0 != "." }.prefix(3).compactMap { Double($0) }
        return parts.reduce(0, +) / 3
    }

    @Test(
        "a page can be read on phones and desks, light and dark: no text is small, cut off or in another's way",
        .enabled(if: chromium != nil, "VITRINE_CHROMIUM names no browser: run scripts/test"),
        .timeLimit(.minutes(4)),
        arguments: [(360, true), (390, false), (440, true), (600, true), (1_280, false)]
    )
    func screens(width: Int, dark: Bool) async throws {
        let store = try await ShopHistory.store(on: SimulatedFileSystem())
        let html = ShopHistory.dashboard.html(
            of: store,
            from: moment(0),
            through: moment(Double(ShopHistory.seconds))
        )
        let found = try measured(html, width: width, dark: dark)
        #expect(found.heights.count > 30)
        // A line of text is about 1.15 times as high as its letters are large.
        #expect(found.heights.allSatisfy { $0 >= 12 }, "\(found.heights)")
        #expect(found.cut.isEmpty && found.overlapping.isEmpty, "\(found.cut) \(found.overlapping)")
        #expect(!found.hasScrolled, "nothing is wider than the screen: \(found.width)")
        let (paper, ink) = (Self.brightness(found.background), Self.brightness(found.ink))
        #expect(dark ? paper < 60 && ink > 180 : paper > 200 && ink < 80)
        #expect(found.told.count == 5 && found.told.allSatisfy { $0.contains(":") }, "\(found.told)")
        let word = String(repeating: "unbreakable", count: 30)
        let latest = Series("process_resident_memory_bytes").latest
        let wide = Dashboard(
            word,
            rows: [.row(word, [.singleStat(word, latest), .lines(word, latest, legend: word), .heatMap(word, latest)])]
        )
        let page = wide.html(of: store, from: moment(0), through: moment(Double(ShopHistory.seconds)))
        try await store.close()
        let wrapped = try measured(page, width: width, dark: dark)
        #expect(!wrapped.hasScrolled, "a long word is wider than the screen: \(wrapped.width)")
    }
}
