"""Parts start in order, stop in reverse, and none may fail or hang unseen."""

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.notify import Notifier
from agent.supervisor import Beat, Supervisor

LIMIT_S = 10.0


class Worker:
    """A part that waits until it is stopped and writes down what happens to it."""

    def __init__(self, name: str, diary: list[str]) -> None:
        self.name, self.diary = name, diary
        self.told = threading.Event()
        self.deaf = False
        self.beat = Beat()

    def run(self) -> None:
        self.diary.append(f"{self.name} starts")
        while not self.told.wait(0.01):
            self.beat()
        self.diary.append(f"{self.name} ends")

    def stop(self) -> None:
        self.diary.append(f"{self.name} is told")
        if not self.deaf:
            self.told.set()


def add(supervisor: Supervisor, *workers: Worker) -> None:
    for worker in workers:
        supervisor.add_thread(worker.name, worker.run, worker.stop, worker.beat)


def when(started: Callable[[], bool], act: Callable[[], None]) -> threading.Thread:
    """Does `act` in another thread as soon as `started`."""

    def wait() -> None:
        until = threading.Event()
        for _ in range(1000):
            if started():
                act()
                return
            until.wait(0.01)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


def test_parts_end_in_reverse_each_before_the_next_is_told() -> None:
    diary: list[str] = []
    supervisor = Supervisor()
    add(supervisor, *(Worker(name, diary) for name in ("outbox", "core", "scale")))
    when(lambda: len(diary) == 3, lambda: supervisor.end("enough"))
    assert supervisor.run() == 0
    assert diary[:3] == ["outbox starts", "core starts", "scale starts"]
    assert diary[3:] == [f"{name} {what}" for name in ("scale", "core", "outbox") for what in ("is told", "ends")]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_in_order_and_leaves_the_handlers_as_they_were(number: signal.Signals) -> None:
    diary: list[str] = []
    supervisor = Supervisor()
    add(supervisor, Worker("core", diary))
    handler = signal.getsignal(number)
    when(lambda: bool(diary), lambda: os.kill(os.getpid(), number))
    assert supervisor.run() == 0
    assert diary == ["core starts", "core is told", "core ends"]
    assert signal.getsignal(number) is handler


@pytest.mark.parametrize(
    ("exit_code", "level"),
    [(os.EX_OK, logging.INFO), (os.EX_TEMPFAIL, logging.WARNING), (os.EX_SOFTWARE, logging.ERROR)],
)
def test_only_an_end_that_nobody_ordered_is_an_error(
    caplog: pytest.LogCaptureFixture, exit_code: int, level: int
) -> None:
    supervisor = Supervisor()
    add(supervisor, Worker("core", []))
    supervisor.end("restarting: command o1", exit_code)
    with caplog.at_level(logging.INFO, "agent.supervisor"):
        assert supervisor.run() == exit_code
    assert [(x.levelno, x.message) for x in caplog.records] == [(level, "restarting: command o1")]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_exception_in_any_thread_ends_the_process(caplog: pytest.LogCaptureFixture) -> None:
    diary: list[str] = []
    seen: list[str] = []
    supervisor = Supervisor()
    worker = Worker("outbox", diary)
    add(supervisor, worker)

    def fail() -> None:
        raise ZeroDivisionError("a slip of ours")

    def foreign() -> None:
        threading.Thread(target=fail, name="paho").start()
        worker.run()

    before = threading.excepthook
    threading.excepthook = lambda args: seen.append(str(args.exc_value))  # stands for the traceback on stderr
    try:
        supervisor.add_thread("uplink", foreign, worker.stop)
        assert supervisor.run() == 70
    finally:
        threading.excepthook = before
    assert seen == ["a slip of ours"]
    assert "paho failed" in caplog.text
    assert "outbox ends" in diary


def test_a_part_that_returns_too_early_ends_the_process(caplog: pytest.LogCaptureFixture) -> None:
    supervisor = Supervisor()
    supervisor.add_thread("clock", lambda: None, lambda: None)
    assert supervisor.run() == 70
    assert "clock ended by itself" in caplog.text


def test_a_part_that_keeps_its_own_thread_is_missed_when_it_dies(caplog: pytest.LogCaptureFixture) -> None:
    alive = [True]
    supervisor = Supervisor(notifier=Notifier(watchdog_s=0.03))
    supervisor.add("outbox", start=lambda: alive.clear(), stop=lambda: None, alive=lambda: bool(alive))
    assert supervisor.run() == 70
    assert "outbox is dead" in caplog.text


def test_a_part_that_does_not_stop_is_named_with_its_place(caplog: pytest.LogCaptureFixture) -> None:
    diary: list[str] = []
    deaf, good = Worker("deaf", diary), Worker("good", diary)
    deaf.deaf = True
    supervisor = Supervisor(stop_s=0.3)
    add(supervisor, good, deaf)
    when(lambda: len(diary) == 2, lambda: supervisor.end("enough"))
    assert supervisor.run() == 70
    assert "deaf did not stop in time" in caplog.text
    assert "in run" in caplog.text  # the line it is at
    assert "good ends" in diary
    deaf.told.set()


def test_a_failed_start_stops_what_had_started() -> None:
    diary: list[str] = []
    supervisor = Supervisor()
    add(supervisor, Worker("outbox", diary))

    def refuse() -> None:
        raise OSError("no disk")

    supervisor.add("disk", start=refuse, stop=lambda: diary.append("disk is told"), alive=lambda: False)
    with pytest.raises(OSError, match="no disk"):
        supervisor.run()
    assert diary[-3:] == ["disk is told", "outbox is told", "outbox ends"]


@pytest.fixture
def systemd(tmp_path: Path) -> socket.socket:
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    channel.bind(str(tmp_path / "notify"))
    channel.settimeout(LIMIT_S)
    return channel


def next_word(systemd: socket.socket) -> str:
    return systemd.recv(1000).decode()


def test_systemd_hears_ready_alive_and_stopping(systemd: socket.socket) -> None:
    supervisor = Supervisor(notifier=Notifier(systemd.getsockname(), watchdog_s=0.03))
    add(supervisor, Worker("core", []))
    heard: list[str] = []

    def listen() -> None:
        while "STOPPING=1" not in heard:
            heard.append(next_word(systemd))
            if heard.count("WATCHDOG=1") == 2:
                supervisor.end("enough")

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    assert supervisor.run("3 scales") == 0
    listener.join(LIMIT_S)
    assert heard[:3] == ["READY=1\nSTATUS=3 scales", "WATCHDOG=1", "WATCHDOG=1"]
    assert heard[-1] == "STOPPING=1"


def test_the_watchdog_starves_when_one_part_hangs_though_others_live(
    systemd: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    supervisor = Supervisor(notifier=Notifier(systemd.getsockname(), watchdog_s=0.03), stuck_s=0.2)
    lively, hung = Worker("lively", []), Worker("hung", [])
    hung.run = hung.told.wait  # type: ignore[method-assign,assignment]
    add(supervisor, lively, hung)
    at_hang: list[int] = []

    def long_after() -> bool:
        if "hung hangs" not in caplog.text:
            return False
        if not at_hang:
            drain(systemd)  # what was said while it was not yet known
            at_hang.append(lively.beat.count)
        return lively.beat.count > at_hang[0] + 20  # five looks of the supervisor

    when(long_after, lambda: supervisor.end("enough"))
    assert supervisor.run() == 0
    assert drain(systemd) == ["STOPPING=1"]
    assert caplog.text.count("hung hangs") == 1
    assert "lively hangs" not in caplog.text


def drain(systemd: socket.socket) -> list[str]:
    words = []
    systemd.setblocking(False)
    while True:
        try:
            words.append(next_word(systemd))
        except BlockingIOError:
            return words


def test_a_systemd_that_does_not_listen_never_makes_us_wait(
    systemd: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    notifier = Notifier(systemd.getsockname())
    for _ in range(2000):
        notifier.alive()
    assert "systemd did not take 'WATCHDOG=1'" in caplog.text


def test_without_systemd_nobody_is_told_and_nothing_breaks(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Notifier().ready("fine")
    assert caplog.text == ""
    Notifier(str(tmp_path / "gone")).ready("fine")
    assert "systemd did not take" in caplog.text


@pytest.mark.parametrize(
    ("environment", "watchdog_s"),
    [
        ({"WATCHDOG_USEC": "15000000"}, 15.0),
        ({"WATCHDOG_USEC": "15000000", "WATCHDOG_PID": str(os.getpid())}, 15.0),
        ({"WATCHDOG_USEC": "15000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({}, None),
    ],
)
def test_what_systemd_asks_for_is_read(environment: dict[str, str], watchdog_s: float | None) -> None:
    assert Notifier.from_environment(environment).watchdog_s == watchdog_s


def test_an_abstract_address_works_too() -> None:
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    channel.bind(f"\0shelfd-test-{os.getpid()}")
    channel.settimeout(LIMIT_S)
    Notifier(f"@shelfd-test-{os.getpid()}").status("hello")
    assert next_word(channel) == "STATUS=hello"


# -- parts are exchanged -----------------------------------------------------------------------------------------------


def exchanged(supervisor: Supervisor, names: tuple[str, ...], diary: list[str], *new: Worker) -> None:
    """Asks for it and waits until it is done."""
    done = threading.Event()

    def change() -> None:
        supervisor.exchange(names, lambda: diary.append("between"), lambda: add(supervisor, *new))
        done.set()

    supervisor.ask(change)
    assert done.wait(LIMIT_S)


def test_a_part_is_exchanged_while_the_others_run() -> None:
    diary: list[str] = []
    supervisor = Supervisor()
    add(supervisor, *(Worker(name, diary) for name in ("outbox", "scale", "camera")))

    def change() -> None:
        exchanged(supervisor, ("scale",), diary, Worker("new scale", diary))
        supervisor.end("enough")

    when(lambda: len(diary) == 3, change)
    assert supervisor.run() == 0
    assert diary[3:7] == ["scale is told", "scale ends", "between", "new scale starts"]
    assert [line for line in diary[7:] if "told" in line] == [
        f"{name} is told" for name in ("camera", "new scale", "outbox")
    ]


def test_a_part_that_is_new_starts_last_and_one_that_goes_is_not_missed() -> None:
    diary: list[str] = []
    supervisor = Supervisor()
    add(supervisor, *(Worker(name, diary) for name in ("outbox", "camera")))

    def change() -> None:
        exchanged(supervisor, ("scale",), diary, Worker("scale", diary))
        exchanged(supervisor, ("camera",), diary)
        supervisor.end("enough")

    when(lambda: len(diary) == 2, change)
    assert supervisor.run() == 0
    assert [part.name for part in supervisor.parts] == ["outbox", "scale"]


def test_a_part_that_does_not_leave_ends_the_process() -> None:
    diary: list[str] = []
    supervisor = Supervisor(stop_s=0.1)
    deaf = Worker("deaf", diary)
    deaf.deaf = True
    add(supervisor, Worker("outbox", diary), deaf)
    when(
        lambda: len(diary) == 2,
        lambda: supervisor.ask(lambda: supervisor.exchange(("deaf",), lambda: None, lambda: None)),
    )
    assert supervisor.run() == os.EX_SOFTWARE
    deaf.told.set()


def test_a_change_that_fails_ends_the_process_in_order() -> None:
    diary: list[str] = []
    supervisor = Supervisor()
    add(supervisor, Worker("core", diary))

    def fail() -> None:
        raise RuntimeError("a mistake in the change")

    when(lambda: bool(diary), lambda: supervisor.ask(fail))
    with pytest.raises(RuntimeError, match="a mistake"):
        supervisor.run()
    assert diary == ["core starts", "core is told", "core ends"]
