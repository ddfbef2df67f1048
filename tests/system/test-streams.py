# SPDX-License-Identifier: GPL-3.0-or-later
"""test-streams.py - IPFIX over TCP and TLS into a real daemon: records, books, certificates, disconnects, reloads

Sent are the captures of our own generator (argument: its folder) and what softflowd exports over TCP; what the API
counts must be what `talaya decode` reads from the same bytes. Certificates are made by certtool when the test runs.
"""
import collections
import datetime
import json
import os
import pathlib
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time

import daemon
import traffic

tap = daemon.Tap()
COUNTS = ("records", "optionsRecords", "lateRecords")


def messages(path):
    """The IPFIX messages of a pcap of our generator: UDP over IPv4 over Ethernet, microseconds."""
    data, at, found = path.read_bytes(), 24, []
    while at < len(data):
        length = int.from_bytes(data[at + 8:at + 12], "little")
        frame = data[at + 16:at + 16 + length]
        found.append(frame[14 + 20 + 8:])
        at += 16 + length
    return found


def decoded(payload, folder):
    """What `talaya decode` counts in an IPFIX file (RFC 5655) with these bytes."""
    path = folder / "stream.ipfix"
    path.write_bytes(payload)
    result = daemon.run("decode", "--format", "none", "--summary", path)
    summary = daemon.json.loads(result.stdout.splitlines()[-1])
    return {"records": summary["dataRecords"], "optionsRecords": summary["optionsRecords"],
            "lateRecords": summary["lateRecords"]}


class Authority:
    """Certificates by certtool in a folder of their own."""

    def __init__(self, folder):
        self.folder = folder
        self.make("ca", "ca\ncert_signing_key", None)
        self.make("collector", "dns_name = localhost\nip_address = 127.0.0.1\ntls_www_server")
        self.make("router", "dns_name = r1.example.net\ntls_www_client")
        self.make("other", "dns_name = r2.example.net\ntls_www_client")
        self.make("stranger", "dns_name = r1.example.net\ntls_www_client", None)

    def make(self, name, words, by="ca"):
        template = self.folder / f"{name}.cfg"
        template.write_text(f'cn = "{name}"\nexpiration_days = 2\nsigning_key\n{words}\n', encoding="ascii")
        key, pem = self.folder / f"{name}.key", self.folder / f"{name}.pem"
        self.run("--generate-privkey", "--key-type", "ecdsa", "--outfile", key)
        if by is None:
            self.run("--generate-self-signed", "--load-privkey", key, "--template", template, "--outfile", pem)
        else:
            self.run("--generate-certificate", "--load-privkey", key, "--template", template, "--outfile", pem,
                     "--load-ca-certificate", self.folder / f"{by}.pem", "--load-ca-privkey", self.folder / f"{by}.key")

    @staticmethod
    def run(*args):
        subprocess.run(["certtool", *map(str, args)], check=True, capture_output=True, timeout=60)

    def client(self, name):
        context = ssl.create_default_context(cafile=self.folder / "ca.pem")
        if name is not None:
            context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        return context


class Collector(daemon.Daemon):
    """A daemon with a port for TCP and, with an authority, one for TLS."""

    def __init__(self, authority=None, exporters="127.0.0.0/8", stream=""):
        super().__init__()
        self.tcp_port, self.tls_port = daemon.free_port(), daemon.free_port()
        listen = f"listen=udp:127.0.0.1:{self.flow_port},tcp:127.0.0.1:{self.tcp_port}"
        rest = f"[stream]\n{stream}\n"
        if authority is not None:
            listen += f",tls:127.0.0.1:{self.tls_port}"
            folder = authority.folder
            rest += (f"[tls]\ncertificate={folder}/collector.pem\nkey={folder}/collector.key\nca={folder}/ca.pem\n"
                     "names=r1.example.net\n")
        text = self.config.read_text(encoding="utf-8").replace(f"listen=udp:127.0.0.1:{self.flow_port}", listen)
        text = text.replace("exporters=127.0.0.0/8", f"exporters={exporters}")
        self.config.write_text(text + rest, encoding="utf-8")
        self.start()

    def connect(self, port=None, source="127.0.0.1"):
        return socket.create_connection(("127.0.0.1", port or self.tcp_port), timeout=20, source_address=(source, 0))

    def exporter(self, address):
        return next((one for one in self.exporters()
                     if one["address"] == address and one["transport"] != "udp"), None)

    def books(self, address):
        return (self.exporter(address) or {"books": collections.Counter()})["books"]

    def ended(self):
        return self.api("status")["streams"]["ended"]

    def listener(self, transport):
        return next(one for one in self.api("status")["streams"]["listeners"] if one["transport"] == transport)


def wait_for_books(collector, address, wanted):
    got = {}

    def look():
        books = collector.books(address)
        got.update({key: books[key] for key in wanted})
        return got == wanted
    daemon.wait_for(look)
    return got


def captures_arrive(collector, authority, captures, folder):
    """Every IPFIX capture over TCP and over TLS, each from an address of its own, in pieces that fit no message."""
    context = authority.client("router")
    paths = [path for path in sorted(captures.glob("*.pcap")) if messages(path)[0][:2] == b"\0\x0a"]
    tap.ok(len(paths) > 3, f"the generator has made {len(paths)} captures of IPFIX")
    for number, path in enumerate(paths):
        payload = b"".join(messages(path))
        wanted = decoded(payload, folder)
        for transport, high in (("tcp", 81), ("tls", 82)):
            address = f"127.{high}.0.{number + 1}"
            port = collector.tcp_port if transport == "tcp" else collector.tls_port
            with collector.connect(port, address) as raw:
                link = raw if transport == "tcp" else context.wrap_socket(raw, server_hostname="localhost")
                for at in range(0, len(payload), 700 + number):
                    link.sendall(payload[at:at + 700 + number])
                got = wait_for_books(collector, address, wanted)
                tap.equal(got, wanted, f"{path.name} over {transport}: the API counts what decode counts")
                one = collector.exporter(address)
                tap.equal((one["books"]["received"], one["books"]["decoded"], one["books"]["difference"]),
                          (len(messages(path)), len(messages(path)), 0), f"{path.name} over {transport}: the books balance")
                tap.equal([(session["transport"], session["certificateName"]) for session in one["sessions"]],
                          [(transport, "r1.example.net" if transport == "tls" else None)],
                          f"{path.name} over {transport}: the connection is shown")
                link.close()
    daemon.wait_for(lambda: collector.listener("tcp")["connections"] + collector.listener("tls")["connections"] == 0)
    tap.equal(collector.ended().get("closed"), 2 * len(paths), "every connection was ended by its exporter")


def send_speaks_tcp(collector, captures, folder):
    """`talaya send --to tcp:` gives a capture's messages to the daemon, and nothing that is no message."""
    path = next(captures.glob("router-ipfix*.pcap"))
    wanted = decoded(b"".join(messages(path)), folder)
    sent = daemon.run("send", "--to", f"tcp:127.0.0.1:{collector.tcp_port}", "--from", "127.85.0.1", path)
    tap.equal(daemon.json.loads(sent.stdout)["datagrams"], len(messages(path)), "send speaks TCP")
    tap.equal(wait_for_books(collector, "127.85.0.1", wanted), wanted, "and what it sends arrives")
    other = daemon.run("send", "--to", f"tcp:127.0.0.1:{collector.tcp_port}", next(captures.glob("netflow5.pcap")))
    tap.equal((other.returncode, daemon.json.loads(other.stdout)["datagrams"]), (1, 0), "NetFlow v5 is not sent over TCP")


def disconnects_balance(collector, captures):
    """Connections that are cut at any byte: what came whole is decoded, the rest is in the books as torn."""
    payload = b"".join(messages(next(captures.glob("router-ipfix*.pcap"))))
    ends, at = [], 0
    while at < len(payload):
        at += int.from_bytes(payload[at + 2:at + 4], "big")
        ends.append(at)
    whole = torn = size = 0
    for cut in range(1, len(payload), max(1, len(payload) // 40)):
        with collector.connect(source="127.83.0.1") as link:
            link.sendall(payload[:cut])
        whole += sum(end <= cut for end in ends)
        torn += cut not in ends
        size += cut
    wanted = {"received": whole + torn, "decoded": whole, "refused": torn, "bytes": size, "difference": 0}
    tap.equal(wait_for_books(collector, "127.83.0.1", wanted), wanted,
              "connections that are cut anywhere: every byte is in the books")
    tap.equal(collector.books("127.83.0.1")["refusedBy"], {"torn": torn}, "and what was torn is called so")


def strangers_stay_outside(collector, authority):
    """Who shows the wrong certificate, none, or speaks no TLS, is told apart for the operator."""
    for name, reason in ((None, "no_certificate"), ("stranger", "unknown_ca"), ("other", "certificate_name")):
        context = authority.client(name)
        try:
            with collector.connect(collector.tls_port, "127.84.0.1") as raw, \
                 context.wrap_socket(raw, server_hostname="localhost") as link:
                link.recv(1)  # with TLS 1.3 a client learns here that it was refused
        except (ssl.SSLError, ConnectionError):
            pass
        tap.ok(daemon.wait_for(lambda reason=reason: collector.ended().get(reason) == 1), f"{reason}: counted",
               collector.ended())
    with collector.connect(collector.tls_port, "127.84.0.1") as raw:
        raw.sendall(b"\0\x0a\0\x10" + bytes(12))
        tap.ok(daemon.wait_for(lambda: collector.ended().get("no_tls") == 1), "plain IPFIX at the port for TLS: told")
    with collector.connect(source="127.84.0.1") as raw:
        raw.sendall(b"\0\x09\0\x01" + bytes(40))
        tap.ok(daemon.wait_for(lambda: collector.ended().get("no_ipfix") == 1), "NetFlow v9 over TCP: told")
    problems = [one["text"] for one in collector.api("status")["problems"]]
    tap.ok(any("[tls] ca=" in text and "127.84.0.1" in text for text in problems),
           "the operator reads who it was and why", problems)
    status, page = collector.request("/metrics")
    tap.ok(status == 200 and 'talaya_stream_ended_total{reason="unknown_ca"} 1' in page, "and Prometheus counts it",
           [line for line in page.splitlines() if "stream" in line])


def one_router_both_ways(collector):
    """Over UDP and over TCP it is two exporters, with templates and books of their own; /metrics adds them up."""
    address, header = "127.86.0.1", struct.pack(">HHIII", 10, 16, int(time.time()), 0, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out, collector.connect(source=address) as raw:
        out.bind((address, 0))
        out.sendto(header, ("127.0.0.1", collector.flow_port))
        raw.sendall(header + header)

        def is_told():
            found = {one["transport"]: one["books"]["received"] for one in collector.exporters()
                     if one["address"] == address}
            return found == {"udp": 1, "tcp": 2}
        tap.ok(daemon.wait_for(is_told), "a router that sends both ways is told twice, by its transport")
        _, page = collector.request("/metrics")
        lines = [line for line in page.splitlines() if f'"{address}"' in line]
        tap.ok(f'talaya_exporter_datagrams_received_total{{exporter="{address}"}} 3' in lines,
               "and Prometheus counts both together", lines)
        tap.ok(len(lines) == len({line.split()[0] for line in lines}), "with each label once", lines)


def softflowd_over_tcp(collector, folder):
    """A real exporter: the flows that softflowd reads from a capture are those that come over TCP."""
    path = shutil.which("softflowd", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if path is None:
        tap.skip("softflowd over TCP", "softflowd is not installed")
        return
    flows, frames = traffic.network(True)
    first = int(time.time()) - 20
    capture = folder / "known.pcap"
    traffic.write_pcap(capture, [(first + 0.05 * i, frame) for i, frame in enumerate(frames + traffic.filler(30))])
    recorder = socket.create_server(("127.0.0.1", 0))
    received = []

    def record():
        with recorder.accept()[0] as link:
            while chunk := link.recv(65536):
                received.append(chunk)
    thread = threading.Thread(target=record, daemon=True)
    thread.start()
    for port in (recorder.getsockname()[1], collector.tcp_port):
        subprocess.run([path, "-r", capture, "-n", f"127.0.0.1:{port}", "-v", "10", "-P", "tcp", "-d", "-p",
                        folder / "softflowd.pid", "-c", "none"], capture_output=True, timeout=30, check=False)
    thread.join(10)
    wanted = decoded(b"".join(received), folder)
    tap.ok(wanted["records"] >= len(flows), f"softflowd has exported {wanted['records']} records over TCP", wanted)
    tap.equal(wait_for_books(collector, "127.0.0.1", wanted), wanted, "softflowd over TCP: the API counts what decode counts")
    one = collector.exporter("127.0.0.1")
    tap.equal((one["transport"], one["books"]["difference"], one["books"]["malformed"]), ("tcp", 0, {}),
              "softflowd over TCP: nothing malformed, the books balance")


def as_exported(record):
    """A record of export-fixbuf, from what `talaya decode` prints of it."""
    parts = record["subTemplateMultiList"]["records"]
    start = datetime.datetime.fromisoformat(record["flowStartMilliseconds"].replace("Z", "+00:00"))
    return {"sourceIPv4Address": record["sourceIPv4Address"], "flowStartMilliseconds": round(start.timestamp() * 1000),
            "octetTotalCount": record["octetTotalCount"], "reverseOctetTotalCount": record["reverseOctetTotalCount"],
            "score": record["exampleScore"], "interfaceName": record.get("interfaceName", ""),
            "ports": [one["sourceTransportPort"] for one in record["basicList"]["records"]],
            "answers": [{"address": one["destinationIPv4Address"], "ttl": one["flowActiveTimeout"]}
                        for one in record["subTemplateList"]["records"]],
            "last": parts[0]["destinationIPv4Address"], "label": parts[1]["applicationName"]}


def libfixbuf_exports(folder):
    """An exporter with another house's encoder: lists, an element that the stream explains, names of 0 to 299 octets."""
    def export(how, where):
        result = subprocess.run([os.environ["EXPORT_FIXBUF"], how, where, "3000"], capture_output=True, text=True,
                                timeout=60, check=True)
        return [json.loads(line) for line in result.stdout.splitlines()]
    file = folder / "fixbuf.ipfix"
    wanted = export("file", file)
    lines = daemon.run("decode", "--format", "ndjson", file).stdout.splitlines()
    records = [one for one in map(json.loads, lines) if one["kind"] == "flow"]
    wrong = [(ours, theirs) for ours, theirs in zip(map(as_exported, records), wanted) if ours != theirs]
    tap.ok(len(records) == len(wanted) == 3000 and not wrong, "libfixbuf's lists, names and own elements are read as written",
           len(records), wrong[:1])
    with Collector() as collector:
        export("tcp", f"127.0.0.1:{collector.tcp_port}")
        counts = decoded(file.read_bytes(), folder)
        tap.equal(wait_for_books(collector, "127.0.0.1", counts), counts, "and the same over TCP")
        books = collector.books("127.0.0.1")
        tap.equal((books["difference"], books["malformed"], books["lostRecords"]), (0, {}, 0), "with nothing lost or malformed")


def reload_keeps_the_port(authority, captures):
    """A reload reads the certificates anew and refuses connections to nobody; an unsound one changes nothing."""
    payload = b"".join(messages(next(captures.glob("router-ipfix*.pcap"))))
    with Collector(authority) as collector:
        old, before = collector.child("sense"), collector.connect()
        tap.ok(daemon.wait_for(lambda: collector.listener("tcp")["connections"] == 1), "a connection is open")
        authority.make("collector", "dns_name = renewed.example.net\ndns_name = localhost\ntls_www_server")
        collector.process.send_signal(daemon.signal.SIGHUP)
        tap.equal(before.recv(1), b"", "a reload ends connections in good manners")
        before.close()
        with collector.connect() as link:  # the exporter comes back while `sense` is replaced
            link.sendall(payload)
            tap.ok(daemon.wait_for(lambda: collector.is_ready() and collector.child("sense") not in (0, old)),
                   "a reload replaces sense")
            wanted = decoded(payload, authority.folder)
            tap.equal(wait_for_books(collector, "127.0.0.1", wanted), wanted, "what it sends meanwhile is decoded")
        context = authority.client("router")
        with collector.connect(collector.tls_port) as raw, context.wrap_socket(raw, server_hostname="localhost") as link:
            names = [value for kind, value in link.getpeercert()["subjectAltName"] if kind == "DNS"]
            tap.ok("renewed.example.net" in names, "the renewed certificate is shown", names)
        (authority.folder / "collector.key").write_text("no key\n", encoding="ascii")
        result = daemon.run("check", "--config", collector.config)
        tap.ok(result.returncode == 1 and "collector.key" in result.stderr, "check names the file that is not sound",
               result.stderr)
        collector.process.send_signal(daemon.signal.SIGHUP)
        tap.ok(daemon.wait_for(lambda: "stays in force" in collector.log()), "an unsound key changes nothing")
        with collector.connect(collector.tls_port) as raw, context.wrap_socket(raw, server_hostname="localhost"):
            tap.ok(True, "and TLS goes on with the old one")
        authority.make("collector", "dns_name = localhost\nip_address = 127.0.0.1\ntls_www_server")


def only_those_on_the_list():
    with Collector(exporters="192.0.2.0/24") as collector:
        with collector.connect() as link:
            try:
                tap.equal(link.recv(1), b"", "who is not on the list is shown the door")
            except ConnectionError:
                tap.ok(True, "who is not on the list is shown the door")
        tap.ok(daemon.wait_for(lambda: collector.ended() == {"not_allowed": 1}), "and counted", collector.ended())


def connections_are_bounded():
    with Collector(stream="max-per-address=2\nmessage-timeout=1\nidle-timeout=3") as collector:
        links = [collector.connect() for _ in range(3)]
        tap.ok(daemon.wait_for(lambda: collector.ended().get("too_many_of_one") == 1), "connections of one address are bounded",
               collector.ended())
        links[0].sendall(b"\0\x0a\0\x80")
        tap.ok(daemon.wait_for(lambda: collector.ended().get("slow") == 1), "a message that never comes ends its connection",
               collector.ended())
        tap.ok(daemon.wait_for(lambda: collector.ended().get("idle") == 1), "and so does silence", collector.ended())
        for link in links:
            link.close()


def main():
    captures = pathlib.Path(sys.argv[1])
    if shutil.which("certtool") is None:
        tap.skip("everything", "certtool is not installed (Debian: gnutls-bin)")
        tap.done()
    with tempfile.TemporaryDirectory(prefix="talaya-streams-") as name:
        folder = pathlib.Path(name)
        authority = Authority(folder)
        with Collector(authority, stream="max-per-address=64\nmax-new=1000") as collector:
            captures_arrive(collector, authority, captures, folder)
            send_speaks_tcp(collector, captures, folder)
            disconnects_balance(collector, captures)
            strangers_stay_outside(collector, authority)
            one_router_both_ways(collector)
            softflowd_over_tcp(collector, folder)
            tap.equal(collector.stop(), 0, "it stops as told")
        libfixbuf_exports(folder)
        reload_keeps_the_port(authority, captures)
        only_those_on_the_list()
        connections_are_bounded()
    tap.done()


main()
