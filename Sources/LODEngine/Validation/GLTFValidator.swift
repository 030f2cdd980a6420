internal import VitrineIO

/// Checks glTF 2.0 and GLB files by the specification's own rules, and goes on after the first fault.
enum GLTFValidator {
    /// All findings on a file.
    ///
    /// Takes one pass over the JSON and two over the data of each accessor.
    ///
    /// - Parameters:
    ///   - block: The whole file.
    ///   - name: What errors call it.
    ///   - directory: Where its relative URIs lead; without one they are not checked.
    ///   - limits: What it may ask for.
    /// - Throws: `LODError.Code.notAModel` if it is neither GLB nor JSON; `.limitExceeded` if its JSON is too large.
    static func validate(
        _ block: ByteBlock,
        name: String,
        directory: ResourceDirectory?,
        limits: ReadLimits
    ) throws -> ValidationReport {
        let isGLB = isGLB(block)
        var json = block
        var jsonOffset = 0
        var findings: [Finding] = []
        var binary: ByteBlock?
        if isGLB {
            let container = ContainerChecks(block)
            findings = container.findings
            guard let chunk = container.json else {
                return ValidationReport(name: name, findings: findings, isTruncated: false)
            }
            (json, jsonOffset) = (chunk.block, chunk.offset)
            binary = container.binary
        } else if !recognizes(block) {
            throw LODError(
                .notAModel,
                "\(name): byte 0: expected a GLB (\"glTF\") or glTF's JSON (\"{\")",
                file: name,
                byteOffset: 0
            )
        }
        guard json.count <= limits.jsonBytesMax else {
            throw LODError(
                .limitExceeded,
                "\(name): \(json.count) bytes of JSON, at most \(limits.jsonBytesMax) allowed",
                file: name
            )
        }
        let root: JSONValue
        do {
            root = try json.withBytes { try JSONParser.parse($0) }
        } catch let error as JSONError {
            guard error.kind != .tooManyValues else { throw LODError(.limitExceeded, "\(name): \(error)", file: name) }
            findings.append(
                Finding(.invalidJSON, "expected \(error.expected)", byteOffset: jsonOffset + error.offset)
            )
            return ValidationReport(name: name, findings: findings, isTruncated: false)
        }
        let run = ValidationRun(
            name: name,
            root: root,
            isGLB: isGLB,
            binary: binary,
            directory: directory,
            fileBytesMax: limits.fileBytesMax
        )
        for finding in findings { run.report(finding) }
        run.checkAll()
        return ValidationReport(name: name, findings: run.findings, isTruncated: run.isTruncated) { pointer in
            jsonOffset + json.withBytes { JSONParser.offset(of: pointer, in: $0) }
        }
    }

    /// Whether the bytes begin as a GLB container does.
    static func isGLB(_ block: ByteBlock) -> Bool {
        block.withBytes { bytes in
            bytes.count >= 4 && bytes[0] == 0x67 && bytes[1] == 0x6c && bytes[2] == 0x54 && bytes[3] == 0x46
        }
    }

    /// Whether the bytes begin as a GLB container or a JSON object does; a byte order mark is let through, to be
    /// refused by name.
    static func recognizes(_ block: ByteBlock) -> Bool {
        isGLB(block)
            || block.withBytes { bytes in
                var offset = bytes.count >= 3 && bytes[0] == 0xef && bytes[1] == 0xbb && bytes[2] == 0xbf ? 3 : 0
                while offset < bytes.count, bytes[offset] <= 0x20 { offset += 1 }
                return offset < bytes.count && bytes[offset] == UInt8(ascii: "{")
            }
    }
}

extension ValidationRun {
    /// Runs the checks of every category, those that others rest on first.
    func checkAll() {
        checkSchema()
        guard root.object != nil else { return }
        checkAsset()
        checkExtensionLists()
        checkBuffers()
        checkBufferViews()
        checkAccessors()
        checkMeshes()
        checkScenes()
        checkAnimations()
        checkImages()
        checkAppearance()
        checkAccessorData()
        checkUnused()
    }
}
