# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page in a real browser: Chromium without a window, driven by Debian's chromedriver."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from vast_emulator.process import Emulator

HOSTILE = "<img src=x onerror=\"document.title='broken'\">"
# Seconds that a busy machine may take; nothing is asserted about how long it took.
PATIENCE = 60
_REPLACED = (NoSuchElementException, StaleElementReferenceException)


def programs() -> tuple[str, str]:
    """Paths of browser and driver. A machine without them skips these tests, unless changes are judged on it."""
    found = [shutil.which(name) for name in ("chromium", "chromedriver")]
    if None in found and os.environ.get("CI") == "true":
        pytest.fail("chromium and chromedriver: not installed, and must be")
    if None in found:
        pytest.skip("chromium and chromedriver: not installed")
    return str(found[0]), str(found[1])


class Browser:
    """One window."""

    def __init__(self, driver: webdriver.Chrome, emulator: Emulator) -> None:
        self.driver = driver
        driver.get(emulator.url)

    def find(self, selector: str) -> Any:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        return self.find(selector).text

    def script(self, source: str) -> Any:
        return self.driver.execute_script(source)

    def until(self, condition: Callable[[], Any]) -> Any:
        """What the condition gives once it holds. Elements may be replaced while they are looked at."""
        return WebDriverWait(self.driver, PATIENCE, 0.1, _REPLACED).until(lambda _driver: condition())

    def complaints(self) -> list[dict[str, Any]]:
        """What the browser's console has to say."""
        return self.driver.get_log("browser")


@contextmanager
def chromium(folder: Path, *arguments: str) -> Iterator[webdriver.Chrome]:
    browser, driver = programs()
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        f"--user-data-dir={folder}",
        *arguments,
    ):
        options.add_argument(argument)
    chrome = webdriver.Chrome(options, webdriver.ChromeService(driver))
    try:
        yield chrome
    finally:
        chrome.quit()


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    with chromium(tmp_path_factory.mktemp("chromium"), "--window-size=1280,1000") as chrome:
        yield chrome


@pytest.fixture
def browser(window: webdriver.Chrome, emulator: Emulator) -> Iterator[Browser]:
    window.get_log("browser")
    browser = Browser(window, emulator)
    browser.script("window.notReloaded = true")
    yield browser
    assert browser.complaints() == []
    assert browser.script("return window.notReloaded")
    window.get("about:blank")


def dollars(browser: Browser) -> float:
    return float(browser.text("#burnt").strip("$"))


def test_it_shows_what_happens_without_a_reload(browser: Browser, renter: Any, emulator: Emulator) -> None:
    assert browser.text("h1") == "vast-emulator"
    assert browser.text("#summary") == "Nothing is rented."
    instance = renter.rent(label="trainer")
    row = f"#instances-{instance}"
    browser.until(lambda: "scheduled" in browser.text(row))
    assert "trainer" in browser.text(row)
    emulator.advance(100)
    browser.until(lambda: "running" in browser.text(row))
    before = browser.until(lambda: dollars(browser))
    line = browser.find(".line").get_attribute("points")
    emulator.advance(3600)
    browser.until(lambda: dollars(browser) >= before + 0.79)
    assert browser.find(".line").get_attribute("points") != line
    assert browser.text("#credit") == f"${emulator.ledger()['credit']:.2f}"


def test_a_click_makes_a_bid_lose(browser: Browser, renter: Any) -> None:
    bid = renter.running(789012, price=0.5)
    called = f'[aria-label="Outbid: instance {bid}"]'
    browser.until(lambda: browser.find(called)).click()
    browser.until(lambda: "outbid" in browser.text(f"#instances-{bid}"))
    assert browser.until(lambda: browser.text("#said")) == f"Done: Outbid: instance {bid}"
    assert renter.show(bid)["cur_state"] == "stopped"
    assert not browser.driver.find_elements(By.CSS_SELECTOR, called)


def test_the_clock_has_buttons(browser: Browser, emulator: Emulator) -> None:
    before = emulator.clock()["now"]
    browser.find('button[value="{\\"advance\\":3600}"]').click()
    browser.until(lambda: "hour" in browser.text("#said"))
    assert emulator.clock()["now"] - before == pytest.approx(3600)


def test_a_reset_asks_first(browser: Browser, renter: Any, emulator: Emulator) -> None:
    renter.rent()
    button = browser.find('[name="POST reset"]')
    assert not button.is_displayed()
    browser.find("#reset summary").click()
    button.click()
    browser.until(lambda: browser.text("#summary") == "Nothing is rented.")
    assert emulator.api("GET", "/api/v1/instances/")["total_instances"] == 0
    browser.until(lambda: not browser.find('[name="POST reset"]').is_displayed())


def test_a_label_with_html_stays_text(browser: Browser, renter: Any) -> None:
    instance = renter.rent(label=HOSTILE)
    browser.until(lambda: HOSTILE in browser.text(f"#instances-{instance}"))
    assert not browser.driver.find_elements(By.CSS_SELECTOR, "img")
    assert browser.driver.title == "vast-emulator"


def test_the_filter_follows_typing_and_outlives_refreshes(browser: Browser, renter: Any) -> None:
    field = browser.find('#filter [name="gpu"]')
    field.send_keys("l40s")
    browser.until(lambda: "RTX" not in browser.text("#offers") and "L40S" in browser.text("#offers"))
    instance = renter.rent()
    browser.until(lambda: browser.find(f"#instances-{instance}"))
    assert field.get_attribute("value") == "l40s"
    assert "RTX" not in browser.text("#offers")
    assert browser.script("return document.activeElement.name") == "gpu"


def test_what_has_the_focus_keeps_it(browser: Browser, renter: Any) -> None:
    old = renter.rent()
    called = f"Machine offline: instance {old}"
    browser.until(lambda: browser.find(f'[aria-label="{called}"]'))
    browser.script(f"""document.querySelector('[aria-label="{called}"]').focus()""")
    new = renter.rent(789012)
    browser.until(lambda: browser.find(f"#instances-{new}"))
    assert browser.script("return document.activeElement.getAttribute('aria-label')") == called


@pytest.mark.parametrize("width", [320, 400, 800, 1100])
def test_no_window_is_too_narrow(browser: Browser, renter: Any, width: int) -> None:
    instance = renter.running(label="a-name-that-is-long-" * 5)
    browser.until(lambda: "running" in browser.text(f"#instances-{instance}"))
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": True}
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        assert browser.script("return document.documentElement.scrollWidth") <= width
        sideways = "return [...document.querySelectorAll('section')].filter(one => one.scrollWidth > one.clientWidth)"
        assert browser.script(sideways) == []
        assert browser.find(f"#instances-{instance} button").is_displayed()
    finally:
        browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_an_emulator_that_is_gone_is_said(window: webdriver.Chrome) -> None:
    with Emulator(speed=0) as emulator:
        browser = Browser(window, emulator)
        assert "emulator does not answer" not in browser.text("body")
        emulator.stop()
        browser.until(lambda: "The emulator does not answer" in browser.text("#said"))
        assert browser.text("#summary") == "Nothing is rented."
        emulator.restart()
        browser.until(lambda: not browser.find("#said").is_displayed())
    window.get("about:blank")


def test_the_buttons_work_without_script(tmp_path: Path, renter: Any, emulator: Emulator) -> None:
    bid = renter.running(789012, price=0.5)
    with chromium(tmp_path, "--blink-settings=scriptEnabled=false") as chrome:
        browser = Browser(chrome, emulator)
        assert "running" in browser.text(f"#instances-{bid}")
        browser.find(f'[aria-label="Outbid: instance {bid}"]').click()
        browser.until(lambda: "outbid" in browser.text(f"#instances-{bid}"))
        assert not browser.find("#said").is_displayed()
        # Without script, nothing changes by itself.
        emulator.advance(3600)
        shown = browser.text("#now")
        browser.driver.refresh()
        browser.until(lambda: browser.text("#now") != shown)
        browser.find('#filter [name="gpu"]').send_keys("l40s")
        browser.find("#filter button").click()
        browser.until(lambda: "RTX" not in browser.text("#offers"))
        browser.find('button[value="{\\"advance\\":60}"]').click()
        browser.until(lambda: browser.driver.current_url == f"{emulator.url}/?gpu=l40s")
