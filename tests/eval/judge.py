# SPDX-License-Identifier: GPL-3.0-or-later
"""judge.py - which intruders were found, how many false alarms it took, and whether the stated cause was the right one

A hit needs the right asset and, if the alert names the other end, the right other end; its first line must not be older
than the attack. Where an attack has more than three assets, an alert that names nobody must also state a fitting cause. An
alert about others whom the attack had to do with (a host that was scanned and answered) is neither a hit nor false.
An attack's place is one more than the number of false alarms that score higher than its best alert, and half of those
that score the same, so that an attack does not push another one down; it counts as found at a rate when its place is within what may be read at that
rate in the time judged. An alert counts once however often it is told, with the highest score that it had in the judged
time, and so do alerts about the same two ends, for whoever has read one knows the others (the budget counts each of
them). The time of learning is not judged, unless the attacks begin with the first record: then all of it is, for whoever
is found on the second day is found, and an alarm that is false on that day is read as well.
"""
import bisect
import collections
import datetime
import ipaddress
import json
import math
import pathlib

RATES = (1, 5, 10, 50)  # alerts per 1,000 assets and day
DAY_MS = 86400000
LATE_MS = DAY_MS  # an alert may come so long after the attack's end
MANY_ASSETS = 3

# What an alert may state as its cause and be right.
CAUSES = {
    "residential_path": {"residential_path", "new_peer"},
    "quiet_long": {"quiet_long", "tunnel", "residential_path"},
    "beacon_fixed": {"beacon", "fast_beacon"},
    "beacon_jitter": {"beacon", "fast_beacon"},
    "beacon_sparse": {"beacon"},
    "relay": {"relay"},
    "new_service": {"new_service", "relay"},
    "admin_edge": {"admin_edge"},
    "ot_edge": {"admin_edge"},
    "home_login": {"home_login", "admin_edge"},
    "spray": {"spray"},
    "scan_fast": {"scan", "fan_out"},
    "scan_slow": {"scan", "fan_out"},
    "scan_bots": {"scan"},
    "router_endpoint": {"router_endpoint"},
    "egress_change": {"egress_change", "new_egress"},
    "exfil_burst": {"volume_out", "slow_exfiltration"},
    "exfil_slow": {"slow_exfiltration", "volume_out"},
    "hoarding": {"volume_in", "hoarding"},
    "awakened": {"awakened"},
    "listed": {"listed"},
    "exporter_silent": {"exporter_change"},
    "exporter_thinned": {"exporter_change"},
    "exporter_template": {"exporter_change"},
    "flood_in": {"flood", "volume_in"},
    "flood_out": {"flood", "volume_out"},
}

# Evidence that never alerts alone: it is right when it is among the reasons.
REASONS = {"listed": "listed"}

Alert = collections.namedtuple("Alert", "first_ms score asset far cause leading reasons", defaults=[()])


def states_cause(alert, kind):
    return bool({alert.cause, alert.leading} & CAUSES[kind]) or REASONS.get(kind) in alert.reasons


class Attack:
    def __init__(self, line):
        kind, start, end, assets, far, exporter = line.rstrip("\n").split("\t")
        self.kind, self.start_ms, self.end_ms = kind, int(start), int(end)
        self.assets = set(assets.split(","))
        ends = [one for one in far.split(",") if one]
        self.far = {one for one in ends if "/" not in one} | self.assets
        self.networks = [ipaddress.ip_network(one) for one in ends if "/" in one]
        self.exporter = exporter

    def is_far(self, address):
        return address in self.far or any(ipaddress.ip_address(address) in one for one in self.networks)

    def is_touched_by(self, alert, from_start=False):
        """It is about somebody, and with somebody, whom the attack had to do with, at its time."""
        if alert.asset not in self.far or (alert.far is not None and not self.is_far(alert.far)):
            return False
        return (from_start or alert.first_ms >= self.start_ms) and alert.first_ms <= self.end_ms + LATE_MS

    def is_met_by(self, alert, from_start=False):
        if alert.asset not in self.assets or not self.is_touched_by(alert, from_start):
            return False
        if alert.far is None and len(self.assets) > MANY_ASSETS and alert.cause is not None:
            if not states_cause(alert, self.kind):
                return False
        return True


class Outage:
    """True and harmless: an alert that says so is neither a hit nor false.

    An operator must be told that a router has fallen silent, for nobody can tell from flows that are not there why: so
    the budget of false alarms need not pay for it, and no intruder was found either.
    """

    def __init__(self, attack):
        self.attack = attack

    def explains(self, alert):
        near = self.attack.start_ms <= alert.first_ms <= self.attack.end_ms + LATE_MS
        return near and alert.asset in self.attack.assets and alert.cause == "exporter_change"


class Run:
    """One replay: the folder that eval-generate wrote, and what was found in it."""

    def __init__(self, folder):
        folder = pathlib.Path(folder)
        self.about = json.loads((folder / "about.json").read_text())
        rows = [Attack(line) for line in (folder / "truth.tsv").read_text().splitlines()[1:]]
        self.attacks = [row for row in rows if not row.kind.startswith("(")]
        self.outages = [Outage(row) for row in rows if row.kind.startswith("(")]
        self.from_start = self.about["timing"] != "judged"
        learned = 0 if self.from_start else self.about["learnDays"]
        self.judged_ms = self.about["beginMs"] + learned * DAY_MS
        self.days = self.about["days"] - learned

    def may_read(self, rate):
        return max(1, int(rate * self.about["assets"] / 1000 * self.days))


def time_ms(text):
    return round(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


def day_text(ms):
    """The day, as text."""
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc).strftime("%Y-%m-%d")


def read_alerts(path, run):
    """What `talaya replay` printed, one for each id that was told in the judged time."""
    firsts, best = {}, {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            alert = json.loads(line)
            at_ms = time_ms(alert["time"])
            first = firsts.setdefault(alert["id"], at_ms)
            old = best.get(alert["id"])
            if at_ms < run.judged_ms or (old is not None and old.score >= alert["score"]):
                continue
            parts = sorted(alert["detectors"], key=lambda part: -part["decibans"])
            best[alert["id"]] = Alert(first, alert["score"], alert["asset"], alert["peer"], alert["kind"],
                                      parts[0]["name"] if parts else alert["kind"], [part["name"] for part in parts])
    return list(best.values())


def read_peers(path, run):
    """{method: alerts} of eval-peers."""
    firsts, best = {}, {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            method, at, ident, score, asset, far = line.rstrip("\n").split("\t")
            key, at_ms, score = (method, ident), int(at), float(score)
            first = firsts[key] = min(firsts.get(key, at_ms), at_ms)
            if at_ms >= run.judged_ms and (key not in best or best[key].score < score):
                best[key] = Alert(first, score, asset, None if far == "-" else far, None, None)
    found = collections.defaultdict(list)
    for (method, _), alert in best.items():
        found[method].append(alert)
    return found


def read_once(alerts):
    """One alert for each asset and other end: the highest, with the time of the first. Those that name nobody stay."""
    ends, rest = {}, []
    for alert in alerts:
        if alert.far is None:
            rest.append(alert)
            continue
        old = ends.get((alert.asset, alert.far), alert)
        higher = alert if alert.score > old.score else old
        ends[alert.asset, alert.far] = higher._replace(first_ms=min(alert.first_ms, old.first_ms))
    return rest + list(ends.values())


def place_among(scores, score):
    """Behind all that are higher and half of those that are equal, for whoever reads them has to choose."""
    higher = len(scores) - bisect.bisect_right(scores, score)
    equal = bisect.bisect_right(scores, score) - bisect.bisect_left(scores, score)
    return 1 + higher + equal / 2


def judge(run, alerts):
    """[(attack, place or None, its best alert, its earliest alert)], and the false alarms."""
    met = {id(attack): [] for attack in run.attacks}
    false = []
    for alert in alerts:
        attacks = [attack for attack in run.attacks if attack.is_met_by(alert, run.from_start)]
        for attack in attacks:
            met[id(attack)].append(alert)
        touched = any(attack.is_touched_by(alert, run.from_start) for attack in run.attacks)
        if not attacks and not touched and not any(outage.explains(alert) for outage in run.outages):
            false.append(alert)
    scores = sorted(alert.score for alert in false)
    results = []
    for attack in run.attacks:
        hits = met[id(attack)]
        top = max(hits, key=lambda alert: alert.score, default=None)
        place = None if top is None else place_among(scores, top.score)
        results.append((attack, place, top, min(hits, key=lambda alert: alert.first_ms, default=None)))
    return results, false


def precision(run, alerts, false, rate):
    """Of what may be read at that rate, the share that is right; None: there is nothing to read."""
    wrong = {id(alert) for alert in false}
    read = sorted(alerts, key=lambda alert: -alert.score)[:run.may_read(rate)]
    return (sum(id(alert) not in wrong for alert in read), len(read))


class Tally:
    """Recall by kind and the rest, over many runs, of one method."""

    def __init__(self):
        self.found = collections.defaultdict(lambda: [0] * (len(RATES) + 1))  # the last one: how many there were
        self.hours = collections.defaultdict(list)
        self.read = [[0, 0] for _ in RATES]
        self.causes, self.right_causes = collections.defaultdict(collections.Counter), [0, 0]
        self.false, self.days, self.asset_days = 0, 0, 0

    def add(self, run, alerts):
        alerts = read_once(alerts)
        results, false = judge(run, alerts)
        self.false += len(false)
        self.days += run.days
        self.asset_days += run.days * run.about["assets"]
        for i, rate in enumerate(RATES):
            right, n = precision(run, alerts, false, rate)
            self.read[i][0] += right
            self.read[i][1] += n
        for attack, place, top, earliest in results:
            row = self.found[attack.kind]
            row[-1] += 1
            for i, rate in enumerate(RATES):
                row[i] += place is not None and place <= run.may_read(rate)
            if place is None:
                continue
            self.hours[attack.kind].append(max(0, earliest.first_ms - attack.start_ms) / 3600000)
            if top.cause is not None:
                self.causes[attack.kind][top.cause] += 1
                self.right_causes[0] += states_cause(top, attack.kind)
                self.right_causes[1] += 1

    def recall(self, i, kind=None):
        rows = [self.found[kind]] if kind is not None else list(self.found.values())
        of = sum(row[-1] for row in rows)
        return sum(row[i] for row in rows) / of if of else math.nan

    def kinds(self):
        return [kind for kind in CAUSES if kind in self.found]


def percent(x):
    return "-" if x is None or math.isnan(x) else f"{100 * x:.0f} %"


def middle(values):
    return sorted(values)[len(values) // 2] if values else None


def table(head, rows):
    """Markdown that is also legible as it is."""
    cells = [[str(cell) for cell in row] for row in [head] + rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in cells]
    lines.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return "\n".join(lines)


def recall_table(tally, others):
    """@others: {name: Tally}, of whom recall at 5 is shown."""
    head = ["kind", "runs"] + [f"at {rate}" for rate in RATES] + ["hours to the first", "stated causes"]
    head += [f"{name} at 5" for name in others]
    rows = []
    for kind in tally.kinds() + [None]:
        n = tally.found[kind][-1] if kind else sum(row[-1] for row in tally.found.values())
        hours = middle(tally.hours[kind]) if kind else middle([h for one in tally.hours.values() for h in one])
        causes = ", ".join(f"{name} {n}" for name, n in tally.causes[kind].most_common(3)) if kind else ""
        rows.append([kind or "all", n] + [percent(tally.recall(i, kind)) for i in range(len(RATES))] +
                    ["-" if hours is None else f"{hours:.1f}", causes] +
                    [percent(other.recall(1, kind)) for other in others.values()])
    return table(head, rows)
