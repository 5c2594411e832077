# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every page that the app has, in a real browser: both color schemes, a phone's width and a wide one, without script,
by keyboard alone. A page that is new and not walked fails.

`ONRECORD_SCREENSHOTS` names a folder for a picture of each page, color scheme and width. The walk with everything,
which `--slow` adds, always takes them, into `.dev/screenshots` unless told otherwise.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from onrecord.web.access.doors import Doors
from onrecord.web.app import create_app
from onrecord.web.site import site_of
from tests.web.browser import faults_of, served, watched
from tests.web.walked import FORMATS, KEY, NO_PAGES, PAGES, REFUSING, ROOT, Walked, make_walked

Open = Callable[..., Any]
SCHEMES: Final = ("light", "dark")
WIDTHS: Final = (390, 1440)
_SHOTS: Final = "ONRECORD_SCREENSHOTS"


@pytest.fixture(scope="module")
def walked(_masters: Callable[..., Path]) -> Walked:
    return Walked.open(_masters(make_walked) / "made")


@pytest.fixture(scope="module")
def site(walked: Walked) -> Iterator[str]:
    with served(walked.reader, site_of(walked.folder / "archive", KEY)) as address:
        yield address


@pytest.fixture
def open_page(chromium: Any, site: str) -> Iterator[Open]:
    with watched(chromium, site) as opened:
        yield opened


def test_every_route_is_a_page_that_is_walked_or_none(walked: Walked) -> None:
    app = create_app(walked.reader, site=site_of(walked.folder / "archive", KEY))
    routed = {path for method, path, _ in Doors(app.router.routes).all() if method == "GET"}
    assert routed == (PAGES.keys() - {""}) | NO_PAGES
    named = [name for name, _ in walked.pages()]
    assert len(named) == len(set(named)) and set(named) >= REFUSING.keys()


def test_every_page_is_for_everyone(open_page: Open, walked: Walked) -> None:
    """Each once, wide and light; then as it is, dark and narrow, where colors and places are what may be wrong."""
    page = _signed_in(open_page)
    for name, address in walked.pages():
        _visit(page, name, address)
        assert faults_of(page) == [], name
        _keep(page, name, "light", 1440)
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        page.set_viewport_size({"width": 390, "height": 844})
        assert faults_of(page, ["color-contrast", "target-size"]) == [], f"{name}, dark and narrow"
        assert _fits(page), f"{name} is wider than 390"
        _keep(page, name, "dark", 390)
        assert page.evaluate("window.broken") == [], name
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1440, "height": 844})


def test_each_format_plays(open_page: Open, walked: Walked) -> None:
    page = open_page("/livez")
    for name in FORMATS:
        page.goto(walked.heard(name))
        assert page.get_by_text(name, exact=False).first.is_visible()
        page.get_by_role("button", name="Play", exact=True).first.click()
        moment = "document.querySelector('audio').currentTime"
        first = _past(page, moment, 0.1)
        assert _past(page, moment, first + 0.1) > first, name
        assert page.evaluate("document.querySelector('audio').error") is None, name


@pytest.mark.slow
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", [320, *WIDTHS, 2560])
def test_every_page_loads_so(open_page: Open, walked: Walked, scheme: str, width: int) -> None:
    page = _signed_in(open_page, width, scheme)
    for name, address in walked.pages():
        _visit(page, name, address)
        assert _fits(page), f"{name} is wider than {width}"
        assert faults_of(page) == [], name
        assert page.evaluate("window.broken") == [], name
        _keep(page, name, scheme, width, always=True)


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_is_there_without_script(open_page: Open, walked: Walked, width: int) -> None:
    page = _signed_in(open_page, width, script=False)
    for name, address in walked.pages():
        _visit(page, name, address)
        assert page.locator("main").inner_text().strip(), name
        # What only a script could answer must not be offered.
        dead = page.locator("button:visible").evaluate_all(
            "(found) => found.filter((one) => !one.form).map((one) => one.outerHTML)"
        )
        assert dead == [], name
        _keep(page, f"{name}-no-script", "light", width, always=True)


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
def test_every_control_is_reached_by_keyboard_and_shows_it(
    open_page: Open, walked: Walked, width: int
) -> None:
    page = _signed_in(open_page, width)
    for name, address in walked.pages():
        _visit(page, name, address)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip", name
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main", name
        _visit(page, name, address)
        page.evaluate(_LISTEN)
        for _ in range(page.evaluate("window.wanted.length") * 3 + 20):
            page.keyboard.press("Tab")
            if page.evaluate("window.wanted.every((one) => window.reached.has(one))"):
                break
        assert page.evaluate(_NOT_REACHED) == [], f"{name}: not reached"
        assert page.evaluate("window.hidden") == [], f"{name}: nothing shows where the focus is"


#: What can be operated, as it is before anybody does; of radio buttons of one name the keyboard stops at one.
_LISTEN: Final = """
window.reached = new Set(); window.hidden = [];
const named = new Set();
const all = "a[href], button, input, select, textarea, summary, audio, [tabindex='0']";
window.wanted = [...document.querySelectorAll(all)]
  .filter((one) => {
    if (one.disabled || one.type === "hidden" || !one.checkVisibility({visibilityProperty: true})) return false;
    if (one.tagName === "AUDIO" && !one.controls) return false;
    if (one.type !== "radio") return true;
    const group = (one.form ? [...document.forms].indexOf(one.form) : "") + one.name;
    if (named.has(group)) return false;
    named.add(group);
    return true;
  });
document.addEventListener("focusin", (event) => {
  const one = event.target;
  window.reached.add(one);
  if (one.type === "radio")
    window.wanted.filter((other) => other.type === "radio" && other.name === one.name && other.form === one.form)
      .forEach((other) => window.reached.add(other));
  const style = getComputedStyle(one), box = one.getBoundingClientRect();
  const shown = style.outlineStyle !== "none" || style.boxShadow !== "none" || one.tagName === "AUDIO";
  const inside = box.width > 0 && box.height > 0
    && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  if (one.id !== "main" && !(shown && inside)) window.hidden.push(one.outerHTML.slice(0, 120));
});
"""
_NOT_REACHED: Final = (
    "window.wanted.filter((one) => !window.reached.has(one)).map((one) => one.outerHTML.slice(0, 120))"
)


def _signed_in(open_page: Open, width: int = 1440, scheme: str = "light", script: bool = True) -> Any:
    """As whoever runs the server, who sees what everybody sees, and what is theirs."""
    return open_page(f"/sign-in?key={KEY}&next=/run", width, scheme, script)


def _visit(page: Any, name: str, address: str) -> None:
    answer = page.goto(address)
    assert answer.status == REFUSING.get(name, 200), name
    assert answer.headers["content-type"].startswith("text/html"), name
    assert page.locator("h1").count() == 1, name


def _fits(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def _keep(page: Any, name: str, scheme: str, width: int, *, always: bool = False) -> None:
    folder = os.environ.get(_SHOTS, "")
    if folder or always:
        shots = Path(folder or ROOT / ".dev" / "screenshots")
        page.screenshot(path=shots / f"{name}-{scheme}-{width}.png", full_page=True)


def _past(page: Any, expression: str, least: float) -> float:
    for _ in range(750):
        if (now := float(page.evaluate(expression))) > least:
            return now
        page.wait_for_timeout(20)
    raise AssertionError(f"never above {least}: {expression}")
