import Harness

// Recording and exposition, ours against prometheus-cpp, hdrhistogram-swift, and one atomic that all threads share.

await MemoryChild.actIfAsked()

await Suite.run(
    "Telemetry",
    [
        try counter(.threadCPU, over: [(prometheusCounter(), 5), (sharedAtomic(), 1.5)]),
        try counter(.twoThreadsCPU, over: [(prometheusCounter(), 15), (sharedAtomic(), 5)]),
        try histogram(.threadCPU, over: [(prometheusHistogram(), 5), (hdrHistogram(), 1.5)]),
        try histogram(.twoThreadsCPU, over: [(prometheusHistogram(), 50)]),
        facadeCounter(nanosecondsMax: 4),
        facadeTimer(nanosecondsMax: 5),
        try labels(.threadCPU, nanosecondsMax: 40),
        try labels(.twoThreadsCPU, nanosecondsMax: nil),
        try exposition(of: 10_000, ratioMin: 30),
    ] + seriesRows() + storeRows()
)
