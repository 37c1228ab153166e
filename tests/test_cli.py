"""The command line: every way to go wrong has its sentence and its exit code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent.__main__ import main
from agent.config.schema import Config
from agent.notify import Notifier

EXAMPLE = """
[device]
store = "s1"
id = "d1"
[[scale]]
name = "main"
driver = "shelfd-lines"
port = "/dev/null"
  [[scale.cell]]
  name = "a1"
[[lane]]
name = "cola"
cells = ["a1"]
gtin = "06901234567892"
unit_g = 345.0
"""


def outcome(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    try:
        code = main(arguments)
    except SystemExit as end:
        code = int(end.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    path = tmp_path / "shelf.toml"
    path.write_text(EXAMPLE)
    return path


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = outcome(capsys, "--version")
    assert code == 0
    assert out.startswith("shelfd ")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "COMMAND"),
        (["rnu"], "invalid choice: 'rnu'"),
        (["run"], "file"),
        (["run", "a", "b"], "unrecognized arguments: b"),
        (["replay", "--jsno", "x"], "unrecognized arguments: --jsno"),
        (["run", "x", "--log", "loud"], "invalid choice: 'loud'"),
        (["doctor", "x", "--seconds", "many"], "many"),
        (["calibrate"], "file"),
    ],
)
def test_wrong_usage_is_64_and_says_what(capsys: pytest.CaptureFixture[str], arguments: list[str], says: str) -> None:
    code, out, err = outcome(capsys, *arguments)
    assert code == os.EX_USAGE
    assert says in err
    assert "usage: shelfd" in err
    assert out == ""


@pytest.mark.parametrize("command", ["run", "check", "replay", "doctor", "calibrate"])
def test_a_file_that_is_not_there_is_66(capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str) -> None:
    code, out, err = outcome(capsys, command, str(tmp_path / "none.toml"))
    assert code == os.EX_NOINPUT
    assert "none.toml" in out + err


def test_a_configuration_with_mistakes_is_78_and_names_them_all(
    capsys: pytest.CaptureFixture[str], shelf: Path
) -> None:
    shelf.write_text(EXAMPLE.replace("unit_g", "unit_gramm").replace('cells = ["a1"]', 'cells = ["a2"]'))
    for command in ("run", "check"):
        code, out, err = outcome(capsys, command, str(shelf))
        assert code == os.EX_CONFIG
        assert "unit_gramm" in out + err
    shelf.write_text(EXAMPLE.replace('cells = ["a1"]', 'cells = ["a2"]'))
    code, _, err = outcome(capsys, "run", str(shelf))
    assert code == os.EX_CONFIG
    assert "a2" in err


def test_a_doubtful_configuration_runs_and_the_doubts_stand_in_the_log(
    shelf: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    started: list[Config] = []

    class App:
        def __init__(self, config: Config, notifier: Notifier) -> None:
            started.append(config)

        def run(self) -> int:
            return os.EX_OK

    monkeypatch.setattr("agent.app.App", App)
    shelf.write_text(EXAMPLE.replace("06901234567892", "06901234567893"))
    assert main(["run", str(shelf)]) == os.EX_OK
    assert [config.lanes[0].gtin for config in started] == ["06901234567893"]
    (doubt,) = [record.getMessage() for record in caplog.records if record.name == "agent.config"]
    assert "lane[0].gtin" in doubt and "check digit" in doubt


def test_a_good_configuration_is_0(capsys: pytest.CaptureFixture[str], shelf: Path) -> None:
    code, out, _ = outcome(capsys, "check", str(shelf))
    assert (code, "usable: 0 errors" in out) == (0, True)


def test_what_is_no_recording_is_65(capsys: pytest.CaptureFixture[str], shelf: Path) -> None:
    code, out, err = outcome(capsys, "replay", str(shelf))
    assert (code, out) == (os.EX_DATAERR, "")
    assert "no recording of shelfd" in err


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = outcome(capsys, "--help")
    assert code == 0
    assert all(command in out for command in ("run", "check", "replay", "calibrate", "doctor"))


HEAVY = ("numpy", "paho", "serial", "sqlite3")


@pytest.mark.parametrize("arguments", [["--version"], ["--help"]])
def test_what_a_command_does_not_need_is_not_imported(arguments: list[str]) -> None:
    program = f"import sys; sys.argv[1:] = {arguments!r}\nfrom agent.__main__ import main\n"
    program += f"try: main()\nfinally: print(sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)
    assert done.stderr.strip() == "[]"


def test_a_reader_that_goes_away_early_is_no_error(shelf: Path) -> None:
    command = f"(sleep 0.2; {sys.executable} -m agent check {shelf}) | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_journal_is_told_how_grave_a_message_is() -> None:
    says = "import logging, agent.__main__ as m; m._log_to_stderr('info'); logging.warning('w'); logging.info('i')"
    told = subprocess.run(
        [sys.executable, "-c", says],
        env={**os.environ, "JOURNAL_STREAM": "1:1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert told.stderr.splitlines() == ["<4>root: w", "<6>root: i"]
