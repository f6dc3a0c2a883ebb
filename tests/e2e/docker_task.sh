#!/usr/bin/env bash
# A live Docker task: three containers of a real engine, one of them busy, through the sandbox's
# metadata endpoint to its intake. Needs an engine and the image debian:bookworm-slim.
set -euo pipefail
programs=${REMORA_PROGRAMS:?}
skip() {
  echo "SKIPPED e2e_docker_task: $1"
  [[ ${CI:-} == true ]] && { echo "CI counts a missing engine as a failure" >&2; exit 1; }
  exit 77
}
docker info >/dev/null 2>&1 || skip "no Docker engine answers"
docker image inspect debian:bookworm-slim >/dev/null 2>&1 || skip "the image debian:bookworm-slim is not there"

out=$(mktemp -d)
run=remora-e2e-$$
ids=()
cleanup() {
  ((${#ids[@]})) && docker rm -f "${ids[@]}" >/dev/null 2>&1
  rm -rf "$out"
}
trap cleanup EXIT
start() {  # start NAME COMMAND…
  local name=$1
  shift
  ids+=("$(docker run -d --name "$run-$name" --label "com.amazonaws.ecs.container-name=$name" \
    --network none debian:bookworm-slim "$@")")
}
start datadog-agent sleep 120
start redis sleep 120
start app sh -c 'while :; do :; done'

cat >"$out/task.json" <<'JSON'
{"family": "docker-task", "networkMode": "awsvpc", "requiresCompatibilities": ["MANAGED_INSTANCES"],
 "cpu": "512", "memory": "1024",
 "containerDefinitions": [
  {"name": "datadog-agent", "image": "remora:dev", "essential": true,
   "environment": [{"name": "DD_API_KEY", "value": "0123456789abcdef0123456789abcdef"},
                   {"name": "ECS_MANAGED_INSTANCES", "value": "true"},
                   {"name": "DD_ECS_DEPLOYMENT_MODE", "value": "sidecar"}],
   "healthCheck": {"command": ["CMD-SHELL", "agent health"]}},
  {"name": "app", "image": "debian:bookworm-slim", "essential": true},
  {"name": "redis", "image": "debian:bookworm-slim", "essential": true}]}
JSON
"$programs/remora-sandbox" --agent "$programs/agent" --task-definition "$out/task.json" --for 22s \
  --json "$out/received.json"
for container in datadog-agent app redis; do
  grep -q "ecs_container_name:$container" "$out/received.json" || { echo "no series of $container" >&2; exit 1; }
done
