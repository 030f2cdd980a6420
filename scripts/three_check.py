"""Has three.js in a headless Chromium load GLB files, and holds its pictures against ours.

    three_check.py --chromium PROGRAM JOBS.json

JOBS.json lists what is to be drawn: [{"model": FILE.glb, "picture": FILE.png, "position": [x, y, z], "target": [x, y, z],
"up": [x, y, z], "fieldOfView": radians, "near": units, "newest": false}]; `picture` is ours, from that camera, square, with
a transparent background; `newest` has the file read by the GLTFLoader of revision 186, which knows KHR_meshopt_compression. The page lights the models as ours are lit, so that what differs is what was read. For each job a line tells
how far the outlines overlap (intersection over union of what is covered, give or take a pixel at edges) and the mean difference of the colours where both
are, of 255. Exits with 1 when one is out of bounds or was not drawn.

Everything is served from a port of this machine; the browser is told to find no other host.
"""

import argparse
import base64
import glob
import http.server
import io
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import threading

import numpy
from PIL import Image

OVERLAP_LEAST = 0.98
# Textures are reduced in another way here than by a graphics driver, which shows on fine print: 9 at most so far.
COLOUR_MOST = 10.0
SECONDS_MOST = 90

PAGE = """<!doctype html><meta charset="utf-8"><script type="module">
import {THREE, GLTFLoader} from '/three.js';
import {MeshoptDecoder} from '/meshopt.js';
const say = (path, body) => fetch(path, {method: 'POST', body});
const shading = `{
  vec3 key = normalize(vec3(-0.45, 0.72, 0.62)), fill = normalize(vec3(0.9, 0.05, 0.45));
  float sky = 0.5 + 0.5 * normal.y;
  float light = 0.12 + 0.18 * sky + 0.72 * max(0.0, dot(normal, key)) + 0.18 * max(0.0, dot(normal, fill));
  float shine = pow(max(0.0, dot(normal, normalize(key + vec3(0.0, 0.0, 1.0)))), 32.0);
  vec3 seen = diffuseColor.rgb * light + vec3(0.07 * shine + 0.012 * sky);
  outgoingLight = seen * (1.0 + 0.15 * seen) / (1.0 + 0.45 * seen);
}
#include <opaque_fragment>`;
function plain(material) {
  const made = new THREE.MeshLambertMaterial({
    color: material.color, map: material.map, vertexColors: material.vertexColors, side: material.side,
    alphaTest: material.alphaTest, transparent: material.transparent, opacity: material.opacity,
    flatShading: material.flatShading,
  });
  made.onBeforeCompile = (shader) => {
    shader.fragmentShader = shader.fragmentShader.replace('#include <opaque_fragment>', shading);
  };
  return made;
}
async function draw(job, index, renderer) {
  const loader = new (job.newest ? (await import('/viewer/GLTFLoader.js')).GLTFLoader : GLTFLoader)();
  loader.setMeshoptDecoder(MeshoptDecoder);
  const model = await loader.loadAsync('/model/' + index);
  const scene = new THREE.Scene();
  scene.add(model.scene);
  model.scene.traverse((part) => { if (part.isMesh) part.material = plain(part.material); });
  const box = new THREE.Box3().setFromObject(scene);
  const position = new THREE.Vector3(...job.position);
  const reach = position.distanceTo(box.getCenter(new THREE.Vector3())) + box.getSize(new THREE.Vector3()).length();
  const camera = new THREE.PerspectiveCamera(job.fieldOfView * 180 / Math.PI, 1, job.near, reach);
  camera.position.copy(position);
  camera.up.set(...job.up);
  camera.lookAt(...job.target);
  renderer.setSize(job.side, job.side, false);
  renderer.render(scene, camera);
  await say('/picture/' + index, renderer.domElement.toDataURL('image/png'));
}
try {
  const renderer = new THREE.WebGLRenderer({antialias: true, alpha: true, preserveDrawingBuffer: true});
  const jobs = await (await fetch('/jobs')).json();
  for (let index = 0; index < jobs.length; index++) {
    try { await draw(jobs[index], index, renderer); } catch (problem) { await say('/problem/' + index, String(problem)); }
  }
} catch (problem) { await say('/problem/0', String(problem)); }
await say('/done', '');
</script>"""


def script(pattern):
    """A script in the wheels that scripts/requirements-browser.txt names."""
    found = glob.glob(os.path.join(sysconfig.get_paths()["purelib"], pattern))
    if not found:
        sys.exit(f"{pattern} is not there: install scripts/requirements-browser.txt")
    return found[0]


class Exchange:
    """What the page asks for and what it sends."""

    def __init__(self, jobs):
        self.jobs, self.pictures, self.problems, self.done = jobs, {}, {}, threading.Event()
        self.scripts = {
            "/three.js": script("nicegui/elements/scene/dist/index.js"),
            "/meshopt.js": script("cadgen/_runtime/viewer/assets/meshopt_decoder*.js"),
            "/viewer/GLTFLoader.js": script("cadgen/_runtime/viewer/assets/GLTFLoader-*.js"),
        }
        # What that loader imports stands beside it.
        folder = os.path.dirname(self.scripts["/viewer/GLTFLoader.js"])
        for name in os.listdir(folder):
            if name.endswith(".js"):
                self.scripts["/viewer/" + name] = os.path.join(folder, name)

    def get(self, path):
        if path == "/":
            return "text/html", PAGE.encode()
        if path == "/jobs":
            return "application/json", json.dumps(self.jobs).encode()
        if path in self.scripts:
            return "text/javascript", open(self.scripts[path], "rb").read()
        if path.startswith("/model/"):
            return "model/gltf-binary", open(self.jobs[int(path.rsplit("/", 1)[1])]["model"], "rb").read()
        return None

    def post(self, path, body):
        if path == "/done":
            self.done.set()
        elif path.startswith("/picture/"):
            png = base64.b64decode(body.split(b",", 1)[1])
            self.pictures[int(path.rsplit("/", 1)[1])] = Image.open(io.BytesIO(png)).convert("RGBA")
        else:
            self.problems[int(path.rsplit("/", 1)[1])] = body.decode()


def serve(exchange):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            answer = exchange.get(self.path)
            self.send_response(200 if answer else 404)
            if answer:
                self.send_header("Content-Type", answer[0])
            self.end_headers()
            self.wfile.write(answer[1] if answer else b"")

        def do_POST(self):
            exchange.post(self.path, self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def browse(chromium, port, exchange):
    folder = tempfile.mkdtemp(prefix="vitrine-three-")
    process = subprocess.Popen(
        [
            chromium, "--headless", "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader",
            "--enable-unsafe-swiftshader", "--no-first-run", "--disable-extensions", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--user-data-dir=" + folder,
            "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "--remote-debugging-port=0",
            f"http://127.0.0.1:{port}/",
        ],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        exchange.done.wait(SECONDS_MOST)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def grown(mask):
    """The mask and the pixels beside it."""
    padded = numpy.pad(mask, 1)
    rows, columns = mask.shape
    return numpy.any([padded[y : y + rows, x : x + columns] for y in range(3) for x in range(3)], axis=0)


def compare(ours, theirs):
    """How far two outlines overlap, and the mean difference of the colours where both are."""
    ours, theirs = numpy.asarray(ours, "f8"), numpy.asarray(theirs, "f8")
    mine, other = ours[..., 3] > 127, theirs[..., 3] > 127
    both = mine & other
    # What is a pixel off at an edge counts as covered: gaps in wicker are no wider, and samples lie elsewhere.
    missing = (mine & ~grown(other)) | (other & ~grown(mine))
    overlap = 1 - missing.sum() / max((mine | other).sum(), 1)
    difference = numpy.abs(ours[..., :3] - theirs[..., :3])[both].mean() if both.any() else 255.0
    return overlap, difference


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chromium", required=True)
    parser.add_argument("--keep", help="a folder for three.js's pictures")
    parser.add_argument("jobs", metavar="JOBS.json")
    options = parser.parse_args()
    with open(options.jobs, encoding="utf-8") as stream:
        jobs = json.load(stream)
    ours = [Image.open(job["picture"]).convert("RGBA") for job in jobs]
    for job, picture in zip(jobs, ours):
        job["side"] = picture.width
    exchange = Exchange(jobs)
    browse(options.chromium, serve(exchange), exchange)
    good = True
    for index, (job, picture) in enumerate(zip(jobs, ours)):
        name = os.path.basename(job["model"])
        if index not in exchange.pictures:
            print(f"{name}: not drawn: {exchange.problems.get(index, 'no answer from the browser')}")
            good = False
            continue
        if options.keep:
            exchange.pictures[index].save(os.path.join(options.keep, name + ".three.png"))
        overlap, difference = compare(picture, exchange.pictures[index])
        holds = overlap >= OVERLAP_LEAST and difference <= COLOUR_MOST
        good = good and holds
        print(f"{name}: overlap {overlap:.4f}, colour {difference:.2f} of 255: {'ok' if holds else 'OUT OF BOUNDS'}")
    sys.exit(0 if good else 1)


main()
