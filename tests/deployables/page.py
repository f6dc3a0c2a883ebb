"""The shell blocks of a Markdown page, run as a reader would paste them, with `aws` and `docker` faked."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import deployables

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
AWS = re.compile(r"(?:^|\$\()\s*aws ", re.MULTILINE)
HERE = pathlib.Path(__file__).resolve().parent

# What stands in for the programs a reader has: docker knows the three commands the page needs, dev knows
# what ./dev help names, sleep returns at once.
PROGRAMS = {
    "bin/aws": f'#!/bin/sh\nexec "{sys.executable}" "{HERE}/fake_aws.py" "$@"\n',
    "bin/docker": '#!/bin/sh\ncase $1 in login) cat >/dev/null ;; tag | push) ;; *) exit 2 ;; esac\n'
                  'echo "docker $*" >>"$FAKE_AWS_LOG.other"\n',
    "bin/sleep": "#!/bin/sh\n",
    "dev": '#!/bin/sh\n'
           f'"{deployables.ROOT}/dev" help | grep -q "^  $1" || {{ echo "./dev knows no $1" >&2; exit 2; }}\n'
           'echo "dev $*" >>"$FAKE_AWS_LOG.other"\n',
}


def blocks(text, language="sh"):
    return [body for kind, body in FENCE.findall(text) if kind == language]


def aws_lines(script):
    """How many times a script calls aws, as written."""
    return len(AWS.findall(script))


class Run:
    """One run of shell blocks in a copy of the folders the page names."""

    def __init__(self, script, environment=None):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name in ("task-definitions", "cloudformation"):
                shutil.copytree(deployables.ROOT / name, root / name)
            (root / "bin").mkdir()
            for name, text in PROGRAMS.items():
                (root / name).write_text(text, encoding="utf-8")
                (root / name).chmod(0o755)
            log = root / "calls.jsonl"
            done = subprocess.run(
                ["bash", "-eo", "pipefail", "-c", script], cwd=root, text=True, capture_output=True,
                input="0123456789abcdef0123456789abcdef\n", timeout=300, check=False,
                env={**os.environ, **(environment or {}), "FAKE_AWS_LOG": str(log),
                     "PATH": f"{root / 'bin'}:{os.environ['PATH']}"})
            self.code, self.stdout, self.stderr = done.returncode, done.stdout, done.stderr
            self.calls = [json.loads(line) for line in _lines(log)]
            self.refused = _lines(pathlib.Path(f"{log}.refused"))
            self.other = _lines(pathlib.Path(f"{log}.other"))


def _lines(file):
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []
