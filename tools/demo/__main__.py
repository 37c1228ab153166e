"""`make demo`: watch a shelf tell a broker who took what, with nothing but this machine.

By itself the agent has eyes of its own and looks at painted pictures; without models, or with another layout, an
outside tracker tells it where hands are. A console opens beside it, whose page makes the shopper act; a play that is
measured is known beforehand and has none. Not here: the parts (house.py), whose eyes (looking.py), what is known
(board.py), how it looks (screen.py, eyes.py), the console (tools/bench/console/).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import FrameType

import numpy as np
from rich.console import Console
from rich.live import Live

from tools.bench.console.console import console
from tools.bench.console.dress import dressed
from tools.bench.layouts import LAYOUTS
from tools.bench.live.play import LivePlay
from tools.bench.world import SCENARIOS, Play, everyday_shop, simulate
from tools.demo.board import SETTLE_S, Board
from tools.demo.broker import is_free
from tools.demo.eyes import Sight
from tools.demo.farewell import goodbye, summary
from tools.demo.house import House, house
from tools.demo.listen import listen, stop
from tools.demo.looking import Looking, LookingError, camera, models
from tools.demo.mishaps import mishaps
from tools.demo.names import called
from tools.demo.picture import AFTER, LATEST, canvas, paint
from tools.demo.screen import Screen
from tools.publish.signing import HubKey, new_key
from wire.topics import Topics

FRAMES_HZ = 8.0
START_S = 20.0  # the agent is online by then, or something is wrong
SECONDS, CONSOLE_SECONDS = 600.0, 3600.0
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
    live: LivePlay | None = None
    try:
        looking = _looking(asked)
        if asked.console:
            live = LivePlay(asked.layout, asked.seed, asked.seconds)
        play, looking = (live.play, looking) if live is not None else _play(asked, looking)
    except LookingError as error:
        print(f"tools.demo: {error}", file=sys.stderr)
        return USAGE
    faults = mishaps(np.random.default_rng(asked.seed), play.until_s) if asked.faults else []
    board = Board(play.truth, named=looking is None, scored=not asked.camera)
    key = new_key("bench")
    with _signals() as told:
        try:
            dress = None if live is None else partial(dressed, key=key)
            with house(play, faults, asked.seed, looking, live, dress) as home:
                if told:  # raised in a hook that runs after a fork, Python only prints it
                    raise told[0]
                return _watch(Demo(home, play, board, asked, looking, live, key))
        except Stopped as stopped:
            print(_last_line(board, stopped.at_s, asked), flush=True)
            return 130


@dataclass(frozen=True, slots=True)
class Demo:
    """One demo while it runs."""

    home: House
    play: Play
    board: Board
    asked: argparse.Namespace
    looking: Looking | None
    live: LivePlay | None
    key: HubKey

    def screen(self, console: Console, address: str) -> Screen:
        sight = (
            None
            if self.looking is None
            else Sight(self.home.config, self.looking.models, weighed=self.looking.camera is None)
        )
        title = f"shelfd console: {address}" if address else f"shelfd demo, seed {self.asked.seed}"
        return Screen(self.play, self.board, title, console, sight)


def _looking(asked: argparse.Namespace) -> Looking | None:
    """Whose eyes: the agent's own where they can be, unless a layout that was never painted is asked for. Settles the
    layout. LookingError where a camera is asked for and there are no models."""
    if asked.layout not in (None, "bottles") and not asked.camera:
        return None
    try:
        looking = models()
    except LookingError as error:
        if asked.camera:
            raise
        print(f"no eyes in this demo, an outside tracker instead: {error}", file=sys.stderr, flush=True)
        asked.layout = asked.layout or "gondola"
        return None
    asked.layout = "bottles"
    return looking


def _play(asked: argparse.Namespace, looking: Looking | None) -> tuple[Play, Looking | None]:
    """What happens; before a camera of somebody's own, nothing that we know of."""
    minutes = max(0.2, (asked.seconds - SETTLE_S) / 60)
    shop = everyday_shop(asked.shoppers, minutes, asked.layout)
    if not asked.camera or looking is None:
        return simulate(asked.seed, shop), looking
    play = simulate(asked.seed, replace(SCENARIOS["quiet"], layout=shop.layout, minutes=minutes))
    return play, replace(looking, camera=camera(asked.camera, asked.marks, play))


def _asked(arguments: list[str] | None) -> argparse.Namespace | None:
    parser = argparse.ArgumentParser("python -m tools.demo", description=__doc__, exit_on_error=False)
    parser.add_argument("--seconds", type=float, help="how long, at least 20 (default 600; with a console 3600)")
    parser.add_argument("--seed", type=int, default=1, help="which play (default 1)")
    parser.add_argument("--shoppers", type=int, default=2, help="how many at once, 1-3 (default 2; 0 with a console)")
    parser.add_argument("--no-console", dest="console", action="store_false", help="no page in a browser beside it")
    parser.add_argument("--port", type=int, default=0, help="of the console's page on loopback (default: a free one)")
    parser.add_argument(
        "--layout", choices=sorted(LAYOUTS), help="which kind of shelf (default bottles, which the agent sees itself)"
    )
    parser.add_argument("--camera", default="", help="look at this instead: a video, a folder of pictures, /dev/video0")
    parser.add_argument(
        "--marks", default="", help="with --camera: corners of the lanes as x,y x,y x,y x,y pixels, from the lower left"
    )
    parser.add_argument(
        "--faults", action="store_true", help="unplug, garbage, noise, stall, glitches: soon, then about once a minute"
    )
    parser.add_argument("--json", action="store_true", help="nothing is drawn; the last line is the result")
    parser.add_argument("--picture", type=Path, help="a file for the screen after two thirds of the time, as SVG")
    try:
        asked, rest = parser.parse_known_args(arguments)
        if rest:
            raise argparse.ArgumentError(None, f"unknown: {' '.join(rest)}; see --help")
        asked.console = asked.console and not (asked.json or asked.picture or asked.camera or asked.faults)
        asked.seconds = asked.seconds or (CONSOLE_SECONDS if asked.console else SECONDS)
        if asked.seconds < 20 or not (0 if asked.console else 1) <= asked.shoppers <= 3 or asked.seed < 0:
            raise argparse.ArgumentError(None, "--seconds from 20 on, --shoppers 1 to 3, --seed from 0 on")
        if asked.camera and asked.layout not in (None, "bottles"):
            raise argparse.ArgumentError(None, "--camera: the shelf before it is the layout bottles")
        if asked.port and not is_free(asked.port):
            raise argparse.ArgumentError(None, f"--port: {asked.port} is in use; choose another, or none")
        if asked.marks and not asked.camera:
            raise argparse.ArgumentError(None, "--marks go with --camera")
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


def _watch(demo: Demo) -> int:
    home, board, asked = demo.home, demo.board, demo.asked
    base = Topics(home.config.device.store, home.config.device.id).base
    client = listen(home.port, base, board)
    try:
        if not _online(home, board):
            return 1
        with _console(demo) as address:
            home.shop.begin()
            board.began_s = home.shop.began_s
            show = _paint if asked.picture else _show if sys.stdout.isatty() and not asked.json else _wait
            if not show(demo, address):
                return 1
    finally:
        stop(client)
    print(_last_line(board, time.monotonic(), asked), flush=True)
    return 0


@contextlib.contextmanager
def _console(demo: Demo) -> Iterator[str]:
    """Its address while the block lasts, "" without one."""
    if demo.live is None:
        yield ""
        return
    models = demo.looking.models if demo.looking is not None else ()
    crowd, port = demo.asked.shoppers, demo.asked.port
    with console(demo.home, demo.live, demo.board, demo.key, crowd=crowd, models=models, port=port) as served:
        print(f"console: {served.address}", file=sys.stderr, flush=True)
        yield served.address


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


def _running(demo: Demo) -> Iterator[float]:
    """Moments of the play at the screen's pace, until the play is over and settled or something has gone wrong."""
    home, board = demo.home, demo.board
    while home.shop.now_s() < demo.play.until_s + 0.5 and home.agent.poll() is None and board.broken is None:
        yield home.shop.now_s()
        time.sleep(1 / FRAMES_HZ)


def _wait(demo: Demo, _address: str) -> bool:
    said, names = 0, called(demo.play.config)
    for play_s in _running(demo):
        moves = demo.board.moves()
        for move, _ in moves[said:]:
            way = "from" if move.kind == "pick" else "into"
            what = f"{move.kind} {move.units} {way} {names.get(move.lane, move.lane)}"
            print(f"{play_s:7.1f} s {what}, {move.confidence:.2f} sure", file=sys.stderr, flush=True)
        said = len(moves)
    return _well(demo.home, demo.board)


def _show(demo: Demo, address: str) -> bool:
    terminal = Console()
    screen = demo.screen(terminal, address)
    with Live(console=terminal, screen=True, auto_refresh=False) as live:
        for play_s in _running(demo):
            kinds = [f"the demo made a fault: {fault.kind}" for fault in demo.home.shop.faults_now()]
            live.update(screen.draw(time.monotonic(), play_s, kinds), refresh=True)
    return _well(demo.home, demo.board)


def _paint(demo: Demo, address: str) -> bool:
    drawn_on = canvas()
    screen = demo.screen(drawn_on, address)
    for play_s in _running(demo):
        hand = demo.board.eyes is not None and bool(demo.board.eyes[0].parts)  # the more to see in a picture
        if play_s >= (AFTER if hand or demo.looking is None else LATEST) * demo.play.until_s:
            paint(screen, drawn_on, time.monotonic(), play_s, demo.asked.picture)
            break
    return _well(demo.home, demo.board)


def _well(home: House, board: Board) -> bool:
    complaint = home.complaint() or board.broken
    if complaint is not None:
        print(complaint, file=sys.stderr)
    return complaint is None


def _last_line(board: Board, now_s: float, asked: argparse.Namespace) -> str:
    return json.dumps(summary(board, now_s)) if asked.json else goodbye(board, now_s)


if __name__ == "__main__":
    sys.exit(main())
