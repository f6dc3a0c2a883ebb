"""The rules of DogStatsD a second time, for this test only: from lines to what the intake must receive.

Sources: the public datagram documentation; DataDog/datadog-agent comp/dogstatsd/server/impl and
pkg/aggregator; sketches: pkg/util/quantile.
"""

import collections
import dataclasses
import math
import re

from world import CONTAINER_ID, CONTAINER_TAGS, ORCHESTRATOR_TAGS, global_tags

BUCKET = 10
RATE, GAUGE = 2, 3  # of the series payload
NUMBER = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
HEX = re.compile(rb"[+-]?0[xX]([0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?\d+")
SPECIAL = re.compile(rb"[+-]?(inf|infinity)|nan", re.I)
LOG_GAMMA = math.log1p(2 / 128)
BIAS = 1 - math.floor(math.log(1e-9) / LOG_GAMMA)
GLOBAL_TAGS = frozenset(global_tags())  # on everything, so of no single series
SMALLEST = math.exp((1 - BIAS) * LOG_GAMMA)


class Bad(ValueError):
    """A line that is refused."""


def number(text):
    if HEX.fullmatch(text):
        return float.fromhex(text.decode())
    if not NUMBER.fullmatch(text) and not SPECIAL.fullmatch(text):
        raise Bad(f"number {text!r}")
    value = float(text)
    if math.isinf(value) and not SPECIAL.fullmatch(text):
        raise Bad(f"number out of range {text!r}")
    return value


def integer(text):
    if not re.fullmatch(rb"[+-]?\d+", text):
        raise Bad(f"integer {text!r}")
    return int(text)


def readable(data):
    return data.decode("utf-8", "replace")


@dataclasses.dataclass(frozen=True)
class Context:
    """One series: `host` and `device` are resources of it, not tags."""

    name: str
    tags: frozenset
    host: str = ""
    device: str = ""
    type: int = 0
    interval: int = BUCKET

    def __str__(self):
        kind = {RATE: "rate", GAUGE: "gauge", 0: "sketch"}[self.type]
        where = f" host={self.host}" * bool(self.host) + f" device={self.device}" * bool(self.device)
        return f"{self.name} {kind}/{self.interval}{where} {{{','.join(sorted(self.tags))}}}"


def split_tags(raw, container="", cardinality=""):
    """(tags without duplicates, and those of the origin beside those on all; host; device)"""
    host, device, kept = "", "", set()
    for tag in raw:
        if tag.startswith("dd.internal.card:"):
            if cardinality:
                kept.add(tag)
            cardinality = cardinality or tag[len("dd.internal.card:") :]
            continue
        if tag.startswith("host:"):
            host = tag[5:]
        elif tag.startswith("device:"):
            device = tag[7:]
        elif not tag.startswith(("dd.internal.entity_id:", "dd.internal.jmx_check_name:")):
            kept.add(tag)
    if container in (CONTAINER_ID, f"ci-{CONTAINER_ID}"):
        kept |= CONTAINER_TAGS
    if cardinality in ("orchestrator", "high"):
        kept |= ORCHESTRATOR_TAGS
    return frozenset(kept) - GLOBAL_TAGS, host, device


def key_of(value):
    if value < 0:
        return -key_of(-value)
    if value < SMALLEST:
        return 0
    return max(1, round(math.log(value) / LOG_GAMMA) + BIAS)


class Sketch:
    def __init__(self):
        self.bins, self.weight, self.sum = collections.Counter(), 0.0, 0.0
        self.min, self.max = math.inf, -math.inf

    def add(self, value, rate):
        weight = 1 / rate if 0 < rate <= 1 else 1.0
        self.bins[key_of(value)] += int(weight)
        self.weight += weight
        self.sum += value * weight
        self.min, self.max = min(self.min, value), max(self.max, value)

    def point(self):
        keys = sorted(self.bins)
        return {"min": self.min, "max": self.max, "sum": self.sum, "avg": self.sum / self.weight,
                "count": int(self.weight), "k": keys, "n": [self.bins[k] for k in keys]}  # fmt: skip


def quantile(weighted, threshold):
    total = 0.0
    for value, weight in weighted:
        total += weight
        if total > threshold:
            return value
    return weighted[-1][0]


def histogram(samples):
    """Suffix -> (type, value) of the aggregates that are on by default."""
    weighted = sorted((value, 1 / rate if rate else 1.0) for value, rate in samples)
    n = math.fsum(w for _, w in weighted)
    return {
        ".max": (GAUGE, weighted[-1][0]),
        ".avg": (GAUGE, math.fsum(v * w for v, w in weighted) / n),
        ".median": (GAUGE, quantile(weighted, (n - 1) / 2)),
        ".95percentile": (GAUGE, quantile(weighted, (95 * n - 1) / 100)),
        ".count": (RATE, n / BUCKET),
    }


class Reference:
    """Lines go in with the time of their arrival; `series`, `sketches`, `events`, `checks` come out."""

    def __init__(self):
        self.buckets = collections.defaultdict(dict)  # (name, tags, host, device, type) -> bucket -> samples
        self.points = collections.defaultdict(list)  # with a timestamp of their own: (context, time) -> values
        self.events, self.checks = [], []
        self.refused = collections.Counter()
        self.samples = 0

    def packet(self, data, now):
        for line in data.split(b"\n"):
            line = line[:-1] if line.endswith(b"\r") else line
            if line:
                self.line(line, now)

    def line(self, line, now):
        try:
            if line.startswith(b"_e{"):
                self.event(line, now)
            elif line.startswith(b"_sc"):
                self.check(line, now)
            else:
                self.metric(line, now)
        except Bad as reason:
            self.refused[str(reason)] += 1

    def metric(self, line, now):
        head, pipe, rest = line.partition(b"|")
        name, colon, value = head.partition(b":")
        if not pipe or not colon or not name or not value:
            raise Bad("shape")
        kind, *fields = rest.split(b"|")
        kind = kind.decode("latin-1")
        if kind not in ("c", "g", "s", "h", "ms", "d"):
            raise Bad("type")
        values = [value] if kind == "s" else [number(v) for v in value.split(b":") if v]
        if not values:
            raise Bad("no value")
        rate, stamp, tags, container, cardinality = 1.0, 0, [], "", ""
        for field in fields:
            if field.startswith(b"#"):
                tags = readable(field[1:]).split(",") if field[1:] else []
            elif field.startswith(b"@"):
                rate = number(field[1:])
            elif field.startswith(b"T"):
                stamp = integer(field[1:])
                if stamp < 1:
                    raise Bad("timestamp")
            elif field.startswith(b"c:"):
                container = readable(field[2:])
            elif field.startswith(b"card:"):
                cardinality = readable(field[5:])
        # A histogram and a timing of one name are one metric.
        context = (readable(name), *split_tags(tags, container, cardinality), "h" if kind == "ms" else kind)
        if kind != "s":
            values = [v for v in values if math.isfinite(v)]
        for one in values:
            self.samples += 1
            if not stamp:
                self.buckets[context].setdefault(int(now) // BUCKET * BUCKET, []).append((one, rate))
            elif kind in "cg":
                self.points[context, stamp].append(one)

    def event(self, line, now):
        header, colon, body = line.partition(b":")
        lengths = header[3:-1].split(b",", 1)
        if len(header) + len(colon) < 7 or len(lengths) != 2:
            raise Bad("event header")
        title_size, text_size = map(integer, lengths)
        if title_size < 1 or text_size < 0 or len(body) < title_size + 1 + text_size:
            raise Bad("event lengths")
        title, text = body[:title_size], body[title_size + 1 :][:text_size]
        event = {"msg_title": readable(title).replace("\\n", "\n"), "msg_text": readable(text).replace("\\n", "\n"),
                 "priority": "normal", "alert_type": "info", "aggregation_key": "", "source_type_name": "",
                 "timestamp": (int(now), int(now) + BUCKET), "host": "", "tags": []}  # fmt: skip
        words = {b"p": ("priority", ("normal", "low")), b"t": ("alert_type", ("error", "warning", "info", "success"))}
        host, tags, container = "", [], ""
        for field in body[title_size + 1 + text_size :].split(b"|"):
            value = readable(field[2:])
            if field.startswith(b"#"):
                tags = readable(field[1:]).split(",")
            elif field[1:2] != b":":
                continue
            elif field[:1] in words and value in words[field[:1]][1]:
                event[words[field[:1]][0]] = value
            elif field[:1] == b"k":
                event["aggregation_key"] = value
            elif field[:1] == b"s":
                event["source_type_name"] = value
            elif field[:1] == b"h":
                host = value
            elif field[:1] == b"c":
                container = value
            elif field[:1] == b"d":
                event["timestamp"] = integer(field[2:])
        event["tags"], tagged, _ = split_tags(tags, container)
        event["host"] = host or tagged
        self.events.append(event)

    def check(self, line, now):
        parts = line[4:].split(b"|")
        if len(line) < 4 or line.count(b"|") < 2 or not parts[0]:
            raise Bad("check")
        if parts[1] not in (b"0", b"1", b"2", b"3"):
            raise Bad("check status")
        check = {"check": readable(parts[0]), "status": int(parts[1]), "message": "", "host_name": "", "tags": [],
                 "timestamp": (int(now), int(now) + BUCKET)}  # fmt: skip
        host, tags, container = "", [], ""
        for field in parts[2:]:
            if field.startswith(b"#"):
                tags = readable(field[1:]).split(",")
            elif field.startswith(b"m:"):
                check["message"] = readable(field[2:])
            elif field.startswith(b"h:"):
                host = readable(field[2:])
            elif field.startswith(b"c:"):
                container = readable(field[2:])
            elif field.startswith(b"d:"):
                check["timestamp"] = integer(field[2:])
        check["tags"], tagged, _ = split_tags(tags, container)
        check["host_name"] = host or tagged
        self.checks.append(check)

    def series(self, closed):
        """Context -> time -> values in any order. `closed`: starts of the buckets that ended before the stop."""
        out = collections.defaultdict(lambda: collections.defaultdict(list))
        for (name, tags, host, device, kind), buckets in self.buckets.items():
            if kind == "d":
                continue
            for start, samples in buckets.items():
                for suffix, (series_type, value) in self.aggregates(kind, samples).items():
                    out[Context(name + suffix, tags, host, device, series_type)][start].append(value)
            if kind == "c":
                for start in closed:
                    if start > min(buckets) and start not in buckets:
                        out[Context(name, tags, host, device, RATE)][start].append(0.0)
        for ((name, tags, host, device, kind), stamp), values in self.points.items():
            context = Context(name, tags, host, device, RATE if kind == "c" else GAUGE)
            out[context][stamp] += [v / BUCKET for v in values] if kind == "c" else values
        return out

    def aggregates(self, kind, samples):
        if kind == "c":
            return {"": (RATE, math.fsum(v / (rate or 1.0) for v, rate in samples) / BUCKET)}
        if kind == "g":
            return {"": (GAUGE, samples[-1][0])}
        if kind == "s":
            return {"": (GAUGE, float(len({member for member, _ in samples})))}
        return histogram(samples)

    def sketches(self):
        out = collections.defaultdict(dict)
        for (name, tags, host, device, kind), buckets in self.buckets.items():
            if kind != "d":
                continue
            for start, samples in buckets.items():
                sketch = Sketch()
                for value, rate in samples:
                    sketch.add(value, rate)
                # Sketches have no resources: a device stays a tag of theirs.
                every = tags | ({f"device:{device}"} if device else set())
                out[Context(name, frozenset(every), host)][start] = sketch.point()
        return out
