"""`make demo`: watch a shelf tell a broker who took what, with nothing but this machine.

Not here: the parts (house.py), what is known (board.py), how it looks (screen.py).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import numpy as np
from rich.console import Console
from rich.live import Live

from tools.bench.layouts import LAYOUTS
from tools.bench.world import Play, everyday_shop, simulate
from tools.demo.board import SETTLE_S, Board
from tools.demo.house import House, house
from tools.demo.listen import listen, stop
from tools.demo.mishaps import mishaps
from tools.demo.picture import AFTER, canvas, paint
from tools.demo.screen import Screen, goodbye, summary
from wire.topics import Topics

FRAMES_HZ = 8.0
START_S = 20.0  # the agent is online by then, or something is wrong
USAGE = 64


class Stopped(BaseException):
    """Ctrl-C or SIGTERM: no error, and nothing in between may take it for one."""

    def __init__(self) -> None:
        self.at_s = time.monotonic()  # what happens while all is put away is nobody's miss


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0, 1 when the agent failed, 64 for bad usage, 130 when interrupted."""
    asked = _asked(arguments)
    if asked is None:
        return USAGE
    play = simulate(asked.seed, everyday_shop(asked.shoppers, max(0.2, (asked.seconds - SETTLE_S) / 60), asked.layout))
    faults = mishaps(np.random.default_rng(asked.seed), play.until_s) if asked.faults else []
    board = Board(play.truth)
    with _signals() as told:
        try:
            with house(play, faults, asked.seed) as home:
                if told:  # raised in a hook that runs after a fork, Python only prints it
                    raise told[0]
                return _watch(home, play, board, asked)
        except Stopped as stopped:
            print(_last_line(board, stopped.at_s, asked), flush=True)
            return 130


def _asked(arguments: list[str] | None) -> argparse.Namespace | None:
    parser = argparse.ArgumentParser("python -m tools.demo", description=__doc__, exit_on_error=False)
    parser.add_argument("--seconds", type=float, default=600.0, help="how long (default 600, at least 20)")
    parser.add_argument("--seed", type=int, default=1, help="which play (default 1)")
    parser.add_argument("--shoppers", type=int, default=2, help="how many at once, 1-3 (default 2)")
    parser.add_argument("--layout", choices=sorted(LAYOUTS), default="gondola", help="which kind of shelf")
    parser.add_argument(
        "--faults", action="store_true", help="unplug, garbage, noise, stall, glitches: soon, then about once a minute"
    )
    parser.add_argument("--json", action="store_true", help="nothing is drawn; the last line is the result")
    parser.add_argument("--picture", type=Path, help="a file for the screen after two thirds of the time, as SVG")
    try:
        asked, rest = parser.parse_known_args(arguments)
        if rest:
            raise argparse.ArgumentError(None, f"unknown: {' '.join(rest)}; see --help")
        if asked.seconds < 20 or not 1 <= asked.shoppers <= 3 or asked.seed < 0:
            raise argparse.ArgumentError(None, "--seconds from 20 on, --shoppers 1 to 3, --seed from 0 on")
        if asked.picture is not None and not asked.picture.parent.is_dir():
            raise argparse.ArgumentError(None, f"--picture: there is no folder {asked.picture.parent}")
    except argparse.ArgumentError as error:
        print(f"tools.demo: {error}", file=sys.stderr)
        return None
    return asked


@contextlib.contextmanager
def _signals() -> Iterator[list[Stopped]]:
    """Both ways of being asked to stop end the block in the same orderly way; the list keeps that it happened."""
    told: list[Stopped] = []

    def stopped(_number: int, _frame: FrameType | None) -> None:
        told.append(Stopped())
        raise told[-1]

    before = {number: signal.signal(number, stopped) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _watch(home: House, play: Play, board: Board, asked: argparse.Namespace) -> int:
    base = Topics(home.config.device.store, home.config.device.id).base
    client = listen(home.port, base, board)
    try:
        if not _online(home, board):
            return 1
        home.shop.begin()
        board.began_s = home.shop.began_s
        show = _paint if asked.picture else _show if sys.stdout.isatty() and not asked.json else _wait
        if not show(home, play, board, asked):
            return 1
    finally:
        stop(client)
    print(_last_line(board, time.monotonic(), asked), flush=True)
    return 0


def _online(home: House, board: Board) -> bool:
    """Waits until the agent has told the broker that it is there."""
    until = time.monotonic() + START_S
    while not board.online:
        complaint = home.complaint()
        if complaint is None and time.monotonic() > until:
            complaint = f"the agent was not online after {START_S:.0f} s; its log:\n{home.log.read_text()}"
        if complaint is not None:
            print(complaint, file=sys.stderr)
            return False
        time.sleep(0.02)
    return True


def _running(home: House, play: Play, board: Board) -> Iterator[float]:
    """Moments of the play at the screen's pace, until the play is over and settled or something has gone wrong."""
    while home.shop.now_s() < play.until_s + 0.5 and home.agent.poll() is None and board.broken is None:
        yield home.shop.now_s()
        time.sleep(1 / FRAMES_HZ)


def _wait(home: House, play: Play, board: Board, asked: argparse.Namespace) -> bool:
    said = 0
    for play_s in _running(home, play, board):
        moves = board.moves()
        for move, _ in moves[said:]:
            what = (
                f"{move.kind} {move.units} from {move.lane}"
                if move.kind == "pick"
                else f"{move.kind} {move.units} into {move.lane}"
            )
            print(f"{play_s:7.1f} s {what}, {move.confidence:.2f} sure", file=sys.stderr, flush=True)
        said = len(moves)
    return _well(home, board)


def _show(home: House, play: Play, board: Board, asked: argparse.Namespace) -> bool:
    console = Console()
    screen = Screen(play, board, _title(asked), console)
    with Live(console=console, screen=True, auto_refresh=False) as live:
        for play_s in _running(home, play, board):
            kinds = [f"the demo made a fault: {fault.kind}" for fault in home.shop.faults_now()]
            live.update(screen.draw(time.monotonic(), play_s, kinds), refresh=True)
    return _well(home, board)


def _paint(home: House, play: Play, board: Board, asked: argparse.Namespace) -> bool:
    drawn_on = canvas()
    screen = Screen(play, board, _title(asked), drawn_on)
    for play_s in _running(home, play, board):
        if play_s >= AFTER * play.until_s:
            paint(screen, drawn_on, time.monotonic(), play_s, asked.picture)
            break
    return _well(home, board)


def _title(asked: argparse.Namespace) -> str:
    return f"shelfd demo, seed {asked.seed}"


def _well(home: House, board: Board) -> bool:
    complaint = home.complaint() or board.broken
    if complaint is not None:
        print(complaint, file=sys.stderr)
    return complaint is None


def _last_line(board: Board, now_s: float, asked: argparse.Namespace) -> str:
    return json.dumps(summary(board, now_s)) if asked.json else goodbye(board, now_s)


if __name__ == "__main__":
    sys.exit(main())
