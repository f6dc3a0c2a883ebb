#!/usr/bin/env bash
# The image for linux/arm64 starts, answers its health check and stops, under QEMU's user emulation.
# The emulator is called by name, so the kernel needs no binfmt entry for it.
set -euo pipefail
image=${REMORA_IMAGE_ARM64:-remora:dev-arm64}
skip() {
  echo "SKIPPED e2e_image_arm64: $1"
  [[ ${CI:-} == true ]] && { echo "CI counts this as a failure" >&2; exit 1; }
  exit 77
}
qemu=$(command -v qemu-aarch64-static) || skip "qemu-aarch64-static is missing (package qemu-user-static)"
docker info >/dev/null 2>&1 || skip "no Docker engine answers"
docker image inspect "$image" >/dev/null 2>&1 || skip "the image $image is not there: ./dev image --platform linux/arm64"

agent=/opt/datadog-agent/bin/agent/agent
emulated=(--network none -v "$qemu:/qemu:ro")
id=
trap 'if [[ -n $id ]]; then docker rm -f "$id" >/dev/null 2>&1; fi' EXIT
failed=0
expect() {  # expect NAME PATTERN TEXT
  if [[ $3 == *"$2"* ]]; then printf 'ok      %s\n' "$1"; else printf 'FAILED  %s: %s\n' "$1" "$3"; failed=1; fi
}
run() { docker run --rm --platform linux/arm64 "${emulated[@]}" "$image" /qemu "$@" 2>&1 || true; }

expect 'platform of the image' arm64 "$(docker image inspect -f '{{.Architecture}}' "$image")"
expect 'start command of the image' /bin/entrypoint.sh "$(docker image inspect -f '{{.Config.Cmd}}' "$image")"
version=$(run $agent version --full)
expect 'agent version' 'Agent ' "$version"
expect 'agent version --full: the bill of materials' libssl-dev "$version"
expect 'a shell' 'aarch64 shell' "$(run /bin/busybox sh -c 'echo $(/qemu /bin/busybox uname -m) shell')"

id=$(docker run -d --platform linux/arm64 "${emulated[@]}" --read-only --cap-drop ALL --user 12345:12345 \
  -e DD_API_KEY=0f1e2d3c4b5a69788796a5b4c3d2e1f0 -e DD_DD_URL=http://127.0.0.1:9 -e DD_STOP_TIMEOUT=500ms \
  "$image" /qemu $agent run 2>/dev/null)
health=
for _ in $(seq 50); do
  health=$(docker exec "$id" /qemu /bin/busybox sh -c "/qemu $agent health" 2>&1) && break
  sleep 0.3
done
expect 'agent health, from a shell' 'Agent health: PASS' "$health"
docker stop -t 30 "$id" >/dev/null
expect 'SIGTERM: exit code 0' '=0=' "=$(docker inspect -f '{{.State.ExitCode}}' "$id")="
((failed == 0))
