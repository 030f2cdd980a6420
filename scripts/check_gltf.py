"""Checks GLB files with readers that are not ours.

Loads each file with pygltflib and trimesh, decodes every accessor with numpy from the specification's rules, and
checks what a renderer relies on (buffer views that EXT_ or KHR_meshopt_compression compresses are decoded by meshoptimizer's
own decoder first): sizes and alignment, indices below the vertex count, bounds as stated, unit normals
and tangents, weights that sum to 1, references in range, images of the kind that is stated. Prints a line per file and
exits with 1 when any has a problem.
"""

import argparse
import hashlib
import json
import os
import struct
import sys
import tempfile

import meshoptimizer
import numpy
import pygltflib
import trimesh

COMPONENTS = {5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
SHAPES = {"SCALAR": (1, 1), "VEC2": (2, 1), "VEC3": (3, 1), "VEC4": (4, 1), "MAT2": (2, 2), "MAT3": (3, 3), "MAT4": (4, 4)}
MAGIC = {"image/png": b"\x89PNG", "image/jpeg": b"\xff\xd8\xff", "image/webp": b"RIFF", "image/ktx2": b"\xabKTX"}


COMPRESSIONS = ("EXT_meshopt_compression", "KHR_meshopt_compression")


def apply_filter(name, data, count, stride):
    """Undoes a filter in place, by meshoptimizer's own code."""
    filters = {
        "OCTAHEDRAL": meshoptimizer.decode_filter_oct,
        "QUATERNION": meshoptimizer.decode_filter_quat,
        "EXPONENTIAL": meshoptimizer.decode_filter_exp,
    }
    if name == "NONE":
        return data
    return numpy.asarray(filters[name](numpy.frombuffer(data, "u1").copy(), count, stride)).tobytes()


class File:
    """A GLB, taken apart with struct and json only."""

    def __init__(self, path):
        self.problems = []
        with open(path, "rb") as stream:
            data = stream.read()
        magic, version, length = struct.unpack_from("<4sII", data)
        self.check(magic == b"glTF" and version == 2, "not a GLB of version 2")
        self.check(length == len(data), f"header states {length} bytes, there are {len(data)}")
        chunks, offset = [], 12
        while offset < len(data):
            size, kind = struct.unpack_from("<I4s", data, offset)
            self.check(size % 4 == 0, f"chunk at {offset} is not aligned")
            self.check(offset + 8 + size <= len(data), f"chunk at {offset} ends outside the file")
            chunks.append((kind, data[offset + 8 : offset + 8 + size]))
            offset += 8 + size
        self.check(bool(chunks) and chunks[0][0] == b"JSON", "the first chunk is not JSON")
        self.json = json.loads(chunks[0][1])
        self.binary = chunks[1][1] if len(chunks) > 1 else b""
        self.decoded = {index: data for index, view in enumerate(self.all("bufferViews")) if (data := self.decode(index, view)) is not None}
        if self.decoded:
            self.expand()

    def check(self, holds, problem):
        if not holds:
            self.problems.append(problem)
        return holds

    def all(self, name):
        return self.json.get(name, [])

    def decode(self, index, view):
        """The bytes that a compressed buffer view stands for; None for a plain one."""
        held = [view.get("extensions", {}).get(name) for name in COMPRESSIONS]
        held = next((entry for entry in held if entry), None)
        if held is None:
            return None
        count, stride, mode = held["count"], held["byteStride"], held["mode"]
        self.check(view["byteLength"] == count * stride, f"view {index} states {view['byteLength']} bytes for {count} of {stride}")
        packed = self.binary[held.get("byteOffset", 0) :][: held["byteLength"]]
        self.check(held["buffer"] == 0 and len(packed) == held["byteLength"], f"compressed view {index} lies outside the file")
        if mode == "ATTRIBUTES":
            data = meshoptimizer.decode_vertex_buffer(count, stride, packed).tobytes()
            return apply_filter(held.get("filter", "NONE"), data, count, stride)
        decoder = {"TRIANGLES": meshoptimizer.decode_index_buffer, "INDICES": meshoptimizer.decode_index_sequence}[mode]
        # The array has room for indices of four bytes, whatever their size.
        return decoder(count, stride, packed).tobytes()[: count * stride]

    def expand(self):
        """Makes a plain file of it: every view's bytes after each other, and the extension gone."""
        binary = b""
        for index, view in enumerate(self.all("bufferViews")):
            data = self.decoded[index] if index in self.decoded else self.view(index)[0]
            for name in COMPRESSIONS:
                view.get("extensions", {}).pop(name, None)
            if "extensions" in view and not view["extensions"]:
                del view["extensions"]
            view.update(buffer=0, byteOffset=len(binary), byteLength=len(data))
            binary += data + b"\0" * (-len(data) % 4)
        for name in ("extensionsUsed", "extensionsRequired"):
            kept = [extension for extension in self.all(name) if extension not in COMPRESSIONS]
            self.json.pop(name, None)
            self.json.update({name: kept} if kept else {})
        self.json["buffers"] = [{"byteLength": len(binary)}]
        self.binary = binary

    def glb(self):
        text = json.dumps(self.json).encode()
        text += b" " * (-len(text) % 4)
        binary = self.binary + b"\0" * (-len(self.binary) % 4)
        length = 28 + len(text) + len(binary)
        head = struct.pack("<4sIII4s", b"glTF", 2, length, len(text), b"JSON")
        return head + text + struct.pack("<I4s", len(binary), b"BIN\0") + binary

    def view(self, index):
        view = self.all("bufferViews")[index]
        return self.binary[view.get("byteOffset", 0) :][: view["byteLength"]], view

    def accessor(self, index):
        """The elements as an array of rows, by the layout rules of glTF 2.0, section 3.6.2."""
        accessor = self.all("accessors")[index]
        rows, columns = SHAPES[accessor["type"]]
        kind = numpy.dtype(COMPONENTS[accessor["componentType"]])
        column = rows * kind.itemsize if columns == 1 else (rows * kind.itemsize + 3) // 4 * 4
        size = column * columns
        if "bufferView" not in accessor:
            return numpy.zeros((accessor["count"], rows * columns), kind)
        data, view = self.view(accessor["bufferView"])
        offset, stride = accessor.get("byteOffset", 0), view.get("byteStride", size)
        self.check(offset % kind.itemsize == 0, f"accessor {index} is not aligned")
        self.check(view.get("target") != 34962 or (offset % 4 == 0 and stride % 4 == 0), f"vertices of accessor {index} are not aligned")
        end = offset + stride * (accessor["count"] - 1) + size
        if not self.check(end <= len(data) and stride >= size, f"accessor {index} does not fit its view"):
            return numpy.zeros((accessor["count"], rows * columns), kind)
        parts = [
            numpy.ndarray((accessor["count"], rows), kind, data, offset + part * column, (stride, kind.itemsize))
            for part in range(columns)
        ]
        return numpy.hstack(parts)

    def values(self, index):
        """The elements as floats, normalized if the accessor says so."""
        accessor, array = self.all("accessors")[index], self.accessor(index)
        if accessor.get("normalized"):
            return numpy.maximum(array.astype("f8") / numpy.iinfo(array.dtype).max, -1)
        return array.astype("f8")


def check_structure(file):
    buffers = file.all("buffers")
    if buffers:
        file.check(len(buffers) == 1, f"{len(buffers)} buffers")
        file.check(0 <= len(file.binary) - buffers[0]["byteLength"] < 4, "the buffer's length is not the BIN chunk's")
    for index, view in enumerate(file.all("bufferViews")):
        end = view.get("byteOffset", 0) + view["byteLength"]
        file.check(end <= len(file.binary), f"view {index} ends outside the buffer")
        file.check(view.get("byteOffset", 0) % 4 == 0, f"view {index} is not aligned")
    for index, accessor in enumerate(file.all("accessors")):
        array = file.accessor(index)
        if array.dtype.kind == "f":
            file.check(bool(numpy.isfinite(array).all()), f"accessor {index} has numbers that are not finite")
        for key, bound in (("min", array.min(axis=0)), ("max", array.max(axis=0))):
            if key in accessor:
                stated = numpy.asarray(accessor[key]).astype(array.dtype)
                file.check(bool((stated == bound).all()), f"accessor {index} states {key} {accessor[key]}, has {bound.tolist()}")
    for name in ("extensionsUsed", "extensionsRequired", "meshes", "nodes", "accessors", "bufferViews", "buffers"):
        file.check(name not in file.json or len(file.json[name]) > 0, f"{name} is empty")
    used = set(file.all("extensionsUsed"))
    file.check(set(file.all("extensionsRequired")) <= used, "an extension is required but not used")
    file.check(extensions_in(file.json) <= used, f"undeclared extensions: {extensions_in(file.json) - used}")


def extensions_in(value):
    found = set()
    if isinstance(value, dict):
        for key, member in value.items():
            if key == "extensions":
                found |= set(member)
            if key != "extras":
                found |= extensions_in(member)
    elif isinstance(value, list):
        for member in value:
            found |= extensions_in(member)
    return found


def check_references(file):
    def each(name, key, target):
        for index, item in enumerate(file.all(name)):
            for place in item.get(key, []) if isinstance(item.get(key), list) else [item.get(key)]:
                if place is not None:
                    file.check(0 <= place < len(file.all(target)), f"{name} {index}: {key} {place} is not there")

    each("nodes", "children", "nodes")
    each("nodes", "mesh", "meshes")
    each("nodes", "skin", "skins")
    each("nodes", "camera", "cameras")
    each("scenes", "nodes", "nodes")
    each("skins", "joints", "nodes")
    each("skins", "inverseBindMatrices", "accessors")
    each("textures", "source", "images")
    each("textures", "sampler", "samplers")
    each("images", "bufferView", "bufferViews")
    for animation in file.all("animations"):
        for sampler in animation["samplers"]:
            times = file.values(sampler["input"])[:, 0]
            file.check(bool((numpy.diff(times) > 0).all()), "the times of an animation do not grow")
            file.check("min" in file.all("accessors")[sampler["input"]], "the times of an animation have no bounds")
            file.accessor(sampler["output"])
        for channel in animation["channels"]:
            file.check(channel["sampler"] < len(animation["samplers"]), "a channel without its sampler")


def check_primitive(file, primitive, where, target_count):
    """Checks one primitive and returns its triangles."""
    accessors = file.all("accessors")
    attributes = primitive["attributes"]
    if primitive.get("material") is not None:
        file.check(primitive["material"] < len(file.all("materials")), f"{where}: no such material")
    counts = {accessors[index]["count"] for index in attributes.values()}
    file.check(len(counts) == 1, f"{where}: attributes of {sorted(counts)} elements")
    count = max(counts)
    if "POSITION" in attributes:
        file.check("min" in accessors[attributes["POSITION"]], f"{where}: positions without bounds")
    for name, index in attributes.items():
        # A unit vector rounded to eight bits is off by at most half the root of 3 over 127.
        slack = 0.005 if file.accessor(index).dtype.itemsize > 1 else 0.0075
        if name == "NORMAL":
            length = numpy.linalg.norm(file.values(index), axis=1)
            file.check(bool((abs(length - 1) < slack).all()), f"{where}: normals that are not units")
        if name == "TANGENT":
            tangents = file.values(index)
            length = numpy.linalg.norm(tangents[:, :3], axis=1)
            file.check(bool((abs(length - 1) < slack).all()), f"{where}: tangents that are not units")
            file.check(bool((abs(tangents[:, 3]) == 1).all()), f"{where}: tangent signs that are not 1")
    weights = [file.values(index) for name, index in sorted(attributes.items()) if name.startswith("WEIGHTS_")]
    if weights:
        total = sum(weight.sum(axis=1) for weight in weights)
        file.check(bool((abs(total - 1) < 1e-5).all()), f"{where}: weights that do not sum to 1")
    targets = primitive.get("targets", [])
    file.check(len(targets) == target_count, f"{where}: {len(targets)} morph targets")
    for target in targets:
        file.check(bool(target), f"{where}: an empty morph target")
        for index in target.values():
            file.check(accessors[index]["count"] == count, f"{where}: a morph target of another length")
    corners = count
    if "indices" in primitive:
        indices = file.accessor(primitive["indices"])[:, 0]
        corners = len(indices)
        most = numpy.iinfo(indices.dtype).max
        file.check(int(indices.max()) < count and int(indices.max()) < most, f"{where}: an index out of range")
    mode = primitive.get("mode", 4)
    if mode == 4:
        file.check(corners % 3 == 0, f"{where}: {corners} corners")
    return {4: corners // 3, 5: max(corners - 2, 0), 6: max(corners - 2, 0)}.get(mode, 0)


def check(path, triangles, original):
    file = File(path)
    check_structure(file)
    check_references(file)
    found, drawn = 0, True
    for mesh_index, mesh in enumerate(file.all("meshes")):
        if not file.check(bool(mesh["primitives"]), f"mesh {mesh_index} has no primitive"):
            continue
        target_count = len(mesh["primitives"][0].get("targets", []))
        for index, primitive in enumerate(mesh["primitives"]):
            drawn = drawn and primitive.get("mode", 4) == 4
            found += check_primitive(file, primitive, f"mesh {mesh_index} primitive {index}", target_count)
    if triangles is not None:
        file.check(found == triangles, f"{found} triangles, expected {triangles}")
    for index, image in enumerate(file.all("images")):
        if "bufferView" in image:
            magic = MAGIC.get(image["mimeType"])
            file.check(magic is None or file.view(image["bufferView"])[0].startswith(magic), f"image {index} is no {image['mimeType']}")
    if original:
        file.check(image_digests(File(original)) == image_digests(file), "the images are not the original's")
    check_peers(file, path, found if drawn else None)
    images = len(file.all("images"))
    state = "; ".join(file.problems[:5]) if file.problems else "ok"
    print(f"{os.path.basename(path)}: {found} triangles, {len(file.all('meshes'))} meshes, {images} images: {state}")
    return not file.problems


def check_peers(file, path, triangles):
    """Two other programs must load the file (as it is once decoded), and count what we count."""
    if file.decoded:
        with tempfile.TemporaryDirectory() as folder:
            plain = os.path.join(folder, os.path.basename(path))
            with open(plain, "wb") as stream:
                stream.write(file.glb())
            load_by_peers(file, plain, triangles)
    else:
        load_by_peers(file, path, triangles)


def load_by_peers(file, path, triangles):
    loaded = pygltflib.GLTF2().load(path)
    file.check(len(loaded.accessors) == len(file.all("accessors")), "pygltflib finds other accessors")
    if not file.all("meshes"):
        return
    try:
        scene = trimesh.load(path, force="scene", process=False, skip_materials=True)
    except Exception as problem:  # Whatever it raises, it could not load the file.
        file.check(False, f"trimesh: {type(problem).__name__}: {problem}")
        return
    faces = sum(len(geometry.faces) for geometry in scene.geometry.values() if hasattr(geometry, "faces"))
    if triangles is not None:
        file.check(faces == triangles, f"trimesh finds {faces} triangles, not {triangles}")


def image_digests(file):
    views = [image["bufferView"] for image in file.all("images") if "bufferView" in image]
    return [hashlib.sha256(file.view(view)[0]).hexdigest() for view in views]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", metavar="FILE.glb")
    parser.add_argument("--expect", action="append", default=[], metavar="NAME=TRIANGLES", help="triangles of a file by its name")
    parser.add_argument("--list", metavar="FILE.json", help='more files: [{"file": …, "triangles": …, "original": …}]; the images must be those of the original GLB')
    options = parser.parse_args()
    expected = dict(entry.rsplit("=", 1) for entry in options.expect)
    work = [(path, expected.get(os.path.basename(path)), None) for path in options.files]
    if options.list:
        with open(options.list, encoding="utf-8") as stream:
            work += [(entry["file"], entry.get("triangles"), entry.get("original")) for entry in json.load(stream)]
    if not work:
        parser.error("no files")
    good = True
    for path, triangles, original in work:
        try:
            good = check(path, int(triangles) if triangles is not None else None, original) and good
        except Exception as problem:  # A file that breaks the check is a finding, not the end of the run.
            print(f"{os.path.basename(path)}: {type(problem).__name__}: {problem}")
            good = False
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
