"""The Docker Engine: its API over the socket for reading, its command line for everything else."""

import http.client
import json
import os
import socket
import subprocess


class Unix(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path, timeout=10):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def get(path, target, method="GET"):
    """Status and body of a request to the Unix socket `path`."""
    connection = Unix(path)
    try:
        connection.request(method, target)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def docker(*arguments, check=True):
    """Standard output of `docker …`; with check=False (exit code, both streams)."""
    done = subprocess.run(["docker", *arguments], text=True, capture_output=True, timeout=300)
    if not check:
        return done.returncode, done.stdout + done.stderr
    if done.returncode != 0:
        raise RuntimeError(f"docker {' '.join(arguments[:3])} …: {done.stderr.strip()}")
    return done.stdout.strip()


class Engine:
    """The containers of one test run; `close` removes them."""

    def __init__(self, prefix):
        self.prefix = prefix
        self.socket = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")
        self.ids = []

    def create(self, name, image, *command, options=()):
        identifier = docker("create", "--name", f"{self.prefix}-{name}", *options, image, *command)
        self.ids.append(identifier)
        return identifier

    def run(self, name, image, *command, options=()):
        identifier = self.create(name, image, *command, options=options)
        docker("start", identifier)
        return identifier

    def inspect(self, identifier):
        """The engine's description of the container, or None when it is gone."""
        status, body = get(self.socket, f"/containers/{identifier}/json")
        return json.loads(body) if status == 200 else None

    def stats(self, identifier):
        """Readings of the container's counters, about one a second, until it is removed; None for a
        reading of a container that does not run."""
        connection = Unix(self.socket, timeout=30)
        try:
            connection.request("GET", f"/containers/{identifier}/stats?stream=true")
            answer = connection.getresponse()
            while line := answer.readline():
                reading = json.loads(line)
                yield reading if reading.get("memory_stats", {}).get("usage") else None
        except OSError:
            pass  # the engine closed the stream
        finally:
            connection.close()

    def close(self):
        if self.ids:
            docker("rm", "-f", *self.ids, check=False)
