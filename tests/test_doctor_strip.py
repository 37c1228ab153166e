"""`shelfd doctor` and the strip: the panel, the font, whether each label has room, the text console."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from agent.commands.doctor_part import Part
from agent.commands.doctor_strip import examine_strip, font_of
from agent.config.schema import Cell, Config, Device, Lane, Scale, Screen, Store
from agent.screen.driver import open_panel
from agent.screen.fake import FakePanel
from agent.screen.fonts import BUILT_IN, Fonts, find_fonts
from agent.screen.framebuffer import make_file, read_picture
from agent.screen.protocol import Panel, ScreenError

PLAIN = Fonts([BUILT_IN], shaped=False)


def config(device: Path | str, *, split_m: float = 0.45, store: Store | None = None, **screen: object) -> Config:
    """Two lanes on 0.9 m of edge that part at `split_m`."""

    def lane(name: str, gtin: str, left_m: float, right_m: float) -> Lane:
        box = {"left_m": left_m, "right_m": right_m, "bottom_m": 0.0, "top_m": 0.3}
        return Lane(name=name, cells=(name,), gtin=gtin, title=name.title(), price="4.50", **box)  # type: ignore[arg-type]

    cells = tuple(Cell(name=name, counts_per_gram=1.0) for name in ("cola", "tea"))
    return Config(
        device=Device(store="s", id="d"),
        scales=(Scale(name="main", driver="shelfd-lines", port="/dev/ttyUSB0", cells=cells),),
        lanes=(lane("cola", "06901234567892", 0.0, split_m), lane("tea", "06901234567908", split_m, 0.9)),
        store=store or Store(language="de", currency="EUR"),
        screen=Screen(**{"driver": "framebuffer", "device": str(device), **screen}),  # type: ignore[arg-type]
    )


def codes(part: Part | None) -> list[tuple[str, str, str]]:
    assert part is not None
    return [(finding.level, finding.subject, finding.code) for finding in part.findings]


def never(_: Screen) -> NoReturn:
    pytest.fail("the agent has the panel: nobody opens it")


@pytest.fixture
def strip(tmp_path: Path) -> Path:
    return make_file(tmp_path / "strip", 1920, 158)


def test_a_shelf_without_a_strip_hears_nothing_of_one() -> None:
    assert examine_strip(Config(device=Device(store="s", id="d")), never) is None


def test_a_good_strip_is_measured_and_shows_nothing_of_it(strip: Path) -> None:
    before = strip.read_bytes()
    part = examine_strip(config(strip), open_panel)
    assert codes(part) == [] and part is not None
    assert part.lines[0] == f"strip: framebuffer {strip}, 1920x158, 32 bits a pixel"
    assert part.lines[2] == "  2 labels, each has room"
    assert (part.facts["width"], part.facts["height"], part.facts["bits_per_pixel"]) == (1920, 158, 32)
    assert strip.read_bytes() == before


def test_a_label_without_room_is_named_with_its_lane(strip: Path) -> None:
    part = examine_strip(config(strip, split_m=0.005), open_panel)
    assert codes(part) == [("wrong", "screen", "label")] and part is not None
    assert 'label of lane "cola"' in part.findings[0].sentence
    assert part.lines[2] == "  2 labels, what does not fit is said below"


def test_many_complaints_are_counted_and_not_all_told(strip: Path) -> None:
    whole = config(strip)
    lanes = tuple(
        replace(whole.lanes[0], name=f"l{i}", cells=(f"l{i}",), left_m=i / 100, right_m=(i + 1) / 100)
        for i in range(40)
    )
    scale = replace(whole.scales[0], cells=tuple(Cell(name=lane.name, counts_per_gram=1.0) for lane in lanes))
    small = make_file(strip.with_name("small"), 480, 128)
    narrow = replace(whole, scales=(scale,), lanes=lanes, screen=replace(whole.screen, device=str(small)))
    part = examine_strip(narrow, open_panel)
    assert part is not None
    assert len(part.findings) == 13 and part.findings[-1].sentence.startswith("and 28 more of the kind")


def test_mistakes_of_the_configuration_come_before_its_labels(strip: Path) -> None:
    part = examine_strip(config(strip, store=Store(currency="JPY")), open_panel)  # 4.50 yen cannot be paid
    assert codes(part) == [("wrong", "config", "mistakes")] and part is not None
    assert "2 mistakes" in part.findings[0].sentence and "labels: not looked at" in part.lines[2]


def test_a_panel_that_cannot_be_opened_is_a_finding_and_the_font_is_still_looked_at(tmp_path: Path) -> None:
    part = examine_strip(config(tmp_path / "none"), open_panel)
    assert codes(part) == [("wrong", "screen", "not_found")] and part is not None
    assert "size not known" in part.lines[0] and len(part.lines) == 2 and part.lines[1] != "  font: none"


def test_a_panel_that_another_program_has_is_said_with_what_to_do() -> None:
    def busy(_: Screen) -> Panel:
        raise ScreenError("busy", "another program shows its own on /dev/dri/card0: `fuser -v /dev/dri/card0` names it")

    part = examine_strip(config("/dev/dri/card0", driver="drm"), busy)
    assert codes(part) == [("wrong", "screen", "busy")] and part is not None
    assert "fuser" in part.findings[0].sentence


def test_a_card_chooses_its_depth_itself_and_is_let_go_of() -> None:
    panel = FakePanel(480, 128)
    closed: list[bool] = []
    panel.close = lambda: closed.append(True)  # type: ignore[method-assign]
    part = examine_strip(config("/dev/dri/card0", driver="drm"), lambda _: panel)
    assert part is not None and closed == [True]
    assert part.lines[0] == "strip: drm /dev/dri/card0, 480x128" and part.facts["bits_per_pixel"] is None
    part = examine_strip(config("", driver="drm"), lambda _: panel)
    assert part is not None and part.lines[0] == "strip: drm on any card, 480x128"


@pytest.mark.parametrize(("rotate", "size"), [("0", "1920x158"), ("90", "158x1920"), ("180", "1920x158")])
def test_the_agents_panel_is_not_opened_and_its_size_is_known_all_the_same(strip: Path, rotate: str, size: str) -> None:
    of_agent = config(strip, rotate=rotate)
    opened, closed = examine_strip(of_agent, open_panel), examine_strip(of_agent, None)
    assert opened is not None and closed is not None and opened.lines == closed.lines
    assert f"{size}, 32 bits a pixel" in closed.lines[0]


def test_a_card_that_the_agent_has_says_no_size_and_is_no_complaint() -> None:
    part = examine_strip(config("/dev/dri/card0", driver="drm"), None)
    assert codes(part) == [] and part is not None and "size not known" in part.lines[0]


def test_a_language_without_a_font_is_told_what_to_install(strip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.screen.fonts.USUAL", ())
    part = examine_strip(config(strip, store=Store(language="zh", currency="CNY")), open_panel)
    assert ("wrong", "screen", "no_font") in codes(part) and part is not None
    assert "sudo apt install fonts-wqy-microhei" in part.findings[0].sentence and part.lines[1] == "  font: none"


def test_a_font_that_is_named_and_not_there_is_said(strip: Path) -> None:
    part = examine_strip(config(strip, fonts=("/nowhere/font.ttf",)), open_panel)
    assert codes(part) == [("wrong", "screen", "font_file")]


def test_the_font_is_the_one_that_has_the_words() -> None:
    assert font_of(PLAIN, "en") == "Pillow's own"
    assert font_of(PLAIN, "zh") is None
    fonts, _ = find_fonts((), "zh")
    if (name := font_of(fonts, "zh")) is not None:
        assert name.startswith("/usr/share/fonts/")


@pytest.mark.parametrize(
    ("bind", "running", "level"), [("1", False, ["note"]), ("1", True, ["wrong"]), ("0", True, [])]
)
def test_a_text_console_on_the_strip_is_seen(tmp_path: Path, bind: str, running: bool, level: list[str]) -> None:
    for number, (name, bound) in enumerate((("(S) dummy device", "0"), ("(M) frame buffer device", bind))):
        folder = tmp_path / f"vtcon{number}"
        folder.mkdir()
        (folder / "name").write_text(name + "\n")
        (folder / "bind").write_text(bound + "\n")
    gone = None if running else open_panel
    part = examine_strip(config("/dev/fb7"), gone, consoles=tmp_path)
    assert part is not None
    found = [finding for finding in part.findings if finding.code == "console"]
    assert [finding.level for finding in found] == level
    assert all("(vtcon1)" in finding.sentence and "fbcon=map:9" in finding.sentence for finding in found)


def test_a_plain_file_has_no_text_console(strip: Path, tmp_path: Path) -> None:
    (tmp_path / "vtcon1").mkdir()
    (tmp_path / "vtcon1/name").write_text("(M) frame buffer device")
    (tmp_path / "vtcon1/bind").write_text("1")
    assert codes(examine_strip(config(strip), open_panel, consoles=tmp_path)) == []
    assert read_picture(strip).max() == 0
