#!/usr/bin/env bash
# run.sh TEST REFERENCE: builds the program of go/ as REFERENCE, then runs TEST against it. Says
# SKIPPED and exits 77 when there is no Go or its modules cannot be had; with CI=true that is a failure.
set -euo pipefail
test=$1 reference=$2
cd "$(dirname "$0")/go"

skip() {
  printf 'SKIPPED sketches: %s\n' "$1"
  [[ ${CI:-} == true ]] && { echo "CI counts this as a failure" >&2; exit 1; }
  exit 77
}

go=${REMORA_GO:-$(command -v go || true)}
[[ -x $go ]] || skip "no Go toolchain (./dev test installs one)"
log=$("$go" list -deps . 2>&1 >/dev/null) ||
  skip "the Agent's Go module cannot be had: $(tail -n 1 <<<"$log")"
# Go's own cache makes this a fraction of a second from the second time on.
CGO_ENABLED=0 "$go" build -trimpath -o "$reference" .
REMORA_REFERENCE_SKETCH=$reference exec "$test" --gtest_brief=1
