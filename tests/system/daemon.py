# SPDX-License-Identifier: GPL-3.0-or-later
"""daemon.py - a real `talaya serve` for a system test, and a TAP reporter

Every daemon has a state folder and ports of its own, so that tests may run side by side.
"""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

TALAYA = os.environ.get("TALAYA", "build/collector/cli/talaya")
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
VECTORS = pathlib.Path(os.environ.get("TALAYA_VECTORS", ROOT.parent / "shared" / "vectors"))

# What the sanitizers wrote, in builds that have them: in the log of a daemon or on the error output of a command.
REPORT = re.compile(r"Sanitizer|runtime error:")
reports = []


def look_for_reports(text, where):
    """Keeps the first lines of a report in @text for Tap.done."""
    match = REPORT.search(text)
    if match:
        start = text.rfind("\n", 0, match.start()) + 1
        reports.append(f"{where}:\n{text[start:start + 4000]}")


class Tap:
    """Points of a test, in the order in which they were made."""

    def __init__(self):
        self.n = 0
        self.failed = 0

    def ok(self, condition, name, *detail):
        self.n += 1
        self.failed += not condition
        print(f"{'ok' if condition else 'not ok'} {self.n} {name}", flush=True)
        if not condition:
            for line in "\n".join(str(part) for part in detail).splitlines():
                print("#", line)
        return bool(condition)

    def equal(self, got, wanted, name):
        return self.ok(got == wanted, name, f"got    {got!r}", f"wanted {wanted!r}")

    def skip(self, name, why):
        self.n += 1
        print(f"ok {self.n} {name} # SKIP {why}", flush=True)

    def done(self):
        self.ok(not reports, "no sanitizer has found anything", *reports)
        print(f"1..{self.n}")
        sys.exit(1 if self.failed else 0)


def run(*args, **options):
    """Runs talaya with @args to its end."""
    result = subprocess.run([TALAYA, *map(str, args)], capture_output=True, text=True,
                            timeout=options.pop("timeout", 120), check=False, **options)
    look_for_reports(result.stderr, f"talaya {' '.join(map(str, args))}")
    return result


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Unavailable(RuntimeError):
    """The API says 503: ask again."""


def wait_for(condition, seconds=15, step=0.05):
    """The first true value of condition(), or its last. A busy machine may be too late with an answer: that is no answer."""
    until = time.monotonic() + seconds
    while True:
        try:
            value = condition()
        except Unavailable:
            if time.monotonic() > until:
                raise
            value = None
        if value or time.monotonic() > until:
            return value
        time.sleep(step)


CONFIG = """[collector]
listen=udp:127.0.0.1:{flow_port}
exporters=127.0.0.0/8
{collector}
[assets]
prefixes=203.0.113.0/24,198.51.100.0/24,2001:db8::/32
[web]
listen=127.0.0.1:{web_port}
[state]
snapshot-every=1
{rest}
"""


class Daemon:
    """`talaya serve` with a folder of its own; a context manager."""

    def __init__(self, folder=None, config=None, collector="", rest="", state=None):
        self.temporary = None if folder else tempfile.TemporaryDirectory(prefix="talaya-test-")
        self.folder = pathlib.Path(folder or self.temporary.name)
        self.state = pathlib.Path(state) if state else self.folder / "state"
        self.flow_port = free_port(socket.SOCK_DGRAM)
        self.web_port = free_port()
        self.config = self.folder / "talaya.conf"
        self.log_path = self.folder / "log"
        if config is None:
            config = CONFIG.format(flow_port=self.flow_port, web_port=self.web_port, collector=collector, rest=rest)
        self.config.write_text(config, encoding="utf-8")
        self.process = None
        self.log_seen = 0  # how much of the log was searched for reports

    def use_ports_of(self, text):
        """Puts this daemon's ports into a configuration that names others."""
        lines = []
        for line in text.splitlines():
            if line.startswith("listen=udp:"):
                line = f"listen=udp:127.0.0.1:{self.flow_port}"
            elif line.startswith("listen="):
                line = f"listen=127.0.0.1:{self.web_port}"
            lines.append(line)
        self.config.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def start(self, wait=True):
        log = open(self.log_path, "a", encoding="utf-8")
        self.process = subprocess.Popen([TALAYA, "serve", "--config", self.config, "--state", self.state],
                                        stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
        log.close()
        if wait and not wait_for(self.is_ready):
            self.stop()
            raise RuntimeError(f"talaya did not start:\n{self.log()}")
        return self

    def is_ready(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"talaya ended with {self.process.returncode}:\n{self.log()}")
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=1) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def stop(self, seconds=20):
        """SIGTERM; the exit status."""
        if self.process is None or self.process.poll() is not None:
            return self.process.returncode if self.process else None
        self.process.terminate()
        try:
            status = self.process.wait(seconds)
            self.search_log()
            return status
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self):
        """kill -9 of the parent and all its children, as a crash of the machine would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        self.search_log()

    def search_log(self):
        log = self.log()
        look_for_reports(log[self.log_seen:], "in the log of a daemon")
        self.log_seen = len(log)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def token(self):
        return (self.state / "admin-token").read_text(encoding="ascii").strip()

    def log(self):
        return self.log_path.read_text(encoding="utf-8", errors="replace") if self.log_path.exists() else ""

    def request(self, path, method="GET", body=None, token=None, headers=None):
        """(status, parsed body) of one request."""
        headers = dict(headers or {})
        headers.setdefault("Authorization", f"Bearer {token or self.token}")
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(f"{self.url}{path}", data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read()
        try:
            return status, json.loads(text)
        except ValueError:
            return status, text.decode("utf-8", "replace")

    def api(self, path):
        status, body = self.request(f"/api/v1/{path}")
        if status != 200:
            raise (Unavailable if status == 503 else RuntimeError)(f"GET {path}: {status} {body}")
        return body

    def is_scored(self):
        """Everything that was decoded is scored too, by the books, which may be a second old."""
        books = self.api("status")["books"]
        return books["records"] + books["lateRecords"] == books["scored"] + books["queueFull"]

    def exporters(self):
        """All exporters, over all pages."""
        items, cursor = [], ""
        while cursor is not None:
            page = self.api(f"exporters?limit=500{cursor}")
            items += page["items"]
            cursor = f"&cursor={page['next']}" if page["next"] else None
        return items

    def child(self, name):
        """pid of a child."""
        return next(one["pid"] for one in self.api("status")["processes"] if one["name"] == name)

    def send(self, *files, **options):
        args = ["send", "--to", f"127.0.0.1:{self.flow_port}"]
        for key, value in options.items():
            args += [f"--{key.replace('_', '-')}", value]
        result = run(*args, *files)
        return json.loads(result.stdout) if result.stdout else {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process is not None and self.process.poll() is None:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                pass
        self.search_log()
        if self.temporary is not None:
            self.temporary.cleanup()
