internal import Glibc

/// Runs `body` on `count` threads of the system at once and returns when all of them have ended.
func onThreads(_ count: Int, _ body: @escaping @Sendable (_ thread: Int) -> Void) {
    let threads = (0..<count).compactMap { index -> pthread_t? in
        let context = unsafe Unmanaged.passRetained(ThreadStart(index: index, body: body))
        var thread = pthread_t()
        let status = unsafe pthread_create(
            &thread,
            nil,
            { context in
                guard let context = unsafe context else { return nil }
                let start = unsafe Unmanaged<ThreadStart>.fromOpaque(context).takeRetainedValue()
                start.body(start.index)
                return nil
            },
            context.toOpaque()
        )
        precondition(status == 0, "no thread to be had for a test: \(status)")
        return thread
    }
    for thread in threads { pthread_join(thread, nil) }
}

private final class ThreadStart: Sendable {
    let index: Int
    let body: @Sendable (Int) -> Void

    init(index: Int, body: @escaping @Sendable (Int) -> Void) {
        self.index = index
        self.body = body
    }
}
