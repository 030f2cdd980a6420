"""The simplifiers that come as Python packages, for Benchmarks/Sources/LODEngineBenchmarks, which asks on standard input.

Says what there is, a line each: key, name, version, settings, `slow` or `fast`, with tabs between them; then `ready`.
`load PATH` reads a mesh file; `run KEY RATIO PATH` simplifies what is in it and answers with nanoseconds of CPU time of
this thread and the triangles that are left. `encode KEY COUNT STRIDE FILTER REPEATS PATH` and `decode` code the bytes of a
file by version 1 of the attribute codec, and answer with nanoseconds for each time and the encoded bytes. Only the calls
into compiled code are timed.
"""

import ctypes
import glob
import importlib.metadata
import importlib.util
import os
import sys
import time

import numpy


class Mesh:
    def __init__(self, positions, normals, coordinates, indices):
        self.positions, self.normals, self.coordinates, self.indices = positions, normals, coordinates, indices

    def attributes(self):
        parts = [part for part in (self.normals, self.coordinates) if len(part)]
        return numpy.ascontiguousarray(numpy.hstack(parts)) if parts else None


def read(path):
    data = numpy.fromfile(path, "<u4")
    meshes, at = [], 1

    def take(count, kind, width):
        nonlocal at
        part = data[at : at + count * width].view(kind).reshape(count, width)
        at += count * width
        return numpy.ascontiguousarray(part)

    for _ in range(data[0]):
        vertices, normals, coordinates, indices = (int(count) for count in data[at : at + 4])
        at += 4
        meshes.append(
            Mesh(take(vertices, "<f4", 3), take(normals, "<f4", 3), take(coordinates, "<f4", 2), take(indices, "<u4", 1).ravel())
        )
    return meshes


def timed(work):
    start = time.thread_time_ns()
    result = work()
    return time.thread_time_ns() - start, result


class WithAttributes:
    """`meshopt_simplifyWithAttributes` of a package's shared library."""

    PERMISSIVE = 1 << 5
    WEIGHTS = {5: (0.5, 0.5, 0.5, 1, 1), 3: (0.5, 0.5, 0.5), 2: (1, 1)}

    def __init__(self, package):
        folder = os.path.dirname(importlib.util.find_spec(package).origin)
        library = ctypes.CDLL(glob.glob(folder + "/*meshopt*.so")[0])
        pointer, size = ctypes.c_void_p, ctypes.c_size_t
        self.call = library.meshopt_simplifyWithAttributes
        self.call.restype = size
        self.call.argtypes = [pointer, pointer, size, pointer, size, size, pointer, size, pointer, size, pointer, size]
        self.call.argtypes += [ctypes.c_float, ctypes.c_uint, pointer]

        self.library = library
        library.meshopt_encodeVertexBufferBound.restype = library.meshopt_encodeVertexBuffer.restype = size
        library.meshopt_encodeVertexBufferBound.argtypes = [size, size]
        library.meshopt_encodeVertexBuffer.argtypes = [pointer, size, pointer, size, size]
        library.meshopt_decodeVertexBuffer.argtypes = [pointer, size, size, pointer, size]
        library.meshopt_decodeFilterOct.argtypes = [pointer, size, size]

    def code(self, verb, count, stride, octahedral, repeats, path):
        """Nanoseconds for each coding by version 1, and the bytes of the stream."""
        library = self.library
        library.meshopt_encodeVertexVersion(1)
        source = numpy.fromfile(path, "u1")
        stream = numpy.empty(library.meshopt_encodeVertexBufferBound(count, stride), "u1")
        target = numpy.empty(count * stride, "u1")

        def encode():
            return library.meshopt_encodeVertexBuffer(stream.ctypes.data, len(stream), source.ctypes.data, count, stride)

        def decode():
            if library.meshopt_decodeVertexBuffer(target.ctypes.data, count, stride, stream.ctypes.data, size) != 0:
                raise ValueError("the stream was refused")
            if octahedral:
                library.meshopt_decodeFilterOct(target.ctypes.data, count, stride)

        size = encode()
        spent, _ = timed(lambda: [encode() if verb == "encode" else decode() for _ in range(repeats)])
        return spent / repeats, size

    def run(self, meshes, ratio):
        spent, left = 0, 0
        for mesh in meshes:
            attributes = mesh.attributes()
            width = 0 if attributes is None else attributes.shape[1]
            weights = numpy.array(self.WEIGHTS.get(width, ()), "<f4")
            result = numpy.empty(len(mesh.indices), "<u4")
            arguments = (
                result.ctypes.data, mesh.indices.ctypes.data, len(mesh.indices),
                mesh.positions.ctypes.data, len(mesh.positions), 12,
                attributes.ctypes.data if width else None, width * 4, weights.ctypes.data if width else None, width,
                None, int(len(mesh.indices) // 3 * ratio) * 3, 1e10, self.PERMISSIVE, None,
            )
            took, count = timed(lambda: self.call(*arguments))
            spent += took
            left += count // 3
        return spent, left


class FastSimplification:
    def __init__(self, package):
        self.module = __import__(package)

    def run(self, meshes, ratio):
        spent, left = 0, 0
        for mesh in meshes:
            faces = mesh.indices.reshape(-1, 3).astype(numpy.int32)
            target = max(int(len(faces) * ratio), 1)
            took, (_, kept) = timed(lambda: self.module.simplify(mesh.positions, faces, target_count=target))
            spent += took
            left += len(kept)
        return spent, left


class Open3D:
    def __init__(self, package):
        self.module = __import__(package)

    def run(self, meshes, ratio):
        spent, left = 0, 0
        for mesh in meshes:
            made = self.module.geometry.TriangleMesh(
                self.module.utility.Vector3dVector(mesh.positions.astype(numpy.float64)),
                self.module.utility.Vector3iVector(mesh.indices.reshape(-1, 3).astype(numpy.int32)),
            )
            target = max(int(len(mesh.indices) // 3 * ratio), 1)
            took, kept = timed(lambda: made.simplify_quadric_decimation(target))
            spent += took
            left += len(kept.triangles)
        return spent, left


PEERS = [
    ("attributes", "meshoptimizer", "meshoptimizer's simplifyWithAttributes", WithAttributes, "normals 0.5, UV 1, permissive", "fast"),
    ("attributes-new", "almeshopt", "simplifyWithAttributes, built with AVX2", WithAttributes, "normals 0.5, UV 1, permissive", "fast"),
    ("fast", "fast_simplification", "fast-simplification", FastSimplification, "position", "fast"),
    ("open3d", "open3d", "Open3D", Open3D, "position", "slow"),
]


def main():
    # What packages print on the way must not come between the answers.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    there, meshes = {}, {}
    for key, package, name, kind, settings, pace in PEERS:
        try:
            there[key] = kind(package)
            answers.write("\t".join([key, name, importlib.metadata.version(package), settings, pace]) + "\n")
        except Exception as problem:
            print(f"{package} is left out: {problem}", file=sys.stderr)
    answers.write("ready\n")
    for line in sys.stdin:
        words = line.split(None, 3)
        try:
            if words[0] == "load":
                path = line.split(None, 1)[1].strip()
                meshes[path] = read(path)
                answers.write("loaded\n")
            elif words[0] in ("encode", "decode"):
                key, count, stride, kind, repeats, path = line.strip().split(None, 6)[1:]
                spent, size = there[key].code(words[0], int(count), int(stride), kind == "octahedral", int(repeats), path)
                answers.write(f"{spent} {size}\n")
            else:
                spent, left = there[words[1]].run(meshes[words[3].strip()], float(words[2]))
                answers.write(f"{spent} {left}\n")
        except Exception as problem:
            answers.write(f"failed: {problem}\n".replace("\n", " ") + "\n")


main()
