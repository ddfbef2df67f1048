# SPDX-License-Identifier: GPL-3.0-or-later
"""reliability.py - do the detectors keep their word? Realised against nominal rates of false alarm, on clean traffic

`talaya replay --pvalues` counts the p-values that each detector answered (scoring/pvalues.h). Of the answers, and of the
assets' days, a share of at most a should be a or less. For the whole there is the budget: at so many false alarms an
asset and day asked for, so many came. As a table, with the range in which the rate lies with a chance of 95 % were what is
counted independent (Garwood, "Fiducial limits for the Poisson distribution", Biometrika 1936), and as a drawing with both
axes logarithmic.

Which row tells: what is asked of every asset or window (volumes, floods, rates of news) is held to its word by the assets'
days; what is asked of a contact that is there anyway (fleet_rarity, new_egress, odd_port, quiet_long) by the answers. Where
answers come in few steps, and where an event is rarer than the nominal rate, fewer must come than nominal.
"""
import collections
import json
import math

import judge

NOMINAL = (1e-1, 1e-2, 1e-3, 1e-4)
BINS_A_DECADE = 4
FACTOR = 2  # the goal: realised within this factor of nominal


class Reliability:
    def __init__(self):
        self.answers = collections.defaultdict(collections.Counter)  # detector -> bin -> how many
        self.asset_days = collections.defaultdict(collections.Counter)
        self.assets = collections.Counter()  # detector -> asset-days in all
        self.whole = collections.defaultdict(lambda: [0, 0])  # nominal -> [false alarms, asset-days]

    def add(self, path, run):
        """The file of one clean replay; days of learning are left out."""
        first = judge.day_text(run.judged_ms)
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                one = json.loads(line)
                if one["day"] < first:
                    continue
                self.assets[one["detector"]] += one["assets"]
                for counts, bins in (self.answers, one["answers"]), (self.asset_days, one["assetDays"]):
                    counts[one["detector"]].update(dict(enumerate(bins)))

    def join(self, other):
        self.assets.update(other.assets)
        for mine, theirs in (self.answers, other.answers), (self.asset_days, other.asset_days):
            for name, bins in theirs.items():
                mine[name].update(bins)

    def add_whole(self, nominal, alarms, asset_days):
        self.whole[nominal][0] += alarms
        self.whole[nominal][1] += asset_days

    def detectors(self):
        return [name for name in self.assets if sum(self.answers[name].values()) > 0]

    def curve(self, name, per_day):
        """[(nominal, realised, how many)]"""
        bins = (self.asset_days if per_day else self.answers)[name]
        of = self.assets[name] if per_day else sum(bins.values())
        rows = []
        for i, nominal in enumerate(NOMINAL):
            n = sum(count for bin_, count in bins.items() if bin_ >= (i + 1) * BINS_A_DECADE)
            rows.append((nominal, n / of if of else math.nan, n))
        return rows

    def whole_curve(self):
        return [(nominal, n / of if of else math.nan, n) for nominal, (n, of) in ((at, self.whole[at]) for at in NOMINAL)]

    def table(self):
        """Realised, how many times nominal, and the range of that."""
        head = ["detector", "what is counted"] + [f"{nominal:.0e}" for nominal in NOMINAL]
        rows = [["the whole", "alarms an asset and day"] + cells(self.whole_curve(), self.whole[NOMINAL[0]][1])] if self.whole else []
        for name in self.detectors():
            rows.append([name, f"{sum(self.answers[name].values())} answers"] + cells(self.curve(name, False), sum(self.answers[name].values())))
            rows.append(["", f"{self.assets[name]} assets' days"] + cells(self.curve(name, True), self.assets[name]))
        return judge.table(head, rows)

    def svg(self):
        curves = {"the whole": self.whole_curve()} if self.whole else {}
        curves.update({name: self.curve(name, True) for name in self.detectors()})
        return draw(curves)


def poisson_below(n, mean):
    """The chance of @n or fewer."""
    term = whole = math.exp(-mean)
    for i in range(1, n + 1):
        term *= mean / i
        whole += term
    return whole


def limits(n):
    """Of the mean of what came @n times, 95 %."""
    if n > 300:  # the bell curve's
        return n - 1.96 * math.sqrt(n), n + 1.96 * math.sqrt(n)

    def solve(is_low):
        low, high = 0.0, n + 10 + 6 * math.sqrt(n)
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (middle, high) if is_low(middle) else (low, middle)
        return low

    return (solve(lambda mean: 1 - poisson_below(n - 1, mean) < 0.025) if n else 0.0,
            solve(lambda mean: poisson_below(n, mean) > 0.025))


def cells(curve, of):
    out = []
    for nominal, realised, n in curve:
        low, high = (x / (nominal * of) for x in limits(n)) if of else (math.nan, math.nan)
        out.append(f"{realised:.1e} ({realised / nominal:.2g} x, {low:.2g} to {high:.2g})" if n else f"0 (to {high:.2g} x)")
    return out


def draw(curves):
    side, left, top, low = 420, 70, 20, -5.0
    x = lambda rate: left + (math.log10(rate) - low) / -low * side
    y = lambda rate: top + math.log10(max(rate, 10**low)) / low * side
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + side + 210} {top + side + 50}" '
             'font-family="sans-serif" font-size="12">', '<rect width="100%" height="100%" fill="white"/>']
    band = [(10**low, FACTOR * 10**low), (1 / FACTOR, 1), (1, 1), (1, 1 / FACTOR), (FACTOR * 10**low, 10**low), (10**low, 10**low)]
    parts.append('<polygon fill="#e8efe8" points="' + " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in band) + '"/>')
    for decade in range(int(low), 1):
        at = 10.0**decade
        parts.append(f'<path stroke="#ccc" d="M{x(at):.1f} {top}V{top + side}M{left} {y(at):.1f}H{left + side}"/>')
        parts.append(f'<text x="{x(at):.1f}" y="{top + side + 16}" text-anchor="middle">1e{decade}</text>')
        parts.append(f'<text x="{left - 6}" y="{y(at) + 4:.1f}" text-anchor="end">1e{decade}</text>')
    parts.append(f'<path stroke="#666" stroke-dasharray="4" d="M{x(10**low):.1f} {y(10**low):.1f}L{x(1):.1f} {y(1):.1f}"/>')
    for i, (name, curve) in enumerate(curves.items()):
        colour = f"hsl({i * 137 % 360} 65% {30 + 12 * (i % 3)}%)"
        points = [(nominal, realised) for nominal, realised, n in curve if n]
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="{3 if name == "the whole" else 1.5}" points="' +
                     " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in points) + '"/>')
        parts += [f'<circle cx="{x(a):.1f}" cy="{y(b):.1f}" r="3" fill="{colour}"/>' for a, b in points]
        parts.append(f'<text x="{left + side + 14}" y="{top + 12 + 17 * i}" fill="{colour}">{name}</text>')
    parts.append(f'<text x="{left + side / 2}" y="{top + side + 38}" text-anchor="middle">nominal rate</text>')
    parts.append(f'<text transform="translate(16 {top + side / 2}) rotate(-90)" text-anchor="middle">realised, clean traffic</text>')
    return "\n".join(parts + ["</svg>"]) + "\n"
