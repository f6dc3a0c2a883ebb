#!/usr/bin/env python3
"""A whole ECS task in real containers: the image, Redis and a busy application in one network
namespace, as in awsvpc, with the metadata endpoint over the real engine and an intake that decodes with
Datadog's own message definitions.

Needs an engine, the image (./dev image) and Go 1.26. Prints one line per assertion; takes two minutes.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import checks  # noqa: E402
from endpoint import Endpoint, Member
from engine import Engine, docker
from intake import Intake, wait_for

HERE = pathlib.Path(__file__).resolve().parent
IMAGE = os.environ.get("REMORA_IMAGE", "remora:dev")
HELPER = "remora-e2e-helper:1"
KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
METADATA_PORT, INTAKE_PORT = 51679, 51680
LABELS = {
    "com.datadoghq.tags.env": "prod",
    "com.datadoghq.tags.service": "shop",
    "com.datadoghq.tags.version": "1.2.3",
    "com.datadoghq.ad.tags": '["component:frontend"]',
}
# Source: docs.datadoghq.com, Amazon ECS on Fargate, the task definition with Redis.
REDIS_LABELS = {
    "com.datadoghq.ad.check_names": '["redisdb"]',
    "com.datadoghq.ad.init_configs": "[{}]",
    "com.datadoghq.ad.instances": '[{"host":"%%host%%","port":6379}]',
}
ADDRESS = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
# The strictest the page on deployment promises.
HARD = ["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--memory=64m",
        "--memory-swap=64m", "--user=12345:12345"]  # fmt: skip


def skip(reason):
    print(f"SKIPPED e2e_whole_task: {reason}")
    if os.environ.get("CI") == "true":
        sys.exit("CI counts this as a failure")
    sys.exit(77)


def build_decoder(directory):
    go = os.environ.get("REMORA_GO") or shutil.which("go")
    if not go:
        skip("no Go toolchain (./dev test installs one)")
    out = pathlib.Path(directory) / "decoder"
    try:
        built = subprocess.run(
            [go, "build", "-trimpath", "-o", out, "."],
            cwd=HERE.parent / "decoder", env={**os.environ, "CGO_ENABLED": "0"}, text=True, capture_output=True,
        )  # fmt: skip
    except OSError as error:  # REMORA_GO names what is not there
        skip(f"{go}: {error.strerror}")
    if built.returncode != 0:
        skip(f"the intake does not build: {built.stderr.strip()[-300:]}")
    return out


class Task:
    """The containers, the endpoint and the intake of one run."""

    def __init__(self, engine, directory):
        self.engine = engine
        self.directory = directory
        self.agents = {}
        self.endpoint = None

    def start(self, decoder):
        run = self.engine.run
        peer = run("peer", HELPER, "python3", "/busy.py", "echo")
        peer_address = docker("inspect", "-f", ADDRESS, peer)
        # The pause container owns the network namespace, and relays what the test serves and asks.
        relays = (
            f"socat UNIX-LISTEN:/link/intake.sock,fork,mode=666 TCP:127.0.0.1:{INTAKE_PORT} & "
            f"exec socat TCP-LISTEN:{METADATA_PORT},bind=127.0.0.1,reuseaddr,fork UNIX-CONNECT:/link/metadata.sock"
        )
        pause = run("pause", HELPER, "sh", "-c", relays, options=["-v", f"{self.directory}:/link"])
        self.network = f"--network=container:{pause}"
        intake = self.engine.create(
            "intake", HELPER, "/decoder", "-address", f"127.0.0.1:{INTAKE_PORT}", "-key", KEY,
            options=[self.network])  # fmt: skip
        docker("cp", str(decoder), f"{intake}:/decoder")
        docker("start", intake)

        # In awsvpc all containers of the task have its one address.
        self.address = docker("inspect", "-f", ADDRESS, pause)
        self.endpoint = Endpoint(self.engine, f"{self.directory}/metadata.sock", self.address)
        self.add("~internal~ecs~pause", 0, "amazon/amazon-ecs-pause:0.1.0", engine_id=pause, kind="CNI_PAUSE")
        # As the official image starts it: on all addresses, without protected mode.
        self.add("redis", 2, "redis:7", labels=REDIS_LABELS,
                 command=["redis-server", "--save", "", "--protected-mode", "no"])  # fmt: skip
        self.add("app", 3, "registry.example.com/shop/app:1.2.3", labels=LABELS,
                 command=["python3", "/busy.py", peer_address])  # fmt: skip
        self.add("early", 4, "early:1", command=["sleep", "600"])
        self.add("recorded", 5, "recorded:1", recorded=recorded_stats())
        self.intake = Intake(f"{self.directory}/intake.sock")
        wait_for("the intake answers", self.intake_answers, 20)

    def intake_answers(self):
        try:
            return self.intake.received() is not None
        except (OSError, RuntimeError):
            return False

    def add(self, name, number, image, *, command=(), engine_id="", **known):
        if command:
            engine_id = self.engine.run(name, HELPER, *command, options=[self.network])
        self.endpoint.add(Member(name, image, engine_id, number=number, **known))

    def start_agent(self, name, number, image=IMAGE, *, variables, options=(), member=True):
        """As ECS starts it: the metadata address and the execution environment are its variables."""
        caller = Member(name, image, number=number)
        everything = {
            "ECS_CONTAINER_METADATA_URI_V4": f"http://127.0.0.1:{METADATA_PORT}/v4/{caller.ecs_id}",
            "AWS_EXECUTION_ENV": "AWS_ECS_MANAGED_INSTANCES",
            "DD_API_KEY": KEY,
            "DD_DD_URL": f"http://127.0.0.1:{INTAKE_PORT}",
            **variables,
        }
        flags = [f"--env={key}={value}" for key, value in everything.items()]
        self.agents[name] = self.engine.create(name, image, options=[self.network, *flags, *options])
        if member:
            self.endpoint.add(Member(name, image, self.agents[name], number=number))
        docker("start", self.agents[name])

    def health(self, name="datadog-agent"):
        """Exit code and output of the health check as CMD-SHELL runs it."""
        return docker("exec", self.agents[name], "/bin/sh", "-c", "agent health", check=False)

    def stop(self, name):
        """Exit code after SIGTERM, and the log."""
        docker("stop", "-t", "30", self.agents[name])
        code = self.engine.inspect(self.agents[name])["State"]["ExitCode"]
        return code, docker("logs", self.agents[name], check=False)[1]


def recorded_stats():
    """Stats as cgroup v2 gives them, which this engine may not: a recorded answer whose counters grow."""
    fixture = HERE.parents[1] / "fixtures/ecs/stats_managed_instances.json"
    entry = next(iter(json.loads(fixture.read_text()).values()))
    begin = time.time()

    def stats():
        now = json.loads(json.dumps(entry))
        elapsed = time.time() - begin
        now["read"] = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + f".{int(time.time() % 1 * 1e9):09d}Z"
        now["cpu_stats"]["cpu_usage"]["total_usage"] += int(elapsed * 3e8)
        now["blkio_stats"]["io_service_bytes_recursive"][0]["value"] += int(elapsed * 1e6)
        return now

    return stats


def drill_variables():
    """The variables and the health check of the published definition, its placeholders filled in.

    Its image line is the only one that changes; that it reports to this test and not to Datadog comes
    beside it, like the metadata address that ECS adds.
    Source: docs.datadoghq.com, Amazon ECS Managed Instances, sidecar; its health check from the page on ECS.
    """
    container = json.loads((HERE / "published_sidecar.json").read_text())["containerDefinitions"][0]
    filled = {"<YOUR_DATADOG_API_KEY>": KEY, "<YOUR_DATADOG_SITE>": "datadoghq.com"}
    variables = {e["name"]: filled.get(e["value"], e["value"]) for e in container["environment"]}
    return variables, container["healthCheck"]


def scenario(task, verdict):
    refused = checks.intake_refuses(verdict, task.intake, KEY)
    sidecar = {"ECS_MANAGED_INSTANCES": "true", "DD_ECS_DEPLOYMENT_MODE": "sidecar"}
    task.start_agent("datadog-agent", 1, variables={**sidecar, "DD_TAGS": "team:web"},
                     options=[*HARD, "--health-cmd=agent health", "--health-interval=2s"])  # fmt: skip
    for number, level in enumerate(("orchestrator", "high"), 11):
        task.start_agent(f"agent-{level}", number, member=False, options=HARD,
                         variables={**sidecar, "DD_CHECKS_TAG_CARDINALITY": level, "DD_TAGS": f"probe:{level}"})  # fmt: skip
    variables, check = drill_variables()
    task.start_agent("drill", 13, variables=variables, member=False, options=[
        f"--health-cmd={check['command'][1]}", "--health-interval=5s", f"--health-timeout={check['timeout']}s",
        f"--health-retries={check['retries']}", f"--health-start-period={check['startPeriod']}s"])  # fmt: skip
    wait_for("agent health answers 0", lambda: task.health()[0] == 0, 15)
    received = task.intake.received

    def rates(name, since=0.0):
        return [p for p in received().points("container.cpu.usage", name, tags=["team:web"]) if p[0] > since]

    wait_for("four CPU rates of the application", lambda: len(rates("app")) >= 4, 110)
    verdict.health("before the outage", task.health())
    checks.golden_tags(verdict, received())
    checks.against_engine(verdict, received(), task.endpoint.served)
    checks.redis_check(verdict, received(), task.address)
    configs = docker("exec", task.agents["datadog-agent"], "agent", "configcheck")
    verdict.that("agent configcheck shows the resolved instance", f"host: {task.address}\nport: 6379\n" in configs, configs)
    status = docker("exec", task.agents["datadog-agent"], "agent", "status", "collector")
    verdict.that("agent status shows its runs", "redisdb" in status and "[OK]" in status, status)
    code, once = docker("exec", task.agents["datadog-agent"], "agent", "check", "redisdb", "--table", check=False)
    verdict.that("agent check runs it by hand", code == 0 and "redis.net.clients" in once, once)
    redis = docker("exec", task.endpoint.members["redis"].engine_id, "redis-cli", "info", "stats")
    hits = next((int(line.split(":")[1]) for line in redis.splitlines() if line.startswith("keyspace_hits:")), 0)
    verdict.that(f"the application read from Redis over loopback ({hits} times)", hits > 100)
    task.stop("agent-orchestrator")
    task.stop("agent-high")

    # Killed and started again; one removed; one added.
    app = task.endpoint.members["app"].engine_id
    docker("kill", app)
    killed = time.time()
    docker("rm", "-f", task.endpoint.members["early"].engine_id)
    task.endpoint.remove("early")
    task.add("late", 6, "late:1", command=["sleep", "600"])
    time.sleep(8)  # longer than one look at the task, so that the agent sees it stopped
    docker("start", app)
    restarted = time.time()
    wait_for("CPU rates of the application after its restart", lambda: rates("app", restarted + 1), 60)
    wait_for("CPU rates of the added container", lambda: rates("late"), 40)
    checks.after_changes(verdict, received(), killed, restarted)

    # The intake is down for longer than one flush.
    task.intake.outage(503)
    down = time.time()
    time.sleep(20)
    verdict.health("during the outage", task.health())
    verdict.that("nothing arrived during the outage", not [p for p in received().payloads if p["received"] > down + 1])
    task.intake.outage(0)
    up = time.time()
    wait_for("payloads after the outage", lambda: [p for p in received().payloads if p["received"] > up], 90)
    verdict.health("after the outage", task.health())
    state = task.engine.inspect(task.agents["datadog-agent"])["State"]
    verdict.that("the engine's own health check never failed", state["Health"]["FailingStreak"] == 0
                 and state["Health"]["Status"] == "healthy", state["Health"]["Status"])  # fmt: skip
    drill = task.engine.inspect(task.agents["drill"])["State"]["Health"]
    verdict.that("upgrade drill: healthy by the published health check", drill["Status"] == "healthy", str(drill)[:300])

    stopped = time.time()
    for name, title in (("datadog-agent", "SIGTERM"), ("drill", "upgrade drill")):
        code, log = task.stop(name)
        verdict.that(f"{title}: exit code 0", code == 0, f"{code}; {log[-600:]}")
    everything = received()
    checks.everything_arrived(verdict, everything, refused, down, stopped)
    checks.no_strays(verdict, everything)
    checks.drill(verdict, everything)


def main():
    if not shutil.which("docker") or docker("info", check=False)[0] != 0:
        skip("no Docker engine answers")
    if docker("image", "inspect", IMAGE, check=False)[0] != 0:
        skip(f"the image {IMAGE} is not there: ./dev image")
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        decoder = build_decoder(directory)
        code, output = docker("build", "-q", "-t", HELPER, str(HERE), check=False)
        if code != 0:
            skip(f"the image of the task's other containers does not build (no network?): {output.strip()[-300:]}")
        engine = Engine(f"remora-task-{os.getpid()}")
        verdict = checks.Verdict()
        task = Task(engine, directory)
        try:
            task.start(decoder)
            scenario(task, verdict)
        except (RuntimeError, OSError, IndexError) as error:
            verdict.that(str(error), False)
            for name, identifier in task.agents.items():
                print(f"--- log of {name}\n" + docker("logs", "--tail", "15", identifier, check=False)[1])
        finally:
            engine.close()
            if task.endpoint:
                task.endpoint.close()
        sys.exit(verdict.finish())


if __name__ == "__main__":
    main()
