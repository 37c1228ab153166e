#!/usr/bin/env bash
# Shows pictures on the real framebuffer and the real DRM card of an arm64 guest, and looks at its display from outside.
#
# Builds build/screen-guest once: Debian trixie's kernel and Python for arm64 (about 500 MB, one minute). Needs root (apt,
# mmdebstrap) and the network for that; not afterwards. Shows the kernel's calls, the console, a second program, a panel
# that is pulled; never a Pi's own display driver, a cable, or how quick any of it is.
set -euo pipefail
cd "$(dirname "$0")/.."

place=build/screen-guest
root=$place/root
packages=linux-image-arm64,python3-minimal,python3,python3-numpy,kmod,dash,coreutils,base-files,libc-bin,busybox-static,libstdc++6
tools=(qemu-system-arm mmdebstrap arch-test xz-utils cpio kmod e2fsprogs)

die() { printf 'test-screen: %s\n' "$*" >&2; exit 1; }

install_tools() {
    local tool missing=
    for tool in qemu-system-aarch64 mmdebstrap cpio xz modprobe mkfs.ext4; do
        PATH=$PATH:/usr/sbin:/sbin command -v $tool >/dev/null || missing=yes
    done
    if [ -z "$missing" ]; then return; fi
    [ "$(id -u)" = 0 ] || die "run: sudo apt install ${tools[*]}"
    echo "installing ${tools[*]} with apt"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${tools[@]}" >/dev/null
}

unpack() {
    [ "$(id -u)" = 0 ] || die "the guest's disk is unpacked by root: sudo make test-screen"
    echo "unpacking Debian trixie for arm64 into $root"
    rm -rf $place
    mkdir -p $root
    mmdebstrap --quiet --arch=arm64 --variant=extract --mode=root --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
        --aptopt='Acquire::Languages "none"' --aptopt='Apt::Install-Recommends "false"' \
        --dpkgopt='path-exclude=/usr/share/*' --dpkgopt='path-include=/usr/share/python3*' \
        --include=$packages trixie $root ${DEBIAN_MIRROR:-}
    mkdir -p $root/{etc,proc,sys,dev,run,tmp}
    ldconfig -r $root
    install -m 755 tools/screen_guest/init.sh $root/usr/sbin/scenes
}

modules() {  # module...: files in the order in which they are loaded
    local version module
    version=$(ls $root/usr/lib/modules)
    depmod -b $root/usr "$version" 2>/dev/null || depmod -b $root "$version"
    for module in "$@"; do
        modprobe -d "$PWD/$root/usr" -S "$version" --show-depends "$module" 2>/dev/null \
            || modprobe -d "$PWD/$root" -S "$version" --show-depends "$module"
    done | awk '/^insmod/ && !seen[$2]++ { print $2 }'
}

make_initrd() {  # a busybox, the modules between it and the disk, those of the displays
    local file name first=$place/first
    mkdir -p $first/{bin,proc,sys,dev,disk,modules}
    cp $root/usr/bin/busybox $first/bin/
    install -m 755 tools/screen_guest/init.sh $first/init
    for file in $(modules virtio_pci virtio_blk ext4 virtio_gpu bochs); do
        name=$(basename "${file%.xz}")
        if [ "$file" != "${file%.xz}" ]; then xz -dc "$file" > "$first/modules/$name"; else cp "$file" "$first/modules/"; fi
        echo "$name" >> $first/order
    done
    (cd $first && find . | cpio --quiet -o -H newc | gzip -1) > $place/initrd
}

make_disk() {
    cp $root/boot/vmlinuz-* $place/kernel
    rm -rf $root/boot $root/usr/lib/modules
    mkfs.ext4 -q -F -d $root $place/disk 400M
    rm -rf $root $place/first
}

made_from() { cat tools/screen_guest.sh tools/screen_guest/init.sh | sha256sum; }

install_tools
if [ "$(cat $place/ready 2>/dev/null)" != "$(made_from)" ]; then
    unpack
    make_initrd
    make_disk
    made_from > $place/ready
fi
tar -c --exclude=__pycache__ -f $place/payload.tar agent/__init__.py agent/screen agent/config tools/__init__.py tools/screen_guest
exec .venv/bin/python -m tools.screen_guest.outside $place/{kernel,initrd,disk,payload.tar}
