# SPDX-License-Identifier: GPL-3.0-or-later
"""measure.py - what a process and its children have used, and what the kernel knows of a UDP port"""
import collections
import os
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")
Cpu = collections.namedtuple("Cpu", "user system")


def process_tree(pid):
    """@pid and all its descendants that are alive."""
    children = collections.defaultdict(list)
    for name in os.listdir("/proc"):
        if name.isdigit():
            fields = stat_fields(int(name))
            if fields:
                children[int(fields[1])].append(int(name))
    found, todo = [], [pid]
    while todo:
        one = todo.pop()
        found.append(one)
        todo += children[one]
    return found


def stat_fields(pid):
    """The fields of /proc/PID/stat behind the name: state is the first; None when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return None


def threads_ns(pid):
    """Time on a processor of the threads that are alive, in nanoseconds; None where the kernel does not tell."""
    total = 0
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
                total += int(file.read().split()[0])
    except (OSError, IndexError, ValueError):
        return None
    return total


class Usage:
    """CPU time of a process tree from one moment to another, children that came and went included.

    The kernel tells user and system time in hundredths of a second; where it tells the nanoseconds of each thread,
    the sum is taken from there and divided in the same proportion.
    """

    def __init__(self, pid):
        self.pid = pid
        self.begin = self.read()

    def read(self):
        user = system = 0.0
        exact = {}
        for one in process_tree(self.pid):
            fields = stat_fields(one)
            if not fields:
                continue
            utime, stime, cutime, cstime = (int(field) / TICKS for field in fields[11:15])
            nanoseconds = threads_ns(one)
            if nanoseconds is not None:
                exact[one] = (nanoseconds / 1e9, utime + stime)
            user += utime + cutime
            system += stime + cstime
        return user, system, exact

    def so_far(self):
        user, system, exact = self.read()
        user, system = user - self.begin[0], system - self.begin[1]
        # Of those that live at both ends, the coarse sum is replaced by the fine one.
        both = exact.keys() & self.begin[2].keys()
        fine = sum(exact[pid][0] - self.begin[2][pid][0] for pid in both)
        coarse = sum(exact[pid][1] - self.begin[2][pid][1] for pid in both)
        total = max(user + system + fine - coarse, 0.0)
        if user + system <= 0:
            return Cpu(total, 0.0)
        return Cpu(total * user / (user + system), total * system / (user + system))


def resident_bytes(pid):
    """Of the whole tree; what processes share is counted once (Pss), where the kernel tells it."""
    total = 0
    for one in process_tree(pid):
        for path, key in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
            try:
                with open(f"/proc/{one}/{path}", encoding="ascii", errors="replace") as file:
                    line = next((line for line in file if line.startswith(key)), None)
            except OSError:
                line = None
            if line:
                total += int(line.split()[1]) * 1024
                break
    return total


Socket = collections.namedtuple("Socket", "waiting drops")


def udp_sockets(port):
    """What the kernel says of the sockets bound to @port: bytes that wait, datagrams dropped."""
    found = []
    for table in ("/proc/net/udp", "/proc/net/udp6"):
        try:
            with open(table, encoding="ascii") as file:
                lines = file.readlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if int(fields[1].rpartition(":")[2], 16) == port:
                found.append(Socket(int(fields[4].split(":")[1], 16), int(fields[12])))
    return found


def buffer_bytes(port):
    """The receive buffers of the sockets bound to @port, added up; halved, for the kernel doubles what is asked
    for to pay for its own book-keeping. 0 when there is no `ss` to say it."""
    try:
        text = subprocess.run(["ss", "-H", "-uanm", "sport", "=", str(port)], capture_output=True, text=True,
                              check=False).stdout
    except OSError:
        return 0
    words = text.replace("(", ",").split(",")
    return sum(int(word[2:]) // 2 for word in words if word.startswith("rb") and word[2:].isdigit())


def wait_for(condition, seconds, step=0.05):
    until = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > until:
            return value
        time.sleep(step)
