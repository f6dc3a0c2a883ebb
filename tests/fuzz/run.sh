#!/usr/bin/env bash
# run.sh NAME BUILD [SECONDS]: one fuzz target over its seeds and what earlier runs found. A crash ends with
# an error, and its input stays in BUILD. SECONDS: $FUZZ_SECONDS, else 20.
set -euo pipefail
name=$1 build=$2 seconds=${3:-${FUZZ_SECONDS:-20}}
mkdir -p "$build/corpus/$name"
exec "$build/fuzz_$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 -verbosity=0 \
  -print_final_stats=0 -artifact_prefix="$build/$name-" "$build/corpus/$name" "$(dirname "$0")/corpus/$name"
