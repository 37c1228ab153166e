#!/usr/bin/env bash
# Runs tests/real_picamera2.py with the real picamera2 and libcamera, on libcamera's virtual pipeline.
#
# Builds build/picamera2/root once: Debian trixie with libcamera (about 900 MB, three minutes). Needs root (mmdebstrap,
# chroot) and the network for that. Shows the library's threads, requests, formats, times and errors; never a sensor, an
# image processor, or how quick a Pi is.
set -euo pipefail
cd "$(dirname "$0")/.."

picamera2=0.3.38
place=build/picamera2
root=$place/root
python=/opt/v/bin/python
packages=python3-libcamera,libcamera-tools,libcamera-ipa,python3-venv,python3-numpy,python3-pil,libcap-dev,gcc,libc6-dev,python3-dev,ca-certificates

die() { printf 'test-camera: %s\n' "$*" >&2; exit 1; }
inside() { chroot "$root" env PYTHONDONTWRITEBYTECODE=1 "$@"; }

[ "$(id -u)" = 0 ] || die "a chroot is made and entered by root: sudo make test-camera"
command -v mmdebstrap >/dev/null || die "run: sudo apt install mmdebstrap"

if [ "$(cat $root/opt/ready 2>/dev/null)" != "$(cat setup.cfg tools/picamera2.sh | sha256sum)" ]; then
    if [ ! -x $root/usr/bin/python3.13 ]; then
        echo "unpacking Debian trixie with libcamera into $root"
        rm -rf $root
        mkdir -p $root
        mmdebstrap --quiet --variant=minbase --mode=root --include=$packages trixie $root ${DEBIAN_MIRROR:-}
    fi
    echo "installing picamera2 $picamera2 from pip"
    cp -L /etc/resolv.conf /etc/hosts $root/etc/
    cp -L /etc/ssl/certs/ca-certificates.crt $root/etc/ssl/certs/    # a proxy's authority, where there is one
    inside python3 -m venv --system-site-packages /opt/v
    inside $python -m pip install -qq --disable-pip-version-check "picamera2==$picamera2" \
        "msgspec>=0.19" pytest pytest-timeout hypothesis
    cp tools/picamera2/pykms.py $root/opt/v/lib/python3.13/site-packages/
    cp tools/picamera2/dma_heap.c $root/opt/
    inside gcc -O2 -Wall -shared -fPIC -o /opt/dma_heap.so /opt/dma_heap.c
    mkdir -p $root/usr/share/libcamera/pipeline/virtual
    cp tools/picamera2/virtual.yaml $root/usr/share/libcamera/pipeline/virtual/
    .venv/bin/python -m tools.picamera2.frames $root/opt/frames
    cat setup.cfg tools/picamera2.sh | sha256sum > $root/opt/ready
fi

rm -rf $root/opt/shelfd
mkdir -p $root/opt/shelfd
tar -c --exclude=__pycache__ agent wire tools tests setup.cfg | tar -x -C $root/opt/shelfd
for mount in proc sys; do mountpoint -q $root/$mount || mount --rbind /$mount $root/$mount; done
trap 'umount -l $root/proc $root/sys' EXIT
inside env -C /opt/shelfd LD_PRELOAD=/opt/dma_heap.so LIBCAMERA_LOG_LEVELS='*:ERROR' PYTHONPATH=. \
    $python -m pytest -rs -p no:xdist tests/real_picamera2.py "$@"
