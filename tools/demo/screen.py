"""The demo's terminal: the shelf and its stock, who reaches where, and what was said beside what was so.

Draws from a `Board` and a `Play`; decides nothing. Not here: the loop that shows it (__main__.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console, Group, RenderableType
from rich.layout import Layout as Split
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from agent.config.schema import Lane
from agent.messages import Part, Tracks
from tools.bench.stage import Truth
from tools.bench.world import Play
from tools.demo.board import SETTLE_S, Board, Move
from tools.score.match import Matches
from wire.events import Put, Restock

COLOURS = ("bright_cyan", "bright_magenta", "bright_yellow", "bright_green", "bright_blue", "bright_red")
FRESH_S = 2.5  # how long a lane stays lit after an event
IN_LANE_M = 0.14  # a hand nearer than this is shown in its lane
LEVELS = (("red", 0.25), ("yellow", 0.5), ("green", 9.9))  # colour of a bar up to this share of the facing
AROUND, LEAST_LINES = 10, 10  # lines of frames and heads; events that are shown even where they do not fit
WIDE = 120  # columns; a narrower terminal shows what was said, and no shelf


class Screen:
    """Draws one frame after the other, as large as `console` is."""

    def __init__(self, play: Play, board: Board, title: str, console: Console) -> None:
        self.play, self.board, self.title, self._console = play, board, title, console
        self._frames = play.tracks
        self._at = 0  # index of the newest frame of tracks

    def draw(self, now_s: float, play_s: float, faults: Iterable[str]) -> RenderableType:
        """Everything, at this moment of the monotonic and of the play's clock."""
        past, matches, score = self.board.now(now_s)
        people = self._people(play_s)
        split = Split()
        split.split_column(
            Split(self._head(play_s, past, matches, score, list(faults)), size=3),
            Split(name="body"),
        )
        said = Split(self._said(now_s, past, matches), ratio=6)
        if self._console.size.width >= WIDE:
            split["body"].split_row(Split(self._shelf(now_s, people), ratio=5), said)
        else:
            split["body"].update(said)
        return split

    def _head(
        self, play_s: float, past: Sequence[Truth], matches: Matches, score: float, faults: list[str]
    ) -> RenderableType:
        asked = sum(entry["type"] != "restock" for entry in past)
        line = Text.assemble(
            (f" {self.title} ", "bold reverse"),
            f"  {int(play_s) // 60}:{int(play_s) % 60:02d}  ",
            ("online" if self.board.online else "offline", "green" if self.board.online else "red"),
            f"   {asked} picks and puts so far, {len(matches.pairs)} right, ",
            (f"{len(matches.missed)} missed", "red" if matches.missed else "dim"),
            ", ",
            (f"{len(matches.wrong)} wrong", "yellow" if matches.wrong else "dim"),
            "   F1 ",
            (f"{score:.3f}", "bold green" if score >= 0.95 else "bold yellow" if score >= 0.8 else "bold red"),
        )
        trouble = [*faults, *(f"{part}: {code}" for part, code in list(self.board.faults))]
        if trouble:
            line.append(f"   ! {', '.join(trouble)}", "bold red")
        return Panel(line, box=box.ROUNDED, padding=(0, 0))

    # -- the shelf ---------------------------------------------------------------------------------------------------
    def _shelf(self, now_s: float, people: Tracks) -> RenderableType:
        lit = {move.lane: move for move, at_s in self.board.moves()[-12:] if now_s - at_s < FRESH_S}
        rows = sorted({self.play.layout.row(lane) for lane in self.play.config.lanes}, reverse=True)
        shelf = Group(*(self._row(row, lit, people) for row in rows))
        return Panel(Group(shelf, self._visitors(people)), title="shelf, as the agent counts it", box=box.ROUNDED)

    def _row(self, row: int, lit: dict[str, Move], people: Tracks) -> RenderableType:
        lanes: dict[str, list[Lane]] = {}
        for lane in self.play.config.lanes:
            if self.play.layout.row(lane) == row:
                lanes.setdefault(lane.name, []).append(lane)
        table = Table(box=box.HEAVY_EDGE, expand=True, show_header=False, padding=(0, 0), pad_edge=False)
        for entries in lanes.values():
            table.add_column(ratio=max(1, round((entries[0].right_m - entries[0].left_m) * 100)), no_wrap=True)
        table.add_row(*(self._lane(entries, lit.get(name), people) for name, entries in lanes.items()))
        return table

    def _lane(self, entries: list[Lane], event: Move | None, people: Tracks) -> Text:
        text = Text(overflow="ellipsis")
        style = (
            "black on green" if isinstance(event, Put | Restock) else "black on cyan" if event is not None else "bold"
        )
        hands = [part for part in people.parts if _reaches(part, entries[0])]
        text.append(entries[0].name, style)
        for part in hands:
            text.append(f" ✋{part.visitor}", self._colour(part.visitor))
        for lane in entries:
            weight = "loose" if lane.unit_g is None else f"{lane.unit_g:.0f} g"
            text.append(f"\n{lane.title[3:]} {weight}\n", "dim")
            text.append_text(_stock(self.board.stock.get((lane.name, lane.gtin)), lane))
        return text

    # -- people ------------------------------------------------------------------------------------------------------
    def _people(self, play_s: float) -> Tracks:
        while self._at + 1 < len(self._frames) and self._frames[self._at + 1].t <= play_s:
            self._at += 1
        return self._frames[self._at]

    def _visitors(self, people: Tracks) -> RenderableType:
        """A strip along the shelf's front edge with each visitor where they stand."""
        width, right_m = 60, self.play.layout.spots[-1].right_m
        strip = Text("·" * width, "dim")
        heads = [part for part in people.parts if part.part == "head"]
        for head in sorted(heads, key=lambda part: part.u_m):
            at = min(width - 5, max(0, int(head.u_m / right_m * (width - 5))))
            strip = Text.assemble(strip[:at], (f"◉{head.visitor}", self._colour(head.visitor)), strip[at + 5 :])
        return strip

    def _colour(self, visitor: str) -> str:
        names = [known.name for known in self.play.visitors]
        return COLOURS[names.index(visitor) % len(COLOURS)] if visitor in names else "white"

    # -- what was said -----------------------------------------------------------------------------------------------
    def _said(self, now_s: float, past: Sequence[Truth], matches: Matches) -> RenderableType:
        table = Table(box=box.SIMPLE_HEAD, expand=True, padding=(0, 1, 0, 0), pad_edge=False)
        for name in ("truth", "", "agent, through the broker", "sure", "after"):
            figure = name in ("sure", "after")
            table.add_column(name, no_wrap=True, justify="right" if figure else "left", min_width=5 if figure else None)
        room = max(LEAST_LINES, self._console.size.height - AROUND)
        for _, cells in sorted(self._lines(now_s, past, matches), key=lambda line: line[0])[-room:]:
            table.add_row(*cells)
        return Panel(table, title="what was so, and what was said", box=box.ROUNDED)

    def _lines(
        self, now_s: float, past: Sequence[Truth], matches: Matches
    ) -> list[tuple[float, tuple[RenderableType, ...]]]:
        told = {id(entry): event for event, entry in matches.pairs}
        lines: list[tuple[float, tuple[RenderableType, ...]]] = []
        for entry in past:
            event = told.get(id(entry))
            mark = Text("✓", "green") if event else _waiting(entry, now_s)
            said = self._event(event) if event else (Text(""), "", "")
            lines.append((float(entry["t_s"]), (self._truth(entry), mark, *said)))
        restocks = [move for move, _ in self.board.moves() if isinstance(move, Restock)]
        for move in [*matches.wrong, *restocks]:
            mark = Text("+", "blue") if isinstance(move, Restock) else Text("✗", "yellow")
            lines.append((move.ended_s, (Text(""), mark, *self._event(move))))
        return lines

    def _truth(self, entry: Truth) -> Text:
        return self._move(entry["type"], entry["lane"], entry["gtin"], entry["units"], entry.get("visitor"))

    def _event(self, event: Move) -> tuple[Text, str, str]:
        text = self._move(event.kind, event.lane, event.gtin, event.units, event.visitor)
        return text, f"{event.confidence:.2f}", f"{event.decided_s - event.ended_s:.1f} s"

    def _move(self, what: str, lane: str, gtin: str | None, units: int | None, visitor: str | None) -> Text:
        sign = {"pick": ("▲ ", "cyan"), "put": ("▼ ", "green"), "restock": ("▼▼", "blue")}[what]
        name = next((lane.title[3:] for lane in self.play.config.lanes if lane.gtin == gtin), "foreign")
        who = (visitor, self._colour(visitor)) if visitor else ("nobody", "dim")
        return Text.assemble(sign, f"{lane:6} {abs(units) if units else '?':>2} x {name:10.10} ", who)


def summary(board: Board, now_s: float) -> dict[str, float]:
    """The machine's line: what was said, what was so, how well they agree."""
    past, matches, score = board.now(now_s)
    delays = sorted(event.decided_s - entry["t_s"] for event, entry in matches.pairs)
    asked = [entry for entry in past if entry["type"] != "restock"]
    said = Counter(move.kind for move, _ in board.moves())
    return {
        "events": said["pick"] + said["put"],
        "truth": len(asked),
        "f1": round(score, 4),
        "f1_without_visitor": round(board.without_visitor(now_s), 4),
        "missed": len(matches.missed),
        "wrong": len(matches.wrong),
        "delay_p95_s": round(delays[min(len(delays) - 1, int(0.95 * len(delays)))], 3) if delays else 0.0,
    }


def _reaches(part: Part, lane: Lane) -> bool:
    inside = lane.left_m <= part.u_m < lane.right_m and lane.bottom_m <= part.v_m < lane.top_m
    return part.part == "hand" and part.d_m < IN_LANE_M and inside


def _stock(units: int | None, lane: Lane) -> Text:
    if units is None:
        return Text("not counted", "dim")
    share = units / max(1, lane.facing_units)
    colour = next(colour for colour, up_to in LEVELS if share <= up_to)
    return Text.assemble(("▮" * max(0, units), colour), ("▯" * max(0, lane.facing_units - units), "dim"), f" {units}")


def _waiting(entry: Truth, now_s: float) -> Text:
    if entry["type"] == "restock":
        return Text(" ")
    return Text("…", "dim") if entry["t_s"] > now_s - SETTLE_S else Text("missed", "red")
