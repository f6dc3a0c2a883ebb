#!/usr/bin/env bash
# run.sh [--seconds N]: clang-tidy over src/, newest changes first, two at a time. A source that passed is known by
# its text and that of the project's headers it names, and is not looked at again. With --seconds it ends in time
# and says how many sources it did not come to. `./dev lint` installs what this needs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
seconds=86400
[[ ${1:-} != --seconds ]] || seconds=$2
known=${XDG_CACHE_HOME:-$HOME/.cache}/remora-lint
mkdir -p "$known" build/lint

# The database of the dev build, without what only GCC knows: clang reads no precompiled header of GCC's.
sed -E 's/-Winvalid-pch -include [^ ]*cmake_pch.hxx//; s/-fpch-preprocess//; s/-Wno-mismatched-new-delete//' \
  build/dev/compile_commands.json >build/lint/compile_commands.json

key_of() {
  { cat "$1" .clang-tidy
    sed -n 's/^#include "\(.*\)"/\1/p' "$1" | while read -r header; do cat "include/$header" "src/$header" 2>/dev/null || true; done
  } | sha256sum | cut -d' ' -f1
}
lint_one() {
  local key found
  ((EPOCHSECONDS < until)) || { echo "$1" >>build/lint/left; return 0; }
  key=$(key_of "$1")
  [[ ! -e $known/$key ]] || return 0
  found=$(clang-tidy-14 -p build/lint --quiet "$1" 2>/dev/null | grep -A3 -E "^$PWD/.*(warning|error):" | sed "s|^$PWD/||" || true)
  if [[ -z $found ]]; then : >"$known/$key"; else printf '%s\n' "$found" | tee -a build/lint/found; fi
}
export -f key_of lint_one
export known until=$((EPOCHSECONDS + seconds))
rm -f build/lint/left build/lint/found
{ git log --name-only --format= -n 300 -- src 2>/dev/null; find src -name '*.cpp'; } | grep '\.cpp$' | awk '!seen[$0]++' |
  while read -r file; do [[ ! -f $file || $file == */asio.cpp ]] || echo "$file"; done |
  xargs -P "$(nproc)" -n 1 bash -c 'lint_one "$1"' lint
[[ ! -e build/lint/left ]] || echo "SKIPPED lint: $(wc -l <build/lint/left) sources, no time left"
[[ ! -e build/lint/found ]]
