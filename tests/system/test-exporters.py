# SPDX-License-Identifier: GPL-3.0-or-later
"""test-exporters.py - real exporters from Debian export known packets; talaya must read what was sent

softflowd (NetFlow v5, v9, IPFIX) and pmacctd (nfprobe: v5, v9, IPFIX; sfprobe: sFlow) read a capture that is
made here; Open vSwitch (v5, IPFIX, sFlow) gets the same packets on a dummy port of a bridge in user space, so that
none of it needs privileges, network namespaces or the kernel's module. All export over loopback. Every flow is
compared: addresses, ports, protocol, packets, octets, TCP flags where they are exported, and the time.
"""
import collections
import contextlib
import datetime
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import daemon
import traffic

tap = daemon.Tap()
ETHERNET, CHECKSUM = 14, 4  # octets of a frame that are not IP's


def program(name):
    """Full path, sbin included; None when it is not there."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def decode(recorder, folder):
    """(records, summary) of what @recorder received."""
    capture = recorder.save(folder / f"exported-{recorder.port}.pcap")
    result = daemon.run("decode", "--summary", capture)
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    return [line for line in lines if "protocol" in line], lines[-1] if lines else {}


def key_of(record):
    return (record.get("sourceIPv4Address") or record.get("sourceIPv6Address"),
            record.get("destinationIPv4Address") or record.get("destinationIPv6Address"),
            record.get("sourceTransportPort"), record.get("destinationTransportPort"),
            record.get("protocolIdentifier"))


Seen = collections.namedtuple("Seen", "packets octets flags")


def add_up(records):
    """Key -> Seen, over all records of a flow; what is no flow of ours (options, filler) is left out."""
    seen = {}
    for record in records:
        if record["kind"] != "flow" or record.get("sourceTransportPort") in (None, traffic.FILLER_PORT):
            continue
        before = seen.get(key_of(record), Seen(0, 0, 0))
        seen[key_of(record)] = Seen(before.packets + record["packetDeltaCount"],
                                    before.octets + record["octetDeltaCount"],
                                    before.flags | record.get("tcpControlBits", 0))
    return seen


def wanted(flows, beside_ip=0, with_flags=True):
    """What was sent; @beside_ip octets a packet that this exporter counts besides."""
    return {tuple(flow[:5]): Seen(flow.packets, flow.octets + flow.packets * beside_ip,
                                  flow.flags if with_flags else 0) for flow in flows}


def times_are_near(records, first, last):
    """Every record that has times lies between the first and the last packet, give or take a second."""
    for record in records:
        for key in ("flowStartMilliseconds", "flowEndMilliseconds"):
            if record["kind"] == "flow" and key in record and record.get("sourceTransportPort") is not None:
                when = datetime.datetime.fromisoformat(record[key].replace("Z", "+00:00")).timestamp()
                if not first - 1 <= when <= last + 1:
                    return False
    return True


def judge(name, recorder, folder, flows, span, protocol, **options):
    """The points that every exporter has to pass."""
    records, summary = decode(recorder, folder)
    with_flags = options.get("with_flags", True)
    got = add_up(records if options.get("keep") is None else filter(options["keep"], records))
    if not with_flags:
        got = {key: seen._replace(flags=0) for key, seen in got.items()}
    tap.equal(got, wanted(flows, options.get("beside_ip", 0), with_flags),
              f"{name}: every flow has the packets and octets that were sent")
    tap.equal({record["protocol"] for record in records}, {protocol}, f"{name}: it is {protocol}")
    tap.ok(times_are_near(records, *span), f"{name}: the flows' times are those of the packets",
           [record for record in records if not times_are_near([record], *span)][:2], span)
    books = summary.get("books", {})
    tap.ok(books.get("received") == books.get("decoded") == len(recorder.datagrams) and not summary["malformed"],
           f"{name}: all {len(recorder.datagrams)} datagrams are decoded, nothing malformed", summary)


def known_capture(folder, with_ipv6=True):
    """A capture that ended some seconds ago: its flows, its path, and when it begins and ends."""
    flows, frames = traffic.network(with_ipv6)
    frames = frames + traffic.filler(30)
    first = int(time.time()) - 20
    packets = [(first + 0.05 * index, frame) for index, frame in enumerate(frames)]
    path = folder / f"known-{len(flows)}.pcap"
    traffic.write_pcap(path, packets)
    return flows, path, (first, packets[-1][0])


# ---- softflowd ----

def softflowd(folder):
    path = program("softflowd")
    for version, protocol, has_ipv6 in (("5", "netflow5", False), ("9", "netflow9", True), ("10", "ipfix", True)):
        name = f"softflowd {protocol}"
        if path is None:
            tap.skip(name, "softflowd is not installed")
            continue
        flows, capture, span = known_capture(folder, has_ipv6)
        with traffic.Recorder() as recorder:
            # It reads to the end, exports all flows, and ends. Its control socket would keep it waiting.
            subprocess.run([path, "-r", capture, "-n", f"127.0.0.1:{recorder.port}", "-v", version, "-d", "-p",
                            folder / "softflowd.pid", "-c", "none"], capture_output=True, timeout=20, check=False)
            recorder.wait_until_quiet(0.3, 3)
            judge(name, recorder, folder, flows, span, protocol)


# ---- pmacctd ----

PMACCTD = """daemonize: false
pcap_savefile: {capture}
plugins: {plugin}
{plugin}_receiver: 127.0.0.1:{port}
{rest}
"""
NFPROBE = "nfprobe_version: {}\naggregate: src_host,dst_host,src_port,dst_port,proto,tos,tcpflags"
SFPROBE = "sampling_rate: 1\nsfprobe_agentip: 127.0.0.1"


def start_pmacctd(path, folder, capture, plugin, port, rest):
    config = folder / f"pmacctd-{port}.conf"
    config.write_text(PMACCTD.format(capture=capture, plugin=plugin, port=port, rest=rest), encoding="ascii")
    return subprocess.Popen([path, "-f", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                            start_new_session=True)


def end_group(process):
    """The program, and the plugins that it has forked into its own process group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(3)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def pmacctd(folder):
    """All at the same time: each sleeps two seconds before it reads, and some before it ends."""
    path = program("pmacctd")
    kinds = (("nfprobe", NFPROBE.format(5), "netflow5", False), ("nfprobe", NFPROBE.format(9), "netflow9", True),
             ("nfprobe", NFPROBE.format(10), "ipfix", True), ("sfprobe", SFPROBE, "sflow", True))
    if path is None:
        for plugin, _, protocol, _ in kinds:
            tap.skip(f"pmacctd {plugin} {protocol}", "pmacctd is not installed")
        return
    for attempt in (1, 2, 3):
        kinds = pmacctd_exports(path, folder, kinds, is_last=attempt == 3)


def pmacctd_exports(path, folder, kinds, is_last):
    """Runs and judges @kinds; returns those that exported nothing, which only the last attempt judges.

    pmacctd begins to read after a fixed delay, and what it reads is lost when its plugin is not up by then. On a busy
    machine that happens, and then nothing comes at all.
    """
    silent = []
    with contextlib.ExitStack() as stack:
        running = []
        for kind in kinds:
            plugin, rest, protocol, has_ipv6 = kind
            flows, capture, span = known_capture(folder, has_ipv6)
            recorder = stack.enter_context(traffic.Recorder())
            process = start_pmacctd(path, folder, capture, plugin, recorder.port, rest)
            stack.callback(end_group, process)
            running.append((kind, process, recorder, flows, span))
        for kind, process, recorder, flows, span in running:
            plugin, _, protocol, _ = kind
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(15)
            recorder.wait_until_quiet(0.5, 8)
            if not recorder.datagrams and not is_last:
                silent.append(kind)
                continue
            # An sFlow sample is the whole frame as it was on the wire, and as old as its arrival.
            is_frame = protocol == "sflow"
            judge(f"pmacctd {plugin} {protocol}", recorder, folder, flows, (span[0], time.time()) if is_frame else span,
                  protocol, beside_ip=ETHERNET + CHECKSUM if is_frame else 0)
    return silent


# ---- Open vSwitch ----

class Switch:
    """ovsdb-server and ovs-vswitchd with a run folder of their own and a dummy datapath; a context manager."""

    def __init__(self, folder):
        self.folder = folder / "openvswitch"
        self.folder.mkdir()
        self.env = dict(os.environ, PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin",
                        **{f"OVS_{name}": str(self.folder) for name in ("RUNDIR", "LOGDIR", "DBDIR", "SYSCONFDIR")})
        self.processes = []

    def run(self, *args):
        result = subprocess.run([str(arg) for arg in args], env=self.env, capture_output=True, text=True, timeout=15,
                                check=False)
        if result.returncode != 0:
            raise RuntimeError(f"{args[0]}: {result.stderr.strip()}")
        return result.stdout

    def start(self, *args, until):
        log = open(self.folder / "output", "a", encoding="utf-8")
        process = subprocess.Popen([str(arg) for arg in args], env=self.env, stdout=log, stderr=log)
        log.close()
        self.processes.append(process)
        if not daemon.wait_for(lambda: until.exists() or process.poll() is not None, 10) or not until.exists():
            raise RuntimeError((self.folder / "output").read_text(encoding="utf-8")[-400:])

    def __enter__(self):
        try:
            database = self.folder / "conf.db"
            self.run("ovsdb-tool", "create", database, "/usr/share/openvswitch/vswitch.ovsschema")
            self.start("ovsdb-server", database, f"--remote=punix:{self.folder}/db.sock",
                       f"--unixctl={self.folder}/db.ctl", until=self.folder / "db.sock")
            self.vsctl("--no-wait", "init")
            self.start("ovs-vswitchd", f"unix:{self.folder}/db.sock", "--enable-dummy", "--disable-system",
                       f"--unixctl={self.folder}/vs.ctl", until=self.folder / "vs.ctl")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)

    def vsctl(self, *args):
        return self.run("ovs-vsctl", "--timeout=10", f"--db=unix:{self.folder}/db.sock", *args)

    def add_bridge(self):
        args = ["add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=dummy", "fail-mode=secure"]
        for number in (1, 2):
            args += ["--", "add-port", "br0", f"p{number}", "--", "set", "interface", f"p{number}", "type=dummy",
                     f"ofport_request={number}"]
        self.vsctl(*args)
        self.run("ovs-ofctl", "add-flow", f"unix:{self.folder}/br0.mgmt", "in_port=1,actions=output:2")

    def export(self, table, *settings):
        self.vsctl("--", "set", "bridge", "br0", f"{table}=@it", "--", "--id=@it", "create", table, *settings)

    def receive(self, frames):
        for frame in frames:
            self.run("ovs-appctl", "-t", self.folder / "vs.ctl", "netdev-dummy/receive", "p1", frame.hex())


def is_ingress(record):
    return record.get("flowDirection") == 0


SWITCH_KINDS = (
    # NetFlow counts the Ethernet header as well.
    ("netflow", "netflow5", False, ["active_timeout=1", "engine_id=7", "engine_type=3"], {"beside_ip": ETHERNET}),
    # Each packet is told where it comes in and where it goes out, without ports' flags and without waiting.
    ("ipfix", "ipfix", True,
     ["sampling=1", "obs_domain_id=77", "obs_point_id=5", "cache_active_timeout=0", "cache_max_flows=0"],
     {"keep": is_ingress, "with_flags": False}),
    ("sflow", "sflow", True, ["sampling=1", "header=128", "polling=1", "agent=lo"],
     {"beside_ip": ETHERNET + CHECKSUM}),
)


def switch_exports(switch, folder, table, protocol, has_ipv6, settings, options):
    flows, frames = traffic.network(has_ipv6)
    with traffic.Recorder() as recorder:
        switch.add_bridge()
        switch.export(table, f'targets="127.0.0.1:{recorder.port}"', *settings)
        time.sleep(0.2)
        first = time.time()
        switch.receive(frames)
        last = time.time()
        time.sleep(2.2)  # its revalidator looks at the flows every half second, NetFlow every second
        switch.vsctl("del-br", "br0")
        recorder.wait_until_quiet(0.5, 3)
        judge(f"Open vSwitch {table}", recorder, folder, flows, (first - 1, last + 3), protocol, **options)


def open_vswitch(folder):
    needed = ("ovs-vswitchd", "ovsdb-server", "ovsdb-tool", "ovs-vsctl", "ovs-ofctl", "ovs-appctl")
    missing = [name for name in needed if program(name) is None]
    why = f"not installed: {' '.join(missing)}" if missing else None
    with contextlib.ExitStack() as stack:
        if why is None:
            try:
                switch = stack.enter_context(Switch(folder))
            except (RuntimeError, subprocess.SubprocessError, OSError) as error:
                why = f"it does not start here: {error}".replace("\n", " ")
        for kind in SWITCH_KINDS:
            if why is not None:
                tap.skip(f"Open vSwitch {kind[0]}", why)
            else:
                switch_exports(switch, folder, *kind)


def main():
    with tempfile.TemporaryDirectory(prefix="talaya-exporters-") as name:
        folder = pathlib.Path(name)
        for exporter in (softflowd, pmacctd, open_vswitch):
            try:
                exporter(folder)
            except (RuntimeError, subprocess.SubprocessError) as error:
                tap.ok(False, f"{exporter.__name__} runs", error)
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
