"""What the agent asks of a panel, and the errors every driver speaks.

Not here: drivers (one file a kind), turning and packing of pixels (surface.py), what is shown (face.py, playlist.py),
trying again when a panel is lost (loop.py).
"""

from __future__ import annotations

import errno
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]  # (height, width, 3) RGB, as the viewer sees it


class ScreenError(Exception):
    """Nothing can be shown. `code` is one word for machines, the message a sentence that says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Panel(Protocol):
    """A strip of pixels. Stateful, used by one thread."""

    @property
    def width(self) -> int:
        """Pixels from left to right, as the viewer sees them: after rotation."""
        ...

    @property
    def height(self) -> int:
        """See width."""
        ...

    def show(self, picture: Picture, left: int = 0, top: int = 0) -> None:
        """The whole picture, or a rectangle of it with its upper left corner there. The pixels are in the buffer when
        it returns. What stands there already is not written again, but that the panel is still there is looked at all
        the same. ScreenError when the panel is lost: close this one and open anew. ValueError outside the panel."""
        ...

    def close(self) -> None:
        """Let go of the panel; may be called twice."""
        ...


def explained(error: OSError, device: str) -> ScreenError:
    """What the kernel said about the device, as a ScreenError."""
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            return ScreenError("not_found", f"there is no {device}: plug the panel in, or correct screen.device")
        case errno.EACCES | errno.EPERM:
            return ScreenError(
                "permission_denied", f"{device} may not be opened: put the agent's user into the group video"
            )
        case errno.EBUSY:
            return ScreenError("busy", f"another program holds {device}: `fuser -v {device}` names it, end it")
        case errno.ENODEV | errno.ENXIO:
            return ScreenError("unplugged", f"{device} has lost its panel: plug it in again")
    return ScreenError("refused", f"{device} does not work ({error.strerror}): look at `dmesg`, then at the cable")
