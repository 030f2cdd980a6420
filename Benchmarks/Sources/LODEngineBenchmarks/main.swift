import Foundation
import Harness
import LODEngine

// The figures of LODEngine beside its peers', in one interleaved run: see Docs/Benchmarks.md.
//
// The models are those beside our own checkout (../shared/assets) where they are, else the largest that ship with the
// tour, or those that --models names (paths with colons between them). Dense versions of the last two are made here.

Child.actIfAsked()
Suite.leaveWhenInterrupted()
let options = Suite.options(extra: ["--models"])
do {
    let directory = try Suite.scratchDirectory()
    let subjects = try Subjects(paths: options.extra["--models"], directory: directory)
    let python = try PythonPeers()
    var rows: [Comparison] = []
    for subject in subjects.all {
        let dump = directory + "/\(subject.name).mesh"
        if python != nil { try subject.write(to: dump) }
        let row = Simplifying(subject: subject, ratio: 0.1, python: python, dump: dump)
        rows += [try row.oneThread(), row.twoThreads(), row.shuffled()]
        rows += try Compressing(subject, python: python, directory: directory).comparisons()
    }
    rows += try PictureRows(file: subjects.texturedFile).all()
    let gltfpack = FileManager.default.isExecutableFile(atPath: LargeRows.gltfpackPath) ? LargeRows.gltfpackPath : nil
    rows += LargeRows(file: subjects.largestFile, directory: directory, gltfpack: gltfpack).all()
    await Suite.run("LODEngine", rows, options: options)
} catch {
    Suite.leave(1, because: "\(error)")
}
