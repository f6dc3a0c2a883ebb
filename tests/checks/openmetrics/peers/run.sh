#!/usr/bin/env bash
# compare.py with the program of the build and the Python package of requirements.txt. Exit 77: a tool
# or the network is missing, nothing was compared; with CI=true that is a failure.
# Usage: run.sh PROGRAM VENV
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
program=$1 venv=$2
stamp=$venv/requirements.installed

skip() {
  printf 'SKIPPED exposition_peers: %s\n' "$1"
  [[ ${CI:-} == true ]] && exit 1
  exit 77
}

command -v python3 >/dev/null || skip "python3 is missing"
if ! cmp -s requirements.txt "$stamp"; then
  log=$(mktemp)
  python3 -m venv --clear "$venv" >"$log" 2>&1 || { tail -3 "$log"; skip "python3 has no venv (package python3-venv)"; }
  "$venv/bin/pip" install --quiet --requirement requirements.txt >"$log" 2>&1 ||
    { tail -3 "$log"; skip "pip could not install requirements.txt (no network?)"; }
  rm -f "$log"
  cp requirements.txt "$stamp"
fi
export PYTHONDONTWRITEBYTECODE=1
exec "$venv/bin/python" compare.py "$program"
