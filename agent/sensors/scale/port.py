"""The seam to pyserial: one open port, whose every failure is a ScaleError with a code and a sentence.

pyserial throws SerialException, OSError, ValueError and, for refused settings, termios.error, which is none of these.
Codes: not_found, permission_denied, busy, settings_refused, unplugged. Not here: what the bytes mean (decoders),
when to open again (reader.py).
"""

from __future__ import annotations

import errno
import termios
import threading
from contextlib import suppress
from typing import Protocol

import serial

from agent.config import schema
from agent.sensors.scale.protocol import ScaleError

READ_TIMEOUT_S = 0.2  # how long a stop flag may go unseen, should waking fail
WRITE_TIMEOUT_S = 1.0
LARGEST_READ = 4096  # what the kernel's tty buffer holds
_FAILURES = (serial.SerialException, OSError, termios.error, ValueError)
_CODES = {
    errno.ENOENT: "not_found",
    errno.ENXIO: "not_found",
    errno.ENODEV: "not_found",
    errno.EIO: "not_found",  # a ttyS without hardware behind it
    errno.ENOTTY: "not_found",  # a file, but no serial port
    errno.EISDIR: "not_found",
    errno.EACCES: "permission_denied",
    errno.EPERM: "permission_denied",
    errno.EAGAIN: "busy",
    errno.EBUSY: "busy",
    errno.EINVAL: "settings_refused",
}


class Port(Protocol):
    """What a driver needs of a line."""

    def read(self) -> bytes:
        """What has come; waits a little for the first byte, b"" when none came or `close` was called."""
        ...

    def write(self, data: bytes) -> None:
        """Sends `data`."""
        ...

    def forget(self) -> None:
        """Drops what has come and was not read."""
        ...

    def wait(self, seconds: float) -> None:
        """Pauses; `close` ends the pause."""
        ...

    def close(self) -> None:
        """Lets go of the line; may be called twice and from another thread, and wakes `read` and `wait`."""
        ...


class SerialPort:
    """A real serial port, held exclusively: two readers on one port steal each other's bytes."""

    def __init__(self, scale: schema.Scale) -> None:
        """ScaleError when the port cannot be opened as configured."""
        self._scale = scale
        self._closing = threading.Event()
        self._waking = threading.Lock()  # of two that close at once, one wakes the reader
        self._in_use = threading.Lock()  # so that nobody closes the file under a read
        self._serial = _open(scale)

    def read(self) -> bytes:
        """See Port."""
        with self._in_use:
            if self._closing.is_set():
                return b""
            try:
                first = self._serial.read(1)
                return first + self._serial.read(min(self._serial.in_waiting, LARGEST_READ)) if first else b""
            except _FAILURES as error:
                raise self._lost(error) from error

    def write(self, data: bytes) -> None:
        """See Port."""
        with self._in_use:
            if self._closing.is_set():
                return
            try:
                self._serial.write(data)
            except _FAILURES as error:
                raise self._lost(error) from error

    def forget(self) -> None:
        """See Port."""
        with self._in_use:
            if self._closing.is_set():
                return
            try:
                self._serial.reset_input_buffer()
            except _FAILURES as error:
                raise self._lost(error) from error

    def wait(self, seconds: float) -> None:
        """See Port."""
        self._closing.wait(seconds)

    def close(self) -> None:
        """See Port."""
        with self._waking:
            if not self._closing.is_set():
                self._closing.set()
                self._serial.cancel_read()
        with self._in_use, suppress(OSError):  # the device may be gone already
            self._serial.close()

    def _lost(self, error: Exception) -> ScaleError:
        scale = self._scale
        return ScaleError("unplugged", f'scale "{scale.name}": {scale.port} is gone ({error}): plug the cable in again')


def _open(scale: schema.Scale) -> serial.Serial:
    try:
        port = serial.Serial(
            scale.port,
            scale.baud,
            bytesize=scale.bytesize,
            parity=scale.parity,
            stopbits=scale.stopbits,
            timeout=READ_TIMEOUT_S,
            write_timeout=WRITE_TIMEOUT_S,
            exclusive=True,
        )
        taken = _line_as_set(scale, termios.tcgetattr(port.fileno())[2])
    except _FAILURES as error:
        raise _refused(scale, error) from error
    if not taken:
        port.close()
        raise _refused(scale, termios.error(errno.EINVAL))
    return port


def _line_as_set(scale: schema.Scale, cflag: int) -> bool:
    """Whether the line is what was asked for. Refusing is not always said: the same pty answered 7E1 with EINVAL from
    one state and with silence, staying at 8N1, from another (measured, Linux 6.18, glibc 2.36)."""
    size = termios.CS7 if scale.bytesize == 7 else termios.CS8
    parity = {"N": 0, "E": termios.PARENB, "O": termios.PARENB | termios.PARODD}[scale.parity]
    parity_set = cflag & (termios.PARENB | termios.PARODD) if cflag & termios.PARENB else 0
    stopbits = 2 if cflag & termios.CSTOPB else 1
    return (cflag & termios.CSIZE, parity_set, stopbits) == (size, parity, scale.stopbits)


def _refused(scale: schema.Scale, error: Exception) -> ScaleError:
    """Why opening failed, by error number: pyserial keeps it in `errno`, or in the error that caused its own."""
    numbers = (_number(error), _number(error.__context__))
    codes = [_CODES[number] for number in numbers if number in _CODES]
    code = codes[0] if codes else "settings_refused" if isinstance(error, ValueError) else "unplugged"
    return ScaleError(code, f'scale "{scale.name}": {_advice(code, scale)}')


def _number(error: BaseException | None) -> int | None:
    number = getattr(error, "errno", None) or (error.args[0] if error is not None and error.args else None)
    return number if isinstance(number, int) else None


def _advice(code: str, scale: schema.Scale) -> str:
    line = f"{scale.baud} baud, {scale.bytesize}{scale.parity}{scale.stopbits}"
    return {
        "not_found": f"there is no serial device {scale.port}: plug the scale in, or correct `port` "
        "(ls /dev/serial/by-id)",
        "permission_denied": f"no permission to open {scale.port}: add the agent's user to the group dialout",
        "busy": f"another program holds {scale.port}: stop it (fuser -v {scale.port} names it)",
        "settings_refused": f"{scale.port} refuses {line}: correct `baud`, `bytesize`, `parity` and `stopbits`, "
        "or use an adapter that can do them",
        "unplugged": f"{scale.port} does not answer: unplug it, plug it in again",
    }[code]
