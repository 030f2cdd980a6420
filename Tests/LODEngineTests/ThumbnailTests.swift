import LODEngine
import Testing
import VitrineTestSupport

@Suite("Thumbnails")
struct ThumbnailTests {
    /// Ten units before the origin, seeing −1…1 of the plane z = 0 in each direction.
    private let camera = Camera(
        position: SIMD3(0, 0, 10),
        target: .zero,
        verticalFieldOfView: 2 * 0.0996687  // 2 · atan(1 / 10)
    )

    private func triangle(_ corners: [SIMD2<Float>], z: Float = 0, color: SIMD4<Float> = .one) -> DrawableMesh {
        DrawableMesh(
            mesh: Mesh(positions: corners.map { SIMD3($0.x, $0.y, z) }, indices: [0, 1, 2]),
            material: DrawableMaterial(baseColorFactor: color)
        )
    }

    private func square(_ half: Float, z: Float = 0, material: DrawableMaterial = DrawableMaterial()) -> DrawableMesh {
        var mesh = Mesh(
            positions: [SIMD3(-half, -half, z), SIMD3(half, -half, z), SIMD3(half, half, z), SIMD3(-half, half, z)],
            indices: [0, 1, 2, 0, 2, 3]
        )
        mesh.textureCoordinates = [[SIMD2(0, 1), SIMD2(1, 1), SIMD2(1, 0), SIMD2(0, 0)]]
        return DrawableMesh(mesh: mesh, material: material)
    }

    private func alpha(_ picture: Picture, _ x: Int, _ y: Int) -> UInt8 { picture[x, y].w }

    @Test("a triangle covers what it covers: the samples on its right edge belong to the neighbour")
    func coverage() throws {
        let picture = try Thumbnail.picture(
            of: [triangle([SIMD2(-1, -1), SIMD2(1, -1), SIMD2(-1, 1)])],
            width: 16,
            height: 16,
            camera: camera
        )
        let neighbor = try Thumbnail.picture(
            of: [triangle([SIMD2(1, 1), SIMD2(-1, 1), SIMD2(1, -1)])],
            width: 16,
            height: 16,
            camera: camera
        )
        for y in 0..<16 {
            for x in 0..<16 {
                let expected = x < y ? 255 : x > y ? 0 : 64
                #expect(Int(alpha(picture, x, y)) == expected, "pixel \(x), \(y)")
                #expect(Int(alpha(neighbor, x, y)) == 255 - expected, "pixel \(x), \(y)")
            }
        }
    }

    @Test("triangles that share an edge leave no gap and do not overlap", arguments: 1...8 as ClosedRange<UInt64>)
    func watertight(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        // A fan around a random point of the square: at half alpha a gap would be 0 and an overlap 0.75.
        let hub = SIMD3(Float.random(in: -0.9...0.9, using: &random), Float.random(in: -0.9...0.9, using: &random), 0)
        var rim: [SIMD3<Float>] = []
        for side in 0..<4 {
            for step in 0..<5 {
                let along = Float(step) / 5 * 2.2 - 1.1
                switch side {
                case 0: rim.append(SIMD3(along, -1.1, 0))
                case 1: rim.append(SIMD3(1.1, along, 0))
                case 2: rim.append(SIMD3(-along, 1.1, 0))
                default: rim.append(SIMD3(-1.1, -along, 0))
                }
            }
        }
        let indices = (0..<20).flatMap { (step: UInt32) -> [UInt32] in [0, step + 1, (step + 1) % 20 + 1] }
        let mesh = DrawableMesh(
            mesh: Mesh(positions: [hub] + rim, indices: indices),
            material: DrawableMaterial(baseColorFactor: SIMD4(1, 1, 1, 0.5), transparency: .blend)
        )
        let picture = try Thumbnail.picture(of: [mesh], width: 32, height: 32, camera: camera)
        let alphas = Set(stride(from: 3, to: picture.bytes.count, by: 4).map { picture.bytes[$0] })
        #expect(alphas == [128], "seed \(seed)")
    }

    @Test("what is nearer hides what is farther, in whatever order it comes")
    func depthOrder() throws {
        let near = square(0.4, z: 1, material: DrawableMaterial(baseColorFactor: SIMD4(1, 0, 0, 1)))
        let far = square(0.8, z: -1, material: DrawableMaterial(baseColorFactor: SIMD4(0, 0, 1, 1)))
        let one = try Thumbnail.picture(of: [near, far], width: 24, height: 24, camera: camera)
        let two = try Thumbnail.picture(of: [far, near], width: 24, height: 24, camera: camera)
        #expect(one == two)
        #expect(one[12, 12].x > 100 && one[12, 12].z < 90)
        #expect(one[4, 12].z > 100 && one[4, 12].x < 90)
        #expect(alpha(one, 0, 0) == 0)
    }

    @Test("planes that cut each other show each on its side, by the depth of each sample")
    func crossingPlanes() throws {
        func tilted(_ slope: Float, _ color: SIMD4<Float>) -> DrawableMesh {
            var drawable = square(0.9, material: DrawableMaterial(baseColorFactor: color))
            drawable.mesh.positions = drawable.mesh.positions.map { SIMD3($0.x, $0.y, $0.x * slope) }
            return drawable
        }
        let picture = try Thumbnail.picture(
            of: [tilted(0.5, SIMD4(1, 0, 0, 1)), tilted(-0.5, SIMD4(0, 1, 0, 1))],
            width: 20,
            height: 20,
            camera: camera
        )
        #expect(picture[14, 10].x > picture[14, 10].y)
        #expect(picture[5, 10].y > picture[5, 10].x)
    }

    @Test("the back of a one-sided surface is not seen, nor is its front when it is mirrored away")
    func culling() throws {
        var drawable = square(0.9, material: DrawableMaterial(isDoubleSided: false))
        func isSeen() throws -> Bool {
            alpha(try Thumbnail.picture(of: [drawable], width: 8, height: 8, camera: camera), 4, 4) == 255
        }
        #expect(try isSeen())
        drawable.transform.x.x = -1
        #expect(try isSeen())
        drawable.mesh.indices = [0, 2, 1, 0, 3, 2]
        #expect(try !isSeen())
        drawable.transform = .identity
        #expect(try !isSeen())
        drawable.material.isDoubleSided = true
        #expect(try isSeen())
    }

    @Test("nothing to see is a transparent picture")
    func empty() throws {
        let nothing: [[DrawableMesh]] = [
            [], [DrawableMesh(mesh: Mesh(positions: [], indices: []))],
            [DrawableMesh(mesh: Mesh(positions: [SIMD3(.nan, 0, 0)], indices: [0, 0, 0]))],
        ]
        for meshes in nothing {
            let picture = try Thumbnail.picture(of: meshes, width: 5, height: 3)
            #expect(picture.width == 5 && picture.height == 3 && picture.bytes.allSatisfy { $0 == 0 })
        }
    }

    @Test("indices that name no vertex, coordinates that are no numbers and planes without area are left out")
    func brokenMeshes() throws {
        let positions: [SIMD3<Float>] = [
            .zero, SIMD3(.infinity, 0, 0), SIMD3(.nan, .nan, .nan), SIMD3(1e38, -1e38, 1e38),
            SIMD3(.leastNonzeroMagnitude, 0, 0),
            SIMD3(0.5, 0, 0), SIMD3(0, 0.5, 0),
        ]
        var random = SeededGenerator(seed: 5)
        let indices = (0..<400).map { _ in UInt32.random(in: 0..<9, using: &random) } + [.max, 0]
        let mesh = DrawableMesh(mesh: Mesh(positions: positions, indices: indices + [0, 5, 6]))
        let picture = try Thumbnail.picture(of: [mesh], width: 16, height: 16, camera: camera)
        #expect(alpha(picture, 8, 7) == 255)
        _ = try Thumbnail.picture(of: [mesh], width: 16, height: 16)
        for transform in [
            Transform(x: .zero, y: .zero, z: .zero, origin: .zero),
            Transform(x: SIMD4(repeating: .nan), y: .zero, z: .zero, origin: .zero),
        ] {
            var placed = mesh
            placed.transform = transform
            _ = try Thumbnail.picture(of: [placed], width: 16, height: 16)
            _ = try Thumbnail.picture(
                of: [placed],
                width: 16,
                height: 16,
                camera: Camera(position: .zero, target: .zero)
            )
        }
    }

    @Test("what crosses the plane of the viewer is cut there, not turned around")
    func nearClipping() throws {
        // A floor from far before the viewer to far behind: the lower half of the picture, and nothing above it.
        let floor = DrawableMesh(
            mesh: Mesh(
                positions: [SIMD3(-500, -1, -500), SIMD3(500, -1, -500), SIMD3(500, -1, 500), SIMD3(-500, -1, 500)],
                indices: [0, 2, 1, 0, 3, 2]
            )
        )
        let view = Camera(position: SIMD3(0, 0, 5), target: SIMD3(0, 0, 0), verticalFieldOfView: 1)
        let picture = try Thumbnail.picture(of: [floor], width: 32, height: 32, camera: view)
        for x in 0..<32 {
            #expect((0..<16).allSatisfy { alpha(picture, x, $0) == 0 }, "column \(x)")
            #expect((17..<32).allSatisfy { alpha(picture, x, $0) == 255 }, "column \(x)")
        }
    }

    @Test("a sphere is brightest toward the key light, darkest away from it, smooth between, and round")
    func sphere() throws {
        let drawable = DrawableMesh(mesh: TestSolids.sphere(rings: 24, radius: 0.9))
        let picture = try Thumbnail.picture(of: [drawable], width: 64, height: 64, camera: camera)
        let upperLeft = Int(picture[24, 20].x)
        let center = Int(picture[32, 32].x)
        let lowerRight = Int(picture[46, 50].x)
        #expect(upperLeft > center && center > lowerRight)
        #expect(upperLeft > 190 && lowerRight > 40 && lowerRight < 150)
        #expect(alpha(picture, 2, 2) == 0 && alpha(picture, 32, 4) == 255 && alpha(picture, 4, 32) == 255)
        for x in 12..<52 {
            #expect(abs(Int(picture[x, 32].x) - Int(picture[x + 1, 32].x)) < 16, "column \(x)")
        }
        let covered = stride(from: 3, to: picture.bytes.count, by: 4).reduce(0.0) {
            $0 + Double(picture.bytes[$1]) / 255
        }
        #expect(abs(covered - .pi * 28.9 * 28.9) < 60)
    }

    @Test("without normals curves are smooth and edges hard")
    func computedNormals() throws {
        var sphere = TestSolids.sphere(rings: 24, radius: 0.9)
        let given = try Thumbnail.picture(of: [DrawableMesh(mesh: sphere)], width: 32, height: 32, camera: camera)
        sphere.normals = nil
        let computed = try Thumbnail.picture(of: [DrawableMesh(mesh: sphere)], width: 32, height: 32, camera: camera)
        for index in given.bytes.indices {
            #expect(abs(Int(given.bytes[index]) - Int(computed.bytes[index])) <= 6, "byte \(index)")
        }
        // A roof of two planes that share the vertices of their ridge: each plane has one colour.
        let roof = Mesh(
            positions: [
                SIMD3(-0.9, -0.9, -0.9), SIMD3(0, -0.9, 0), SIMD3(0, 0.9, 0), SIMD3(-0.9, 0.9, -0.9),
                SIMD3(0.9, -0.9, -0.9), SIMD3(0.9, 0.9, -0.9),
            ],
            indices: [0, 1, 2, 0, 2, 3, 1, 4, 5, 1, 5, 2]
        )
        let picture = try Thumbnail.picture(of: [DrawableMesh(mesh: roof)], width: 32, height: 32, camera: camera)
        #expect(Set((6..<15).map { picture[$0, 16] }).count == 1)
        #expect(Set((17..<26).map { picture[$0, 16] }).count == 1)
        #expect(picture[10, 16].x > picture[22, 16].x)
    }

    @Test("a texture lies the right way up, is seen in perspective and repeats")
    func textures() throws {
        // Red, green over blue, white.
        let bytes: [UInt8] = [255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 255, 255, 255, 255]
        let image = try Picture(width: 2, height: 2, bytes: bytes)
        let drawable = square(1, material: DrawableMaterial(baseColorTexture: DrawableTexture(image)))
        let picture = try Thumbnail.picture(of: [drawable], width: 32, height: 32, camera: camera)
        #expect(picture[8, 8].x > 150 && picture[8, 8].y < 80)
        #expect(picture[24, 8].y > 150 && picture[24, 8].x < 80)
        #expect(picture[8, 24].z > 150 && picture[8, 24].x < 80)
        #expect(picture[24, 24].x > 150 && picture[24, 24].y > 150 && picture[24, 24].z > 150)
        let repeated = DrawableTexture(image, horizontal: SIMD3(1, 0, -3), vertical: SIMD3(0, 1, 5))
        let shifted = square(1, material: DrawableMaterial(baseColorTexture: repeated))
        #expect(try Thumbnail.picture(of: [shifted], width: 32, height: 32, camera: camera) == picture)
    }

    @Test("a texture far smaller than its pixels is seen as its mean in linear light")
    func minification() throws {
        let bytes = (0..<64 * 64).flatMap { index -> [UInt8] in
            (index + index / 64).isMultiple(of: 2) ? [255, 255, 255, 255] : [0, 0, 0, 255]
        }
        let checks = DrawableTexture(try Picture(width: 64, height: 64, bytes: bytes))
        let fine = square(1, material: DrawableMaterial(baseColorTexture: checks))
        let gray = square(1, material: DrawableMaterial(baseColorFactor: SIMD4(0.5, 0.5, 0.5, 1)))
        let seen = try Thumbnail.picture(of: [fine], width: 8, height: 8, camera: camera)
        let expected = try Thumbnail.picture(of: [gray], width: 8, height: 8, camera: camera)
        for index in seen.bytes.indices { #expect(abs(Int(seen.bytes[index]) - Int(expected.bytes[index])) <= 2) }
    }

    @Test("alpha is ignored, cut off or blended, as the material says")
    func transparency() throws {
        let behind = square(0.9, z: -1, material: DrawableMaterial(baseColorFactor: SIMD4(0, 0, 1, 1)))
        func center(_ alpha: Float, _ transparency: DrawableMaterial.Transparency) throws -> SIMD4<UInt8> {
            let material = DrawableMaterial(baseColorFactor: SIMD4(1, 0, 0, alpha), transparency: transparency)
            let front = square(0.9, material: material)
            return try Thumbnail.picture(of: [front, behind], width: 8, height: 8, camera: camera)[4, 4]
        }
        let red = try center(0.2, .opaque)
        let blue = try center(0.2, .mask(cutoff: 0.5))
        let both = try center(0.5, .blend)
        #expect(red.x > 150 && red.z < 90)
        #expect(blue.z > 150 && blue.x < 90)
        #expect(both.x > 120 && both.x < red.x && both.z > 120 && both.z < blue.z)
        #expect(try center(0.6, .mask(cutoff: 0.5)) == red)
    }

    @Test(
        "the standard view holds every model whole, near the borders but not on them",
        arguments: 1...10 as ClosedRange<UInt64>
    )
    func framing(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let scale = Float(sign: .plus, exponent: Int.random(in: -20...20, using: &random), significand: 1)
        let center = SIMD3<Float>.random(in: -3...3, using: &random) * scale
        let stretch = SIMD3<Float>.random(in: 0.05...1, using: &random) * scale
        var mesh = TestSolids.sphere(rings: 12, radius: 1)
        mesh.positions = mesh.positions.map { $0 * stretch + center }
        mesh.normals = nil
        let (width, height) = [(48, 48), (64, 32), (24, 60)][Int(seed % 3)]
        let picture = try Thumbnail.picture(of: [DrawableMesh(mesh: mesh)], width: width, height: height)
        let columns = (0..<width).filter { x in (0..<height).contains { alpha(picture, x, $0) > 0 } }
        let rows = (0..<height).filter { y in (0..<width).contains { alpha(picture, $0, y) > 0 } }
        let (left, right) = (columns.first ?? 0, width - 1 - (columns.last ?? 0))
        let (top, bottom) = (rows.first ?? 0, height - 1 - (rows.last ?? 0))
        #expect(left >= 0 && right >= 0 && abs(left - right) <= 2 && abs(top - bottom) <= 2, "seed \(seed)")
        #expect(min(left, top) <= 3 && min(left, right, top, bottom) >= 0, "seed \(seed)")
        #expect(alpha(picture, 0, 0) == 0 && alpha(picture, width / 2, height / 2) == 255, "seed \(seed)")
    }

    @Test("the same scene gives the same picture")
    func determinism() throws {
        let drawable = DrawableMesh(mesh: TestSolids.sphere(rings: 10, radius: 1))
        let one = try Thumbnail.picture(of: [drawable], width: 40, height: 30).png()
        #expect(try Thumbnail.picture(of: [drawable], width: 40, height: 30).png() == one)
    }

    @Test("however many threads draw, the picture is the same", arguments: [2, 3, 8])
    func threads(count: Int) throws {
        let meshes = crowd(count: 60)
        let one = try Thumbnail.picture(of: meshes, width: 70, height: 50, threadCount: 1)
        #expect(try Thumbnail.picture(of: meshes, width: 70, height: 50, threadCount: count) == one)
        #expect(one.bytes.contains { $0 > 0 })
    }

    /// Copies of a sphere in a heap, some of which are seen through.
    private func crowd(count: Int) -> [DrawableMesh] {
        var random = SeededGenerator(seed: 11)
        let sphere = TestSolids.sphere(rings: 9, radius: 0.4)
        return (0..<count).map { index in
            let place = SIMD3<Float>.random(in: -1...1, using: &random)
            let blend = index.isMultiple(of: 3)
            return DrawableMesh(
                mesh: sphere,
                transform: Transform(
                    x: SIMD4(1, 0, 0, 0),
                    y: SIMD4(0, 1, 0, 0),
                    z: SIMD4(0, 0, 1, 0),
                    origin: SIMD4(place, 1)
                ),
                material: DrawableMaterial(
                    baseColorFactor: SIMD4(place * 0.5 + 0.5, blend ? 0.5 : 1),
                    transparency: blend ? .blend : .opaque
                )
            )
        }
    }

    @Test("a picture that is drawn in strips of rows is the one that is drawn at once")
    func strips() throws {
        let meshes = crowd(count: 20)
        let whole = try Thumbnail.picture(of: meshes, width: 30, height: 41, camera: camera)
        for rows in [2, 14, 80] {
            let parts = try Thumbnail.picture(of: meshes, width: 30, height: 41, camera: camera, stripRows: rows)
            #expect(parts == whole, "\(rows) rows")
        }
    }

    @Test("thousands of placements of one mesh are drawn, with progress")
    func manyPlacements() throws {
        let sphere = TestSolids.sphere(rings: 4, radius: 0.4)
        let meshes = (0..<4_000).map { index in
            let place = SIMD3<Float>(Float(index % 20), Float(index / 20 % 20), Float(index / 400))
            return DrawableMesh(
                mesh: sphere,
                transform: Transform(
                    x: SIMD4(1, 0, 0, 0),
                    y: SIMD4(0, 1, 0, 0),
                    z: SIMD4(0, 0, 1, 0),
                    origin: SIMD4(place, 1)
                )
            )
        }
        var fractions: [Double] = []
        let picture = try Thumbnail.picture(of: meshes, width: 64, height: 64) { fractions.append($0) }
        #expect(!fractions.isEmpty && fractions == fractions.sorted() && fractions.last == 1)
        #expect(alpha(picture, 32, 32) == 255)
    }

    @Test("what is hidden by what was drawn before is left out, and nothing else is")
    func occlusion() throws {
        // Enough vertices before the wall for a group of their own; behind it one sphere hides and one looks out.
        let dense = TestSolids.sphere(rings: 24, radius: 0.3)
        func placed(_ place: SIMD3<Float>) -> DrawableMesh {
            DrawableMesh(
                mesh: dense,
                transform: Transform(
                    x: SIMD4(1, 0, 0, 0),
                    y: SIMD4(0, 1, 0, 0),
                    z: SIMD4(0, 0, 1, 0),
                    origin: SIMD4(place, 1)
                ),
                material: DrawableMaterial(baseColorFactor: SIMD4(1, 0, 0, 1))
            )
        }
        let wall = square(0.6, z: 1, material: DrawableMaterial(baseColorFactor: SIMD4(0, 0, 1, 1)))
        let crowd = (0..<1_800).map { _ in placed(SIMD3(0, 0, 0.9)) }
        let picture = try Thumbnail.picture(
            of: [placed(SIMD3(0.1, 0, -1)), placed(SIMD3(0.7, 0, -1)), wall] + crowd,
            width: 32,
            height: 32,
            camera: camera
        )
        let hidden = try Thumbnail.picture(
            of: [placed(SIMD3(0.7, 0, -1)), wall, placed(SIMD3(0, 0, 0.9))],
            width: 32,
            height: 32,
            camera: camera
        )
        #expect(picture == hidden)
        #expect(picture[27, 16].x > picture[27, 16].z)
    }

    @Test("what progress throws ends the work")
    func cancellation() {
        #expect(throws: CancellationError.self) {
            try Thumbnail.picture(of: crowd(count: 3), width: 8, height: 8) { _ in throw CancellationError() }
        }
    }

    @Test(
        "a camera whose numbers are not finite or out of range is refused",
        arguments: [
            Camera(position: SIMD3(.nan, 0, 1), target: .zero),
            Camera(position: SIMD3(0, 0, 1), target: SIMD3(.infinity, 0, 0)),
            Camera(position: SIMD3(0, 0, 1), target: .zero, up: SIMD3(0, .nan, 0)),
            Camera(position: SIMD3(0, 0, 1), target: .zero, verticalFieldOfView: .nan),
            Camera(position: SIMD3(0, 0, 1), target: .zero, verticalFieldOfView: .pi),
            Camera(position: SIMD3(0, 0, 1), target: .zero, nearDistance: 0),
            Camera(position: SIMD3(0, 0, 1), target: .zero, nearDistance: .infinity),
        ]
    )
    func cameras(camera: Camera) {
        let error = #expect(throws: LODError.self) {
            try Thumbnail.picture(of: [square(1)], width: 8, height: 8, camera: camera)
        }
        #expect(error?.code == .invalidCamera)
    }

    @Test("a texture is repeated, mirrored or clamped beyond its borders")
    func wraps() throws {
        // Red and blue side by side, from −1 to 2 of its width across the square.
        let image = try Picture(width: 2, height: 1, bytes: [255, 0, 0, 255, 0, 0, 255, 255])
        func reds(_ wrap: TextureWrap) throws -> [Bool] {
            let texture = DrawableTexture(image, horizontal: SIMD3(3, 0, -1), horizontalWrap: wrap)
            let drawable = square(1, material: DrawableMaterial(baseColorTexture: texture))
            let picture = try Thumbnail.picture(of: [drawable], width: 60, height: 6, camera: wide)
            return [5, 15, 25, 35, 45, 55].map { picture[$0, 3].x > picture[$0, 3].z }
        }
        #expect(try reds(.repeats) == [true, false, true, false, true, false])
        #expect(try reds(.mirrors) == [false, true, true, false, false, true])
        #expect(try reds(.clamps) == [true, true, true, false, false, false])
    }

    /// Sees −1…1 of the plane z = 0 across a picture that is ten times as wide as high.
    private var wide: Camera {
        Camera(position: SIMD3(0, 0, 10), target: .zero, verticalFieldOfView: 2 * 0.0099997)
    }

    @Test("a size that cannot be is refused", arguments: [(0, 10), (10, -1), (4_097, 10), (10, .max)])
    func sizes(width: Int, height: Int) {
        let error = #expect(throws: LODError.self) { try Thumbnail.picture(of: [], width: width, height: height) }
        #expect(error?.code == .invalidImage && error?.message.contains("4096") == true)
    }

    @Test("a shipped model is drawn in the colours of its texture")
    func realModel() throws {
        let path = SharedAssets.packageDirectory + "/Examples/Models/Fox.glb"
        let fox = try Model.read(contentsOf: path).thumbnail(width: 48, height: 48)
        var orange = 0
        for y in 0..<48 {
            for x in 0..<48 {
                let pixel = fox[x, y]
                if pixel.w == 255 && pixel.x > 120 && pixel.z < pixel.x / 2 { orange += 1 }
            }
        }
        #expect(orange > 200)
        #expect(fox[0, 47].w == 0)
    }

    @Test("a damaged texture is named, and no picture is drawn without it")
    func damagedTexture() throws {
        let path = SharedAssets.packageDirectory + "/Examples/Models/Fox.glb"
        var bytes = try Model.read(contentsOf: path).glb()
        let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        let start = try #require(bytes.indices.first { bytes[$0] == 0x89 && bytes[$0...].starts(with: signature) })
        bytes[start + 60] ^= 1
        let model = try Model.read(bytes, name: "fox.glb")
        let error = #expect(throws: LODError.self) { try model.thumbnail(width: 8, height: 8) }
        #expect(error?.code == .invalidImage)
        #expect(error?.message.contains("fox.glb, base colour of material 0") == true)
    }
}
