#!/usr/bin/env bash
# packages/current.sh amd64|arm64: brings what the programs are linked from (packages/linked) to the version apt
# offers, security updates above all, and fails where one stays older. As root, or with sudo; without either it
# looks at the lists that are there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
arch=${1:?amd64 or arm64}
lists=/var/lib/apt/lists
as_root=()
if [[ $EUID -ne 0 ]]; then
  command -v sudo >/dev/null && as_root=(sudo) || as_root=(false)
fi

# At most once an hour; without a network what is known already decides.
if [[ -z $(find "$lists" -maxdepth 1 -name '*_Packages*' -mmin -60 -print -quit 2>/dev/null) ]]; then
  "${as_root[@]}" apt-get update -q >/dev/null 2>&1 || echo "packages: the lists of apt could not be renewed" >&2
fi

# The package of that architecture that is installed: NAME:ARCH, a cross compiler's NAME-ARCH-cross, or NAME.
installed_name() {
  local candidate
  for candidate in "$1:$arch" "$1-$arch-cross" "$1"; do
    if [[ $(dpkg-query -W -f='${db:Status-Status}' "$candidate" 2>/dev/null) == installed ]]; then
      echo "$candidate"
      return
    fi
  done
}

# outdated: lines "NAME INSTALLED CANDIDATE" of what is older than what apt would install.
outdated() {
  local package name installed candidate
  while read -r package; do
    case $package in '' | '#'*) continue ;; esac
    name=$(installed_name "$package")
    [[ -n $name ]] || continue
    installed=$(dpkg-query -W -f='${Version}' "$name")
    candidate=$(LC_ALL=C apt-cache policy "$name" | sed -n 's/^  Candidate: //p' | head -1)
    [[ -n $candidate && $candidate != '(none)' ]] || continue
    if dpkg --compare-versions "$installed" lt "$candidate"; then echo "$name $installed $candidate"; fi
  done <linked
}

old=$(outdated)
[[ -n $old ]] || exit 0
printf 'packages: updating what is linked:\n%s\n' "$old"
log=$(mktemp)
# shellcheck disable=SC2046 # one argument a package
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends --only-upgrade \
  $(cut -d' ' -f1 <<<"$old") >"$log" 2>&1 || tail -20 "$log" >&2
rm -f "$log"
old=$(outdated)
[[ -z $old ]] || {
  printf 'packages: older than what apt offers, so nothing is linked with it:\n%s\n' "$old" >&2
  exit 1
}
