internal import Glibc
internal import Synchronization

/// Runs pieces of one computation on several threads at once, with the calling thread among them.
///
/// The pieces are taken in order by whichever thread is free, so that a result must not depend on which did what: each
/// piece writes only what is its own. Threads live for one call; starting one costs some 30 µs.
enum Parallel {
    /// Processors that the system has running.
    static let processorCount = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))

    /// Calls `body` with every number from 0 to `count` − 1, each once, and returns when all calls have returned.
    ///
    /// - Parameters:
    ///   - count: How many pieces there are.
    ///   - threadCount: The most threads to use, the calling one among them. Where the system gives none, the work is
    ///     done on those there are.
    ///   - body: Does one piece.
    static func forEach(_ count: Int, threadCount: Int, _ body: @Sendable (_ piece: Int) -> Void) {
        let helperCount = min(threadCount, count) - 1
        guard helperCount > 0 else {
            for piece in 0..<max(count, 0) { body(piece) }
            return
        }
        withoutActuallyEscaping(body) { body in
            let work = SharedWork(count: count, body: body)
            var helpers: [pthread_t] = []
            for _ in 0..<helperCount {
                var thread = pthread_t()
                // The retain is given back by the thread, or here if there is none.
                let context = unsafe Unmanaged.passRetained(work)
                let status = unsafe pthread_create(
                    &thread,
                    nil,
                    { context in
                        guard let context = unsafe context else { return nil }
                        unsafe Unmanaged<SharedWork>.fromOpaque(context).takeRetainedValue().run()
                        return nil
                    },
                    context.toOpaque()
                )
                guard status == 0 else {
                    unsafe context.release()
                    break
                }
                helpers.append(thread)
            }
            work.run()
            for helper in helpers { pthread_join(helper, nil) }
        }
    }

    /// The results of `body` for every number from 0 to `count` − 1, in order.
    ///
    /// - Parameters:
    ///   - count: How many pieces there are.
    ///   - threadCount: The most threads to use, the calling one among them.
    ///   - body: Does one piece.
    /// - Throws: what `body` threw for the first piece that failed, once all were done.
    static func map<Value: Sendable>(
        _ count: Int,
        threadCount: Int,
        _ body: @Sendable (_ piece: Int) throws -> Value
    ) throws -> [Value] {
        let slots = ResultSlots<Value>(count: count)
        forEach(count, threadCount: threadCount) { piece in slots.set(piece, Result { try body(piece) }) }
        return try slots.results()
    }
}

/// What the threads of one call share.
private final class SharedWork: Sendable {
    private let count: Int
    private let body: @Sendable (Int) -> Void
    private let next = Atomic(0)

    init(count: Int, body: @escaping @Sendable (Int) -> Void) {
        self.count = count
        self.body = body
    }

    func run() {
        while true {
            // Only handing out numbers: what the pieces write is seen through the join.
            let piece = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard piece < count else { return }
            body(piece)
        }
    }
}

/// One result for each piece.
///
/// Each slot is written by the one thread that has its piece, and read when all threads have been joined: hence the
/// unchecked conformance.
@safe
private final class ResultSlots<Value: Sendable>: @unchecked Sendable {
    private let count: Int
    // Allocated and set to nil here, freed in `deinit`; reached only within 0..<count.
    private let base: UnsafeMutablePointer<Result<Value, any Error>?>

    init(count: Int) {
        self.count = max(count, 0)
        unsafe base = .allocate(capacity: max(count, 1))
        unsafe base.initialize(repeating: nil, count: self.count)
    }

    deinit {
        unsafe base.deinitialize(count: count)
        unsafe base.deallocate()
    }

    func set(_ piece: Int, _ result: Result<Value, any Error>) {
        precondition(piece >= 0 && piece < count)
        unsafe base[piece] = result
    }

    func results() throws -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(count)
        for piece in 0..<count {
            if let result = unsafe base[piece] { values.append(try result.get()) }
        }
        return values
    }
}
