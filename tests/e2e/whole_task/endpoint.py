"""The ECS task metadata endpoint, version 4, over the engine's own numbers.

It is served on a Unix socket, which a relay inside the task's network namespace makes reachable at
127.0.0.1, and it remembers every stats document it answered with: that is what the engine reported.
"""

import dataclasses
import http.server
import json
import os
import socketserver
import threading
import time
from typing import Callable, Optional

TASK_ID = "0123456789abcdef0123456789abcdef"
CLUSTER = "arn:aws:ecs:us-west-2:111122223333:cluster/demo"
TASK_ARN = f"arn:aws:ecs:us-west-2:111122223333:task/demo/{TASK_ID}"
LAUNCH_TYPE = "MANAGED_INSTANCES"


@dataclasses.dataclass
class Member:
    """A container of the task as ECS knows it."""

    name: str
    image: str
    engine_id: str = ""
    labels: dict = dataclasses.field(default_factory=dict)
    kind: str = "NORMAL"
    number: int = 0
    recorded: Optional[Callable[[], dict]] = None  # stats in place of the engine's
    reading: Optional[dict] = None  # the engine's last
    state: Optional[dict] = None

    @property
    def ecs_id(self):
        return f"{TASK_ID}-{1000000000 + self.number}"


class Endpoint:
    def __init__(self, engine, socket_path, address):
        self.engine = engine
        self.address = address
        self.lock = threading.Lock()
        self.members = {}
        self.served = []  # (time, caller, {ECS id: stats})
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                status, document = owner.answer(self.path)
                body = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def address_string(self):
                return "task"

            def log_message(self, *_):
                pass

        class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
            daemon_threads = True
            request_queue_size = 32

            def get_request(self):
                connection, _ = super().get_request()
                return connection, ("task", 0)

            def handle_error(self, *_):
                pass  # an agent that stopped meanwhile

        self.server = Server(socket_path, Handler)
        os.chmod(socket_path, 0o666)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def add(self, member):
        """As the ECS agent does, the engine is read in the background, and an answer is the last reading."""
        if not member.recorded:
            member.state = self.engine.inspect(member.engine_id)["State"]
            threading.Thread(target=self.follow_stats, args=(member,), daemon=True).start()
            threading.Thread(target=self.follow_state, args=(member,), daemon=True).start()
        with self.lock:
            self.members[member.name] = member

    def follow_stats(self, member):
        for reading in self.engine.stats(member.engine_id):
            member.reading = reading

    def follow_state(self, member):
        while known := self.engine.inspect(member.engine_id):
            member.state = known["State"]
            time.sleep(0.3)

    def remove(self, name):
        with self.lock:
            del self.members[name]

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, path):
        parts = path.strip("/").split("/")
        with self.lock:
            if len(parts) < 2 or parts[0] != "v4":
                return 404, "404 page not found"
            caller, what = parts[1], "/".join(parts[2:])
            if what in ("task", "taskWithTags"):
                return 200, self.task()
            if what == "task/stats":
                stats = {m.ecs_id: self.stats(m) for m in self.members.values()}
                self.served.append((time.time(), caller, stats))
                return 200, stats
            return 404, "404 page not found"

    def task(self):
        return {
            "Cluster": CLUSTER,
            "TaskARN": TASK_ARN,
            "Family": "shop",
            "Revision": "3",
            "ServiceName": "shop-service",
            "DesiredStatus": "RUNNING",
            "KnownStatus": "RUNNING",
            "Limits": {"CPU": 0.5, "Memory": 1024},
            "AvailabilityZone": "us-west-2b",
            "LaunchType": LAUNCH_TYPE,
            "Containers": [self.container(m) for m in self.members.values()],
        }

    def container(self, member):
        out = {
            "DockerId": member.ecs_id,
            "Name": member.name,
            "DockerName": member.name,
            "Image": member.image,
            "ImageID": "sha256:" + "0" * 60 + f"{member.number:04d}",
            "Labels": {
                "com.amazonaws.ecs.cluster": CLUSTER,
                "com.amazonaws.ecs.container-name": member.name,
                "com.amazonaws.ecs.task-arn": TASK_ARN,
                **member.labels,
            },
            "DesiredStatus": "RUNNING",
            "KnownStatus": "RUNNING",
            "Type": member.kind,
            "Networks": [{"NetworkMode": "awsvpc", "IPv4Addresses": [self.address]}],
        }
        if member.recorded:
            out["StartedAt"] = "2026-01-02T03:04:05.678901234Z"
            return out
        state = member.state
        if state["StartedAt"] > "0002":  # the engine's "never" is the year 1
            out["StartedAt"] = state["StartedAt"]
        if not state["Running"]:
            out["KnownStatus"] = "STOPPED"
            out["ExitCode"] = state["ExitCode"]
        return out

    def stats(self, member):
        if member.recorded:
            return member.recorded()
        reading = member.reading
        if not reading or not member.state["Running"]:
            return None
        # In awsvpc every container of the task shows the network of the pause container.
        pause = self.members["~internal~ecs~pause"]
        if pause is not member and pause.reading:
            reading = {**reading, "networks": pause.reading["networks"]}
        return reading
