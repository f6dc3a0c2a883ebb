"""Builds the client programs into build/e2e-clients, each once per version of its sources."""

import concurrent.futures
import hashlib
import os
import pathlib
import shutil
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
BUILD = HERE.parents[2] / "build/e2e-clients"
PATIENCE = 240  # seconds for all builds together; ctest ends the test after 420


class Missing(RuntimeError):
    """A toolchain or what a registry gives is not there."""


def go():
    found = os.environ.get("REMORA_GO") or shutil.which("go")
    if not found:
        raise Missing("no Go toolchain (./dev test installs one)")
    return found


def program(name):
    found = shutil.which(name)
    if not found:
        raise Missing(f"{name} is not installed")
    return found


def run(*command, cwd, **variables):
    name = f"{pathlib.Path(command[0]).name} {command[1]}"
    try:
        done = subprocess.run(command, cwd=cwd, env={**os.environ, **variables}, stdin=subprocess.DEVNULL,
                              text=True, capture_output=True, timeout=max(1, began + PATIENCE - time.monotonic()))  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Missing(f"{name}: not done {PATIENCE} s after the begin (is the network slow?)") from None
    except OSError as error:  # named by REMORA_GO, or made by a step before: it need not be there
        raise Missing(f"{command[0]}: {error.strerror}") from None
    if done.returncode != 0:
        raise Missing(f"{name}: {(done.stderr + done.stdout).strip()[-400:]}")


began = time.monotonic()


def python(where):
    run(program("python3"), "-m", "venv", "venv", cwd=where)
    run(str(where / "venv/bin/pip"), "install", "-q", "-r", "requirements.txt", cwd=where)


def hot_shots(where):
    program("node")
    run(program("npm"), "ci", "--no-audit", "--no-fund", cwd=where)
    run("node", "-e", "require('unix-dgram')", cwd=where)  # optional to npm: it is built from source


def golang(where):
    run(go(), "build", "-trimpath", "-o", str(where / "client"), ".", cwd=where, CGO_ENABLED="0")


def java(where):
    program("java")
    plugin = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
    run(program("mvn"), "-q", "-B", plugin, f"-DoutputDirectory={where}/jars", cwd=where)
    run(program("javac"), "-cp", f"{where}/jars/*", "-d", "classes", "Client.java", cwd=where)


def cadence(where):
    run(program("cargo"), "build", "-q", cwd=where, CARGO_TARGET_DIR=str(where / "target"))


# Library -> how it is built, and its command once it is.
LIBRARIES = {
    "python": (python, lambda d: [f"{d}/venv/bin/python", f"{d}/client.py"]),
    "hot_shots": (hot_shots, lambda d: ["node", f"{d}/client.js"]),
    "go": (golang, lambda d: [f"{d}/client"]),
    # Five sockets and little work: one collector thread, and no second compiler.
    "java": (java, lambda d: ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dfile.encoding=UTF-8",
                              "-cp", f"{d}/classes:{d}/jars/*", "Client"]),
    "cadence": (cadence, lambda d: [f"{d}/target/debug/remora-e2e-cadence"]),
}  # fmt: skip


def prepare(library):
    """The command of the program of `library`."""
    build, command = LIBRARIES[library]
    source, where = HERE / library, BUILD / library
    digest = hashlib.sha256()
    for file in sorted(f for f in source.rglob("*") if f.is_file()):
        digest.update(str(file.relative_to(source)).encode() + b"\0" + file.read_bytes())
    stamp = where / "built"
    if not stamp.exists() or stamp.read_text() != digest.hexdigest():
        shutil.rmtree(where, ignore_errors=True)
        shutil.copytree(source, where)
        build(where)
        stamp.write_text(digest.hexdigest())
    runtime, *arguments = command(where)
    return [program(runtime), *arguments]


def prepare_all():
    """(library -> command, library -> why it is not there)"""
    commands, missing = {}, {}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for name, future in [(name, pool.submit(prepare, name)) for name in LIBRARIES]:
            try:
                commands[name] = future.result()
            except Missing as reason:
                missing[name] = str(reason)
    return commands, missing


def decoder():
    BUILD.mkdir(parents=True, exist_ok=True)
    run(go(), "build", "-trimpath", "-o", str(BUILD / "decoder"), ".", cwd=HERE.parent / "decoder", CGO_ENABLED="0")
    return str(BUILD / "decoder")
