#!/usr/bin/env bash
# The sandbox as a new user runs it, on this machine's own processes: it must end by itself with 0.
set -euo pipefail
programs=${REMORA_PROGRAMS:?}
if [[ ! -x /usr/bin/redis-server ]]; then
  [[ ${CI:-} != true ]] || { echo "no redis-server: install the package redis-server" >&2; exit 1; }
  echo "SKIPPED e2e_sandbox: no redis-server (Debian package redis-server)"
  exit 77
fi
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
export TMPDIR=$out/tmp
mkdir "$TMPDIR"
# A check runs for the first time within its interval of 15 s.
"$programs/remora-sandbox" --agent "$programs/agent" --no-docker --for 20s --json "$out/received.json" | tee "$out/text"
for container in datadog-agent app redis; do
  grep -q "ecs_container_name:$container" "$out/received.json" || { echo "no series of $container" >&2; exit 1; }
done
grep -q 'redis: redis-server [0-9.]* started on 127\.' "$out/text" || { echo "no Redis was started" >&2; exit 1; }
for metric in redis.mem.used redis.net.clients redis.info.latency_ms; do
  grep -q "\"metric\":\"$metric\"" "$out/received.json" || { echo "no $metric" >&2; exit 1; }
done
grep -q '"check":"redis.can_connect","status":0' "$out/received.json" || { echo "Redis cannot be reached" >&2; exit 1; }
grep -q 'check redisdb of redis: ' "$out/text" || { echo "the verdict says nothing of redisdb" >&2; exit 1; }
[[ -z $(ls -A "$TMPDIR") ]] || { echo "left behind: $(ls -A "$TMPDIR")" >&2; exit 1; }

# Its servers die with it, however it dies.
"$programs/remora-sandbox" --no-agent --no-docker >"$out/killed" &
sandbox=$!
until server=$(grep -oE 'process [0-9]+ \(redis-server\)' "$out/killed"); do
  kill -0 $sandbox || { cat "$out/killed" >&2; exit 1; }
  sleep 0.05
done
server=$(grep -oE '[0-9]+' <<<"$server")
{ kill -KILL $sandbox && wait $sandbox; } 2>/dev/null || true
for ((i = 0; i < 100; ++i)); do
  kill -0 "$server" 2>/dev/null || break
  [[ $(cut -d' ' -f3 "/proc/$server/stat" 2>/dev/null) != Z ]] || break # nobody collects it here
  sleep 0.05
done
((i < 100)) || { echo "redis-server outlives a killed sandbox" >&2; exit 1; }
# 80 columns: characters, not bytes, so UTF-8's continuation bytes do not count.
if LC_ALL=C tr -d '\200-\277' <"$out/text" |
  awk '{ gsub(/\033\[[0-9;?]*[A-Za-z]/, ""); if (length($0) > 80) { print "wider than 80 columns: " $0; bad = 1 } } END { exit !bad }'; then
  exit 1
fi
