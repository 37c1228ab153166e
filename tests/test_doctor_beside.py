"""`shelfd doctor` beside an agent: what it has is left alone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import agent.commands.doctor as doctor_module
from agent.__main__ import main
from agent.commands.doctor_beside import running_agent
from agent.commands.doctor_running import examine_running
from agent.config.load import load
from agent.screen.framebuffer import make_file

HOLDER = """
import sys
from pathlib import Path
from agent.outbox.outbox import Outbox
from wire.topics import Topics
outbox = Outbox(Path(sys.argv[1]), Topics("corner", "shelf-1"), "b00t")
outbox.start()
print("up", flush=True)
sys.stdin.readline()
outbox.stop()
"""
SHELF = """
[device]
store = "corner"
id = "shelf-1"
[outbox]
path = "{0}/outbox.sqlite"
[screen]
driver = "framebuffer"
device = "{0}/strip"
[buttons]
tare_pin = 17
[[scale]]
name = "main"
driver = "shelfd-lines"
port = "{0}/tty"
[[scale.cell]]
name = "a1"
counts_per_gram = 100.0
[documents]
dir = "{0}/documents"
[[documents.key]]
name = "hub-2026"
ed25519 = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
"""


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shelf")
    make_file(folder / "strip", 480, 128)
    file = folder / "shelf.toml"
    file.write_text(SHELF.format(folder))
    return file


@pytest.fixture(scope="module")
def process(shelf: Path) -> Iterator[int]:
    """Somebody else who has the outbox of this shelf, as an agent does."""
    command = [sys.executable, "-c", HOLDER, str(shelf.parent / "outbox.sqlite")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "up\n"
        yield holder.pid
        holder.communicate("\n", timeout=20)
    assert running_agent(load(shelf), shelf) is None  # the file is there, and nobody has it


def test_who_has_the_outbox_is_the_agent(shelf: Path, process: int) -> None:
    assert running_agent(load(shelf), shelf) == process


def test_beside_an_agent_nothing_is_opened(
    shelf: Path, process: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        "agent.screen.driver.open_panel",
        "agent.sensors.buttons.driver.open_pins",
        "agent.sensors.camera.driver.open_camera",
        "agent.sensors.scale.driver.open_scale",
    ):
        monkeypatch.setattr(name, lambda *_: pytest.fail("the agent has it"))
    main(["doctor", str(shelf), "--json"])
    answer = json.loads(capsys.readouterr().out)
    codes = [(finding["subject"], finding["code"]) for finding in answer["findings"]]
    assert codes[:2] == [("scale/main", "not_found"), ("agent", "running")]
    assert answer["parts"]["agent"] == {"process": process}
    assert (answer["parts"]["strip"]["width"], answer["parts"]["strip"]["height"]) == (480, 128)
    assert answer["parts"]["documents"]["trusts"] == ["hub-2026"]
    main(["doctor", str(shelf)])
    page = capsys.readouterr().out
    assert f"agent: runs, process {process}" in page and "systemctl stop shelfd" in page


def test_without_an_agent_everything_is_opened(
    shelf: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_module, "running_agent", lambda *_: None)
    assert main(["doctor", str(shelf), "--seconds", "0.5"]) == 1
    page = capsys.readouterr().out
    assert "cannot be read: not found" in page and "strip: framebuffer" in page and "buttons and light: tare" in page
    assert "documents: " in page and "clock: " in page and "agent: " not in page
    assert not (shelf.parent / "documents").exists()
    main(["doctor", str(shelf), "--scale", "main", "--seconds", "0.5"])
    assert "strip" not in capsys.readouterr().out


def test_the_order_diagnose_tells_the_same(shelf: Path) -> None:
    page = examine_running(load(shelf))
    for said in ("strip: framebuffer", "480x128", "buttons and light: tare at pin 17", "obeyed: hub-2026", "clock: "):
        assert said in page
    assert "buttons: there is no /dev/gpiochip*" in page or Path("/dev/gpiochip0").exists()


def test_an_outbox_that_was_never_made_has_no_agent(shelf: Path, tmp_path: Path) -> None:
    other = tmp_path / "shelf.toml"
    other.write_text(SHELF.format(tmp_path))
    assert running_agent(load(other), other) is None


def test_an_outbox_that_may_not_be_looked_at_is_asked_for_among_the_processes(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("agent.commands.doctor_beside.os.open", refused)
    processes = {
        "1": b"/sbin/init\0",
        "77": b"/opt/shelfd/bin/python\0/opt/shelfd/bin/shelfd\0run\0/etc/other.toml\0",
        "78": b"/opt/shelfd/bin/python\0/opt/shelfd/bin/shelfd\0check\0" + str(shelf).encode() + b"\0",
        "self": b"",
    }
    for name, line in processes.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "cmdline").write_bytes(line)
    (tmp_path / "79").mkdir()  # ended meanwhile
    assert running_agent(load(shelf), shelf, tmp_path) is None
    (tmp_path / "80").mkdir()
    (tmp_path / "80/cmdline").write_bytes(b"python\0-m\0agent\0run\0--log\0info\0" + str(shelf).encode() + b"\0")
    assert running_agent(load(shelf), shelf, tmp_path) == 80
