"""What the decoder, an intake of Datadog's own message definitions, received."""

import json
import time

import engine


class Intake:
    def __init__(self, socket_path):
        self.socket_path = socket_path

    def request(self, target, method="GET"):
        status, body = engine.get(self.socket_path, target, method)
        if status != 200:
            raise RuntimeError(f"intake: {target}: {status}")
        return body

    def received(self):
        return Received(json.loads(self.request("/control/received")))

    def post(self, path, body, headers):
        """Status of a payload sent by hand."""
        connection = engine.Unix(self.socket_path)
        try:
            connection.request("POST", path, body, headers)
            return connection.getresponse().status
        finally:
            connection.close()

    def outage(self, status):
        self.request(f"/control/outage?status={status}", "POST")


class Received:
    def __init__(self, document):
        self.series = document["series"] or []
        self.sketches = document["sketches"] or []
        self.checks = document["service_checks"] or []
        self.events = document["events"] or []
        self.refused = document["refused"] or []
        self.payloads = document["payloads"] or []

    def of(self, metric, container="", *, tags=()):
        """The series of `metric`, in the order of arrival, of a container and with `tags`."""
        wanted = set(tags)
        if container:
            wanted.add(f"ecs_container_name:{container}")
        return [s for s in self.series if s["metric"] == metric and wanted <= set(s["tags"] or [])]

    def points(self, metric, container="", *, tags=()):
        """(timestamp, value, time of arrival) of these series."""
        return [(t, v, s["received"]) for s in self.of(metric, container, tags=tags) for t, v in s["points"]]


def wait_for(what, condition, seconds):
    """Asks `condition` until it is true; RuntimeError naming `what` when it never is."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.3)
    raise RuntimeError(f"not within {seconds} s: {what}")
