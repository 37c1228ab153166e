"""The demo's terminal: the shelf and its stock, who reaches where, and what was said beside what was so.

Draws from a `Board` and a `Play`; decides nothing. Not here: the loop that shows it (__main__.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console, Group, RenderableType
from rich.layout import Layout as Split
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from agent.config.schema import Lane
from agent.messages import Part, Tracks
from agent.triggers.shoppers import moment
from tools.bench.stage import Truth
from tools.bench.world import Play
from tools.demo.board import LAST_S, SETTLE_S, Board, Move, Shown
from tools.demo.eyes import Sight
from tools.demo.names import called, good
from tools.score.match import Matches
from wire.events import Dwell, Hesitation, Put, Restock, Visit

COLOURS = ("bright_cyan", "bright_magenta", "bright_yellow", "bright_green", "bright_blue", "bright_red")
FRESH_S = 2.5  # how long a lane stays lit after an event
IN_LANE_M = 0.14  # a hand nearer than this is shown in its lane
LEVELS = (("red", 0.25), ("yellow", 0.5), ("green", 9.9))  # colour of a bar up to this share of the facing
HEAD_LINES, SHELF_LINES = 4, 8  # of the head; of one board with its visitors
TALL = 30  # lines; a narrow terminal with fewer has no room for what the eyes see
AROUND, LEAST_LINES = 11, 8  # lines of frames and heads; events that are shown even where they do not fit
SAID_WIDTH = 80  # columns that truth, mark and event side by side need; so many every terminal has
WIDE = 150  # columns; a narrower terminal shows what was said, and no shelf
ROOMY = 100  # columns; a narrower head leaves out how much happened
STRIP, LABEL = 60, 5  # characters along the front edge, and those of one visitor on it


class Screen:
    """Draws one frame after the other, as large as `console` is."""

    def __init__(self, play: Play, board: Board, title: str, console: Console, sight: Sight | None = None) -> None:
        """`sight`: the agent looks itself, and a window shows what it sees."""
        self.play, self.board, self.title, self._console, self._sight = play, board, title, console, sight
        self._frames, self._called = play.tracks, called(play.config)
        self._at = 0  # index of the newest frame of tracks

    def draw(self, now_s: float, play_s: float, faults: Iterable[str]) -> RenderableType:
        """Everything, at this moment of the monotonic and of the play's clock."""
        past, matches, score = self.board.now(now_s, LAST_S)
        people = self._people(play_s) if self._sight is None else self._seen()
        split = Split()
        split.split_column(
            Split(self._head(play_s, past, matches, score, list(faults)), size=HEAD_LINES),
            Split(name="body"),
        )
        size = self._console.size
        if size.width >= WIDE:
            said = Split(self._said(now_s, past, matches, size.height - AROUND), ratio=6, minimum_size=SAID_WIDTH)
            shelf = self._shelf(now_s, people)
            if self._sight is None:
                split["body"].split_row(Split(shelf, ratio=5), said)
                return split
            left = size.width - max(SAID_WIDTH, size.width * 6 // 11)
            split["body"].split_row(Split(name="left", size=left), said)
            high = size.height - HEAD_LINES - SHELF_LINES
            split["left"].split_column(Split(self._eyes(now_s, left, high)), Split(shelf, size=SHELF_LINES))
        elif self._sight is not None and size.height >= TALL:
            high = (size.height - HEAD_LINES) // 2
            below = Split(self._said(now_s, past, matches, size.height - high - AROUND))
            split["body"].split_column(Split(self._eyes(now_s, size.width, high), size=high), below)
        else:
            split["body"].update(Split(self._said(now_s, past, matches, size.height - AROUND)))
        return split

    def _eyes(self, now_s: float, columns: int, lines: int) -> RenderableType:
        assert self._sight is not None
        eyes, at_s = self.board.eyes or (None, now_s)
        return self._sight.draw(eyes, now_s - at_s, self.board.stock, columns, lines, self._colour)

    def _head(
        self, play_s: float, past: Sequence[Truth], matches: Matches, score: float | None, faults: list[str]
    ) -> RenderableType:
        asked = sum(entry["type"] != "restock" for entry in past)
        line = Text.assemble(
            (f" {self.title} ", "bold reverse"),
            f"  {int(play_s) // 60}:{int(play_s) % 60:02d}  ",
            ("online" if self.board.online else "offline", "green" if self.board.online else "red"),
            f"  {_happened(asked)}" if self.board.scored and self._console.size.width >= ROOMY else "",
            *(_tally(matches, score) if self.board.scored else [("  nobody knows what is true here", "dim")]),
        )
        trouble = [*faults, *(f"{part}: {code}" for part, code in list(self.board.faults))]
        below = Text(f" ! {', '.join(trouble)}", "bold red") if trouble else Text(" no faults", "dim")
        below.no_wrap, below.overflow = True, "ellipsis"
        return Panel(Group(line, below), box=box.ROUNDED, padding=(0, 0))

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
        text.append(self._called[entries[0].name], style)
        for part in hands:
            text.append(f" ✋{part.visitor}", self._colour(part.visitor))
        for lane in entries:
            weight = "loose" if lane.unit_g is None else f"{lane.unit_g:.0f} g"
            text.append(f"\n{good(lane)} {weight}\n", "dim")
            text.append_text(_stock(self.board.stock.get((lane.name, lane.gtin)), lane))
        return text

    # -- people ------------------------------------------------------------------------------------------------------
    def _people(self, play_s: float) -> Tracks:
        while self._at + 1 < len(self._frames) and self._frames[self._at + 1].t <= play_s:
            self._at += 1
        return self._frames[self._at]

    def _seen(self) -> Tracks:
        """Hands and heads as the agent itself sees them."""
        if self.board.eyes is None:
            return Tracks(0.0, ())
        eyes, at_s = self.board.eyes
        return Tracks(at_s, tuple(Part(x.visitor, x.part, x.u_m, x.v_m, 0.0, 1.0) for x in eyes.parts))

    def _visitors(self, people: Tracks) -> RenderableType:
        """A strip along the shelf's front edge with each visitor where they stand."""
        right_m = self.play.layout.spots[-1].right_m
        heads = {part.visitor: part for part in people.parts if part.part == "head" or self._sight is not None}
        heads = dict(sorted(heads.items(), key=lambda item: item[1].u_m))
        strip = Text()
        for head, at in zip(heads.values(), places([head.u_m / right_m for head in heads.values()]), strict=True):
            strip.append("·" * (at - len(strip)), "dim")
            strip.append(f"◉{head.visitor:{LABEL - 1}.{LABEL - 1}}", self._colour(head.visitor))
        return strip.append("·" * (STRIP - len(strip)), "dim")

    def _colour(self, visitor: str) -> str:
        names = [known.name for known in self.play.visitors]
        if visitor[:1] == "v" and visitor[1:].isdigit():  # a name that the agent gave
            return COLOURS[int(visitor[1:]) % len(COLOURS)]
        return COLOURS[names.index(visitor) % len(COLOURS)] if visitor in names else "white"

    # -- what was said -----------------------------------------------------------------------------------------------
    def _said(self, now_s: float, past: Sequence[Truth], matches: Matches, lines: int) -> RenderableType:
        table = Table(box=box.SIMPLE_HEAD, expand=True, padding=0, pad_edge=False)
        for name, least in (("truth", 29), ("", 1), ("agent, through the broker", 29), ("sure", 4), ("after", 5)):
            figure = name in ("sure", "after")
            table.add_column(name, no_wrap=True, justify="right" if figure else "left", min_width=least)
        room = max(LEAST_LINES, lines)
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
            said = (Text("✓", "green"), *self._event(event)) if event else (*_unsaid(entry, now_s), "", "")
            lines.append((float(entry["t_s"]), (self._truth(entry), *said)))
        restocks = [move for move, _ in self.board.moves() if isinstance(move, Restock)]
        for move in [*matches.wrong, *restocks]:
            plain = isinstance(move, Restock) or not self.board.scored
            mark = Text("+", "blue") if plain else Text("✗", "yellow")
            lines.append((move.ended_s, (Text(""), mark, *self._event(move))))
        lines += [
            (moment(shown), (Text(""), Text("·", "dim"), self._person(shown), "", "")) for shown in self.board.shown()
        ]
        return lines

    def _person(self, shown: Shown) -> Text:
        """Nobody's deed, and yet told: who stood, hesitated, left."""
        match shown:
            case Hesitation(reason=reason, lane=lane):
                what = (f"? {reason:9} {self._lane_name(lane)} ", "bold magenta")
            case Dwell(dwell_s=dwell_s, lane=lane):
                what = (f"  stood {dwell_s:3.0f} s {self._lane_name(lane)} ", "dim")
            case Visit(dwell_s=dwell_s, picks=picks):
                what = (f"  left after {dwell_s:.0f} s, {picks} picks ", "dim")
        return Text.assemble(what, (shown.visitor, self._colour(shown.visitor)))

    def _lane_name(self, lane: str | None) -> str:
        return f"{self._called.get(lane or '', lane or ''):6.6}"

    def _truth(self, entry: Truth) -> Text:
        return self._move(entry["type"], entry["lane"], entry["gtin"], entry["units"], entry.get("visitor"))

    def _event(self, event: Move) -> tuple[Text, str, str]:
        text = self._move(event.kind, event.lane, event.gtin, event.units, event.visitor)
        return text, f"{event.confidence:.2f}", f"{event.decided_s - event.ended_s:.1f} s"

    def _move(self, what: str, lane: str, gtin: str | None, units: int | None, visitor: str | None) -> Text:
        sign = {"pick": ("▲ ", "cyan"), "put": ("▼ ", "green"), "restock": ("▼▼", "blue")}[what]
        name = next((good(lane) for lane in self.play.config.lanes if lane.gtin == gtin), "foreign")
        who = (visitor, self._colour(visitor)) if visitor else ("nobody", "dim")
        return Text.assemble(sign, f"{self._lane_name(lane)} {abs(units) if units else '?':>2} x {name:10.10} ", who)


def places(shares: Sequence[float]) -> list[int]:
    """Where on the strip each label begins: near its share of the width (ascending), and none upon another."""
    places = [min(STRIP - LABEL, max(0, int(share * (STRIP - LABEL)))) for share in shares]
    for index in range(1, len(places)):
        places[index] = max(places[index], places[index - 1] + LABEL + 1)
    limit = STRIP - LABEL
    for index in reversed(range(len(places))):
        places[index] = min(places[index], limit)
        limit = places[index] - LABEL - 1
    return places


def _tally(matches: Matches, score: float | None) -> list[str | tuple[str, str]]:
    return [
        f"  {len(matches.pairs)} right ",
        (f"{len(matches.missed)} missed", "red" if matches.missed else "dim"),
        " ",
        (f"{len(matches.wrong)} wrong", "yellow" if matches.wrong else "dim"),
        " F1 ",
        _score(score),
    ]


def _happened(asked: int) -> str:
    return "1 pick or put," if asked == 1 else f"{asked} picks and puts,"


def _score(score: float | None) -> tuple[str, str]:
    if score is None:
        return "-", "dim"
    return f"{score:.3f}", "bold green" if score >= 0.95 else "bold yellow" if score >= 0.8 else "bold red"


def _reaches(part: Part, lane: Lane) -> bool:
    inside = lane.left_m <= part.u_m < lane.right_m and lane.bottom_m <= part.v_m < lane.top_m
    return part.part == "hand" and part.d_m < IN_LANE_M and inside


def _stock(units: int | None, lane: Lane) -> Text:
    if units is None:
        return Text("not counted", "dim")
    share = units / max(1, lane.facing_units)
    colour = next(colour for colour, up_to in LEVELS if share <= up_to)
    bar = ("▮" * max(0, units), colour), ("▯" * max(0, lane.facing_units - units), "dim")
    return Text.assemble(f"{units:2} ", *bar)  # the number first: a narrow lane cuts the bar


def _unsaid(entry: Truth, now_s: float) -> tuple[Text, Text]:
    """Mark and words beside a truth that no event tells of."""
    if entry["type"] == "restock":
        return Text(" "), Text("")
    if entry["t_s"] > now_s - SETTLE_S:
        return Text("…", "dim"), Text("")
    return Text("✗", "red"), Text("missed", "red")
