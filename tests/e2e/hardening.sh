#!/usr/bin/env bash
# The shipped program as its headers show it: placed at a random address, tables read-only after the start, no
# executable stack, checks of stack and buffers linked in. REMORA_PROGRAMS: the folder of the release programs.
set -euo pipefail
agent=$REMORA_PROGRAMS/agent
command -v readelf >/dev/null || { echo "SKIPPED e2e_hardening: there is no readelf"; exit 77; }
failed=0
wrong() { echo "hardening: $*"; failed=1; }

header=$(readelf -hW "$agent")
segments=$(readelf -lW "$agent")
dynamic=$(readelf -dW "$agent")
grep -qE 'Type: +DYN' <<<"$header" || wrong "not position independent: no -static-pie"
! grep -q INTERP <<<"$segments" || wrong "needs a dynamic loader"
grep -q GNU_RELRO <<<"$segments" || wrong "no relro"
grep -qE 'GNU_STACK.* RW +0x' <<<"$segments" || wrong "the stack may be executed"
! grep -qE ' RWE ' <<<"$segments" || wrong "a segment is writable and executable"
grep -qE 'BIND_NOW|Flags:.*NOW' <<<"$dynamic" || wrong "not bound at start"
for text in 'stack smashing detected' 'buffer overflow detected' "Assertion '%s' failed"; do
  grep -qaF "$text" "$agent" || wrong "no check says: $text"
done
"$agent" version >/dev/null || wrong "does not start"
exit $failed
