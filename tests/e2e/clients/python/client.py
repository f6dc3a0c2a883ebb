"""Interpreter of a plan (see ../README.md) for datadogpy."""

import sys

from datadog.dogstatsd import DogStatsd

PORT, DATAGRAM, STREAM = int(sys.argv[1]), sys.argv[2], sys.argv[3]
clients = {}


def words(text):
    return text.split(",") if text else None


def new(name, transport, mode, tags, container):
    where = {
        "udp": {"host": "127.0.0.1", "port": PORT},
        "datagram": {"socket_path": f"unixgram://{DATAGRAM}"},
        "stream": {"socket_path": f"unixstream://{STREAM}"},
    }[transport]
    how = {
        "plain": {},
        "aggregated": {"disable_aggregation": False, "disable_buffering": False},
        "extended": {"disable_aggregation": False, "disable_buffering": False, "max_metric_samples_per_context": 100000},
    }[mode]
    clients[name] = DogStatsd(
        **where, **how, constant_tags=words(tags), container_id=container or None, socket_timeout=5,
        telemetry_min_flush_interval=1,
    )  # fmt: skip


def number(text):
    return float(text) if "." in text else int(text)


def metric(op, name, metric_name, value, tags, timestamp):
    client = clients[name]
    if op != "set":
        value = number(value)
    if timestamp:
        getattr(client, op + "_with_timestamp")(metric_name, value, int(timestamp), tags=words(tags))
    elif op == "count":
        client.increment(metric_name, value, tags=words(tags))
    else:
        getattr(client, op)(metric_name, value, tags=words(tags))


def event(name, title, text, tags, timestamp, alert, priority, key, source):
    clients[name].event(
        title, text, alert_type=alert or None, aggregation_key=key or None, source_type_name=source or None,
        date_happened=int(timestamp) if timestamp else None, priority=priority or None, tags=words(tags),
    )  # fmt: skip


def check(name, check_name, status, tags, timestamp, host, message):
    clients[name].service_check(
        check_name, int(status), tags=words(tags), timestamp=int(timestamp) if timestamp else None,
        hostname=host or None, message=message or None,
    )  # fmt: skip


def flush():
    for client in clients.values():
        client.flush_aggregated_metrics()
        client.flush_buffered_metrics()


for line in open(0, encoding="utf-8", newline="\n"):
    op, *rest = line.rstrip("\n").replace("\\n", "\n").split("\t")
    if op == "new":
        new(*rest)
    elif op == "event":
        event(*rest)
    elif op == "check":
        check(*rest)
    elif op == "flush":
        flush()
        print("flushed", flush=True)
    elif op == "close":
        flush()
        for client in clients.values():
            client.stop()
        print("closed", flush=True)
    else:
        metric(op, *rest)
