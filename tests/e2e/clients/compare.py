"""What arrived against what the reference says."""

import collections
import math

from plan import ROUNDS
from reference import BUCKET, RATE, Context, Reference
from world import global_tags

OURS = "e2e."
CLIENT_TELEMETRY = "datadog.dogstatsd.client."


class Verdict:
    """One line per assertion."""

    def __init__(self):
        self.passed, self.failed = 0, 0

    def that(self, what, holds, details=""):
        if holds:
            self.passed += 1
            print(f"ok      {what}", flush=True)
        else:
            self.failed += 1
            print(f"FAILED  {what}" + (f": {details}" if details else ""), flush=True)

    def none(self, what, differences):
        """`differences`: of which there should be none. The first ones are shown."""
        self.that(what, not differences, f"{len(differences)}\n          " + "\n          ".join(d[:400] for d in differences[:10]))

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed or not self.passed else 0


def same(a, b):
    """Equal but for the order of additions, which differs where samples of two packets meet."""
    return math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-12)


def differing(expected, actual, equal, optional=lambda context, time, value: False):
    """Texts: what is missing, what is too much, what has another value."""
    out = []
    for context in sorted(expected.keys() | actual.keys(), key=str):
        wanted, got = expected.get(context, {}), actual.get(context, {})
        for time in sorted(wanted.keys() | got.keys()):
            if time not in got:
                out.append(f"missing {context} at {time}: {wanted[time]}")
            elif time not in wanted:
                if not optional(context, time, got[time]):
                    out.append(f"unexpected {context} at {time}: {got[time]}")
            elif not equal(wanted[time], got[time]):
                out.append(f"{context} at {time}: {got[time]}, not {wanted[time]}")
    return out


def equal_values(wanted, got):
    return len(wanted) == len(got) and all(map(same, sorted(wanted), sorted(got)))


def equal_sketches(wanted, got):
    return len(got) == 1 and all(
        wanted[f] == got[0][f] if f in ("k", "n", "count", "min", "max") else same(wanted[f], got[0][f]) for f in wanted
    )


class Received:
    """The intake's series and sketches as the reference names them, without the tags that are on all."""

    def __init__(self, document, common):
        self.complaints = []
        self.common = common
        self.series = collections.defaultdict(lambda: collections.defaultdict(list))
        self.sketches = collections.defaultdict(lambda: collections.defaultdict(list))
        for one in document["series"]:
            resources = {r["type"]: r["name"] for r in one["resources"] or []}
            context = Context(one["metric"], self.own_tags(one["metric"], one["tags"]), resources.get("host", ""),
                              resources.get("device", ""), one["type"], one["interval"])  # fmt: skip
            for time, value in one["points"]:
                self.series[context][int(time)].append(value)
        for one in document["sketches"]:
            context = Context(one["metric"], self.own_tags(one["metric"], one["tags"]), one["host"])
            for point in one["points"]:
                self.sketches[context][point["timestamp"]].append(point)

    def own_tags(self, metric, tags):
        tags = tags or []
        if metric.startswith((OURS, CLIENT_TELEMETRY)):
            if len(set(tags)) != len(tags):
                self.complaints.append(f"{metric}: a tag twice in {tags}")
            if not self.common <= set(tags):
                self.complaints.append(f"{metric}: without {sorted(self.common - set(tags))}: {tags}")
        return frozenset(tags) - self.common

    def ours(self, of):
        return {c: points for c, points in of.items() if c.name.startswith(OURS)}


def occurrences(items, times):
    """Events and checks as a multiset; `times`: name of the field that may be a span of seconds."""
    out = collections.defaultdict(list)
    for one in items:
        rest = {k: frozenset(v) if isinstance(v, (list, frozenset)) else v for k, v in one.items() if k != times}
        out[tuple(sorted(rest.items(), key=lambda kv: kv[0]))].append(one[times])
    return out


def differing_items(expected, actual, times):
    wanted, got = occurrences(expected, times), occurrences(actual, times)
    out = []
    for key in wanted.keys() | got.keys():
        text = ", ".join(f"{k}={sorted(v) if isinstance(v, frozenset) else v!r}" for k, v in key)
        # A span is as good as any second of it: match those with a time of their own first.
        left = sorted(got.get(key, []))
        for time in sorted(wanted.get(key, []), key=lambda t: isinstance(t, tuple)):
            low, high = time if isinstance(time, tuple) else (time, time)
            match = next((t for t in left if low <= t <= high), None)
            if match is None:
                out.append(f"missing at {time} {text}; there are {got.get(key, [])}")
            else:
                left.remove(match)
        out += [f"unexpected at {time} {text}" for time in left]
    return sorted(out)


def flushes(payloads, until):
    """Times of arrival, one for each burst of payloads."""
    arrivals = sorted(p["received"] for p in payloads if p["path"] == "/api/v2/series" and p["received"] < until)
    return [t for i, t in enumerate(arrivals) if i == 0 or t - arrivals[i - 1] > 5]


def delivered(verdict, document, reference, closed, stopped, calls):
    common = global_tags()
    received = Received(document, common)
    verdict.none("the intake refused nothing", document["refused"])
    verdict.that(f"three flushes before the stop ({len(flushes(document['payloads'], stopped))})",
                 len(flushes(document["payloads"], stopped)) >= 3)  # fmt: skip
    verdict.none("the task's tags and DD_TAGS on everything, no tag twice", received.complaints)

    def late_zero(context, time, values):
        """A silent counter may have its zero in the bucket that was open at the stop, too."""
        return context.type == RATE and time == max(closed) + BUCKET and values == [0.0]

    expected = reference.series(closed)
    actual = received.ours(received.series)
    points = sum(len(v) for p in expected.values() for v in p.values())
    verdict.none(f"series: {len(expected)}, {points} points, to the last sample",
                 differing(expected, actual, equal_values, late_zero))  # fmt: skip
    expected = reference.sketches()
    verdict.none(f"distributions: {len(expected)}, bin for bin",
                 differing(expected, received.ours(received.sketches), equal_sketches))  # fmt: skip

    events = [{k: v for k, v in e.items() if k not in ("event_type", "group", "received")} for e in document["events"]]
    checks = [c for c in document["service_checks"] if c["check"].startswith(OURS)]
    for what, sent, arrived in (("events", reference.events, events), ("service checks", reference.checks, checks)):
        bare = [str(one) for one in arrived if not common <= set(one["tags"] or [])]
        verdict.none(f"{what}: the task's tags and DD_TAGS on all", bare)
        own = [{**one, "tags": frozenset(one["tags"] or []) - common} for one in arrived]
        verdict.none(f"{what}: {len(sent)}", differing_items(sent, own, "timestamp"))

    names = {c.name for c in received.series.keys() | received.sketches.keys()}
    strangers = {n for n in names if not n.startswith((OURS, "datadog.", "n_o_i_n_d_e_x.", "container.", "ecs."))}
    verdict.none("no series nobody sent", sorted(strangers))
    telemetry(verdict, told_by_clients(verdict, received), calls)


def told_by_clients(verdict, received):
    """(client's own name, metric) -> sum of what it counted."""
    told = collections.Counter()
    for context, points in received.series.items():
        if not context.name.startswith(CLIENT_TELEMETRY):
            continue
        for time, values in points.items():
            if len(values) != 1 or time % BUCKET:
                verdict.that(f"{context}: one value per bucket", False, f"{time}: {values}")
            told[own_name(context.tags), context.name[len(CLIENT_TELEMETRY) :]] += sum(values) * BUCKET
    return told


def own_name(tags):
    return next((t[len("client:") :] for t in tags if t.startswith("client:")), "?")


def telemetry(verdict, told, calls):
    """What the clients count themselves: some do not tell of the last seconds before they are closed."""
    libraries = {"python": "py", "go": "go", "java": "java", "hot_shots": "nodejs"}
    for library, client in libraries.items():
        made = sum(n for name, n in calls.items() if name.startswith(library + "-"))
        if not made:
            continue
        heard, last_round = round(told[client, "metrics"]), made / ROUNDS
        verdict.that(f"{library} says it made {heard} of {made} calls", made - 1.2 * last_round <= heard <= made)
        verdict.that(f"{library} says it dropped nothing", not told[client, "packets_dropped"],
                     str(told[client, "packets_dropped"]))  # fmt: skip


def recorded(verdict, packets, reference, closed, calls):
    """What the clients sent against what the plan says they send."""
    wire = Reference()
    for time, _, data in packets:
        wire.packet(data, time)
    told = collections.Counter()
    for (name, tags, *_), buckets in wire.buckets.items():
        if name.startswith(CLIENT_TELEMETRY):
            told[own_name(tags), name[len(CLIENT_TELEMETRY) :]] += sum(v for b in buckets.values() for v, _ in b)
    for one in (wire, reference):
        for key in [k for k in one.buckets if not k[0].startswith(OURS)]:
            del one.buckets[key]
    wrap = lambda of: {c: {t: [p] for t, p in points.items()} for c, points in of.items()}  # noqa: E731
    verdict.none("series", differing(reference.series(closed), wire.series(closed), equal_values))
    verdict.none("distributions", differing(reference.sketches(), wrap(wire.sketches()), equal_sketches))
    verdict.none("events", differing_items(spans(reference.events), spans(wire.events), "timestamp"))
    verdict.none("checks", differing_items(spans(reference.checks), spans(wire.checks), "timestamp"))
    telemetry(verdict, told, calls)
    print(f"{len(packets)} packets, {wire.samples} samples, refused: {dict(wire.refused)}")


def spans(items):
    return [{**one, "timestamp": -1 if isinstance(one["timestamp"], tuple) else one["timestamp"]} for one in items]
