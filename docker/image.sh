#!/usr/bin/env bash
# The container image: `./dev image` is this.
#   docker/image.sh [--platform linux/amd64|linux/arm64] [--tag TAG] [--prebuilt]
# Without --prebuilt docker/Dockerfile does it all. With it the program is built outside of the image build, where a
# compiler cache serves: on this machine, and for arm64 in a container of the Dockerfile's stage `packages`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export DOCKER_BUILDKIT=0

die() { printf 'image: %s\n' "$*" >&2; exit 1; }

# load TAG ARCH: hands the engine an image of the root file system on stdin (a tar archive), for any
# architecture: the builder and `docker import` of older engines always write their own. The rest of its
# configuration is that of the Dockerfile's last stage.
load() {
  local tag=$1 arch=$2 dir=build/image-$2.archive config
  rm -rf "$dir"
  mkdir -p "$dir"
  cat >"$dir/layer.tar"
  config=$(sed -n '/^FROM scratch/,$p' docker/Dockerfile | grep -v '^COPY' | docker build -q -)
  cat >"$dir/config.json" <<JSON
{"architecture": "$arch", "os": "linux", "created": "$(date -u +%FT%TZ)",
 "rootfs": {"type": "layers", "diff_ids": ["sha256:$(sha256sum "$dir/layer.tar" | cut -d' ' -f1)"]},
 "config": $(docker image inspect -f '{{json .Config}}' "$config")}
JSON
  printf '[{"Config": "config.json", "RepoTags": ["%s"], "Layers": ["layer.tar"]}]\n' "$tag" >"$dir/manifest.json"
  tar -C "$dir" -cf - manifest.json config.json layer.tar | docker load -q >/dev/null
  rm -rf "$dir"
}

# prebuilt_root ARCH: the root file system around build/agent-ARCH, as a tar archive on stdout.
prebuilt_root() {
  local arch=$1 dir=build/image-$1
  rm -rf "$dir"
  mkdir -p "$dir/download"
  at_home "$arch" sh -c "cd $dir/download && apt-get download -q busybox-static:$arch" >&2 ||
    die "apt-get cannot download busybox-static:$arch"
  dpkg-deb -x "$dir"/download/busybox-static_*.deb "$dir/busybox"
  cp -r docker/rootfs "$dir/root"
  docker/assemble "$dir/root" "build/agent-$arch" "$dir/busybox/bin/busybox" "build/packages-$arch.txt"
  tar -C "$dir/root" --owner=0 --group=0 --sort=name -cf - .
}

# at_home ARCH COMMAND: here, or for arm64 in a container, as this user: Debian's yaml-cpp for arm64 would push the
# one for this machine out.
at_home() {
  local arch=$1 cache=${CCACHE_DIR:-$HOME/.cache/ccache}
  shift
  [[ $arch == arm64 ]] || { "$@"; return; }
  mkdir -p "$cache" build
  docker run --rm -u "$(id -u):$(id -g)" -e HOME=/tmp -e CCACHE_DIR=/ccache -v "$cache:/ccache" -v "$PWD:/src" \
    remora-packages:arm64 "$@"
}

platform=linux/amd64 tag=remora:dev prebuilt=''
while (($#)); do
  case $1 in
    --platform) platform=${2:?}; shift 2 ;;
    --tag) tag=${2:?}; shift 2 ;;
    --prebuilt) prebuilt=yes; shift ;;
    *) die "unknown argument $1" ;;
  esac
done
[[ $platform == linux/amd64 || $platform == linux/arm64 ]] || die "--platform linux/amd64 or linux/arm64"
arch=${platform#linux/}
[[ $arch == amd64 ]] || tag=$tag-$arch
docker info >/dev/null 2>&1 || die "no Docker engine answers (is it running, may this user reach it?)"
if [[ -n $prebuilt ]]; then
  [[ $arch != arm64 ]] ||
    docker build -q -f docker/Dockerfile --target packages --build-arg ARCH=arm64 -t remora-packages:arm64 . >/dev/null
  at_home "$arch" ./dev build --arch "$arch" agent
  prebuilt_root "$arch" | load "$tag" "$arch"
elif [[ $arch == amd64 ]]; then
  docker build -q -f docker/Dockerfile -t "$tag" . >/dev/null
else
  docker build -q -f docker/Dockerfile --target root --build-arg ARCH=arm64 -t remora-root:arm64 . >/dev/null
  container=$(docker create remora-root:arm64)
  docker cp "$container:/rootfs/." - | load "$tag" arm64
  docker rm "$container" >/dev/null
fi
printf '%s (%s): %s on disk, %s gzip-compressed\n' "$tag" "$platform" \
  "$(docker image inspect -f '{{.Size}}' "$tag" | awk '{printf "%.1f MiB", $1 / 1048576}')" \
  "$(docker save "$tag" | gzip -6 | wc -c | awk '{printf "%.1f MiB", $1 / 1048576}')"
