"""What the test asserts about the series the intake accepted."""

import calendar
import json
import pathlib
import time
import zlib

TOLERANCE = 0.05
TEAM = ["team:web"]  # the tag of the agent whose values are compared
GOLDEN = json.loads((pathlib.Path(__file__).parent / "golden_tags.json").read_text())
TASK_ID = "0123456789abcdef0123456789abcdef"
KEYSPACE = {f"redis.{name}" for name in ("keys", "expires", "persist", "persist.percent", "expires.percent")}
AGENT_METRICS = {"datadog.agent.running", "datadog.agent.started", "n_o_i_n_d_e_x.datadog.agent.payload.dropped"}


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

    def health(self, when, answer):
        code, text = answer
        self.that(f"agent health {when}: 0", code == 0 and "PASS" in text, f"{code}: {text}")

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed or not self.passed else 0


def read_time(stats):
    """Unix time of the engine's reading."""
    whole, _, fraction = stats["read"].rstrip("Z").partition(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + float("0." + (fraction or "0"))


def write_operation(stats, operation):
    entries = stats["blkio_stats"]["io_service_bytes_recursive"] or []
    return sum(e["value"] for e in entries if e["op"].lower() == operation)


RATES = {
    "container.cpu.usage": lambda s: s["cpu_stats"]["cpu_usage"]["total_usage"],
    "container.cpu.user": lambda s: s["cpu_stats"]["cpu_usage"]["usage_in_usermode"],
    "container.cpu.system": lambda s: s["cpu_stats"]["cpu_usage"]["usage_in_kernelmode"],
}
NETWORK = {
    "container.net.rcvd": lambda s: s["networks"]["eth0"]["rx_bytes"],
    "container.net.sent": lambda s: s["networks"]["eth0"]["tx_bytes"],
    "container.net.rcvd.packets": lambda s: s["networks"]["eth0"]["rx_packets"],
    "container.net.sent.packets": lambda s: s["networks"]["eth0"]["tx_packets"],
}
IO = {"container.io.read": lambda s: write_operation(s, "read")}
GAUGES = {
    "container.memory.usage": lambda s: s["memory_stats"]["usage"],
    "container.memory.rss": lambda s: s["memory_stats"]["stats"]["rss"],
    "container.memory.cache": lambda s: s["memory_stats"]["stats"]["cache"],
}


def intake_refuses(verdict, intake, key):
    """The intake is no friend of ours: what a real one refuses, this one refuses."""
    point = b"\x11" + bytes(8) + b"\x08" + varint(int(time.time()))  # with its two fields exchanged: no MetricPoint
    unknown = zlib.compress(b"\x0a\x02\x78\x01")  # a series with a field 15, which it does not have
    headers = {"DD-Api-Key": key, "Content-Type": "application/x-protobuf", "Content-Encoding": "deflate"}
    cases = [
        ("an unknown field", 400, unknown, {}),
        ("a point of wrong types", 400, zlib.compress(b"\x0a" + varint(len(point) + 2) + b"\x22" + varint(len(point)) + point), {}),
        ("no protobuf", 400, zlib.compress(b"metric"), {}),
        ("compression other than it says", 400, unknown, {"Content-Encoding": "zstd"}),
        ("a wrong API key", 403, unknown, {"DD-Api-Key": "0" * 32}),
        ("512,001 bytes compressed", 413, bytes(512001), {}),
        ("5,242,881 bytes uncompressed", 413, zlib.compress(bytes(5242881)), {}),
    ]  # fmt: skip
    for what, status, body, changed in cases:
        answer = intake.post("/api/v2/series", body, {**headers, **changed})
        verdict.that(f"the intake refuses {what}: {status}", answer == status, answer)
    return len(cases)


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out + bytes([number]))


def against_engine(verdict, received, served):
    compare(verdict, received, served, "app", 3, {**RATES, **NETWORK}, GAUGES)
    compare(verdict, received, served, "redis", 2, {**RATES, **NETWORK}, GAUGES)
    compare(verdict, received, served, "datadog-agent", 1, {"container.cpu.usage": RATES["container.cpu.usage"]}, GAUGES)
    compare(verdict, received, served, "recorded", 5, {"container.cpu.usage": RATES["container.cpu.usage"], **IO}, {})
    last = lambda metric, container: received.points(metric, container, tags=TEAM)[-1][1]
    verdict.that("the application burned about a quarter of a core",
                 1.5e8 < last("container.cpu.usage", "app") < 5e8, last("container.cpu.usage", "app"))  # fmt: skip
    verdict.that("the application held its 48 MiB", last("container.memory.rss", "app") > 48 * 1024 * 1024)
    verdict.that("the application's datagrams were counted", last("container.net.sent", "app") > 8000,
                 last("container.net.sent", "app"))  # fmt: skip
    used = last("container.memory.usage", "datadog-agent")
    verdict.that(f"the agent's container used {used / 1048576:.1f} MiB of its 64", used < 48 * 1024 * 1024)


def compare(verdict, received, served, container, number, rates, gauges):
    """The values of `container` that arrived, with what the engine reported for the same time.

    The engine reads its counters once a second and the agent asks when it likes, so the ends of an
    interval differ by up to a second. Rates are therefore compared over all intervals together.
    """
    identifier = f"{TASK_ID}-{1000000000 + number}"
    caller = f"{TASK_ID}-1000000001"
    readings = [(t, s[identifier]) for t, who, s in served if who == caller and s.get(identifier)]

    def reading_at(arrival):
        return [s for t, s in readings if t <= arrival][-1]

    for metric, counter in rates.items():
        points = received.points(metric, container, tags=TEAM)
        pairs = list(zip(points, points[1:]))
        if len(pairs) < 2:
            verdict.that(f"{container}: {metric} arrived", False, points)
            continue
        spans = [new[2] - old[2] for old, new in pairs]
        sent = sum(new[1] * span for (_, new), span in zip(pairs, spans)) / sum(spans)
        first, last = reading_at(points[0][2]), reading_at(points[-1][2])
        known = (counter(last) - counter(first)) / (read_time(last) - read_time(first))
        close(verdict, f"{container}: {metric} over {sum(spans):.0f} s", sent, known)
    for metric, gauge in gauges.items():
        points = received.points(metric, container, tags=TEAM)
        if not points:
            verdict.that(f"{container}: {metric} arrived", False)
            continue
        pairs = [(value, gauge(reading_at(arrival))) for _, value, arrival in points]
        close(verdict, f"{container}: {metric}, worst of {len(pairs)}", *max(pairs, key=lambda p: difference(*p)))


def difference(sent, known):
    return abs(sent - known) / abs(known) if known else float(sent != 0)


def close(verdict, what, sent, known):
    verdict.that(f"{what}: {sent:.6g}, the engine {known:.6g} ({difference(sent, known):.1%})",
                 difference(sent, known) <= TOLERANCE)  # fmt: skip


def golden_tags(verdict, received):
    task, levels = [], GOLDEN["task"]
    for level, marker in (("low", "team:web"), ("orchestrator", "probe:orchestrator"), ("high", "probe:high")):
        task = task + levels[level]
        found = received.of("datadog.agent.running", tags=[marker])
        tags = [t for t in (found[-1]["tags"] if found else []) if not t.startswith("version:")]
        same_tags(verdict, f"tags of the task at {level} cardinality", tags, task + [marker])
    for metric in ("container.cpu.usage", "container.memory.usage", "container.uptime"):
        found = received.of(metric, "app", tags=TEAM)
        same_tags(verdict, f"tags of {metric} (high cardinality)", found[-1]["tags"] if found else [],
                  task + GOLDEN["app"] + TEAM)  # fmt: skip


def redis_check(verdict, received, address):
    """What redisdb gave for the container with the three labels of the published page."""
    fixture = pathlib.Path(__file__).parents[2] / "fixtures/checks/redisdb/standalone.txt"
    rows = [line.split() for line in fixture.read_text().splitlines()]
    golden = {f"redis.{name}" for kind, name, *_ in rows if kind in ("gauge", "rate")} | KEYSPACE
    own = [s for s in received.series if s["metric"].startswith("redis.") and set(TEAM) <= set(s["tags"])]
    # A command of 10 ms and more is slow; whether there was one is not for us to say.
    found = {s["metric"] for s in own if not s["metric"].startswith("redis.slowlog.")}
    verdict.that(f"redis: the {len(golden)} metrics of a server with keys", found == golden,
                 f"missing {sorted(golden - found)}, unexpected {sorted(found - golden)}")  # fmt: skip
    verdict.that("redis: gauges all of them", {s["type"] for s in own if s["metric"] in golden} == {3})
    tags = [*GOLDEN["task"]["low"], *GOLDEN["redis"], *TEAM, f"redis_host:{address}", "redis_port:6379"]
    same_tags(verdict, "redis: tags of a metric", own[-1]["tags"] if own else [],
              [*tags, "redis_role:master", *(["redis_db:db0"] if own and own[-1]["metric"] in KEYSPACE else [])])  # fmt: skip
    last = lambda metric: [p for s in own if s["metric"] == metric for p in s["points"]][-1][1]
    verdict.that("redis: the application's one key", last("redis.keys") == 1)
    verdict.that("redis: the application reads it", last("redis.stats.keyspace_hits") > 1, last("redis.stats.keyspace_hits"))
    verdict.that("redis: clients", 1 <= last("redis.net.clients") <= 20, last("redis.net.clients"))
    can_connect = [c for c in received.checks if c["check"] == "redis.can_connect" and set(TEAM) <= set(c["tags"])]
    verdict.that("redis: can_connect is OK every time", can_connect and not any(c["status"] for c in can_connect))
    same_tags(verdict, "redis: tags of can_connect", can_connect[-1]["tags"] if can_connect else [], tags)


def same_tags(verdict, what, tags, golden):
    missing, unexpected = sorted(set(golden) - set(tags)), sorted(set(tags) - set(golden))
    verdict.that(what, sorted(tags) == sorted(golden), f"missing {missing}, unexpected {unexpected}, all {tags}")


def after_changes(verdict, received, killed, restarted):
    app = [v for t, v, _ in received.points("container.cpu.usage", "app", tags=TEAM) if t > killed]
    verdict.that("restart: no rate is negative or above two cores", app and all(0 <= v < 2e9 for v in app), app)
    silent = [t for t, _, _ in received.points("container.memory.usage", "app", tags=TEAM)
              if killed + 7 < t < restarted]  # fmt: skip
    verdict.that("restart: a stopped container has no values", not silent, silent)
    uptime = received.points("container.uptime", "app", tags=TEAM)[-1]
    verdict.that("restart: the uptime begins again", uptime[1] <= uptime[2] - restarted + 2, uptime)
    early = [t for t, _, _ in received.points("container.memory.usage", "early", tags=TEAM)]
    verdict.that("removed: values until it went", early and min(early) < killed, early)
    # The next look at the task is 5 s away at most.
    verdict.that("removed: no values once the task is without it", all(t < killed + 7 for t in early), early)


def everything_arrived(verdict, received, refused, down, stopped):
    times = sorted({t for t, _, _ in received.points("container.memory.usage", "redis", tags=TEAM)})
    gaps = [b - a for a, b in zip(times, times[1:])]
    # The first gap: from the early sample to the agent's own place in the interval, at most one and a half.
    verdict.that(f"no interval is missing ({len(times)} flushes, longest gap {max(gaps, default=0):.0f} s)",
                 len(gaps) > 4 and gaps[0] <= 23 and max(gaps[1:]) <= 17, times)  # fmt: skip
    late = [t for t, _, arrival in received.points("container.memory.usage", "redis", tags=TEAM)
            if down < t and arrival - t > 1]  # fmt: skip
    verdict.that("what was measured during the outage arrived after it", bool(late))
    last = [t for t in times if t >= stopped - 1]
    verdict.that("SIGTERM: the last sample arrived", bool(last), times[-3:])
    verdict.that("the intake refused nothing of the agents", len(received.refused) == refused, received.refused[refused:][:5])
    # Redis says -1 for "never".
    values = [(s["metric"], v) for s in received.series for _, v in s["points"]
              if v < 0 and not s["metric"].startswith("redis.")]  # fmt: skip
    verdict.that("no value is negative", not values, values[:5])
    names = {c["check"] for c in received.checks}
    verdict.that("service check datadog.agent.up arrived", "datadog.agent.up" in names, names)


def no_strays(verdict, received):
    known = {"datadog-agent", "redis", "app", "early", "late", "recorded"}
    strays, hosts = set(), set()
    for series in received.series:
        names = {t.partition(":")[2] for t in series["tags"] or [] if t.startswith("ecs_container_name:")}
        ids = [t for t in series["tags"] or [] if t.startswith("container_id:")]
        if series["metric"].startswith("redis."):
            ids = ids or [""]  # at low cardinality
        if series["metric"] not in AGENT_METRICS and (len(names) != 1 or not names <= known or len(ids) != 1):
            strays.add(series["metric"])
        hosts |= {r["name"] for r in series["resources"] or [] if r["type"] == "host" and r["name"]}
    verdict.that("no series without a container of the task", not strays, sorted(strays))
    verdict.that("no series names a host", not hosts, hosts)


def drill(verdict, received):
    """The agent of the published definition has no tag of its own."""
    marks = {"team:web", "probe:orchestrator", "probe:high"}
    own = [s for s in received.series if not marks & set(s["tags"] or [])]
    names = {t for s in own if s["metric"].startswith("container.") for t in s["tags"]}
    missing = [n for n in ("datadog-agent", "redis", "app", "late") if f"ecs_container_name:{n}" not in names]
    verdict.that("upgrade drill: metrics of every container", not missing, missing)
    tags = [s["tags"] for s in own if s["metric"] == "container.cpu.usage" and "ecs_container_name:app" in s["tags"]]
    levels = GOLDEN["task"]
    golden = [*levels["low"], *levels["orchestrator"], *levels["high"], *GOLDEN["app"]]
    same_tags(verdict, "upgrade drill: the golden tags", tags[-1] if tags else [], golden)
