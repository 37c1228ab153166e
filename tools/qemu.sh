#!/usr/bin/env bash
# Plays recorded cases through the core on arm64 under qemu-user and here, and compares the bytes; then lets the models
# look at the same pictures on both, and compares what they find.
#
# Builds build/arm64 once: Debian bookworm's Python for arm64 and the wheels a Pi would take. Needs root for that (apt,
# mmdebstrap) and the network; not afterwards. Timings under qemu mean nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

tree=build/arm64/root
site=build/arm64/site
shared=${SHELFD_SHARED:-../shared}
processor=cortex-a72  # a Pi 4's: with the newest instructions (-cpu max) qemu 7.2 computes int8 convolutions wrong
platforms=(manylinux2014_aarch64 manylinux_2_17_aarch64 manylinux_2_27_aarch64 manylinux_2_28_aarch64)

die() { printf 'test-qemu: %s\n' "$*" >&2; exit 1; }

install_tools() {
    if command -v qemu-aarch64-static >/dev/null && command -v mmdebstrap >/dev/null; then return; fi
    [ "$(id -u)" = 0 ] || die "run: sudo apt install qemu-user-static mmdebstrap arch-test"
    echo "installing qemu-user-static and mmdebstrap with apt"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends qemu-user-static mmdebstrap arch-test >/dev/null
}

build_tree() {
    if [ -e $tree/usr/bin/python3.11 ]; then return; fi
    [ "$(id -u)" = 0 ] || die "the arm64 tree is unpacked by root: sudo make test-qemu"
    echo "unpacking Debian bookworm's Python for arm64 into $tree (about 100 MB)"
    rm -rf $tree
    mkdir -p $tree
    mmdebstrap --quiet --arch=arm64 --variant=extract --mode=root --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
        --include=python3-minimal,python3,libpython3.11-stdlib,libstdc++6,dash,coreutils bookworm $tree ${DEBIAN_MIRROR:-}
}

fetch_wheels() {
    if [ "$(cat $site/ready 2>/dev/null)" = "$(sha256sum < setup.cfg)" ]; then return; fi
    echo "fetching the aarch64 wheels of numpy, msgspec, Pillow and ai-edge-litert"
    rm -rf $site
    .venv/bin/python -m pip install -qq --disable-pip-version-check --target $site --only-binary=:all: \
        "${platforms[@]/#/--platform=}" --python-version 311 --implementation cp --abi cp311 --abi abi3 --abi none \
        "numpy>=1.26" "msgspec>=0.19" "Pillow>=11.1" "ai-edge-litert>=2.1"
    sha256sum < setup.cfg > $site/ready
}

tell_processor() {  # litert reads /proc/cpuinfo, finds the x86 one there and crashes; qemu looks into the tree first
    mkdir -p $tree/proc
    for n in 0 1; do
        printf 'processor\t: %s\nFeatures\t: fp asimd evtstrm crc32 cpuid\nCPU implementer\t: 0x41\nCPU architecture: 8\n' $n
        printf 'CPU variant\t: 0x0\nCPU part\t: 0xd08\nCPU revision\t: 3\n\n'
    done > $tree/proc/cpuinfo
}

on_arm64() {  # module argument...
    qemu-aarch64-static -cpu $processor -L $tree -E PYTHONHOME="$PWD/$tree/usr" -E PYTHONPATH="$PWD/$site:$PWD" \
        -E PYTHONDONTWRITEBYTECODE=1 $tree/usr/bin/python3.11 -m "$@"
}

compare_models() {
    if ! ls models/*.tflite >/dev/null 2>&1; then echo "the models are not built: they are not compared"; return; fi
    local photos=("$shared"/data/images/hands/valid/images/*.jpg) seen=build/arm64/seen.jsonl
    [ -e "${photos[0]}" ] || photos=()
    photos=("${photos[@]:0:2}")
    echo "looking at 2 drawn and ${#photos[@]} recorded pictures here and under qemu (about two minutes)"
    on_arm64 tools.score.kernels "${photos[@]}" > $seen || die "the models could not look on arm64"
    .venv/bin/python -m tools.score.kernels --compare $seen "${photos[@]}" || die "the models find something else on arm64"
}

compare_choices() {
    local here there
    here=$(.venv/bin/python -m tools.score.choices) || die "the strip's choices could not be made on $(uname -m)"
    there=$(on_arm64 tools.score.choices) || die "the strip's choices could not be made on arm64"
    [ "$here" = "$there" ] || die "the strip's choices differ: $here here, $there on arm64"
    echo "the same chances on $(uname -m) and arm64: $(cut -d' ' -f2 <<< "$here") tables"
}

blind() {  # folder: a copy whose case names no camera; pictures are compared apart, half an hour of them is too much here
    if ! grep -q '"camera"' "$1/case.json"; then echo "$1"; return; fi
    local copy
    copy=build/arm64/blind/$(basename "$1")
    rm -rf "$copy"
    mkdir -p "$copy"
    ln -s "$(realpath "$1")"/*.gz "$copy"
    .venv/bin/python -c 'import json, sys; case = json.load(sys.stdin); del case["camera"]; json.dump(case, sys.stdout)' \
        < "$1/case.json" > "$copy/case.json"
    echo "$copy"
}

digest_here() { .venv/bin/python -m tools.score.digest "${folders[@]}"; }

digest_arm64() { on_arm64 tools.score.digest "${folders[@]}"; }

[ -d "$shared/cases" ] || die "no recordings in $shared: set SHELFD_SHARED to the folder that holds cases/"
folders=()
for case in ${CASES:-"$shared"/cases/*/}; do folders+=("$(blind "$shared/cases/$(basename "$case")")"); done
install_tools
build_tree
fetch_wheels
tell_processor
echo "playing ${#folders[@]} cases here and under qemu (under a minute)"
here=$(digest_here) || die "the cases could not be played on $(uname -m)"
there=$(digest_arm64) || die "the cases could not be played on arm64"
[ "$(wc -l <<< "$here")" = ${#folders[@]} ] || die "expected a line for each of ${#folders[@]} cases, got: $here"
if diff <(echo "$here") <(echo "$there"); then
    echo "the same bytes on $(uname -m) and arm64: ${#folders[@]} cases, $(awk '{ n += $2 } END { print n }' <<< "$here") events"
else
    die "the bytes above differ (< here, > arm64): look for exp, log, matmul or a sum without a fixed order"
fi
compare_choices
compare_models
