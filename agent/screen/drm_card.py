"""An opened graphics card: makes the kernel's calls and turns its errors into ScreenErrors.

Not here: structures (drm_uapi.py), which output is taken (drm_output.py), drawing and flipping (drm.py).
"""

from __future__ import annotations

import fcntl
import mmap
import os
import select
from ctypes import Structure
from typing import TypeVar

from agent.screen import drm_uapi as uapi
from agent.screen.protocol import ScreenError, explained

TRIES = 10  # at a call that a signal interrupts
T = TypeVar("T", bound=Structure)


class Kernel:
    """What is asked of the operating system; tests have a kernel of their own."""

    def open(self, device: str) -> int:
        """A handle. OSError."""
        return os.open(device, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)

    def ioctl(self, handle: int, request: int, argument: Structure | None) -> None:
        """OSError. A structure is changed in place."""
        if argument is None:
            fcntl.ioctl(handle, request, 0)
        else:
            fcntl.ioctl(handle, request, argument, True)

    def map(self, handle: int, length: int, offset: int) -> mmap.mmap:
        """Memory of the card. OSError, ValueError."""
        return mmap.mmap(handle, length, offset=offset)

    def read(self, handle: int, timeout_s: float) -> bytes:
        """Events that are there by then; empty: none came. OSError."""
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        return os.read(handle, 1024) if poll.poll(timeout_s * 1000) else b""

    def close(self, handle: int) -> None:
        """See os.close."""
        os.close(handle)


LINUX = Kernel()


class Card:
    """Whoever opens it first sets its outputs, until it is closed."""

    def __init__(self, device: str, kernel: Kernel = LINUX) -> None:
        """ScreenError where there is none, it may not be opened, or somebody else sets its outputs."""
        self.device, self._kernel = device, kernel
        try:
            self.handle = kernel.open(device)
        except OSError as error:
            raise explained(error, device) from error

    def become_master(self) -> None:
        """Nobody else sets the outputs from now on. ScreenError `busy` where somebody else does."""
        self._ask(uapi.SET_MASTER, None)

    def call(self, request: int, argument: T) -> T:
        """The same argument, filled in. ScreenError."""
        self._ask(request, argument)
        return argument

    def _ask(self, request: int, argument: Structure | None) -> None:
        for attempt in range(TRIES):
            try:
                self._kernel.ioctl(self.handle, request, argument)
                return
            except (InterruptedError, BlockingIOError) as error:
                if attempt == TRIES - 1:
                    raise explained(error, self.device) from error
            except PermissionError as error:  # the kernel's word for a card that is not ours, or not any more
                raise self._taken() from error
            except OSError as error:
                raise explained(error, self.device) from error

    def capability(self, number: int) -> int:
        """Its value; 0 where the card does not know it."""
        try:
            return int(self.call(uapi.GET_CAP, uapi.GetCap(number, 0)).value)
        except ScreenError:
            return 0

    def map(self, length: int, offset: int) -> mmap.mmap:
        """A buffer of the card. ScreenError."""
        try:
            return self._kernel.map(self.handle, length, offset)
        except ValueError as error:
            raise ScreenError("refused", f"{self.device} gives no buffer of {length:,} bytes: {error}") from error
        except OSError as error:
            raise explained(error, self.device) from error

    def read(self, timeout_s: float) -> bytes:
        """Events. ScreenError."""
        try:
            return self._kernel.read(self.handle, timeout_s)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise explained(error, self.device) from error

    def close(self) -> None:
        """May be called twice."""
        if self.handle >= 0:
            self._kernel.close(self.handle)
            self.handle = -1

    def _taken(self) -> ScreenError:
        """Somebody else has the card."""
        return ScreenError(
            "busy", f"another program shows its own on {self.device}: `fuser -v {self.device}` names it, end it"
        )
