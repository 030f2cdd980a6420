"""Reads what Telemetry exports with readers that are not ours, and says what they found as JSON.

    check_metrics.py text FILE          Prometheus's text format, by prometheus_client
    check_metrics.py openmetrics FILE   OpenMetrics, by prometheus_client
    check_metrics.py otlp FILE          OTLP/JSON, by OpenTelemetry's own messages: an unknown member is an error
    check_metrics.py csv FILE           comma-separated values, by Python's reader
    check_metrics.py scrape FILE TYPE PROMETHEUS QUERY...
                                        has a Prometheus server scrape the file under its content type, with native
                                        histograms enabled, and asks it the queries

Exits with 1 and a line on standard error when a reader refuses what it reads.
"""

import csv
import http.server
import json
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request


def number(value):
    """A double as the digits that read back as the same, which not every reader of JSON gives for a number."""
    return repr(float(value))


def samples(families):
    found = []
    for family in families:
        for sample in family.samples:
            entry = {"family": family.name, "type": family.type, "help": family.documentation, "name": sample.name,
                     "labels": sample.labels, "value": number(sample.value)}
            if getattr(sample, "exemplar", None):
                # The time is an object of the reader's own, or missing.
                time_of = sample.exemplar.timestamp
                entry["exemplar"] = {"labels": sample.exemplar.labels, "value": number(sample.exemplar.value),
                                     "time": None if time_of is None else number(time_of)}
            found.append(entry)
    return found


def read_text(path):
    from prometheus_client.parser import text_string_to_metric_families
    with open(path, encoding="utf-8", newline="") as file:
        return samples(text_string_to_metric_families(file.read()))


def read_openmetrics(path):
    from prometheus_client.openmetrics.parser import text_string_to_metric_families
    with open(path, encoding="utf-8", newline="") as file:
        return samples(text_string_to_metric_families(file.read()))


def read_otlp(path):
    from google.protobuf import json_format
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
    with open(path, encoding="utf-8") as file:
        request = json_format.Parse(file.read(), ExportMetricsServiceRequest())
    found = []
    for resource in request.resource_metrics:
        attributes = {pair.key: pair.value.string_value for pair in resource.resource.attributes}
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                kind = metric.WhichOneof("data")
                data = getattr(metric, kind)
                for point in data.data_points:
                    entry = {"name": metric.name, "kind": kind, "unit": metric.unit, "resource": attributes,
                             "labels": {pair.key: pair.value.string_value for pair in point.attributes},
                             "start": str(point.start_time_unix_nano), "time": str(point.time_unix_nano)}
                    if kind != "gauge":
                        entry["temporality"] = data.aggregation_temporality
                    if kind == "exponential_histogram":
                        entry.update(count=point.count, sum=number(point.sum), scale=point.scale, zeros=point.zero_count,
                                     minimum=number(point.min), maximum=number(point.max), buckets={}, exemplars=len(point.exemplars))
                        for sign, side in ((1, point.positive), (-1, point.negative)):
                            for index, count in enumerate(side.bucket_counts):
                                if count:
                                    entry["buckets"][f"{sign}:{side.offset + index}"] = count
                    else:
                        value = point.as_int if point.WhichOneof("value") == "as_int" else point.as_double
                        entry["value"] = number(value)
                    found.append(entry)
    return found


def read_csv(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def scrape(path, content_type, prometheus, queries):
    """What a Prometheus server answers after it scraped the file."""
    with open(path, "rb") as file:
        body = file.read()
    accepted = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            accepted.append(self.headers.get("Accept", ""))
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    target = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=target.serve_forever, daemon=True).start()
    probe = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    address = f"127.0.0.1:{probe.server_port}"
    probe.server_close()
    with tempfile.TemporaryDirectory() as directory:
        with open(directory + "/prometheus.yml", "w", encoding="utf-8") as file:
            file.write("global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n  - job_name: vitrine\n"
                       f"    static_configs: [{{targets: ['127.0.0.1:{target.server_port}']}}]\n")
        with open(directory + "/log", "wb") as log:
            server = subprocess.Popen(
                [prometheus, f"--config.file={directory}/prometheus.yml", f"--storage.tsdb.path={directory}/data",
                 f"--web.listen-address={address}", "--enable-feature=native-histograms,exemplar-storage"],
                stdout=log, stderr=log)
        try:
            return answers(address, queries, accepted)
        except TimeoutError:
            with open(directory + "/log", encoding="utf-8") as log:
                sys.exit("Prometheus did not take the scrape:\n" + log.read()[-4000:])
        finally:
            server.kill()
            server.wait()


def ask(address, query):
    parameters = urllib.parse.urlencode({"query": query})
    with urllib.request.urlopen(f"http://{address}/api/v1/query?{parameters}", timeout=5) as answer:
        return json.load(answer)["data"]["result"]


def answers(address, queries, accepted):
    """The answers, once the server says that its scrape succeeded."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            up = ask(address, "up")
            if up and up[0]["value"][1] == "1":
                return {"accept": accepted[-1], "answers": {query: ask(address, query) for query in queries}}
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        time.sleep(0.1)
    raise TimeoutError


def main():
    readers = {"text": read_text, "openmetrics": read_openmetrics, "otlp": read_otlp, "csv": read_csv}
    if len(sys.argv) >= 5 and sys.argv[1] == "scrape":
        found = scrape(sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5:])
    elif len(sys.argv) == 3 and sys.argv[1] in readers:
        try:
            found = readers[sys.argv[1]](sys.argv[2])
        except Exception as error:  # Whatever a reader throws is its verdict.
            sys.exit(f"{type(error).__name__}: {error}")
    else:
        sys.exit(__doc__)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
