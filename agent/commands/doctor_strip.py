"""What `shelfd doctor` finds out about the strip: the panel, whether a font knows the store's language, whether each
label has room, and whether the kernel's text console draws into it.

Draws the labels as the agent does, in memory; the panel shows nothing of it. A panel that the agent has is not opened:
of a framebuffer the kernel tells the size all the same.
Not here: panels (screen/driver.py), what a complaint means (screen/face.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

from agent.commands.doctor_part import Part
from agent.config.check import check
from agent.config.schema import Config, Screen
from agent.messages import Labels
from agent.screen.face import Face
from agent.screen.fbinfo import SYSFS, geometry_of
from agent.screen.fonts import INSTALL, PROBE_PX, Fonts, find_fonts
from agent.screen.geometry import Geometry
from agent.screen.protocol import Panel, ScreenError
from agent.screen.words import WORDS
from agent.shelf.labels import ShelfEdge
from agent.weighing.diagnose import Finding
from wire.state import StockState

CONSOLES = Path("/sys/class/vtconsole")
MOST_COMPLAINTS = 12
Open = Callable[[Screen], Panel]


@dataclass(frozen=True, slots=True)
class Size:
    """Of the strip as the viewer sees it; `bits`: of a pixel, None where the driver chooses them."""

    width: int
    height: int
    bits: int | None = None


def examine_strip(
    config: Config, open_panel: Open | None, sysfs: Path = SYSFS, consoles: Path = CONSOLES
) -> Part | None:
    """None: no screen is configured. `open_panel` None: the agent has the panel, it is left alone."""
    screen = config.screen
    if not screen.driver:
        return None
    findings: list[Finding] = []
    size = _told(screen, sysfs) if open_panel is None else _tried(screen, open_panel, findings)
    findings += _console(screen, consoles, running=open_panel is None)
    fonts, unusable = find_fonts(screen.fonts, config.store.language)
    findings += [Finding("wrong", "screen", "font_file", sentence) for sentence in unusable]
    font = font_of(fonts, config.store.language)
    if font is None:
        sentence = f'no font here has "{config.store.language}": {INSTALL}, or name one in screen.fonts'
        findings.append(Finding("wrong", "screen", "no_font", sentence))
    device = screen.device or "on any card"
    lines = [f"strip: {screen.driver} {device}, {_written(size, screen)}", f"  font: {font or 'none'}"]
    facts: dict[str, Any] = {"driver": screen.driver, "device": screen.device, "font": font}
    if size is not None:
        facts |= {"width": size.width, "height": size.height, "bits_per_pixel": size.bits}
        said, complaints = _labels(config, size, fonts)
        lines.append(f"  {said}")
        findings += complaints
    return Part("strip", tuple(lines), tuple(findings), facts)


def font_of(fonts: Fonts, language: str) -> str | None:
    """The file that has the labels' own words of this language; None: not all of them are in one that is here."""
    words = WORDS[language]
    numbers = {fonts.number_for(x) for text in (words.sold_out, words.low, words.more) for x in text}
    named = [_name(fonts, number) for number in sorted(n for n in numbers if n is not None)]
    return None if None in numbers else " and ".join(dict.fromkeys(named))


def _name(fonts: Fonts, number: int) -> str:
    path = fonts.at(number, PROBE_PX).path
    return path if isinstance(path, str) else "Pillow's own"


def _tried(screen: Screen, open_panel: Open, findings: list[Finding]) -> Size | None:
    """Opens the panel and lets go of it; nothing is shown."""
    try:
        panel = open_panel(screen)
        try:
            geometry = getattr(panel, "geometry", None)
            return Size(panel.width, panel.height, geometry.bits_per_pixel if geometry else None)
        finally:
            panel.close()
    except ScreenError as error:
        findings.append(Finding("wrong", "screen", error.code, str(error)))
        return None


def _told(screen: Screen, sysfs: Path) -> Size | None:
    """What the kernel, or the file beside a plain one, says of a framebuffer without anybody opening it."""
    if screen.driver != "framebuffer" or not screen.device:
        return None
    with suppress(ScreenError):
        return _turned(geometry_of(Path(screen.device), -1, sysfs, _unasked), screen)
    return None


def _unasked(*_: object) -> NoReturn:
    raise OSError("the device is not open")


def _turned(geometry: Geometry, screen: Screen) -> Size:
    size = Size(geometry.width, geometry.height, geometry.bits_per_pixel)
    return replace(size, width=size.height, height=size.width) if screen.rotate in ("90", "270") else size


def _written(size: Size | None, screen: Screen) -> str:
    if size is None:
        return "size not known"
    bits = "" if size.bits is None else f", {size.bits} bits a pixel"
    return f"{size.width}x{size.height}{bits}" + (f", turned by {screen.rotate}" if screen.rotate != "0" else "")


def _labels(config: Config, size: Size, fonts: Fonts) -> tuple[str, list[Finding]]:
    """How many there are, and what they complain of, as they would stand on a strip of this size. Of a configuration
    with mistakes nothing can be drawn."""
    mistakes = sum(problem.severity == "error" for problem in check(config))
    if mistakes:
        sentence = f"it has {mistakes} mistakes, so no label can be drawn: `shelfd check` names them"
        return "labels: not looked at", [Finding("wrong", "config", "mistakes", sentence)]
    face = Face(config, size.width, size.height, fonts)
    edition = [x for x in ShelfEdge(config).changed(StockState(lanes=())) if isinstance(x, Labels)]
    labels = edition[0].labels if edition else ()
    face.set(labels)
    complaints = face.complaints
    found = [Finding("wrong", "screen", "label", sentence) for sentence in complaints[:MOST_COMPLAINTS]]
    if (more := len(complaints) - MOST_COMPLAINTS) > 0:
        found.append(Finding("wrong", "screen", "label", f"and {more} more of the kind: mend these first"))
    return f"{len(labels)} labels, {'what does not fit is said below' if found else 'each has room'}", found


def _console(screen: Screen, consoles: Path, *, running: bool) -> Iterator[Finding]:
    """The text console is the panel's of the driver drm only until it is opened."""
    if screen.driver != "framebuffer" or not Path(screen.device).resolve().match("/dev/fb[0-9]*"):
        return
    for folder in sorted(consoles.glob("vtcon*")):
        if "frame buffer" in _text(folder / "name") and _text(folder / "bind") == "1":
            sentence = (
                f"the text console ({folder.name}) draws into it too, its cursor into the prices: fbcon=map:9 in "
                "cmdline.txt keeps it off for good, systemd/screen.conf at each start"
            )
            yield Finding("wrong" if running else "note", "screen", "console", sentence)


def _text(path: Path) -> str:
    with suppress(OSError):
        return path.read_text("ascii", "replace").strip()
    return ""
