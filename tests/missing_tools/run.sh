#!/usr/bin/env bash
# Every test script that needs a tool, started where the tool is not: it says `SKIPPED NAME: reason` and
# exits 77, and with CI=true it fails. Works on copies, so no build folder is touched, and asks
# no network.
set -euo pipefail
tests=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir "$root/bin"
cp -r "$tests" "$root/tests"
failed=0

# The tools of every Debian system, and those that are asked for: nothing else is found.
tools() {
  local name path
  rm -f "$root"/bin/*
  for name in env bash sh cat cmp cp cut dirname basename grep head mktemp mkdir mv readlink rm sed seq sleep tail tr uname "$@"; do
    path=$(command -v "$name") && ln -s "$path" "$root/bin/$name"
  done
}

# expect NAME REASON COMMAND…: with the tools that are there.
expect() {
  local name=$1 reason=$2 output code ci
  shift 2
  for ci in '' true; do
    code=0
    output=$(cd "$root" && env -i PATH="$root/bin" HOME="$root/home" TMPDIR="$root" CI=$ci REMORA_GO="${GO:-}" \
      REMORA_PROGRAMS="$root/none" DOCKER_HOST="unix://$root/no.sock" "$@" 2>&1) || code=$?
    if [[ $ci == true ]]; then
      ((code != 0 && code != 77)) && continue
      printf 'FAILED  %s, CI: exit code %s\n%s\n' "$name" "$code" "$output"
    else
      [[ $code == 77 && $output == *"SKIPPED $name: "*$reason* && $output != *Traceback* ]] && continue
      printf 'FAILED  %s: exit code %s, not SKIPPED with "%s"\n%s\n' "$name" "$code" "$reason" "$output"
    fi
    failed=1
    return
  done
  printf 'ok      %s: %s\n' "$name" "$reason"
}

t=$root/tests
tools
for name in e2e_clients e2e_whole_task; do
  expect $name "python3 is missing" "$t/python_test.sh" $name "$t/e2e/${name#e2e_}/run.py"
done
expect sketches "no Go toolchain" "$t/sketches/run.sh" /none "$root/reference"
expect exposition_peers "python3 is missing" "$t/checks/openmetrics/peers/run.sh" /none "$root/venv"
expect deployables "python3 is missing" "$t/deployables/run.sh"
expect e2e_docker_task "no Docker engine answers" "$t/e2e/docker_task.sh"
expect e2e_image "no Docker engine answers" "$t/e2e/image.sh"
expect e2e_image_arm64 "qemu-aarch64-static is missing" "$t/e2e/image_arm64.sh"

# REMORA_GO may name a toolchain that could not be had.
GO=$root/go-venv/bin/go expect sketches "no Go toolchain" "$t/sketches/run.sh" /none "$root/reference"

if [[ -x /usr/bin/python3 ]]; then
  tools
  ln -s /usr/bin/python3 "$root/bin/python3"
  clients=("$t/python_test.sh" e2e_clients "$t/e2e/clients/run.py")
  expect e2e_clients "no Go toolchain" "${clients[@]}"
  GO=$root/go-venv/bin/go expect e2e_clients "No such file or directory" "${clients[@]}"
  expect e2e_whole_task "no Docker engine answers" "$t/python_test.sh" e2e_whole_task "$t/e2e/whole_task/run.py"
  expect deployables "jq is missing" "$t/deployables/run.sh"

  # An engine that answers, and nothing else.
  printf '#!/bin/sh\n[ "$1" != build ]\n' >"$root/bin/docker" && chmod +x "$root/bin/docker"
  expect e2e_whole_task "no Go toolchain" "$t/python_test.sh" e2e_whole_task "$t/e2e/whole_task/run.py"
  GO=$root/go-venv/bin/go expect e2e_whole_task "No such file or directory" "$t/python_test.sh" e2e_whole_task "$t/e2e/whole_task/run.py"
  GO=$root/bin/env expect e2e_whole_task "the intake does not build" "$t/python_test.sh" e2e_whole_task "$t/e2e/whole_task/run.py"
  printf '#!/bin/sh\n' >"$root/bin/go" && chmod +x "$root/bin/go"
  expect e2e_whole_task "does not build (no network?)" "$t/python_test.sh" e2e_whole_task "$t/e2e/whole_task/run.py"

  # From here on a venv comes with a pip that reaches nothing: to make a true one takes seconds.
  rm "$root/bin/python3"
  cat >"$root/bin/python3" <<'FAKE'
#!/bin/bash
[[ $2 == venv ]] || exec /usr/bin/python3 "$@"
mkdir -p "${!#}/bin"
printf '#!/bin/sh\necho no route to the index\nexit 1\n' >"${!#}/bin/pip"
/bin/chmod +x "${!#}/bin/pip"
FAKE
  chmod +x "$root/bin/python3"
  # The intake can be built, no client can: each is named, and none ends the others.
  expect e2e_clients \
    "python: *no route*; hot_shots: node is not*; java: java is not installed; cadence: cargo is not installed" "${clients[@]}"

  # Python packages cannot be fetched, or there is no venv to put them into.
  printf '#!/bin/sh\n' >"$root/bin/jq" && chmod +x "$root/bin/jq"
  expect deployables "pip could not install" "$t/deployables/run.sh"
  expect exposition_peers "pip could not install" "$t/checks/openmetrics/peers/run.sh" /none "$root/venv"
  printf '#!/bin/sh\necho ensurepip is not available\nexit 1\n' >"$root/bin/python3"
  expect deployables "python3 has no venv" "$t/deployables/run.sh"
  expect exposition_peers "python3 has no venv" "$t/checks/openmetrics/peers/run.sh" /none "$root/venv"
fi
exit $failed
