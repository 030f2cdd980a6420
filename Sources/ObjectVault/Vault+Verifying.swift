internal import VitrineIO
internal import VitrineSync

/// Checking objects against their checksums and digests without handing them out.
extension Vault {
    /// Reads every object and checks it against its digest, its frames' checksums, and its file's format.
    ///
    /// Damage is reported, not thrown, so that one bad object hides no other. Objects that are removed meanwhile are
    /// left out; those put meanwhile may be missed. Reads 1 MiB at a time, observes cancellation between.
    ///
    /// - Parameter progress: called after each object, by the calling task.
    /// - Throws: `VaultError`: `.ioFailed` when the objects cannot be listed, `.isClosed`; `CancellationError`.
    @concurrent
    public func verify(progress: @Sendable (VerifyProgress) -> Void = { _ in }) async throws -> VerifyReport {
        let ids = try list()
        var report = VerifyReport()
        for (index, id) in ids.enumerated() {
            switch try await examine(id, withDigest: true) {
            case .missing:
                break
            case .intact(let size):
                report.objectCount += 1
                report.byteCount += size
            case .faulty(let fault):
                report.objectCount += 1
                report.problems.append(describe(fault, id))
            }
            progress(VerifyProgress(objectsDone: index + 1, objectsTotal: ids.count, bytesDone: report.byteCount))
        }
        return report
    }

    /// Whether the object is there and passes its frames' checksums, so that a put of the same bytes may leave it.
    func holdsIntact(_ id: ObjectID) async throws -> Bool {
        switch try await examine(id, withDigest: false) {
        case .missing:
            return false
        case .intact:
            return true
        case .faulty(.unsupported(let version, let flags)):
            throw VaultError(.unsupported(version: version, flags: flags), id, path: directory.objectPath(id))
        case .faulty(let fault):
            noteDamage(VaultError(fault, id, path: directory.objectPath(id)))
            return false
        }
    }

    /// Runs `body` on a thread that may block, and says what a refusal of the disk means.
    func onPool<Value: Sendable>(
        _ words: @autoclosure () -> String,
        _ body: @escaping @Sendable (any FileSystem) throws -> Value
    ) async throws -> Value {
        let disk = directory.disk
        do {
            return try await pool.run { try body(disk) }
        } catch let error as IOError {
            throw VaultError(error, words())
        } catch is BlockingPoolClosed {
            throw health.closedError
        }
    }

    private enum Examination {
        case missing
        case intact(size: Int64)
        case faulty(ObjectFault)
    }

    private func examine(_ id: ObjectID, withDigest: Bool) async throws -> Examination {
        let path = directory.objectPath(id)
        do {
            // Most objects that are put are new: that is one short call, not worth a change of threads.
            guard let object = try ObjectFile.open(id, at: path, on: directory.disk) else { return .missing }
            var check = WholeCheck(withDigest: withDigest)
            let frameCount = object.layout.frameCount
            for first in stride(from: 0, to: frameCount, by: 16) {
                try Task.checkCancellation()
                check.take(
                    try await onPool("object \(id) cannot be read") { _ in
                        try object.verified(first..<min(first + 16, frameCount))
                    }
                )
            }
            try check.finish(object)
            return .intact(size: object.layout.size)
        } catch let fault as ObjectFault {
            return .faulty(fault)
        }
    }

    private func describe(_ fault: ObjectFault, _ id: ObjectID) -> VerifyProblem {
        let path = directory.objectPath(id)
        let error = VaultError(fault, id, path: path)
        guard case .damage(let offset, _) = fault else {
            return VerifyProblem(id: id, path: path, offset: nil, error: error)
        }
        noteDamage(error)
        return VerifyProblem(id: id, path: path, offset: offset, error: error)
    }
}
