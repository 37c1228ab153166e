"""The numbers of coupons that were taken: a file of lines `store/device NUMBER EXPIRES`, changed as a whole.

Two tills may share it: one waits for the other. A power cut leaves it as it was or as it shall be. What has expired
leaves it, so that it stays small. Not here: whether a coupon is good (verdict.py).
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from agent.files import write_whole
from tools.verify_coupon.verdict import Good, RefusedError

LINGER_S = 86_400  # a till's clock may be a day off


class AlreadyUsedError(RefusedError):
    """Somebody came with it before."""


class UsedError(Exception):
    """The file cannot be read, believed or written: nothing may be taken."""


def take(path: Path, coupon: Good, now_s: float) -> None:
    """Notes that it was taken. AlreadyUsedError, UsedError; then nothing was changed."""
    try:
        lock = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UsedError(f"{path} cannot be locked ({error.strerror})") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _take(path, coupon, now_s)
    finally:
        os.close(lock)


def _take(path: Path, coupon: Good, now_s: float) -> None:
    lines = _lines(path)
    key = f"{coupon.device} {coupon.number}"
    if key in lines:
        raise AlreadyUsedError("the coupon was used already")
    lines = {name: expires_s for name, expires_s in lines.items() if now_s < expires_s + LINGER_S}
    lines[key] = coupon.expires_s
    data = "".join(f"{name} {expires_s}\n" for name, expires_s in lines.items())
    try:
        write_whole(path, data.encode())
    except OSError as error:
        raise UsedError(f"{path} cannot be written ({error.strerror}): the coupon was not taken") from error


def _lines(path: Path) -> dict[str, int]:
    """A line that is none means that somebody else writes this file: then nothing in it can be trusted."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise UsedError(f"{path} cannot be read ({error})") from error
    lines = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.rsplit(" ", 1)
        if len(words) != 2 or not words[1].isdecimal():
            raise UsedError(f"{path}, line {number} is no used coupon: is this the right file?")
        lines[words[0]] = int(words[1])
    return lines
