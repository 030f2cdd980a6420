internal import ArgumentParser
internal import ObjectVault
internal import VitrineConsole

/// A version, as the tool prints it.
struct VersionLine: Encodable {
    let bucket: String
    let key: String
    let version: Int64
    let bytes: Int64
    let etag: String?
    let modified: Double
    let contentType: String?
    let metadata: [String: String]
    let tags: [String: String]
    let isCurrent: Bool
    let isDeleteMarker: Bool
    var tier: String?

    init(_ version: ObjectVersion, tier: Tier? = nil) {
        bucket = version.name.bucket
        key = version.name.key
        self.version = version.number.value
        bytes = version.byteCount
        etag = version.etag?.hex
        modified = version.modified / .seconds(1)
        contentType = version.contentType
        metadata = version.metadata
        tags = version.tags
        isCurrent = version.isCurrent
        isDeleteMarker = version.isDeleteMarker
        self.tier = tier?.description
    }
}

/// The command `vault put`.
struct PutCommand: VaultCommand {
    static let configuration = CommandConfiguration(
        commandName: "put",
        abstract: "Stores a file as an object; makes the bucket if there is none."
    )

    @OptionGroup var options: VaultOptions
    @Option(help: "What the bytes are, such as model/gltf-binary.") var contentType: String?
    @Flag(help: "Refuse to replace an object that is there.") var ifAbsent = false
    @Flag(help: "A bucket that is made keeps versions.") var versioned = false
    @Argument(help: "The file.", completion: .file()) var file: String
    @Argument(help: "The object: BUCKET/KEY.") var name: String

    func run(on console: Console) async throws -> Int32 {
        let name = try objectName(name)
        return try await options.with { vault in
            if try !vault.buckets().contains(where: { $0.name == name.bucket }) {
                try await vault.createBucket(name.bucket, options: BucketOptions(isVersioned: versioned))
            }
            let put = PutOptions(contentType: contentType, condition: ifAbsent ? .ifAbsent : .none)
            let version = try await vault.put(contentsOf: file, as: name, options: put)
            if options.json {
                try console.print(json: VersionLine(version))
            } else {
                console.print("\(version.etag?.hex ?? "")  \(name)  \(version.byteCount) bytes")
            }
            return ExitStatus.ok
        }
    }
}

/// The command `vault get`.
struct GetCommand: VaultCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Writes an object into a file, verified."
    )

    @OptionGroup var options: VaultOptions
    @Option(help: "A version's number; the current one by default.") var version: Int64?
    @Argument(help: "The object: BUCKET/KEY.") var name: String
    @Argument(help: "The file, which is replaced when all is written.", completion: .file()) var file: String

    func run(on console: Console) async throws -> Int32 {
        let name = try objectName(name)
        return try await options.with { vault in
            try await vault.get(name, version: version.map(VersionNumber.init), to: file)
            guard options.json, let found = try vault.stat(name, version: version.map(VersionNumber.init)) else {
                return ExitStatus.ok
            }
            try console.print(json: VersionLine(found))
            return ExitStatus.ok
        }
    }
}

/// The command `vault ls`.
struct ListCommand: VaultCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "Lists buckets, or the objects of one."
    )

    @OptionGroup var options: VaultOptions
    @Option(help: "Sum up keys that have it, as a directory's listing does.") var delimiter = ""
    @Flag(help: "All versions and delete markers.") var versions = false
    @Argument(help: "BUCKET or BUCKET/PREFIX; all buckets by default.") var place: String?

    func run(on console: Console) async throws -> Int32 {
        try await options.with { vault in
            guard let place else {
                for bucket in try vault.buckets() { console.print(bucket.name) }
                return ExitStatus.ok
            }
            let parts = place.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let prefix = parts.count == 2 ? parts[1] : ""
            var cursor: ListCursor?
            repeat {
                let page =
                    versions
                    ? try vault.listVersions(parts[0], prefix: prefix, cursor: cursor)
                    : try vault.list(parts[0], prefix: prefix, delimiter: delimiter, cursor: cursor)
                for common in page.commonPrefixes { console.print(common) }
                for object in page.objects { try show(object, console) }
                cursor = page.cursor
            } while cursor != nil
            return ExitStatus.ok
        }
    }

    /// With JSON a line for each, so that a long listing needs no memory.
    private func show(_ object: ObjectVersion, _ console: Console) throws {
        if options.json {
            try console.print(json: VersionLine(object))
        } else {
            let what = object.isDeleteMarker ? "deleted" : "\(object.byteCount)"
            console.print(versions ? "\(object.number)  \(what)  \(object.name.key)" : "\(what)  \(object.name.key)")
        }
    }
}

/// The command `vault stat`.
struct StatCommand: VaultCommand {
    static let configuration = CommandConfiguration(
        commandName: "stat",
        abstract: "Tells what is known of an object without reading it."
    )

    @OptionGroup var options: VaultOptions
    @Option(help: "A version's number; the current one by default.") var version: Int64?
    @Argument(help: "The object: BUCKET/KEY.") var name: String

    func run(on console: Console) async throws -> Int32 {
        let name = try objectName(name)
        return try await options.with { vault in
            guard let found = try vault.stat(name, version: version.map(VersionNumber.init)) else {
                throw VaultError(.notFound, "there is no object \(name)")
            }
            let tier = found.isDeleteMarker ? nil : try vault.tier(of: name, version: found.number)
            let line = VersionLine(found, tier: tier)
            if options.json {
                try console.print(json: line)
            } else {
                console.print("\(name), version \(found.number)\(found.isDeleteMarker ? ", deleted" : "")")
                console.print(
                    "\(found.byteCount) bytes, \(tier?.description ?? "no") tier, \(line.etag ?? "no digest")"
                )
                if let type = found.contentType { console.print(type) }
            }
            return ExitStatus.ok
        }
    }
}
