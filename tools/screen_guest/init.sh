#!/bin/busybox sh
# First program of the guest: the first round loads the drivers and goes over to the disk, the second plays the scenes.
if [ "$1" != scenes ]; then
    busybox=/bin/busybox
    $busybox mount -t proc proc /proc; $busybox mount -t sysfs sys /sys; $busybox mount -t devtmpfs dev /dev
    while read -r module; do $busybox insmod "/modules/$module"; done < /order
    n=0; while [ ! -b /dev/vda ] && [ $n -lt 50 ]; do $busybox sleep 0.2; n=$((n + 1)); done
    $busybox mount -t ext4 /dev/vda /disk || exec $busybox sh
    for place in dev proc sys; do $busybox mount --move /$place /disk/$place; done
    exec $busybox switch_root /disk /sbin/scenes scenes
fi
export PATH=/usr/sbin:/usr/bin:/sbin:/bin NO_COLOR=1 PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=.
for folder in /usr/lib/*/blas /usr/lib/*/lapack; do LD_LIBRARY_PATH=$LD_LIBRARY_PATH:$folder; done  # as Debian links them
export LD_LIBRARY_PATH
busybox mount -t tmpfs tmp /tmp
mkdir /tmp/shelfd && cd /tmp/shelfd && busybox tar x < /dev/vdb
echo GUEST-READY
python3 -u -m tools.screen_guest.inside
echo GUEST-END $?
busybox poweroff -f
