"""What every client is told to do, made up from a seed, and the lines those calls stand for."""

import dataclasses
import random

from world import CONTAINER_ID

SEED = 20261123
ROUNDS = 6
STEPS = 6
TRANSPORTS = ("udp", "datagram", "stream")
# Which library has which socket, and which ways to gather samples before it sends.
LIBRARIES = {
    "python": (TRANSPORTS, ("plain", "aggregated", "extended")),
    "hot_shots": (("udp", "datagram"), ("plain", "aggregated")),
    "go": (TRANSPORTS, ("plain", "aggregated", "extended")),
    "java": (TRANSPORTS, ("plain", "aggregated")),
    "cadence": (("udp", "datagram"), ("plain", "buffered")),
}
WIRE_TYPES = {"count": "c", "gauge": "g", "set": "s", "histogram": "h", "timing": "ms", "distribution": "d"}
METRICS = tuple(WIRE_TYPES)
# Contexts of each metric; the first has no tags but the client's own. Only characters no client replaces.
CONTEXTS = ([], ["zone:a"], ["zone:b", "città:milano", "bare"], ["zone:b", "url:http://x/y", "städtisch"])


@dataclasses.dataclass(frozen=True)
class Client:
    library: str
    transport: str
    mode: str

    @property
    def id(self):
        return f"{self.library}-{self.transport}-{self.mode}"

    @property
    def tags(self):
        return [f"lang:{self.library}", f"over:{self.transport}", f"mode:{self.mode}"]

    @property
    def container(self):
        """Those that gather samples tell a container, in both ways of writing it; of Go's all, which keep one
        for the process."""
        if self.mode in ("plain", "extended") and self.library != "go":
            return ""
        return ("ci-" if self.library == "python" else "") + CONTAINER_ID

    @property
    def creation(self):
        return "\t".join(["new", self.id, self.transport, self.mode, ",".join(self.tags), self.container])

    def fields(self, tags):
        """Those on each of its lines."""
        return f"|#{','.join(tags + self.tags)}" + (f"|c:{self.container}" if self.container else "")


@dataclasses.dataclass(frozen=True)
class Call:
    """`instruction`: for the program. `line`: what this call means, in the words of the protocol."""

    instruction: str
    line: bytes
    metric: bool = True


def clients(libraries):
    return [Client(name, t, m) for name in libraries for t in LIBRARIES[name][0] for m in LIBRARIES[name][1]]


class Plan:
    def __init__(self, client, now):
        self.client = client
        self.now = int(now)
        self.random = random.Random(f"{SEED}/{client.id}")
        self.stamped = 0

    def steps(self, number):
        """The calls of round `number` (from 0), in STEPS lists."""
        steps = [[self.sample(metric) for metric in METRICS for _ in range(4)] for _ in range(STEPS)]
        for step in steps:
            self.random.shuffle(step)
        if number == 0:
            steps[0].append(self.metric("count", "e2e.once", "7", []))  # and silent from then on
        if number == 1:  # enough of one context to fill a packet of any client
            steps[1] += [self.metric("distribution", "e2e.burst", self.quarter(), ["zone:a"]) for _ in range(300)]
            steps[2] += [self.metric("timing", "e2e.burst.ms", self.whole(), ["zone:a"]) for _ in range(200)]
        if number == 2:  # a size that fits no default: tags near the length limit
            steps[3].append(self.metric("count", "e2e.long", "1", [f"k{i}:" + "v" * 190 for i in range(4)]))
        for step, call in zip(steps[1:], self.extras(number)):
            step.append(call)
        return steps

    def whole(self):
        return str(self.random.randrange(1000))

    def quarter(self):
        """Exact in binary and in the six decimals some clients write."""
        return str(self.random.randrange(4000) / 4)

    def sample(self, op):
        tags = list(self.random.choice(CONTEXTS))
        if op != "gauge":  # a client may send two orders of tags in the order it likes: no last gauge then
            self.random.shuffle(tags)
        if op == "count":
            return self.metric(op, "e2e.count", str(self.random.randrange(1, 50)), tags)
        if op == "timing":
            return self.metric(op, "e2e.timing", self.whole(), tags)
        if op == "set":
            member = self.whole()
            if self.client.library != "cadence":  # its sets hold integers
                member = self.random.choice(("user-", "größe ", "a:b:")) + str(int(member) % 40)
            return self.metric(op, "e2e.set", member, tags)
        return self.metric(op, f"e2e.{op}", self.quarter(), tags)

    def metric(self, op, name, value, tags, timestamp=""):
        instruction = "\t".join([op, self.client.id, name, value, ",".join(tags), str(timestamp)])
        line = f"{name}:{value}|{WIRE_TYPES[op]}{self.client.fields(tags)}"
        return Call(instruction, (line + (f"|T{timestamp}" if timestamp else "")).encode())

    def extras(self, number):
        tags = [f"round:{number}", "città:milano"]
        for op in ("count", "gauge"):
            self.stamped += 1
            value = self.whole() if op == "count" else self.quarter()
            yield self.metric(op, f"e2e.stamped.{op}", value, ["zone:a"], self.now - 600 + 7 * self.stamped)
        if self.client.library == "cadence":
            return
        yield self.event(number, tags)
        yield self.check(number, tags)

    def event(self, number, tags):
        title, text = (f"{self.client.id} größer", "Zeile eins\\nline two | not a field") if number % 2 else (
            f"{self.client.id} event", f"round {number}")  # fmt: skip
        timestamp = self.now - 60 - number if number % 3 else ""
        alert, priority = ("error", "warning", "info", "success")[number % 4], ("low", "normal")[number % 2]
        key, source = ("group", "my_source") if number % 2 == 0 else ("", "")
        instruction = "\t".join(["event", self.client.id, title, text, ",".join(tags), str(timestamp), alert,
                                 priority, key, source])  # fmt: skip
        # The lengths are bytes; hot-shots counts characters.
        size = len if self.client.library == "hot_shots" else lambda words: len(words.encode())
        line = f"_e{{{size(title)},{size(text)}}}:{title}|{text}|p:{priority}|t:{alert}{self.client.fields(tags)}"
        line += (f"|d:{timestamp}" if timestamp else "") + (f"|k:{key}|s:{source}" if key else "")
        return Call(instruction, line.encode(), metric=False)

    def check(self, number, tags):
        status, host = number % 4, "db-1" if number % 2 else ""
        timestamp = self.now - 30 - number if number % 3 else ""
        message = "größer als 5" if number % 2 else ""
        instruction = "\t".join(["check", self.client.id, "e2e.check", str(status), ",".join(tags), str(timestamp),
                                 host, message])  # fmt: skip
        line = f"_sc|e2e.check|{status}" + (f"|d:{timestamp}" if timestamp else "") + (f"|h:{host}" if host else "")
        line += (f"|m:{message}" if message else "") + self.client.fields(tags)
        return Call(instruction, line.encode(), metric=False)


# Packets the test itself sends, over each of the sockets: what no client sends, and what is refused.
RAW_PACKETS = (
    b"e2e.raw.packed:1:2:3|c|#a,b\ne2e.raw.packed:4|c|#b,a\n",
    b"e2e.raw.packed:10:20.5|g",
    b"e2e.raw.packed:1.5:2.5::-3|d|#z\ne2e.raw.packed:10:20|h|@0.5|#z",
    b"e2e.raw.rate:1|c|@0.1\ne2e.raw.rate:3:4|c|@0.5\ne2e.raw.rate:5|g|@0.1\ne2e.raw.rate:5|c|@2",
    b"e2e.raw.rate:7|d|@0.25\ne2e.raw.rate:9|ms|@0.25\ne2e.raw.rate:9|d|@0.5\r\ne2e.raw.rate:x|s|@0.1",
    b"\n\n\r\ne2e.raw.crlf:1|c\r\ne2e.raw.crlf:2|c\r\n",
    b"e2e.raw.order:1|c|#a,b\ne2e.raw.order:1|c|#b,a\ne2e.raw.order:1|c|#a,b,a\ne2e.raw.order:1|c|#x|#a,b",
    b"e2e.raw.host:1|c|#host:h1,x\ne2e.raw.host:2|c|#x,host:\ne2e.raw.host:4|g|#host:h2,host:h3",
    b"e2e.raw.numbers:+5|g|#n:1\ne2e.raw.numbers:-5|g|#n:2\ne2e.raw.numbers:.5|g|#n:3\ne2e.raw.numbers:5.|g|#n:4\n"
    b"e2e.raw.numbers:1e3|g|#n:5\ne2e.raw.numbers:0x1p-2|g|#n:6\ne2e.raw.numbers:1e-400|g|#n:7",
    b"e2e.raw.fields:1|c|foo|bar|#x\ne2e.raw.fields:1|c||#x\ne2e.raw.fields:1|c|#\ne2e.raw.fields:1|c|c:abc|e:it-false",
    b"e2e.raw.dropped:nan|g\ne2e.raw.dropped:inf|d\ne2e.raw.dropped:-Infinity|h\ne2e.raw.kept:1|c",
    # Each of these loses itself only.
    b"e2e.raw.bad|g\ne2e.raw.kept:1|c\ne2e.raw.bad:1\ne2e.raw.kept:1|c\n:1|g\ne2e.raw.bad:|g\ne2e.raw.bad:1|\n"
    b"e2e.raw.bad:1|C\ne2e.raw.bad:1| c\ne2e.raw.bad:abc|g\ne2e.raw.bad:1|c|@\ne2e.raw.bad:1|c|T1700000000.5\n"
    b"e2e.raw.bad:1|c|T0\ne2e.raw.bad:1|c|T-5\ne2e.raw.bad:1|m\ne2e.raw.bad:1e999|g\ne2e.raw.bad:0x10|g\n"
    b"e2e.raw.bad:1:x|c\ne2e.raw.bad:::|g\ne2e.raw.bad:1_000|x\n_scope:1|c\n_e{x:1|c\ne2e.raw.kept:1|c",
    b"\x00\xff\xfe\x80\ne2e.raw.kept:1|c\n|||||\n:::::\ne2e.raw.kept:1|c\n_e{0,3}:|abc\n_e{2,30}:hi|abc\n_sc||0\n_sc|x|4",
    b"e2e.raw.device:1|c|#device:sda,x",
    b"e2e.raw.card:1|c|#x|card:orchestrator\ne2e.raw.card:2|c|#dd.internal.card:high,y\ne2e.raw.card:4|c|#z|card:huge\n"
    b"e2e.raw.card:1|d|#dd.internal.card:high,both|card:low\ne2e.raw.card:1|g|card:high|c:ci-unknown",
    b"e2e.raw.mixed:10|h\ne2e.raw.mixed:30|ms",
    b"e2e.raw.own:1|c|#team:web,x\ne2e.raw.own:2|c|#x\ne2e.raw.own:4|c|#region:us-west-2,x,task_family:shop",
    b"e2e.raw.member:a:b|s\ne2e.raw.member:b|s\ne2e.raw.member:a:b|s\ne2e.raw.member:gr\xc3\xb6\xc3\x9fe|s",
    b"_e{9,0}:raw event|\n_e{13,8}:line\\nbreak!!|a\\nb\\nc!|p:urgent|#host:h9,raw,raw",
    b"_sc|e2e.check|3|h:h1|#raw:yes,raw:yes|m:down\n_sc|e2e.check|0",
)
