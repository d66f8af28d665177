#!/bin/sh
# Builds the images of deploy/images/Dockerfile with buildah, in the folder that is given. Does
# nothing if what goes into them has not changed. POSIX sh; run it from the repository's root.
set -eu
folder=$1 revision=$2
targets='producer-api delivery away console demo-shop'

# No registry of images can be reached on every machine, but Debian's packages can. The base has
# what our Dockerfile needs of `python:3.13-slim`: Python 3.13 with venv, a shell, coreutils. The
# packages are only unpacked, because their scripts would take minutes on a busy machine.
make_base() {
  mkdir -p "$folder"
  apt-config dump Acquire >"$folder/apt.conf"
  mirror=$(apt-get indextargets --format '$(REPO_URI) $(ORIGIN)' 'Created-By: Packages' |
    sed -n 's/ Debian$//p' | head -n 1)
  [ -n "$mirror" ] || { echo 'build.sh: apt has no source; run apt-get update' >&2; exit 1; }
  mmdebstrap --quiet --variant=extract \
    --include=base-files,coreutils,dash,python3,python3-venv \
    --aptopt="$folder/apt.conf" --aptopt='Acquire::Languages "none"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    trixie "$folder/draft.tar" "deb $mirror trixie main"
  mv "$folder/draft.tar" "$folder/base.tar"
}

inputs() {
  find tests/deploy/images/build.sh .dockerignore deploy/images requirements.txt runtime \
    producer_api delivery deploy/__init__.py deploy/local deploy/console deploy/demo_shop \
    frontend/dist frontend/dist-console -name __pycache__ -prune -o -type f -print
}

storage() {
  buildah --root "$folder/storage" --runroot "$folder/run" --storage-driver overlay "$@"
}

build() { # a target, and more arguments
  target=$1
  shift
  storage build --quiet --isolation chroot --format docker --layers --pull-never \
    --file deploy/images/Dockerfile --target "$target" --tag "localhost/$target" \
    --build-arg PYTHON_IMAGE=localhost/base --build-arg NODE_IMAGE=localhost/base \
    --build-arg SOURCE=https://git.shop.example/notifications --build-arg VERSION=1.2.3 \
    --build-arg REVISION="$revision" "$@" . >/dev/null
}

# Workers of one test run may build at the same time: the first builds, the others wait for it.
mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9

key=$(inputs | sort | xargs sha256sum | sha256sum)
[ "$(cat "$folder/key" 2>/dev/null)" != "$key" ] || exit 0
if ! [ -f "$folder/base.tar" ]; then
  make_base
  printf 'FROM scratch\nADD base.tar /\n' |
    storage build --quiet --tag localhost/base --file - "$folder" >/dev/null
fi
rm -rf "$folder/pages" && mkdir -p "$folder/pages/frontend"
cp -R frontend/dist frontend/dist-console "$folder/pages/frontend"
# The later steps get ready images instead of the stages of the same name. Otherwise, buildah would
# compute the checksums of all files of these stages again for each target.
build libraries --volume /etc/ssl/certs:/etc/ssl/certs:ro
build code
build program \
  --build-context libraries=container-image://localhost/libraries \
  --build-context code=container-image://localhost/code
for target in $targets; do
  build "$target" --build-context pages="$folder/pages" \
    --build-context code=container-image://localhost/code \
    --build-context program=container-image://localhost/program
done
storage rmi --prune >/dev/null # what earlier builds left
echo "$key" >"$folder/key"
