#!/usr/bin/env bash
# The sandbox as a new user runs it, on this machine's own processes: it must end by itself with 0.
set -euo pipefail
programs=${REMORA_PROGRAMS:?}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
"$programs/remora-sandbox" --agent "$programs/agent" --no-docker --for 8s --json "$out/received.json" | tee "$out/text"
for container in datadog-agent app redis; do
  grep -q "ecs_container_name:$container" "$out/received.json" || { echo "no series of $container" >&2; exit 1; }
done
grep -q 'redis: redis-server [0-9.]* started on 127\.' "$out/text" || { echo "no Redis was started" >&2; exit 1; }
# 80 columns: characters, not bytes, so UTF-8's continuation bytes do not count.
if LC_ALL=C tr -d '\200-\277' <"$out/text" |
  awk '{ gsub(/\033\[[0-9;?]*[A-Za-z]/, ""); if (length($0) > 80) { print "wider than 80 columns: " $0; bad = 1 } } END { exit !bad }'; then
  exit 1
fi
