#!/usr/bin/env python3
"""DogStatsD with real clients, counted at the intake: see README.md. Takes 75 s, and once per machine the
time to fetch and build the clients."""

import os
import pathlib
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
import compare  # noqa: E402
import plan
import toolchains
import world
from reference import BUCKET, Reference

FIRST, STEP = 0.5, 0.9  # seconds into a bucket of the first step, and between steps
QUIET = 8.5  # by then everything of a round has been handed over


def sleep_until(moment):
    time.sleep(max(0.0, moment - time.time()))


class Program(threading.Thread):
    """Drives one client program through all rounds; `reference` hears what each call means."""

    def __init__(self, library, command, sockets, first_bucket, reference, lock):
        super().__init__(daemon=True)
        self.library, self.first_bucket, self.reference, self.lock = library, first_bucket, reference, lock
        self.clients = plan.clients([library])
        self.calls = dict.fromkeys((c.id for c in self.clients), 0)
        self.trouble = ""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DD_")}
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([*command, *sockets.arguments], env=environment, text=True, encoding="utf-8",
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors)  # fmt: skip

    def say(self, *lines):
        self.process.stdin.write("".join(line + "\n" for line in lines))
        self.process.stdin.flush()

    def ask(self, word, answer):
        self.say(word)
        heard = self.process.stdout.readline().strip()
        if heard != answer:
            raise RuntimeError(f"answered {heard!r} to {word}")

    def run(self):
        try:
            self.play()
        except (OSError, RuntimeError) as error:
            self.trouble = str(error)

    def play(self):
        self.say(*(c.creation for c in self.clients))
        plans = {c: plan.Plan(c, self.first_bucket) for c in self.clients}
        for number in range(plan.ROUNDS):
            bucket = self.first_bucket + BUCKET * number
            steps = {c: plans[c].steps(number) for c in self.clients}
            for step in range(plan.STEPS):
                sleep_until(bucket + FIRST + STEP * step)
                # Clients take turns, as the threads of an application do.
                for client in self.clients:
                    calls = steps[client][step]
                    self.say(*(call.instruction for call in calls))
                    self.calls[client.id] += sum(call.metric for call in calls)
                    with self.lock:
                        for call in calls:
                            self.reference.packet(call.line, bucket)
            if number == plan.ROUNDS - 1:
                self.ask("close", "closed")
            else:
                self.ask("flush", "flushed")
            if time.time() > bucket + QUIET:
                raise RuntimeError(f"too slow: round {number} ended {time.time() - bucket:.1f} s into its bucket")

    def messages(self):
        self.errors.seek(0)
        return self.errors.read().strip()


def send_raw(sockets, first_bucket, reference, lock):
    """The packets no client sends, one set per transport, in the middle of a bucket and right before the stop."""
    connections = {t: sockets.open(t) for t in plan.TRANSPORTS}
    for number in (1, plan.ROUNDS - 1):
        bucket = first_bucket + BUCKET * number
        sleep_until(bucket + FIRST + 1)
        for transport, connection in connections.items():
            for packet in plan.RAW_PACKETS:
                # Each transport its own series, by a tag in front of those of the packet.
                data = packet.replace(b"e2e.raw.", b"e2e.raw." + transport.encode() + b".")
                frame = struct.pack("<I", len(data)) if transport == "stream" else b""
                connection.sendall(frame + data)
                with lock:
                    reference.packet(data, bucket)
            time.sleep(0.05)
    return connections["stream"]


def still_open(connection):
    """The other end never writes, so there is nothing to read while it is open, and an end when it is not."""
    connection.setblocking(False)
    try:
        connection.recv(1)
        return False
    except BlockingIOError:
        return True
    except OSError:
        return False


def skip(reason):
    print(f"SKIPPED e2e_clients: {reason}")
    sys.exit("CI counts this as a failure" if os.environ.get("CI") == "true" else 77)


def main():
    begin = time.monotonic()
    recording = "--record" in sys.argv
    try:
        decoder = None if recording else toolchains.decoder()
    except toolchains.Missing as reason:
        skip(f"the intake: {reason}")
    commands, missing = toolchains.prepare_all()
    if not commands:
        skip("; ".join(f"{name}: {reason}" for name, reason in missing.items()))
    print(f"clients ready after {time.monotonic() - begin:.0f} s", flush=True)

    verdict = compare.Verdict()
    reference, lock = Reference(), threading.Lock()
    with tempfile.TemporaryDirectory() as directory, open(f"{directory}/agent.log", "w+") as log:
        sockets = world.Sockets(directory)
        intake = None if recording else world.Intake(decoder, directory)
        if recording:
            agent = world.Recorder(sockets)
        else:
            agent = world.Agent(world.release_program("agent"), sockets, intake, log)
        programs = []
        try:
            for transport in plan.TRANSPORTS:
                sockets.open(transport).close()
            # Time for five runtimes to start, then the begin of a bucket.
            first = (int(time.time() + 3) // BUCKET + 1) * BUCKET
            programs = [Program(n, c, sockets, first, reference, lock) for n, c in commands.items()]
            for program in programs:
                program.start()
            raw = send_raw(sockets, first, reference, lock)
            for program in programs:
                program.join(60)
            open_until_stop = still_open(raw)
            troubles = {} if recording else agent.stream_troubles()
            drops, stopped = sockets.kernel_drops(), time.time()
            code = agent.stop()
            for program in programs:
                verdict.that(f"{program.library}: all calls made in time", not program.trouble and not program.is_alive(),
                             f"{program.trouble} {program.messages()[-500:]}")  # fmt: skip
                if program.messages():
                    print(f"{program.library} said: {program.messages()[-500:]}")
            closed = [first + BUCKET * n for n in range(plan.ROUNDS - 1)]
            calls = {c.id: p.calls[c.id] for p in programs for c in p.clients}
            if recording:
                compare.recorded(verdict, agent.packets, reference, closed, calls)
            else:
                verdict.that("exit code 0 after SIGTERM", code == 0, str(code))
                verdict.that(f"no stream connection closed by the agent {troubles}",
                             open_until_stop and troubles and not any(troubles.values()))  # fmt: skip
                verdict.that(f"no UDP datagram lost by the kernel ({drops})", drops == 0)
                compare.delivered(verdict, intake.received(), reference, closed, stopped, calls)
        except OSError as error:
            verdict.that(str(error), False)
        finally:
            for program in programs:
                program.process.send_signal(signal.SIGKILL)
                program.process.wait()
            agent.close()
            if intake:
                intake.close()
        if verdict.failed:
            log.seek(0)
            print("--- log of the agent\n" + log.read()[-4000:])
    for name, reason in missing.items():
        print(f"SKIPPED e2e_clients: {name}: {reason}")
        if os.environ.get("CI") == "true":
            verdict.that(f"CI has the toolchain of {name}", False)
    print(f"{sum(p.calls[c.id] for p in programs for c in p.clients)} calls, {time.monotonic() - begin:.0f} s")
    sys.exit(verdict.finish())


if __name__ == "__main__":
    main()
