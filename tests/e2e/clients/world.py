"""What stands around the agent: the task metadata endpoint, the intake, and a recorder in its place."""

import http.server
import json
import os
import pathlib
import socket
import struct
import subprocess
import threading
import time
import urllib.request

KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
TASK_ID = "0123456789abcdef0123456789abcdef"
CONTAINER_ID = f"{TASK_ID}-1000000001"
TASK = {
    "Cluster": "arn:aws:ecs:us-west-2:111122223333:cluster/demo",
    "TaskARN": f"arn:aws:ecs:us-west-2:111122223333:task/demo/{TASK_ID}",
    "Family": "shop",
    "Revision": "3",
    "ServiceName": "shop-service",
    "DesiredStatus": "RUNNING",
    "KnownStatus": "RUNNING",
    "Limits": {"CPU": 0.5, "Memory": 1024},
    "AvailabilityZone": "us-west-2b",
    "LaunchType": "MANAGED_INSTANCES",
    "Containers": [
        {"DockerId": CONTAINER_ID, "Name": "app", "DockerName": "app", "Image": "registry.example/shop/app:1",
         "ImageID": "sha256:00", "DesiredStatus": "RUNNING", "KnownStatus": "RUNNING", "Type": "NORMAL"},
    ],
}  # fmt: skip
GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "whole_task/golden_tags.json"
OWN_TAGS = ["team:web", "owner:café"]
# What the container adds to the task's tags, at low cardinality.
CONTAINER_TAGS = {"ecs_container_name:app", "image_name:registry.example/shop/app", "short_image:app", "image_tag:1",
                  "image_id:sha256:00", "docker_image:registry.example/shop/app:1"}  # fmt: skip
ORCHESTRATOR_TAGS = {f"task_arn:{TASK['TaskARN']}"}


def global_tags():
    """On everything that names no container: the task's tags of low cardinality and those of DD_TAGS."""
    return set(json.loads(GOLDEN.read_text())["task"]["low"] + OWN_TAGS)


def metadata_endpoint():
    """Port of a server that answers as the task metadata endpoint, version 4."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            document = {} if self.path.endswith("/stats") else TASK
            body = json.dumps(document).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Sockets:
    """Addresses of DogStatsD in a run."""

    def __init__(self, directory):
        self.port, self.datagram, self.stream = free_port(), f"{directory}/dsd.socket", f"{directory}/dsd-stream.socket"
        self.arguments = [str(self.port), self.datagram, self.stream]

    def open(self, transport, seconds=10):
        """A connected socket, as soon as there is somebody to connect to."""
        family, kind, address = {
            "udp": (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", self.port)),
            "datagram": (socket.AF_UNIX, socket.SOCK_DGRAM, self.datagram),
            "stream": (socket.AF_UNIX, socket.SOCK_STREAM, self.stream),
        }[transport]
        deadline = time.monotonic() + seconds
        while True:
            one = socket.socket(family, kind)
            try:
                one.connect(address)
                return one
            except OSError:
                one.close()
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.005)

    def kernel_drops(self):
        """Datagrams the kernel threw away at the UDP socket."""
        for line in pathlib.Path("/proc/net/udp").read_text().splitlines()[1:]:
            fields = line.split()
            if int(fields[1].split(":")[1], 16) == self.port:
                return int(fields[-1])
        return 0


class Intake:
    def __init__(self, decoder, directory):
        port_file = pathlib.Path(directory) / "intake.port"
        self.process = subprocess.Popen([decoder, "--key", KEY, "--port-file", str(port_file)])
        deadline = time.monotonic() + 10
        while not port_file.exists():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError("the intake did not start")
            time.sleep(0.01)
        self.url = f"http://127.0.0.1:{port_file.read_text()}"

    def received(self):
        with urllib.request.urlopen(f"{self.url}/control/received") as answer:
            document = json.load(answer)
        return {name: value or [] for name, value in document.items() if name != "requests"}

    def close(self):
        self.process.kill()
        self.process.wait()


class Agent:
    def __init__(self, program, sockets, intake, log):
        variables = {
            "ECS_CONTAINER_METADATA_URI_V4": f"http://127.0.0.1:{metadata_endpoint()}/v4/{CONTAINER_ID}",
            "AWS_EXECUTION_ENV": "AWS_ECS_MANAGED_INSTANCES",
            "DD_ECS_DEPLOYMENT_MODE": "sidecar",
            "DD_API_KEY": KEY,
            "DD_DD_URL": intake.url,
            "DD_TAGS": " ".join(OWN_TAGS),
            "DD_DOGSTATSD_ORIGIN_DETECTION": "true",
            "DD_DOGSTATSD_ORIGIN_DETECTION_CLIENT": "true",
            "DD_DOGSTATSD_PORT": str(sockets.port),
            "DD_DOGSTATSD_SOCKET": sockets.datagram,
            "DD_DOGSTATSD_STREAM_SOCKET": sockets.stream,
        }
        self.log, self.program, self.variables = log, program, variables
        self.process = subprocess.Popen([program, "run"], env=variables, stdout=log, stderr=subprocess.STDOUT)

    def stream_troubles(self):
        """What the agent counts of connections that it closed, or that a client gave up inside a frame: name -> number."""
        command = [self.program, "status", "dogstatsd"]
        told = subprocess.run(command, env=self.variables, text=True, capture_output=True, timeout=10).stdout
        fields = (line.strip().partition(": ") for line in told.splitlines())
        return {name: int(value) for name, _, value in fields if name.startswith("Stream ")}

    def stop(self, seconds=20):
        """Exit code after SIGTERM; None when it had to be killed."""
        self.process.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Recorder:
    """Takes the agent's place and keeps what arrives: (time, transport, packet)."""

    def __init__(self, sockets):
        self.packets = []
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        udp.bind(("127.0.0.1", sockets.port))
        datagram = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        datagram.bind(sockets.datagram)
        self.stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.stream.bind(sockets.stream)
        self.stream.listen(64)
        for name, one in (("udp", udp), ("datagram", datagram)):
            threading.Thread(target=self.datagrams, args=(name, one), daemon=True).start()
        threading.Thread(target=self.accept, daemon=True).start()

    def datagrams(self, name, one):
        while True:
            data = one.recv(65536)
            self.packets.append((time.time(), name, data))

    def accept(self):
        while True:
            connection, _ = self.stream.accept()
            threading.Thread(target=self.frames, args=(connection,), daemon=True).start()

    def frames(self, connection):
        reader = connection.makefile("rb")
        while len(header := reader.read(4)) == 4:
            self.packets.append((time.time(), "stream", reader.read(*struct.unpack("<I", header))))

    def stop(self, _seconds=0):
        time.sleep(0.5)
        return 0

    def close(self):
        pass


def release_program(name):
    programs = os.environ.get("REMORA_PROGRAMS", str(pathlib.Path(__file__).resolve().parents[3] / "build/release"))
    return f"{programs}/{name}"
