package import VitrineIO

extension Model {
    /// Reads a GLB, glTF, OBJ, PLY or STL file; its first bytes tell which, and its name where they do not.
    ///
    /// The file is mapped, not copied. Buffers and images that a .gltf names are read from its own directory and those
    /// below it, and from nowhere else; so are an OBJ's materials. Blocks while the disk reads.
    ///
    /// - Throws: `LODError` with `ioFailed`, `notAModel`, `invalidModel`, `unsupported`, `limitExceeded` or
    ///   `outsideDirectory`; the message names the file, the JSON pointer or byte offset, and what was expected.
    public static func read(contentsOf path: String, limits: ReadLimits = ReadLimits()) throws -> Model {
        try read(contentsOf: path, limits: limits, fileSystem: PosixFileSystem())
    }

    /// Reads a file of `fileSystem`.
    package static func read(
        contentsOf path: String,
        limits: ReadLimits = ReadLimits(),
        fileSystem: any FileSystem
    ) throws -> Model {
        let block = try ByteBlock.load(path, of: fileSystem, bytesMax: limits.fileBytesMax)
        let directory = ResourceDirectory(path: path.parentDirectory, fileSystem: fileSystem)
        return try decode(block, name: path, directory: directory, limits: limits)
    }

    /// Reads a model from memory.
    ///
    /// - Parameters:
    ///   - bytes: The whole file: GLB, OBJ, PLY, STL, or glTF whose buffers are all `data:` URIs. Images under other
    ///     URIs are not read and keep their URI.
    ///   - name: What errors call it; its ending helps to tell formats that do not say what they are.
    ///   - limits: What the file may ask for.
    /// - Throws: `LODError` as `read(contentsOf:limits:)` does.
    public static func read(_ bytes: [UInt8], name: String, limits: ReadLimits = ReadLimits()) throws -> Model {
        try read(bytes, name: name, limits: limits, validates: true)
    }

    /// Reads a model from memory, by the reader's own checks alone if `validates` is false.
    ///
    /// Tests use that to hold the reader's checks by themselves: they must do, whatever validation lets through.
    package static func read(_ bytes: [UInt8], name: String, limits: ReadLimits, validates: Bool) throws -> Model {
        guard bytes.count <= limits.fileBytesMax else {
            throw LODError(
                .limitExceeded,
                "\(name): \(bytes.count) bytes, at most \(limits.fileBytesMax) allowed",
                file: name
            )
        }
        return try decode(ByteBlock(bytes), name: name, directory: nil, limits: limits, validates: validates)
    }

    private static func decode(
        _ block: ByteBlock,
        name: String,
        directory: ResourceDirectory?,
        limits: ReadLimits,
        validates: Bool = true
    ) throws -> Model {
        do {
            guard GLTFValidator.recognizes(block) else {
                return try readFlat(block, name: name, directory: directory, limits: limits)
            }
            if validates {
                let report = try GLTFValidator.validate(block, name: name, directory: directory, limits: limits)
                try report.requireReadable()
            }
            return try readGLTF(block, name: name, directory: directory, limits: limits)
        } catch let error as LODError {
            throw error.named(name)
        }
    }

    private static func readGLTF(
        _ block: ByteBlock,
        name: String,
        directory: ResourceDirectory?,
        limits: ReadLimits
    ) throws -> Model {
        let container = GLTFValidator.isGLB(block) ? try GLBContainer(block, name: name) : nil
        let json = container?.json ?? block
        do {
            return try GLTFReader.read(
                json,
                binary: container?.binary,
                name: name,
                directory: directory,
                limits: limits
            )
        } catch let error as LODError {
            throw error.located(in: json, from: container == nil ? 0 : GLBContainer.jsonOffset)
        }
    }

    /// Reads a file that has no scene.
    static func readFlat(
        _ block: ByteBlock,
        name: String,
        directory: ResourceDirectory?,
        limits: ReadLimits
    ) throws -> Model {
        guard let format = block.withBytes({ FlatFormat.detect($0, name: name) }) else {
            throw LODError(
                .notAModel,
                "\(name): byte 0: expected a GLB (\"glTF\"), glTF's JSON (\"{\"), PLY, STL, or a file named .obj or .stl",
                byteOffset: 0
            )
        }
        return try read(block, format, name: name, directory: directory, limits: limits)
    }

    private static func read(
        _ block: ByteBlock,
        _ format: FlatFormat,
        name: String,
        directory: ResourceDirectory?,
        limits: ReadLimits
    ) throws -> Model {
        // What an OBJ names and is not there, or lies elsewhere, is left out: its triangles are whole without.
        func beside(_ path: String) -> ByteBlock? {
            try? directory?.load(path: path, bytesMax: limits.fileBytesMax, place: name)
        }
        var libraryBytesLeft = limits.jsonBytesMax
        func library(_ path: String) throws -> [UInt8]? {
            guard let block = beside(path) else { return nil }
            guard block.count <= libraryBytesLeft else {
                throw LODError(
                    .limitExceeded,
                    "\(name): at most \(limits.jsonBytesMax) bytes of material libraries allowed, \"\(path)\" exceeds them",
                    file: name
                )
            }
            libraryBytesLeft -= block.count
            return block.copy
        }
        let scene = try block.withBytes { try format.read($0, name: name, resolve: library) }
        let model = Model(scene, name: name, image: beside)
        guard model.triangleCount <= limits.trianglesMax, model.vertexCount <= limits.verticesMax else {
            throw LODError(
                .limitExceeded,
                "\(name): \(model.triangleCount) triangles, \(model.vertexCount) vertices, "
                    + "at most \(limits.trianglesMax) and \(limits.verticesMax) allowed"
            )
        }
        return model
    }

    /// The model as a GLB file's bytes: positions, indices and all else that is used, in one buffer.
    ///
    /// Normals and tangents are written at length 1, those without a direction as fixed unit vectors. Deterministic.
    ///
    /// - Parameter options: `.plain` for floats as they are, `.delivery(error:compression:)` for a small file; see
    ///   <doc:Delivery>.
    /// - Throws: `LODError` with `invalidModel` for a mesh whose arrays do not fit together, as `Mesh.check(name:)`
    ///   tells, and with `unsupported` when the file would exceed the 4 GiB that a GLB can hold.
    public func glb(_ options: GLBOptions = .plain) throws -> [UInt8] {
        for primitive in primitives {
            try primitive.mesh.check(
                name: "\(name): primitive \(primitive.primitiveIndex) of mesh \(primitive.meshIndex)"
            )
        }
        var writer = GLTFWriter(self, options)
        return try writer.write()
    }

    /// Writes the model as a GLB file, whole or not at all, safe from a crash when it returns.
    ///
    /// Blocks until the disk has flushed: call it from a thread that may wait, not from a task.
    ///
    /// - Throws: `LODError` with `ioFailed`, or what `glb(_:)` throws, in which case nothing was written.
    public func write(to path: String, _ options: GLBOptions = .plain) throws {
        try write(to: path, options, fileSystem: PosixFileSystem())
    }

    /// Writes to a file of `fileSystem`.
    package func write(to path: String, _ options: GLBOptions = .plain, fileSystem: any FileSystem) throws {
        let bytes = try glb(options)
        do {
            try fileSystem.replaceFile(at: path, with: bytes.span)
        } catch {
            throw LODError(.ioFailed, "\(path): the model could not be written", cause: error)
        }
    }
}
