import Foundation

extension TourResult {
    /// One page for the terminal.
    var text: String {
        var lines: [String] = ["", "Models"]
        lines.append(
            column("", 26) + column("level", 10) + right("triangles", 10) + right("bytes", 11) + right("error", 10)
                + right("of extent", 11) + right("seconds", 9)
        )
        for model in models {
            lines.append(
                column(model.name, 26) + column("source", 10) + right("\(model.sourceTriangles)", 10)
                    + right(bytes(model.sourceBytes), 11) + right("", 10) + right("", 11)
                    + right(String(format: "%.2f", model.seconds), 9)
            )
            for level in model.levels {
                lines.append(
                    column("", 26) + column(level.name, 10) + right("\(level.triangles)", 10)
                        + right(bytes(level.byteCount), 11) + right(String(format: "%.3g", level.error), 10)
                        + right(String(format: "%.3f %%", level.relativeError * 100), 11)
                        + right(String(format: "%.2f", level.seconds), 9)
                )
            }
        }
        lines += ["", "Latencies"]
        lines.append(
            column("", 26) + right("calls", 10) + ["p50", "p90", "p99", "p99.9"].map { right($0, 11) }.joined()
        )
        for row in latencies {
            lines.append(
                column(row.name, 26) + right("\(row.count)", 10)
                    + [0.5, 0.9, 0.99, 0.999].map { right(time(row.at($0)), 11) }.joined()
            )
        }
        lines += ["", "Shop"]
        lines.append(
            "  \(shoppers) shoppers, \(orders) orders (\(ordersBeforeKill) acknowledged before the kill), "
                + "\(soldOut) found it sold out; \(unitsSold) of \(unitsOffered) units sold"
        )
        lines.append(
            "  " + String(format: "%.0f", ordersPerSecond)
                + " orders per second in the flash sale (\(saleOrders) orders, \(FlashSale.tillCount) tills), each flushed to disk"
        )
        lines.append(
            "  reopened after kill -9: "
                + reopenSeconds.map { "\($0.store) \(time($0.seconds))" }.joined(separator: ", ")
        )
        lines.append("  \(expiredSessions) sessions expired, those of the killed shop among them")
        lines += ["", "Does everything add up?"]
        for check in checks { lines.append("  \(check.holds ? "yes" : "NO ")  \(check.name): \(check.detail)") }
        lines += [
            "", String(format: "%.1f seconds in all. Its files:", seconds), "  \(directory)",
            "  \(directory)/report.html      pictures of each level, and the plots",
            "  \(directory)/metrics.prom     what Telemetry counted, as Prometheus reads it", "",
        ]
        return lines.joined(separator: "\n")
    }

    private func column(_ text: String, _ width: Int) -> String {
        let kept = text.count < width ? text : String(text.prefix(width - 2)) + "…"
        return "  " + kept + String(repeating: " ", count: max(0, width - 2 - kept.count))
    }

    private func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(1, width - text.count)) + text
    }
}
