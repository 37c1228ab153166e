"""The console in a real browser, before a real agent: what a shop owner sees while somebody stands at the shelf."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Subscriber
from numpy.typing import NDArray
from PIL import Image

from agent.screen.framebuffer import read_picture
from wire.codec import decode_event
from wire.events import Pick

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed: tools/setup.sh python")
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
ROOT = Path(__file__).resolve().parents[2]
WITHIN_S = 30.0
ACCENT = (0xC8, 0x10, 0x2E)  # screen.accent's default
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--window-size=1280,800",
)  # fmt: skip

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="no browser: sudo apt install chromium chromium-driver"),
]


class Page:
    """The console's page in Chromium; beside it the framebuffer, and a hub that hears the same broker."""

    def __init__(self, driver: Any, folder: Path, hub: Subscriber) -> None:
        self.driver, self.hub = driver, hub
        self.framebuffer = folder / "strip"
        self.until("content to be in force", lambda: self.one("[data-document=content][data-version='1']"))
        self.loop = self.until("the loop on the strip", lambda: looped(self))  # nobody is there yet

    def one(self, css: str) -> Any:
        return self.driver.find_element("css selector", css)

    def until(self, what: str, true: Callable[[], Any]) -> Any:
        """Waits for it; the page's own log tells why not."""
        from selenium.common.exceptions import (
            NoSuchElementException,
            StaleElementReferenceException,
            TimeoutException,
        )
        from selenium.webdriver.support.ui import WebDriverWait

        def met(_: Any) -> list[Any]:
            value = true()
            return [value] if isinstance(value, np.ndarray) or value else []

        passing = (NoSuchElementException, StaleElementReferenceException)
        try:
            return WebDriverWait(self.driver, WITHIN_S, 0.1, passing).until(met)[0]
        except TimeoutException as error:
            raise AssertionError(f"waited for {what}; the page: {self.one('body').text}") from error

    def press(self, keys: str) -> None:
        from selenium.webdriver.common.action_chains import ActionChains

        ActionChains(self.driver).send_keys(keys).perform()

    def strip(self) -> NDArray[np.uint8]:
        """The strip's pixels as the browser shows them; none before the first."""
        script = """const image = document.getElementById("pixels"), canvas = document.createElement("canvas");
            canvas.width = image.naturalWidth || 1; canvas.height = image.naturalHeight || 1;
            canvas.getContext("2d").drawImage(image, 0, 0); return canvas.toDataURL("image/png").split(",")[1];"""
        with Image.open(io.BytesIO(base64.b64decode(self.driver.execute_script(script)))) as image:
            return np.asarray(image.convert("RGB"))

    def lane(self) -> Any:
        """The first lane whose stock is counted: its number on the keyboard."""
        lanes = self.driver.find_elements("css selector", ".lane")
        return next((i + 1, lane) for i, lane in enumerate(lanes) if (lane.get_attribute("data-units") or "0") > "2")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """`make demo` with its console, nobody in the shop; its address, and the folder of everything that it makes."""
    folder = tmp_path_factory.mktemp("d")
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.demo", "--shoppers", "0", "--layout", "small", "--seed", "2"],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    told = process.stderr.readline() if process.stderr else ""
    found = re.search(r"http://127\.0\.0\.1:\d+/", told)
    assert found, told + (process.communicate()[1] if process.poll() is not None else "")
    yield found[0], next(folder.glob("shelfd-*"))
    process.terminate()
    process.communicate(timeout=WITHIN_S)
    assert not list(folder.iterdir())


@pytest.fixture(scope="module")
def page(demo: tuple[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    address, folder = demo
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for option in (*OPTIONS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    broker = tomllib.loads((folder / "shelf.toml").read_text())["broker"]
    hub = Subscriber(broker["port"], "shelf/v1/bench/shelf-1/#", "hub")
    try:
        driver.get(address)
        yield Page(driver, folder, hub)
        assert [line["message"] for line in driver.get_log("browser") if line["level"] == "SEVERE"] == []
    finally:
        hub.close()
        driver.quit()


def test_a_shopper_hesitates_the_strip_answers_and_what_is_taken_is_told(page: Page) -> None:
    number, lane = page.lane()
    before_units = int(lane.get_attribute("data-units"))
    name = lane.get_attribute("data-lane")
    loop = at_rest(page)

    page.press(f"{number}h")
    page.until("the shopper to be there", lambda: "hesitates" in page.one("#doing").text)
    page.until("the hesitation", lambda: page.one("details.hesitation"))
    above = loop.shape[0] // 2  # labels below it may change as well: one is taken
    answer = page.until("the strip's answer", lambda: differs(page, loop, above))
    changed = np.argwhere((answer != loop)[:above].any(axis=2))
    assert len(changed) > 10_000, "hardly anything changed on the strip"

    told = page.until("the pick", lambda: page.one(f"details.pick[data-lane='{name}']"))
    page.until("the stock to fall", lambda: lane.get_attribute("data-units") == str(before_units - 1))
    picks = [decode_event(message.body).data for message in page.hub.on("/event/pick")]
    assert [pick.lane for pick in picks if isinstance(pick, Pick)] == [name]
    pick = picks[0]
    assert isinstance(pick, Pick)
    assert told.find_element("css selector", ".aside .mono").text == f"{pick.confidence:.2f}"
    page.until("the truth beside it", lambda: told.find_element("css selector", ".truth.yes"))
    raw = json.loads(told.find_element("css selector", "pre").get_attribute("textContent"))
    assert raw["visitor"] == pick.visitor
    page.until("the proof of play", lambda: page.one("details.shown"))


def test_a_price_is_sent_the_label_changes_and_the_shelf_reports_it(page: Page) -> None:
    _, lane = page.lane()
    before = at_rest(page)
    select, price = page.one("select[name=lane]"), page.one("input[name=price]")
    select.find_element("css selector", f"option[value='{lane.get_attribute('data-lane')}']").click()
    price.clear()
    price.send_keys("7.77")
    page.one("#wish button").click()

    page.until("the price as told", lambda: "7.77" in lane.find_element("css selector", ".price").text)
    page.until("the price's own event", lambda: "now 7.77" in page.one("details.priced").text)
    after = page.until("another label", lambda: differs(page, before))
    rows = np.argwhere((after != before).any(axis=2))[:, 0]
    assert rows.min() >= before.shape[0] // 2, "more than the label changed"
    page.until("probation to end", lambda: page.one("[data-document=config][data-state=applied][data-version='1']"))


def test_a_wish_that_makes_no_sense_is_answered_with_the_reason(page: Page) -> None:
    page.one("input[value=planogram]").click()
    text = page.one("textarea")
    planogram = json.loads(text.get_attribute("value"))
    planogram["lane"][0]["left_m"] = 99.0
    page.driver.execute_script("arguments[0].value = arguments[1]", text, json.dumps(planogram))
    page.one("#wish button").click()
    row = page.until("the refusal", lambda: page.one("[data-document=config][data-state=rejected]"))
    assert "lane" in row.text
    assert "v2 rejected v1 stays" in row.text
    assert page.one("#online").text == "online"


def test_every_button_can_be_reached_with_the_keyboard(page: Page) -> None:
    page.one("#tab-faults").click()
    script = """return [...document.querySelectorAll("button, input, [role=radio], summary")]
        .filter((x) => x.offsetParent !== null || x.ownerSVGElement).filter((x) => x.tabIndex < 0).map((x) => x.id)"""
    assert set(page.driver.execute_script(script)) <= {"tab-hub", "tab-health"}  # arrow keys lead there
    page.press("d")
    dark = page.driver.execute_script("return document.documentElement.dataset.theme")
    page.press("d")
    assert page.driver.execute_script("return document.documentElement.dataset.theme") != dark


def at_rest(page: Page) -> NDArray[np.uint8]:
    """Nobody there, the loop on the strip's upper half, labels below."""
    page.press("x")
    page.until("the shopper to leave", lambda: "nobody" in page.one("#doing").text)
    half = page.loop.shape[0] // 2

    def back() -> NDArray[np.uint8] | None:
        shown = same(page)
        return shown if shown is not None and np.array_equal(shown[:half], page.loop[:half]) else None

    found: NDArray[np.uint8] = page.until("the loop to be back", back)
    return found


def looped(page: Page) -> NDArray[np.uint8] | None:
    """The strip with the loop's card in the accent's full colour: faded in."""
    shown = same(page)
    if shown is None:
        return None
    card = shown[4 : shown.shape[0] // 3, : shown.shape[1] // 2].reshape(-1, 3)
    return shown if (card == ACCENT).all(axis=1).mean() > 0.5 else None


def same(page: Page) -> NDArray[np.uint8] | None:
    """The strip, once the browser shows the framebuffer's very pixels."""
    shown = page.strip()
    written = read_picture(page.framebuffer)
    return shown if written.any() and shown.shape == written.shape and np.array_equal(shown, written) else None


def differs(page: Page, before: NDArray[np.uint8], rows: int | None = None) -> NDArray[np.uint8] | None:
    """The strip, once it is another in its first `rows`."""
    shown = same(page)
    return shown if shown is not None and not np.array_equal(shown[:rows], before[:rows]) else None
