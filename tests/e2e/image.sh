#!/usr/bin/env bash
# The image remora:dev in the ways real task definitions start, probe, mount and stop the agent's
# container. Needs an engine and the image (./dev image). Each case prints one line.
set -euo pipefail
image=${REMORA_IMAGE:-remora:dev}
skip() {
  echo "SKIPPED e2e_image: $1"
  [[ ${CI:-} == true ]] && { echo "CI counts a missing engine as a failure" >&2; exit 1; }
  exit 77
}
docker info >/dev/null 2>&1 || skip "no Docker engine answers"
docker image inspect "$image" >/dev/null 2>&1 || skip "the image $image is not there: ./dev image"

prefix=remora-image-$$
failed=0 passed=0 number=0
ids=() volumes=()
cleanup() {
  ((${#ids[@]})) && docker rm -f "${ids[@]}" >/dev/null 2>&1
  ((${#volumes[@]})) && docker volume rm -f "${volumes[@]}" >/dev/null 2>&1
  return 0
}
trap cleanup EXIT

ok() { passed=$((passed + 1)); printf 'ok      %s\n' "$1"; }
bad() {
  failed=$((failed + 1))
  printf 'FAILED  %s\n' "$1"
  [[ -n ${2:-} ]] && docker logs "$2" 2>&1 | tail -5 | sed 's/^/          /'
  return 0
}
# The agent has no intake here: it must be healthy, degraded, and stop with 0 all the same.
environment=(-e DD_API_KEY=0123456789abcdef0123456789abcdef -e DD_DD_URL=http://127.0.0.1:9 -e DD_STOP_TIMEOUT=500ms)
start() {  # start [docker options] -- [command]: sets $id
  local options=()
  while [[ $1 != -- ]]; do options+=("$1"); shift; done
  shift
  number=$((number + 1))
  id=$(docker run -d --name "$prefix-$number" --network none "${environment[@]}" "${options[@]}" "$image" "$@")
  ids+=("$id")
}
healthy_by() {  # healthy_by CONTAINER COMMAND…: within ten seconds
  local container=$1
  shift
  for _ in $(seq 50); do
    docker exec "$container" "$@" >/dev/null 2>&1 && return 0
    sleep 0.2
  done
  return 1
}
stops_with_zero() {
  docker stop -t 20 "$1" >/dev/null
  [[ $(docker inspect -f '{{.State.ExitCode}}' "$1") == 0 ]]
}
runs() {  # runs NAME [docker options] -- [command]: healthy, then a clean stop
  local name=$1
  shift
  if start "$@" && healthy_by "$id" sh -c 'agent health' && stops_with_zero "$id"; then ok "$name"; else bad "$name" "$id"; fi
}

# Health checks as task definitions write them.
start --
if healthy_by "$id" sh -c 'agent health'; then ok 'health check: CMD-SHELL agent health'; else bad 'CMD-SHELL agent health' "$id"; fi
if docker exec "$id" sh -c 'agent health || exit 1' >/dev/null; then ok 'health check: agent health || exit 1'; else bad 'agent health || exit 1' "$id"; fi
if docker exec "$id" /probe.sh >/dev/null; then ok 'health check: /probe.sh'; else bad '/probe.sh' "$id"; fi
if docker exec "$id" /opt/datadog-agent/bin/agent/agent health >/dev/null; then ok 'health check: absolute path, no shell'; else bad 'absolute path' "$id"; fi
if [[ $(docker exec "$id" agent status 2>/dev/null) == *Forwarder* ]]; then ok 'agent status by exec'; else bad 'agent status' "$id"; fi
if stops_with_zero "$id"; then ok 'SIGTERM: exit code 0'; else bad 'SIGTERM' "$id"; fi

# Start commands.
runs 'start: /init' -- /init
runs 'start: /bin/entrypoint.sh' -- /bin/entrypoint.sh
runs 'start: agent run' -- agent run
runs 'start: a shell that appends to datadog.yaml and runs /init' -- \
  sh -c 'echo "log_level: debug" >> /etc/datadog-agent/datadog.yaml && exec /init'
if [[ $(docker logs "$id" 2>&1) == *'/etc/datadog-agent/datadog.yaml'* ]]; then ok 'the appended file was read'; else bad 'datadog.yaml' "$id"; fi
start -- sh -c '/init & wait $!'
if healthy_by "$id" sh -c 'agent health'; then ok 'start: own PID 1 around /init'; else bad 'own PID 1' "$id"; fi

# Users, rights, read-only root, memory.
hard=(--read-only --cap-drop ALL --security-opt no-new-privileges --memory 64m)
runs 'read-only root, no capability, 64 MB, uid and gid 12345' "${hard[@]}" --user 12345:12345 --
runs 'user 12345 (gid 0)' "${hard[@]}" --user 12345 --
runs 'user 0:1338' "${hard[@]}" --user 0:1338 --
runs 'user dd-agent (100)' "${hard[@]}" --user 100 --
runs 'root' "${hard[@]}" --

# Volumes, and an init container of the same image that fills one.
volume=$(docker volume create) && volumes+=("$volume")
if docker run --rm --network none -v "$volume:/agent-config" "$image" \
  sh -c 'cp -vnR /etc/datadog-agent/* /agent-config/' >/dev/null 2>&1; then ok 'init container: cp -vnR'; else bad 'init container: cp -vnR'; fi
runs 'volume over /etc/datadog-agent' "${hard[@]}" -v "$volume:/etc/datadog-agent" --
for path in /etc/datadog-agent/conf.d /opt/datadog-agent/run /var/run/datadog /var/log/datadog /tmp; do
  runs "tmpfs over $path" "${hard[@]}" --tmpfs "$path" --
done
if docker run --rm --network none -e ENTRYPOINT=init-config "$image" >/dev/null 2>&1; then ok 'ENTRYPOINT=init-config ends with 0'; else bad 'ENTRYPOINT=init-config'; fi

# Bad input.
code=0
output=$(docker run --rm --network none "$image" 2>&1) || code=$?
if [[ $code == 1 && $output == *DD_API_KEY* ]]; then ok 'no API key: exit code 1, one clear line'; else bad "no API key: code $code, $output"; fi
runs 'DD_DOGSTATSD_SOCKET=0.0.0.0:8125, DD_APM_RECEIVER_SOCKET empty' \
  -e DD_DOGSTATSD_SOCKET=0.0.0.0:8125 -e DD_APM_RECEIVER_SOCKET= -e ECS_FARGATE=true --

# What the image promises about itself.
if [[ $(docker run --rm --network none "$image" agent version --full) == *libssl-dev* ]]; then ok 'agent version --full lists what is linked in'; else bad 'agent version --full'; fi
if docker run --rm --network none "$image" grep -q libssl-dev /usr/share/doc/remora/packages.txt; then ok 'bill of materials in the image'; else bad 'bill of materials'; fi
if [[ -z $(docker image inspect -f '{{.Config.User}}' "$image") ]]; then ok 'USER is unset'; else bad 'USER is set'; fi

printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
