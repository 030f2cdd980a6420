"""Asks Debian's Prometheus the queries that we answered, about the same samples, and compares.

Leaves with 0 when all agree, 1 when an answer differs, 2 when Prometheus could not be asked.
"""

import json
import math
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(folder, samples):
    """Makes blocks of the samples and starts a server on them that nobody else can reach."""
    data = os.path.join(folder, "data")
    made = subprocess.run(
        ["promtool", "tsdb", "create-blocks-from", "openmetrics", samples, data], capture_output=True, text=True
    )
    if made.returncode:
        sys.exit(f"promtool does not read the samples: {made.stderr}")
    config = os.path.join(folder, "prometheus.yml")
    with open(config, "w") as file:
        file.write("global: {}\n")
    port = free_port()
    log = open(os.path.join(folder, "log"), "w")
    server = subprocess.Popen(
        [
            "prometheus", f"--config.file={config}", f"--storage.tsdb.path={data}",
            f"--web.listen-address=127.0.0.1:{port}", "--storage.tsdb.retention.time=100y",
        ],
        stdout=log,
        stderr=log,
    )
    return server, f"http://127.0.0.1:{port}"


def wait(server, address, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(address + "/-/ready", timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    return False


def ask(address, query, start, end, step):
    arguments = urllib.parse.urlencode({"query": query, "start": start, "end": end, "step": step})
    try:
        with urllib.request.urlopen(f"{address}/api/v1/query_range?{arguments}", timeout=60) as answer:
            return json.load(answer)["data"]["result"]
    except urllib.error.HTTPError as error:
        return error.read().decode(errors="replace")


def table(result):
    """{labels: {time: value}}, whatever order the series come in."""
    return {
        tuple(sorted(series["metric"].items())): {round(t * 1000): float(v) for t, v in series["values"]}
        for series in result
    }


def agree(ours, theirs):
    if math.isnan(ours) or math.isnan(theirs):
        return math.isnan(ours) and math.isnan(theirs)
    return ours == theirs or math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-9)


def difference(ours, theirs):
    if ours.keys() != theirs.keys():
        return f"series only with us: {ours.keys() - theirs.keys()}, only with Prometheus: {theirs.keys() - ours.keys()}"
    for labels, values in theirs.items():
        if ours[labels].keys() != values.keys():
            return f"{dict(labels)} has values at other times: {sorted(ours[labels].keys() ^ values.keys())[:3]}"
        for moment, value in values.items():
            if not agree(ours[labels][moment], value):
                return f"{dict(labels)} at {moment}: {ours[labels][moment]}, Prometheus {value}"
    return None


def main():
    samples, queries = sys.argv[1:]
    folder = tempfile.mkdtemp(prefix="vitrine-prometheus-")
    server, address = start(folder, samples)
    try:
        if not wait(server, address):
            with open(os.path.join(folder, "log")) as log:
                print(log.read()[-2000:], file=sys.stderr)
            return 2
        count = failures = values = 0
        with open(queries) as lines:
            for line in lines:
                query, begin, end, step, answer = line.rstrip("\n").split("\t")
                theirs = ask(address, query, begin, end, step)
                if isinstance(theirs, str):
                    print(f"{query}: Prometheus refuses it: {theirs}", file=sys.stderr)
                    failures += 1
                    continue
                found = difference(table(json.loads(answer)), table(theirs))
                count += 1
                values += sum(len(series["values"]) for series in theirs)
                if found:
                    failures += 1
                    print(f"{query} from {begin} to {end} by {step}: {found}", file=sys.stderr)
        print(f"{count} queries, {values} values, {failures} differ")
        return 1 if failures or values == 0 else 0
    finally:
        server.terminate()
        server.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


sys.exit(main())
