"""`python -m tools.verify_coupon --key FILE [--used FILE] TEXT|-`: whether a coupon is good, without a network.

Exit 0 good (with --used: and noted as taken), 1 none of ours or forged, 2 expired, 3 used already, 64 usage, 66 the
keys cannot be read, 73 used numbers cannot be kept. `-`: the text is the first line of standard input.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from agent.screen.coupon import MOST_TEXT
from tools.verify_coupon.used import AlreadyUsedError, UsedError, take
from tools.verify_coupon.verdict import ExpiredError, KeysError, RefusedError, read_keys, verdict

FORGED, EXPIRED, USED = 1, 2, 3


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(os.EX_USAGE, f"tools.verify_coupon: {message}\n")


def main(arguments: list[str] | None = None, now: Callable[[], float] = time.time) -> int:
    """The exit code; one sentence is printed."""
    parser = _Parser(prog="python -m tools.verify_coupon", description=__doc__)
    parser.add_argument("--key", type=Path, required=True, metavar="FILE", help="lines of `store/device KEY`")
    parser.add_argument("--used", type=Path, metavar="FILE", help="numbers taken so far; made where there is none")
    parser.add_argument("text", metavar="TEXT", help="what the scanner read; - for standard input")
    given = parser.parse_args(arguments)
    text = sys.stdin.readline(MOST_TEXT + 2) if given.text == "-" else given.text
    try:
        good = verdict(text, read_keys(given.key), now())
        if given.used is not None:
            take(given.used, good, now())
    except RefusedError as error:
        print(f"refused: {error}")
        return EXPIRED if isinstance(error, ExpiredError) else USED if isinstance(error, AlreadyUsedError) else FORGED
    except KeysError as error:
        print(f"tools.verify_coupon: {error}", file=sys.stderr)
        return os.EX_NOINPUT
    except UsedError as error:
        print(f"tools.verify_coupon: {error}", file=sys.stderr)
        return os.EX_CANTCREAT
    print(f"good: {good}" + ("" if given.used else "; not noted as taken, as --used was not given"))
    return os.EX_OK


if __name__ == "__main__":
    sys.exit(main())
