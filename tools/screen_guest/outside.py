"""Outside the guest: boots it, answers its questions about what its display shows, and ends with its result.

    python -m tools.screen_guest.outside KERNEL INITRD DISK PAYLOAD

Looks with QEMU's own `screendump`, that is at what a monitor would be sent. Not here: what is shown (inside.py), the
making of kernel and disk (tools/screen_guest.sh).
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tools.screen_guest.pattern import HEIGHT, WIDTH, pattern

MOST_S = 300.0  # a kernel that hangs is given up
LOOK_S = 6.0  # an emulated processor is slow, and a display may follow its buffer by a tenth of a second
ARGUMENTS = (
    "-M virt -cpu cortex-a53 -smp 2 -m 768 -display none -nodefaults -no-reboot -serial stdio "
    "-device virtio-gpu-pci,id=strip -device bochs-display,id=second,romfile="
)
COMMAND_LINE = f"root=/dev/vda console=tty0 console=ttyAMA0 video=Virtual-1:{WIDTH}x{HEIGHT} quiet"


def main(arguments: list[str]) -> int:
    """0 when every scene of the guest passed."""
    kernel, initrd, disk, payload = arguments
    with tempfile.TemporaryDirectory() as folder:
        control = Path(folder) / "qmp"
        command = ["qemu-system-aarch64", *ARGUMENTS.split(), "-kernel", kernel, "-initrd", initrd]
        command += ["-append", COMMAND_LINE, "-qmp", f"unix:{control},server=on,wait=off"]
        for name, path in (("a", disk), ("b", payload)):
            command += ["-drive", f"if=none,file={path},format=raw,id={name},snapshot=on"]
            command += ["-device", f"virtio-blk-pci,drive={name}"]
        guest = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        end = threading.Timer(MOST_S, guest.kill)
        end.start()
        try:
            return attend(guest, control, Path(folder) / "dump.ppm")
        finally:
            end.cancel()
            guest.kill()
            guest.wait()


def attend(guest: subprocess.Popen[bytes], control: Path, dump: Path) -> int:
    """Prints what the guest says, answers what it asks. 1 when it fell silent or failed."""
    assert guest.stdin is not None
    began_s, monitor = time.monotonic(), None
    for line in spoken(guest):
        words = line.split()
        if words[:1] == ["GUEST-READY"]:
            print(f"guest is up after {time.monotonic() - began_s:.0f} s", flush=True)
        elif words[:1] == ["GUEST-END"]:
            return int(words[1])
        elif words[:1] == ["LOOK"]:
            monitor = monitor or Monitor(control)
            same = monitor.shows(int(words[1]), int(words[2]), dump)
            guest.stdin.write(b"same\n" if same else b"other\n")
            guest.stdin.flush()
        elif words[:1] not in (["same"], ["other"]):  # the console repeats what it is told
            print(line, flush=True)
    print("the guest ended without a result")
    return 1


def spoken(guest: subprocess.Popen[bytes]) -> Iterator[str]:
    """Lines of its console."""
    assert guest.stdout is not None
    for line in guest.stdout:
        yield line.decode("utf-8", "replace").rstrip()


class Monitor:
    """QEMU's control socket."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(30)
        self._socket.connect(str(path))
        self._lines = self._socket.makefile("r")
        self._lines.readline()  # its greeting
        self._ask("qmp_capabilities")

    def shows(self, number: int, rotate: int, dump: Path) -> bool:
        """The display shows this pattern, mounted turned so; at once or a moment later, and still when looked again."""
        wanted = np.rot90(pattern(number), rotate // 90)
        end_s = time.monotonic() + LOOK_S
        while time.monotonic() < end_s:
            if self._same(wanted, dump):
                time.sleep(0.5)  # something that draws over it must have had its time
                return self._same(wanted, dump)
            time.sleep(0.2)
        return False

    def _same(self, wanted: Any, dump: Path) -> bool:
        self._ask("screendump", filename=str(dump), device="strip")
        picture = read_ppm(dump)
        return picture.shape == wanted.shape and bool((picture == wanted).all())

    def _ask(self, command: str, **arguments: str) -> None:
        self._socket.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while True:
            answer = json.loads(self._lines.readline())
            if "error" in answer:
                raise RuntimeError(f"{command}: {answer['error']['desc']}")
            if "return" in answer:
                return


def read_ppm(path: Path) -> Any:
    """A picture as QEMU writes it."""
    kind, size, most, pixels = path.read_bytes().split(b"\n", 3)
    assert (kind, most) == (b"P6", b"255")
    width, height = map(int, size.split())
    return np.frombuffer(pixels, np.uint8).reshape(height, width, 3)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
