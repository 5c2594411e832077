# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page in a real browser: light and dark, narrow and wide, keyboard only, script off; sound that really plays."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.web.browser import faults_of, served, watched
from tests.web.sample import SampleArchive

Open = Callable[..., Any]


@pytest.fixture(scope="module")
def site(made: SampleArchive) -> Iterator[str]:
    with served(made) as address:
        yield address


@pytest.fixture
def open_page(chromium: Any, site: str) -> Iterator[Open]:
    with watched(chromium, site) as opened:
        yield opened


def walk(archive: SampleArchive) -> list[str]:
    view = archive.recordings[archive.playable]
    return [
        "/",
        "/search?q=o",
        "/search?q=nothing+at+all",
        "/editions",
        "/refused",
        f"/release/{view.releases[0][0]}",
        f"/artist/{view.artist_id}",
        f"/recording/{archive.playable}",
        f"/recording/{archive.refused_id}",
        f"/recording/{archive.damaged_id}",
        f"/recording/{archive.hostile}",
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("scheme", "width"), [("light", 768), ("dark", 320)])
def test_what_is_odd_is_for_everyone(
    open_page: Open, archive: SampleArchive, scheme: str, width: int
) -> None:
    """`test_web_walk` walks through all that the app has; these are names and files as nobody would wish them."""
    _check_all(open_page, walk(archive), scheme, width)


def test_sound_plays_and_seeks_by_click_and_keyboard(open_page: Open, archive: SampleArchive) -> None:
    page = open_page(f"/recording/{archive.playable}")
    asked: list[str] = []
    page.on(
        "request",
        lambda request: asked.append(request.headers.get("range", "")) if "/sound/" in request.url else None,
    )
    moment = "document.querySelector('audio').currentTime"
    page.get_by_role("button", name="Play").click()
    _until(page, f"{moment} > 0.3")
    assert page.get_by_role("button", name="Pause").is_visible()
    wave = page.get_by_role("slider", name="Position")
    box = wave.bounding_box()
    wave.click(position={"x": box["width"] * 0.75, "y": box["height"] / 2})
    _until(page, f"{moment} > 18.1")
    assert page.evaluate(moment) < 21
    page.get_by_role("button", name="Pause").click()
    wave.focus()
    wave.press("Home")
    assert page.evaluate(moment) == 0
    wave.press("ArrowRight")
    wave.press("ArrowRight")
    assert page.evaluate(moment) == pytest.approx(10, abs=0.01)
    assert wave.get_attribute("aria-valuenow") == "10"
    assert wave.get_attribute("aria-valuetext") == "10 seconds of 24 seconds"
    wave.press("Space")
    _until(page, f"{moment} > 10.2")
    assert asked and all(header.startswith("bytes=") for header in asked)


def test_the_waveform_shows_what_was_played(open_page: Open, archive: SampleArchive) -> None:
    page = open_page(f"/recording/{archive.playable}")
    colours = """(share) => { const canvas = document.querySelector('canvas');
      const pixels = canvas.getContext('2d').getImageData(0, canvas.height / 2, canvas.width * share, 1).data;
      const seen = new Set();
      for (let i = 0; i < pixels.length; i += 4)
        if (pixels[i + 3] === 255) seen.add([...pixels.slice(i, i + 3)].join());
      return [...seen]; }"""
    assert page.evaluate(colours, 1) == ["180,185,174"]
    page.get_by_role("slider").press("PageUp")
    assert page.evaluate(colours, 0.9) == ["10,106,78"]


def test_a_refusal_while_listening_is_told(open_page: Open, archive: SampleArchive) -> None:
    # The console notes the refused request itself; this page's complaints are expected, so a plain page is used.
    page = open_page("/livez").context.new_page()
    page.goto(f"/recording/{archive.playable}")
    archive.withdrawn.add(archive.digest)
    page.get_by_role("button", name="Play").click()
    page.get_by_role("alert").wait_for()
    assert "somebody who may say so has said no" in page.get_by_role("alert").inner_text()


def test_results_come_while_typing_and_the_address_follows(open_page: Open) -> None:
    page = open_page("/search")
    page.keyboard.press("/")
    page.keyboard.type("kelp")
    page.get_by_role("link", name="Kelp Line").wait_for()
    page.wait_for_url("**/search?q=kelp")  # results for less may stand there first, on a slow machine
    assert page.locator("#found").inner_text() == "1 result for “kelp”"
    sound = page.get_by_role("combobox", name="Sound")
    assert "Sound is held (1)" in sound.inner_text()
    sound.select_option("held")
    sound.focus()
    page.wait_for_url("**/search?q=kelp&sound=held")
    page.get_by_role("link", name="Without the choices").wait_for()
    assert sound.input_value() == "held" and page.locator(":focus").get_attribute("name") == "sound"
    sound.select_option("")
    page.wait_for_url("**/search?q=kelp")
    page.locator("[data-find]").focus()
    assert page.locator(":focus").get_attribute("name") == "q"
    page.keyboard.press("Enter")
    page.wait_for_load_state()
    page.get_by_role("link", name="Kelp Line").wait_for()


def test_what_is_typed_before_the_script_has_come_is_searched_too(open_page: Open) -> None:
    page = open_page("/editions")
    late: list[Any] = []
    page.route(
        "**/htmx.min*.js*", lambda route: late.append(route)
    )  # Playwright marks the function: no builtin
    page.goto("/search", wait_until="commit")
    page.locator("[data-find]").click()
    page.keyboard.type("kelp")
    assert page.locator("[data-find]").input_value() == "kelp"
    _until(page, "document.readyState === 'interactive'")
    assert len(late) == 1
    late[0].continue_()
    page.get_by_role("link", name="Kelp Line").wait_for()
    page.wait_for_url("**/search?q=kelp")


def test_the_start_page_searches_too_and_empties_again(open_page: Open) -> None:
    page = open_page("/")
    page.keyboard.press("/")
    page.locator("[data-find]:focus").wait_for()
    page.keyboard.type("slow", delay=20)
    page.locator("#results h2", has_text="Releases").wait_for(timeout=60_000)
    for _ in "slow":
        page.keyboard.press("Backspace")
    _until(page, "document.querySelector('#results').textContent.trim() === ''")


def test_the_shortcut_can_be_turned_off_and_stays_off(open_page: Open) -> None:
    page = open_page("/editions")
    page.get_by_label("to search").uncheck()
    page.goto("/refused")
    page.keyboard.press("/")
    assert page.locator("[data-find]:focus").count() == 0
    page.get_by_label("to search").check()
    page.keyboard.press("/")
    assert page.locator("[data-find]:focus").count() == 1


def test_from_start_to_sound_by_keyboard_alone(open_page: Open, archive: SampleArchive) -> None:
    page = open_page("/")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.locator(":focus").get_attribute("name") == "q"
    page.keyboard.type("kelp")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=kelp")
    _tab_to(page, "Kelp Line")
    page.keyboard.press("Enter")
    page.wait_for_url("**/recording/*")
    _tab_to(page, "Play")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    _until(page, "document.querySelector('audio').currentTime > 0.1")


def test_everything_is_there_without_script(open_page: Open, archive: SampleArchive) -> None:
    page = open_page("/", script=False)
    for path in ("/editions", "/refused", f"/recording/{archive.refused_id}"):
        page.goto(path)
        assert page.locator("h1").count() == 1, path
    page.goto(f"/recording/{archive.playable}")
    audio = page.locator("audio[controls]")
    assert audio.is_visible() and page.locator("noscript svg path").is_visible()
    assert not page.get_by_role("button", name="Play", exact=True).is_visible()
    page.goto("/")
    page.locator("[name=q]").fill("kelp")
    page.get_by_role("button", name="Search").click()
    page.wait_for_url("**/search?q=kelp")
    page.get_by_role("link", name="Kelp Line").click()
    page.wait_for_url("**/recording/*")


def test_a_digest_can_be_copied(open_page: Open, archive: SampleArchive) -> None:
    page = open_page(f"/recording/{archive.playable}")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy SHA-256").click()
    page.get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == archive.digest


def _tab_to(page: Any, name: str) -> None:
    for _ in range(40):
        page.keyboard.press("Tab")
        named = page.evaluate("document.activeElement.ariaLabel || document.activeElement.textContent.trim()")
        if named == name:
            return
    raise AssertionError(f"{name} is not reached by Tab")


def _check_all(open_page: Open, paths: list[str], scheme: str, width: int) -> None:
    page = open_page(paths[0], width, scheme)
    for path in paths:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
            f"{path} is wider than {width}"
        )
        assert page.locator("h1").count() == 1, path
        assert page.evaluate("window.broken") == [], path
        faults = faults_of(page)
        assert faults == [], path


def _until(page: Any, expression: str) -> None:
    """Playwright's own waiting evaluates strings inside the page, which the policy forbids as it should."""
    deadline = time.monotonic() + 15
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, f"never true: {expression}"
        page.wait_for_timeout(20)


def test_a_choice_narrows_at_once_and_stays_in_the_address(open_page: Open) -> None:
    page = open_page("/search?q=o")
    page.get_by_role("combobox", name="Sound").select_option("held")
    page.wait_for_url("**/search?q=o&sound=held")
    page.wait_for_function("document.querySelectorAll('#results .held.none').length === 0")
    page.locator("#q").fill("kelp")
    page.wait_for_url("**/search?q=kelp&sound=held")
