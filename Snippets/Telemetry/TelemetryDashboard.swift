// A dashboard as a Swift value, as a page and in a terminal.
import Telemetry

// snippet.show
let requests = Series("http_requests_total").rate(over: .seconds(60))
let latency = Series("http_latency_seconds").increase(over: .seconds(60))

let dashboard = Dashboard(
    "Shop",
    rows: [
        .row(
            "Now",
            [
                .singleStat("Requests", requests.sum(), unit: .perSecond),
                .singleStat("Latency, 99 %", latency.sum().histogramQuantile(0.99), unit: .seconds),
            ]
        ),
        .row(
            "Last hour",
            [
                .stackedAreas("Requests by route", requests.sum(by: "route"), unit: .perSecond),
                .heatMap("Latency", latency),
            ]
        ),
    ]
)

func page(_ dashboard: Dashboard, of store: SeriesStore, now: Duration) -> String {
    dashboard.html(of: store, from: now - .seconds(3_600), through: now)
}

func show(_ dashboard: Dashboard, of store: SeriesStore, now: Duration) {
    print(dashboard.terminalText(of: store, from: now - .seconds(3_600), through: now, columns: 100))
}
// snippet.hide
