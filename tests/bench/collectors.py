# SPDX-License-Identifier: GPL-3.0-or-later
"""collectors.py - how each collector is started for tests/bench/compare, and what it says of itself afterwards

Each listens on one port of 127.0.0.1, is given the same receive buffer where it can be told, and keeps what it
writes in a folder in memory.
"""
import csv
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import measure

START_S = 20
STOP_S = 60
BUSY_S = 60  # for an answer while it scores


class Result:
    """What a collector said: @records it got, @lost of them by its own word (None: it gives no such number), @told:
    its words."""

    def __init__(self, records, lost=None, told="", books=None):
        self.records = records
        self.lost = lost
        self.told = told
        self.books = books  # ours has them


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Collector:
    """One run of one collector. Subclasses say how it is started and read what it says."""
    key = name = words = ""
    formats = ("v9", "ipfix", "v5")
    rate = None  # datagrams a second at which its CPU time is taken, when it cannot stand that of the others
    guess = 50000  # datagrams a second where the search for its highest rate begins
    new_percent = 60  # of a hundred flows, those of a pair of hosts that never met
    load = ()  # what else bench-send is told
    settle_s = 0  # how long it goes on working by itself after the last datagram
    slack = 0  # records that it may not have counted though it has them
    is_ours = False
    is_scored = False  # works by flow time, in windows, and on what it remembers: is measured when that has settled
    is_variant = False  # of another one: processor time and overload with NetFlow v9 are enough

    def __init__(self, tools, folder, form, buffer_bytes):
        self.tools = tools
        self.folder = pathlib.Path(folder)
        self.form = form
        self.buffer = buffer_bytes
        self.port = free_port(socket.SOCK_DGRAM)
        self.process = None
        self.log = self.folder / "log"
        self.out = self.folder / "out"

    @classmethod
    def missing(cls, tools):
        """Why it cannot take part, or None."""
        return None

    def command(self):
        raise NotImplementedError

    def result(self):
        """After the end: a Result."""
        raise NotImplementedError

    def before_stop(self):
        """While it still runs: what only then can be asked."""

    def start(self):
        # MALLOC_PERTURB_, which meson sets, is there to find our faults; the others run as they would anywhere.
        env = {name: value for name, value in os.environ.items() if self.is_ours or name != "MALLOC_PERTURB_"}
        with open(self.out, "wb") as out, open(self.log, "wb") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=out, stderr=log,
                                            start_new_session=True, env=env)
        if not measure.wait_for(self.is_ready, START_S):
            self.kill()
            raise RuntimeError(f"{self.name} did not start: {self.text(self.log)[-500:]}")

    def is_ready(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.name} ended at once: {self.text(self.log)[-500:]}")
        return bool(measure.udp_sockets(self.port))

    def stop(self):
        self.before_stop()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
        return self.result()

    def kill(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    @staticmethod
    def text(path):
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


class Nfcapd(Collector):
    key = "nfcapd"
    name = "nfcapd"
    words = "Debian's nfdump, writes files, no compression"
    options = ()

    @classmethod
    def missing(cls, tools):
        return None if shutil.which("nfcapd") else "no nfcapd (apt-get install nfdump)"

    def command(self):
        flows = self.folder / "flows"
        flows.mkdir()
        return ["nfcapd", "-b", "127.0.0.1", "-p", str(self.port), "-w", str(flows), "-t", "3600", "-B",
                str(self.buffer), *self.options]

    def result(self):
        # "Ident: 'none' Flows: 480, Packets: 28510, Bytes: 10, Sequence Errors: 0, Bad Packets: 0, Blocks: 1"
        log = self.text(self.log) + self.text(self.out)
        flows = [int(n) for n in re.findall(r"Flows: (\d+)", log)]
        gaps = sum(int(n) for n in re.findall(r"Sequence Errors: (\d+)", log))
        return Result(sum(flows), told=f"{gaps} sequence failures")


class NfcapdLz4(Nfcapd):
    is_variant = True
    key = "nfcapd-lz4"
    name = "nfcapd -y"
    words = "the same with LZ4"
    options = ("-y",)


class Fixbuf(Collector):
    key = "libfixbuf"
    name = "libfixbuf"
    words = "its own UDP reader, decodes only"
    formats = ("v9", "ipfix")

    def command(self):
        return [self.tools["bench-fixbuf"], str(self.port), self.form]

    def result(self):
        said = json.loads(self.text(self.out) or "{}")
        return Result(said.get("records", 0), told=f"{said.get('warnings', 0)} warnings")


class Nfacctd(Collector):
    key = "nfacctd"
    name = "nfacctd print"
    words = "Debian's pmacct, 5-tuple, printed every 3 s"
    plugin = "print"
    PRINT_S = 3
    settle_s = PRINT_S + 1
    rate = 8000
    slack = 2000  # records that may wait between core and plugin until more come
    guess = 10000

    @classmethod
    def missing(cls, tools):
        return None if shutil.which("nfacctd") else "no nfacctd (apt-get install pmacct)"

    def plugin_lines(self):
        return [f"print_output_file[p]: {self.folder}/flows.csv", "print_output[p]: csv",
                "print_output_file_append[p]: true", f"print_refresh_time[p]: {self.PRINT_S}",
                "print_cache_entries[p]: 131101"]

    def command(self):
        lines = ["daemonize: false", "nfacctd_ip: 127.0.0.1", f"nfacctd_port: {self.port}",
                 f"nfacctd_pipe_size: {self.buffer}", f"plugins: {self.plugin}[p]",
                 "aggregate[p]: src_host, dst_host, src_port, dst_port, proto, flows",
                 "plugin_buffer_size[p]: 10240", "plugin_pipe_size[p]: 67108864", *self.plugin_lines()]
        conf = self.folder / "nfacctd.conf"
        conf.write_text("\n".join(lines) + "\n", encoding="ascii")
        return ["nfacctd", "-f", str(conf)]

    def start(self):
        super().start()
        # Its plugin makes its table first, and what comes meanwhile is lost on the way to it without a word.
        busy = measure.Usage(self.process.pid)
        last = [-1.0]

        def is_quiet():
            before, last[0] = last[0], sum(busy.so_far())
            return last[0] - before < 0.01

        time.sleep(1)
        measure.wait_for(is_quiet, START_S, 0.5)

    def records(self):
        path = self.folder / "flows.csv"
        if not path.exists():
            return 0
        with open(path, encoding="ascii", newline="") as file:
            return sum(int(row["FLOWS"]) for row in csv.DictReader(file))

    def result(self):
        log = self.text(self.log) + self.text(self.out)
        return Result(self.records(), told=f"{len(re.findall('WARN', log))} warnings")

    def stop(self):
        self.before_stop()
        result = self.result()
        self.kill()  # when asked to end it would write its file anew
        return result


class NfacctdMemory(Nfacctd):
    is_variant = True
    key = "nfacctd-memory"
    name = "nfacctd memory"
    words = "the same into its table in memory"
    settle_s = 0
    plugin = "memory"

    def plugin_lines(self):
        return [f"imt_path[p]: {self.folder}/imt", "imt_buckets[p]: 131101", "imt_mem_pools_number[p]: 0"]

    def before_stop(self):
        if shutil.which("pmacct"):
            with open(self.folder / "flows.csv", "wb") as file:
                subprocess.run(["pmacct", "-s", "-O", "csv", "-p", str(self.folder / "imt")], stdout=file,
                               stderr=subprocess.DEVNULL, check=False, timeout=STOP_S)


class Goflow2(Collector):
    key = "goflow2"
    name = "goflow2"
    words = "protobuf into /dev/null"

    @classmethod
    def missing(cls, tools):
        return None if tools.get("goflow2") else "no goflow2 (needs a Go toolchain and its module proxy)"

    def command(self):
        self.http = free_port(socket.SOCK_STREAM)
        return [self.tools["goflow2"], "-listen", f"netflow://127.0.0.1:{self.port}", "-addr",
                f"127.0.0.1:{self.http}", "-format", "bin", "-transport.file", "/dev/null", "-loglevel", "error"]

    def before_stop(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http}/metrics", timeout=10) as answer:
            self.metrics = answer.read().decode()

    def sum_of(self, name, label=""):
        return sum(int(float(line.split()[-1])) for line in self.metrics.splitlines()
                   if line.startswith(f"goflow2_{name}") and label in line)

    def result(self):
        if self.form == "v5":  # counts no records of it
            records = self.sum_of("flow_process_nf_total", 'version="5"') * 30
        else:
            records = self.sum_of("flow_process_nf_flowset_records_total", 'type="DataFlowSet"')
        return Result(records, told=f"{self.sum_of('flow_dropped_packets_total')} datagrams dropped")


# ---- ours ----

CONF = """[collector]
listen=udp:127.0.0.1:{port}
exporters=127.0.0.0/8
receive-buffer={buffer}
queue=1024
{more}
[assets]
prefixes=10.0.0.0/19
[web]
listen=127.0.0.1:{web}
[state]
dir={folder}/state
"""


class Ours(Collector):
    """What both ways of running ours have in common: the configuration, and the books."""
    is_ours = True
    guess = 150000
    more = ()  # lines of [collector]

    @classmethod
    def write_conf(cls, folder, port, web, buffer_bytes):
        path = pathlib.Path(folder) / "talaya.conf"
        path.write_text(CONF.format(port=port, buffer=max(buffer_bytes, 65536), web=web, folder=folder,
                                    more="\n".join(cls.more)), encoding="ascii")
        return str(path)

    def configure(self):
        self.web = free_port(socket.SOCK_STREAM)
        return self.write_conf(self.folder, self.port, self.web, self.buffer)

    def judge(self, books):
        """What gaps show, and what the kernel dropped that no gap shows."""
        told = f"gaps {books['lostRecords']}, unseen {books['unseenRecords']}, queue {books['queueFull']}"
        return Result(books["records"] - books["queueFull"],
                      lost=books["lostRecords"] + books["unseenRecords"] + books["queueFull"], told=told, books=books)


class Intake(Ours):
    key = "intake"
    name = "ours, to the queue"
    words = "receives, decodes, hands over: nobody scores"

    @classmethod
    def missing(cls, tools):
        return None if tools.get("bench-intake") else "no bench-intake in this build"

    def command(self):
        return [self.tools["bench-intake"], self.configure()]

    def result(self):
        return self.judge(json.loads(self.text(self.out)))


class IntakeThreads(Intake):
    is_variant = True
    key = "intake-2"
    name = "ours, to the queue, 2"
    words = "the same with two receiving threads"
    more = ("threads=2",)


class Serve(Ours):
    key = "serve"
    name = "ours, scored, answered"
    words = "talaya serve, all of it; traffic like that of real traces: answered flows, 10 % of a new pair of hosts"
    is_scored = True
    guess = 20000
    rate = 15000
    new_percent = 10
    load = ("--talk",)

    def command(self):
        return [self.tools["talaya"], "serve", "--config", self.configure()]

    def is_ready(self):
        if not super().is_ready():
            return False
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.web}/readyz", timeout=1) as answer:
                return answer.status == 200
        except OSError:
            return False

    def before_stop(self):
        token = (self.folder / "state" / "admin-token").read_text(encoding="ascii").strip()
        request = urllib.request.Request(f"http://127.0.0.1:{self.web}/api/v1/status",
                                         headers={"Authorization": f"Bearer {token}"})
        for _ in range(BUSY_S):
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:
                    self.books = json.load(answer)["books"]
                return
            except urllib.error.HTTPError as error:
                if error.code != 503:  # it scores what came, and answers when it has the time
                    raise
                time.sleep(1)
        raise TimeoutError("the daemon has not told its books")

    def result(self):
        return self.judge(self.books)


class ServeHarsh(Serve):
    is_variant = True
    key = "serve-harsh"
    name = "ours, scored, harsh"
    words = "the same; each record a new conversation, unanswered, 60 % of a new pair: all scan"
    new_percent = 60
    load = ()


class ServeRepeating(ServeHarsh):
    key = "serve-repeating"
    name = "ours, scored, known pairs"
    words = "as harsh, but four of five of a pair that met lately"
    new_percent = 20


class ServeThreads(Serve):
    is_variant = True
    key = "serve-2"
    name = "ours, scored, 2"
    words = "the same with two receiving threads"
    more = ("threads=2",)


ALL = (Nfcapd, NfcapdLz4, Fixbuf, Nfacctd, NfacctdMemory, Goflow2, Intake, IntakeThreads, Serve, ServeThreads,
       ServeRepeating, ServeHarsh)
