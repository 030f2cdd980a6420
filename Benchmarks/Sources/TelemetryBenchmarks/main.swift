import Harness

// Recording and exposition, ours against prometheus-cpp and against one atomic that all threads share.

await Suite.run(
    "Telemetry",
    [
        try counter(.threadCPU, against: prometheusCounter(), ratioMin: 5),
        try counter(.twoThreadsCPU, against: prometheusCounter(), ratioMin: 5),
        try counter(.threadCPU, against: sharedAtomic(), ratioMin: 1.5),
        try counter(.twoThreadsCPU, against: sharedAtomic(), ratioMin: 2),
        try histogram(.threadCPU, ratioMin: 2),
        try histogram(.twoThreadsCPU, ratioMin: 2),
        try exposition(of: 10_000, ratioMin: nil),
    ]
)
