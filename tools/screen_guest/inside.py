"""Inside the guest: shows pictures on the real /dev/fb0 and /dev/dri/card0 and has them looked at from outside.

A line `LOOK number rotate` on the console asks; the answer is `same` or `other`. Not here: looking (outside.py).
"""

from __future__ import annotations

import faulthandler
import itertools
import os
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from agent.config import schema
from agent.screen.driver import open_panel
from agent.screen.drm import DrmPanel
from agent.screen.framebuffer import Framebuffer, read_picture
from agent.screen.protocol import Panel, ScreenError
from tools.screen_guest.pattern import HEIGHT, WIDTH, pattern

FB, CARD = Path("/dev/fb0"), "/dev/dri/card0"
SECOND = Path("/sys/bus/pci/drivers/bochs-drm")
NOBODY = 65534
POWERED_DOWN = "4"  # FB_BLANK_POWERDOWN
HANGS_S = 240  # all of it takes ten seconds, and a minute and a half on a busy machine
SCENES: list[Callable[[], None]] = []


def scene(function: Callable[[], None]) -> Callable[[], None]:
    """In the order of the file."""
    SCENES.append(function)
    return function


def seen(number: int, rotate: str = "0") -> bool:
    """The guest's display shows this pattern, pixel for pixel, as somebody outside says."""
    print(f"LOOK {number} {rotate}", flush=True)
    return sys.stdin.readline().strip() == "same"


@contextmanager
def panel(driver: str, device: str, rotate: str = "0") -> Iterator[Panel]:
    opened = open_panel(schema.Screen(driver=driver, device=device, rotate=rotate))
    try:
        yield opened
    finally:
        opened.close()


def refused(call: Callable[[], object]) -> str:
    """The code of the ScreenError that it ends in."""
    try:
        call()
    except ScreenError as error:
        print(f"  {error.code}: {error}")
        return error.code
    return ""


def consoles(bind: str) -> None:
    """Binds the text console to the panel, or lets go of it."""
    for console in Path("/sys/class/vtconsole").iterdir():
        if "frame buffer" in (console / "name").read_text():
            (console / "bind").write_text(bind)


@scene
def a_framebuffer_shows_its_picture() -> None:
    consoles("0")
    with panel("framebuffer", str(FB)) as strip:
        assert isinstance(strip, Framebuffer)
        print(f"  {strip.geometry}")
        assert (strip.width, strip.height) == (WIDTH, HEIGHT)
        strip.show(pattern(1))
        assert seen(1)
        whole = pattern(2)
        strip.show(whole[:, :700])
        strip.show(whole[:, 700:], left=700)
        assert seen(2)
        assert (read_picture(FB) == whole).all()


@scene
def a_framebuffer_mounted_upside_down() -> None:
    with panel("framebuffer", str(FB), "180") as strip:
        strip.show(pattern(3))
        assert seen(3, "180")


@scene
def the_console_writes_over_a_framebuffer_unless_it_is_unbound() -> None:
    with panel("framebuffer", str(FB)) as strip:
        consoles("1")
        strip.show(pattern(4))
        Path("/dev/tty1").write_text("login: " * 20)
        assert not seen(4)
        consoles("0")
        strip.show(pattern(5))
        Path("/dev/tty1").write_text("login: " * 20)
        assert seen(5)
    consoles("1")


@scene
def a_blanked_framebuffer_is_switched_on_when_it_is_opened() -> None:
    consoles("0")
    with panel("framebuffer", str(FB)) as strip:
        strip.show(pattern(23))
        assert seen(23)
        Path("/sys/class/graphics/fb0/blank").write_text(POWERED_DOWN)
        assert not seen(23)
    with panel("framebuffer", str(FB)) as strip:
        strip.show(pattern(24))
        assert seen(24)


@scene
def a_card_shows_its_picture_and_the_console_stays_away() -> None:
    with panel("drm", "") as strip:
        assert (strip.width, strip.height) == (WIDTH, HEIGHT)
        strip.show(pattern(6))
        assert seen(6)
        Path("/dev/tty1").write_text("login: " * 20)
        assert seen(6)
        whole = pattern(7)
        strip.show(whole)
        strip.show(pattern(8)[:90, 300:900], left=300)
        strip.show(whole[:90, 300:900], left=300)
        assert seen(7)


@scene
def a_card_mounted_upside_down() -> None:
    with panel("drm", CARD, "180") as strip:
        strip.show(pattern(9))
        strip.show(pattern(10))
        assert seen(10, "180")


@scene
def flips_follow_one_another() -> None:
    pictures = [pattern(number) for number in range(11, 15)]
    with panel("drm", CARD) as strip:
        began_s, computing_s = time.monotonic(), time.process_time()
        for picture in itertools.islice(itertools.cycle(pictures), 60):
            strip.show(picture)
        took_s, computed_s = time.monotonic() - began_s, time.process_time() - computing_s
        print(f"  60 flips in {took_s:.2f} s, {computed_s:.2f} s of it computing")
        assert seen(14)


@scene
def a_card_that_somebody_else_has_is_busy() -> None:
    with panel("drm", CARD) as strip:
        strip.show(pattern(15))
        assert refused(lambda: DrmPanel(CARD)) == "busy"
        assert seen(15)
    with panel("drm", CARD) as again:
        again.show(pattern(16))
        assert seen(16)


def nobody(device: Path, play: Callable[[], None]) -> None:
    """Plays in a process without any privilege, that may open the device: as the agent runs."""
    device.chmod(0o666)
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        try:
            play()
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0


@scene
def nobody_needs_to_be_root() -> None:
    consoles("0")

    def play(driver: str, device: str, number: int) -> None:
        with panel(driver, device) as strip:
            strip.show(pattern(number + 1))
            strip.show(pattern(number))
            assert seen(number)

    nobody(FB, partial(play, "framebuffer", str(FB), 19))
    nobody(Path(CARD), partial(play, "drm", CARD, 21))


@scene
def a_panel_that_goes_is_missed_and_comes_back() -> None:
    """With a second display, whose driver lets go of its device; the first one's hangs in the kernel."""
    address = next(path.name for path in SECOND.iterdir() if ":" in path.name)
    for driver, node in (("framebuffer", "/dev/fb1"), ("drm", "/dev/dri/card1")):
        with panel(driver, node) as strip:
            picture = pattern(17, strip.width, strip.height)
            strip.show(picture)
            (SECOND / "unbind").write_text(address)
            assert refused(partial(strip.show, 255 - picture)) == "unplugged"
        assert refused(partial(open_panel, schema.Screen(driver=driver, device=node))) == "not_found"
        (SECOND / "bind").write_text(address)
        with panel(driver, node) as strip:
            strip.show(picture)
            strip.show(255 - picture)


def main() -> int:
    """Every scene; 1 when one of them failed."""
    failed = 0
    warnings.simplefilter("ignore", DeprecationWarning)  # a fork beside faulthandler's thread is meant
    faulthandler.dump_traceback_later(HANGS_S, exit=True)
    for play in SCENES:
        name = play.__name__.replace("_", " ")
        try:
            play()
            print(f"ok      {name}", flush=True)
        except (AssertionError, ScreenError, OSError):
            failed += 1
            traceback.print_exc(file=sys.stdout)
            print(f"FAILED  {name}", flush=True)
    print(f"{len(SCENES) - failed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
