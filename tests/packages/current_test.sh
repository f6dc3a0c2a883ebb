#!/usr/bin/env bash
# packages/current.sh with commands of apt that play an archive: what is older is updated, what stays older fails.
set -euo pipefail
command -v dpkg >/dev/null || { echo "SKIPPED packages: dpkg is not the package manager here"; exit 77; }
script=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/packages/current.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
cd "$work"

fake() { cat >"bin/$1"; chmod +x "bin/$1"; }
# installed: the version of libssl-dev; offered: what apt has; broken: an update changes nothing.
fake dpkg-query <<'SH'
#!/bin/sh
name=
for argument; do name=$argument; done
case $name in libssl-dev:amd64 | libc6-dev-amd64-cross) ;; *) exit 1 ;; esac
case "$*" in
  *Status-Status*) printf installed ;;
  *) case $name in libssl-dev:amd64) cat "$PLAY/installed" ;; *) printf 2.36 ;; esac ;;
esac
SH
fake apt-cache <<'SH'
#!/bin/sh
case $2 in
  libssl-dev:amd64) version=$(cat "$PLAY/offered") ;;
  *) version=2.36 ;;
esac
printf '%s:\n  Installed: x\n  Candidate: %s\n  Version table:\n' "$2" "$version"
SH
fake apt-get <<'SH'
#!/bin/sh
echo "$*" >>"$PLAY/calls"
case "$*" in
  *only-upgrade*libssl-dev:amd64*) [ -e "$PLAY/broken" ] || cp "$PLAY/offered" "$PLAY/installed" ;;
esac
SH
fake sudo <<'SH'
#!/bin/sh
exec "$@"
SH
export PLAY=$work PATH=$work/bin:$PATH

failed=0
# expect CODE INSTALLED-AFTERWARDS WHAT
expect() {
  local code=0
  "$script" amd64 >out 2>&1 || code=$?
  if [[ $code != "$1" || $(cat installed) != "$2" ]]; then
    echo "$3: exit code $code, installed $(cat installed), said:"; cat out
    failed=1
  fi
}
is() { printf %s "$1" >installed; printf %s "$2" >offered; rm -f broken; }

is 3.0.19-1~deb12u2 3.0.22-1~deb12u2; expect 0 3.0.22-1~deb12u2 "a security update"
grep -q 'libssl-dev:amd64 3.0.19-1~deb12u2 3.0.22-1~deb12u2' out || { echo "the update is not told"; failed=1; }
is 3.0.22-1 3.0.22-1; expect 0 3.0.22-1 "nothing to do"
is 3.0.22-1 3.0.9-1; expect 0 3.0.22-1 "an archive that is older"
is 3.0.22-1 '(none)'; expect 0 3.0.22-1 "a package of no archive"
is 3.0.19-1 3.0.22-1; touch broken; expect 1 3.0.19-1 "an update that does not come"
grep -q 'older than what apt offers' out || { echo "the failure is not explained"; failed=1; }
exit $failed
