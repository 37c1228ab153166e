"""The demo's window into what the agent's eyes see: the picture's boxes in characters, the shelf's metres under it.

No picture reaches this process: what is drawn comes from `state/eyes` at the broker. Not here: the rest of the screen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from agent.config.schema import Config, Lane
from agent.tracking.plane import Plane
from wire.state import Eyes, SeenBox, SeenPart

STALE_S = 3.0  # at rest the agent tells about once a second
NEAR_M = 0.2  # fingers are at most this far from the middle of their hand's box
AROUND = 6  # lines of frame, ruler, counts and words
FILLS = {"container": "on rgb(16,54,40)", "hand": "on rgb(70,44,16)", "person": ""}
LINES = {"container": "green", "hand": "bold bright_yellow", "person": "bright_blue"}
SIGNS = {"container": "▮", "hand": "✋", "person": "☺"}
Cell = tuple[str, str]  # character, style


@dataclass(slots=True)
class Sight:
    """What the window knows beforehand: the shelf as configured, and which models look."""

    config: Config
    models: Sequence[str] = ()
    weighed: bool = True  # false: no scale stands there
    plane: Plane | None = field(init=False)

    def __post_init__(self) -> None:
        self.plane = Plane.of(self.config.camera)

    def draw(
        self,
        eyes: Eyes | None,
        age_s: float,
        stock: Mapping[tuple[str, str | None], int | None],
        columns: int,
        lines: int,
        colour: Callable[[str], str],
    ) -> RenderableType:
        """The window, `columns` x `lines` with its frame. `eyes` None: nothing was heard yet; `age_s`: how long ago."""
        wide, high = max(20, columns - 4), max(4, lines - AROUND)
        picture = canvas(eyes, wide, high, self.colours(eyes, colour))
        lanes = self.lanes(wide, eyes, stock) if self.plane is not None else [Text("no marks: no metres", "dim")]
        return Panel(
            Group(
                *picture,
                *lanes,
                self.words(eyes, age_s, colour),
                Text(" + ".join(self.models), "dim", no_wrap=True, overflow="ellipsis"),
            ),
            title="what the eyes see",
            box=box.ROUNDED,
        )

    def colours(self, eyes: Eyes | None, colour: Callable[[str], str]) -> dict[int, tuple[str, str]]:
        """Box number -> visitor and colour, of hands that are somebody's."""
        if eyes is None or self.plane is None:
            return {}
        hands = [part for part in eyes.parts if part.part == "hand"]
        found: dict[int, tuple[str, str]] = {}
        for number, seen in enumerate(eyes.found):
            if seen.kind == "hand" and hands:
                part = min(hands, key=lambda hand: _away(self.plane, seen, hand))
                if _away(self.plane, seen, part) <= NEAR_M:
                    found[number] = part.visitor, colour(part.visitor)
        return found

    def lanes(self, wide: int, eyes: Eyes | None, stock: Mapping[tuple[str, str | None], int | None]) -> list[Text]:
        """The lanes' names where they are, how many bottles are seen there and how many were weighed."""
        ruler, below = [("╌", "dim")] * wide, [(" ", "")] * wide
        seen = {} if eyes is None else {lane.lane: lane.containers for lane in eyes.lanes}
        for lane in self.config.lanes:
            left, right = self._columns(lane, wide)
            if right - left < 8:
                continue
            _write(
                ruler, left, "├" + f" {lane.name} {lane.title[3:]} "[: right - left - 1].center(right - left - 1, "─")
            )
            counted, weighed = _number(seen.get(lane.name)), _number(stock.get((lane.name, lane.gtin)))
            agree = "green" if counted == weighed else "yellow"
            words = f"seen {counted} weighed {weighed}" if right - left > 18 else f"{counted} / {weighed}"
            if not self.weighed:
                words, agree = f"seen {counted}", "green"
            _write(below, left + 1, words[: right - left - 1].center(right - left - 1), agree)
        return [_line(ruler), _line(below)]

    def words(self, eyes: Eyes | None, age_s: float, colour: Callable[[str], str]) -> Text:
        """Hands in metres, and what holds something."""
        if eyes is None or age_s > STALE_S:
            return Text("the eyes are silent" if eyes is not None else "the eyes open", "red" if eyes else "dim")
        text = Text(no_wrap=True, overflow="ellipsis")
        for part in eyes.parts:
            sign = "✋" if part.part == "hand" else "☺"
            holds = "" if part.held is None else ", full" if part.held >= 0.5 else ", empty"
            text.append(f"{sign}{part.visitor} {part.u_m:.2f} m, {part.v_m:.2f} m up{holds}  ", colour(part.visitor))
        text.append("" if eyes.parts else f"nobody; {len(eyes.found)} things in sight", "dim")
        return text

    def _columns(self, lane: Lane, wide: int) -> tuple[int, int]:
        assert self.plane is not None
        ends = [self.plane.to_px(u_m, lane.bottom_m)[0] for u_m in (lane.left_m, lane.right_m)]
        left, right = (round(x * wide / self.config.camera.width) for x in ends)
        return max(0, left), min(wide, right)


def canvas(eyes: Eyes | None, wide: int, high: int, visitors: Mapping[int, tuple[str, str]]) -> list[Text]:
    """The boxes of the picture on `wide` x `high` characters: persons behind goods, goods behind hands."""
    cells: list[list[Cell]] = [
        [("·" if not (x % 8 or y % 3) else " ", "rgb(60,60,60)") for x in range(wide)] for y in range(high)
    ]
    order = ("person", "container", "hand")
    found = [] if eyes is None else sorted(enumerate(eyes.found), key=lambda item: order.index(item[1].kind))
    for number, seen in found:
        assert eyes is not None
        who, colour = visitors.get(number, ("", LINES[seen.kind]))
        label = f"{SIGNS[seen.kind]}{who} {seen.score:.2f}".replace(" 0.", " .") if seen.kind != "container" else ""
        scale = (wide / max(1, eyes.width_px), high / max(1, eyes.height_px))
        _frame(cells, seen, scale, FILLS[seen.kind], colour, label or f"{seen.score:.2f}"[1:])
    return [_line(row) for row in cells]


def _frame(
    cells: list[list[Cell]], seen: SeenBox, scale: tuple[float, float], fill: str, line: str, label: str
) -> None:
    wide, high = len(cells[0]), len(cells)
    left, right = (min(wide - 1, max(0, round(x * scale[0]))) for x in (seen.left_px, seen.right_px))
    top, bottom = (min(high - 1, max(0, round(y * scale[1]))) for y in (seen.top_px, seen.bottom_px))
    right, bottom = max(left + 1, right), max(top + 1, bottom)
    style = f"{line} {fill}".strip()
    for y in range(top, min(high, bottom + 1)):
        for x in range(left, min(wide, right + 1)):
            cells[y][x] = (_edge(x - left, right - x, y - top, bottom - y), style)
    _write(cells[top], left if right - left < len(label) + 2 else left + 1, label, style)


def _edge(left: int, right: int, top: int, bottom: int) -> str:
    """The character at a place of a frame, told its distance from the four sides."""
    corner = {(0, 0): "╭", (1, 0): "╮", (0, 1): "╰", (1, 1): "╯"}
    if min(left, right) == 0 and min(top, bottom) == 0:
        return corner[int(left != 0), int(top != 0)]
    return "─" if min(top, bottom) == 0 else "│" if min(left, right) == 0 else " "


def _write(row: list[Cell], at: int, words: str, style: str = "") -> None:
    """✋ takes two places: the one after it is left empty."""
    for character in words:
        if at >= len(row):
            return
        row[at] = (character, style)
        if character == "✋" and at + 1 < len(row):
            row[at + 1] = ("", style)
            at += 1
        at += 1


def _line(row: Sequence[Cell]) -> Text:
    text = Text(no_wrap=True, overflow="crop")
    for style, cells in groupby(row, key=lambda cell: cell[1]):
        text.append("".join(character for character, _ in cells), style)
    return text


def _away(plane: Plane | None, seen: SeenBox, part: SeenPart) -> float:
    if plane is None:
        return 1e9
    u_m, v_m = plane.to_m(0.5 * (seen.left_px + seen.right_px), 0.5 * (seen.top_px + seen.bottom_px))
    return max(abs(u_m - part.u_m), abs(v_m - part.v_m))


def _number(value: int | None) -> str:
    return "?" if value is None else str(value)
