import Foundation

extension TourResult {
    /// The same as a page of its own: pictures and plots inside it, nothing fetched.
    var html: String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Vitrine: a tour</title>
        <style>\(style)</style>
        </head>
        <body>
        <h1>A shop from model to paid order</h1>
        <p>\(models.count) models, \(shoppers) shoppers, \(orders) orders, one kill -9 in the middle;
        \(String(format: "%.1f", seconds)) seconds. Files in <code>\(escaped(directory))</code>.</p>
        <h2>Does everything add up?</h2>
        <ul class="checks">\(checks.map(item).joined(separator: "\n"))</ul>
        <h2>Models</h2>
        \(models.map(section).joined(separator: "\n"))
        <h2>Latencies</h2>
        \(plot(["catalog read", "session resolve"], "Reads from the catalog"))
        \(plot(["preview bytes", "range of 64 kB"], "Reads from the vault, verified"))
        \(plot(["place order", "open session"], "Writes, flushed to disk"))
        <table><tr><th></th><th>calls</th><th>p50</th><th>p90</th><th>p99</th><th>p99.9</th></tr>
        \(latencies.map(row).joined(separator: "\n"))
        </table>
        <h2>Shop</h2>
        <p>\(String(format: "%.0f", ordersPerSecond)) orders per second in the flash sale (\(saleOrders) orders
        by \(FlashSale.tillCount) tills), each flushed to disk.
        \(ordersBeforeKill) of the orders were acknowledged before the shop's process was killed; all were there when it
        was opened again (\(reopenSeconds.map { "\($0.store) \(time($0.seconds))" }.joined(separator: ", "))).
        \(unitsSold) of \(unitsOffered) units were sold, \(soldOut) shoppers found what they wanted sold out,
        \(expiredSessions) sessions expired.</p>
        </body>
        </html>

        """
    }

    private func item(_ check: Check) -> String {
        "<li class=\"\(check.holds ? "yes" : "no")\"><b>\(escaped(check.name))</b>: \(escaped(check.detail))</li>"
    }

    private func section(_ model: ModelRow) -> String {
        let figures = model.levels.map { level in
            """
            <figure>
            <img alt="\(escaped(model.name)), \(escaped(level.name))" width="320" height="320" \
            src="data:image/png;base64,\(Data(level.picture).base64EncodedString())">
            <figcaption><b>\(escaped(level.name))</b> \(level.triangles) triangles, \(bytes(level.byteCount))<br>
            error \(String(format: "%.3g", level.error)) \
            (\(String(format: "%.3f", level.relativeError * 100)) % of the extent), \
            \(time(level.seconds))</figcaption>
            </figure>
            """
        }
        return """
            <section><h3>\(escaped(model.name))</h3>
            <p>\(model.sourceTriangles) triangles, \(bytes(model.sourceBytes)), \
            \(String(format: "%.2f", model.seconds)) seconds for all levels\(model.hidesTextures ? "; its JPEG or WebP textures are in the files, not in these pictures" : "")</p>
            <div class="levels">\(figures.joined(separator: "\n"))</div></section>
            """
    }

    private func plot(_ names: [String], _ title: String) -> String {
        let curves = latencies.filter { names.contains($0.name) && $0.count > 0 }
            .map { PercentilePlot.Curve(name: $0.name, seconds: $0.seconds) }
        return PercentilePlot(title: title, curves: curves).svg
    }

    private func row(_ latencies: Latencies) -> String {
        let cells = [0.5, 0.9, 0.99, 0.999].map { "<td>\(time(latencies.at($0)))</td>" }.joined()
        return "<tr><td>\(escaped(latencies.name))</td><td>\(latencies.count)</td>\(cells)</tr>"
    }

    private var style: String {
        """
        :root { color-scheme: light dark; --ink: #1e293b; --paper: #ffffff; --line: #cbd5e1; --tile: #f1f5f9 }
        @media (prefers-color-scheme: dark) {
          :root { --ink: #e2e8f0; --paper: #0f172a; --line: #475569; --tile: #1e293b }
        }
        body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
          max-width: 1060px; margin: 2rem auto; padding: 0 1rem }
        h1, h2, h3 { line-height: 1.2 }
        .levels { display: flex; flex-wrap: wrap; gap: 1rem }
        figure { margin: 0; background: var(--tile); border-radius: 8px; padding: .5rem; max-width: 320px }
        img { max-width: 100%; height: auto }
        figcaption { font-size: .85rem }
        .checks { list-style: none; padding: 0 }
        .checks li::before { display: inline-block; width: 1.5em }
        .checks .yes::before { content: "✓"; color: #16a34a }
        .checks .no::before { content: "✗"; color: #dc2626 }
        .checks .no { color: #dc2626 }
        svg { width: 100%; max-width: 680px; height: auto; display: block; margin: 1rem 0 }
        svg text { font: 12px system-ui, sans-serif; fill: var(--ink) }
        svg .title { font-weight: 600; font-size: 14px }
        svg .grid { stroke: var(--line); stroke-width: 1 }
        table { border-collapse: collapse } td, th { padding: .25rem .9rem; border-bottom: 1px solid var(--line);
          text-align: right } td:first-child { text-align: left }
        code { overflow-wrap: anywhere }
        """
    }
}
