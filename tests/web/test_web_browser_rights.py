# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Notices and the queue in a real browser, on a real archive: both color schemes, keyboard only, script off."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from onrecord.archive import Archive
from onrecord.archive.notices import cases
from onrecord.archive.reading import Reader
from onrecord.archive.ruling import rulings
from onrecord.web.serve import prepare
from onrecord.web.site import site_of
from tests.archive.withdrawn import recording_of
from tests.web.browser import faults_of
from tests.web.conftest import CUSTOM

KEY = "made-for-a-test"
Open = Callable[..., Any]


@pytest.fixture
def site(held: Archive) -> Iterator[str]:
    ready: list[str] = []
    told = threading.Event()

    def tell(address: str) -> None:
        ready.append(address)
        told.set()

    server = prepare(Reader(held.folder), "127.0.0.1", 0, tell, site=site_of(held.folder, KEY))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert told.wait(20)
    yield ready[0].rstrip("/")
    server.should_exit = True
    thread.join(20)


@pytest.fixture
def open_page(chromium: Any, site: str) -> Iterator[Open]:
    contexts = []

    def open_page(path: str, width: int = 1440, scheme: str = "light", script: bool = True) -> Any:
        context = chromium.new_context(
            base_url=site,
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=script,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()


def test_forms_are_for_everyone(open_page: Open, held: Archive) -> None:
    """As they are by themselves, `test_web_walk` looks at them."""
    width = 390
    [artist] = Reader(held.folder).search("some makers", ("artist",))
    page = open_page(f"/rights/notice?about={artist.id}", width, "dark")
    _send_notice(page)
    _is_for_everyone(page, width)
    page.goto(f"/sign-in?key={KEY}")
    assert KEY not in page.url and CUSTOM in page.content() and "Zebulon" in page.content()
    _is_for_everyone(page, width)
    page.get_by_label("Who you are").last.fill("Ada")
    page.get_by_label("Why").last.fill("because")
    page.get_by_label("License that a yes rests on").fill("Made-Up-9")
    page.get_by_role("button", name="Yes: question").click()
    page.get_by_role("alert").wait_for()
    _is_for_everyone(page, width)
    page.goto("/rights/rule")
    assert page.locator("h1").inner_text() == "Not this way"


def test_a_person_rules_by_keyboard_alone_and_without_script(open_page: Open, held: Archive) -> None:
    page = open_page(f"/sign-in?key={KEY}", script=False)
    assert page.locator("audio[controls]").first.is_visible()
    page.get_by_label("Who you are").focus()
    page.keyboard.type("Ada")
    page.keyboard.press("Tab")
    page.keyboard.type("They asked nicely")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.locator(":focus").get_attribute("value") == "no"
    page.keyboard.press("Enter")
    page.get_by_text("No question waits.").wait_for()
    [ruling] = rulings(held)
    assert (ruling.allow, ruling.by, ruling.note) == (False, "Ada", "They asked nicely")


def test_a_notice_is_sent_without_script(
    open_page: Open, held: Archive, paths: dict[str, Path], site: str
) -> None:
    address = f"{site}/recording/{recording_of(held, paths['tune'])}"
    page = open_page(f"/rights/notice?about={address}", script=False)
    _send_notice(page)
    assert page.locator("h1").inner_text() == "Your notice was received"
    assert [case.state for case in cases(held)] == ["hidden"]
    page.goto(address)
    assert page.locator("h1").inner_text() == "Withdrawn"


def test_the_sample_can_be_heard(open_page: Open) -> None:
    page = open_page(f"/sign-in?key={KEY}")
    page.locator("audio").first.evaluate("(audio) => audio.play()")
    for _ in range(500):
        if page.locator("audio").first.evaluate("(audio) => audio.currentTime") > 0.1:
            return
        page.wait_for_timeout(20)
    raise AssertionError("it never played")


def _send_notice(page: Any) -> None:
    page.get_by_label("The work").fill("Tune, of 1999")
    page.get_by_label("Your name").fill("Zebulon Quixworthy")
    page.get_by_label("E-mail").fill("z@example.org")
    page.get_by_label("I believe in good faith").check()
    page.get_by_label("What this notice says is accurate").check()
    page.get_by_label("Signature").fill("Zebulon Quixworthy")
    page.get_by_role("button", name="Send the notice").click()
    page.locator("h1", has_text="notice was received").wait_for()


def _is_for_everyone(page: Any, width: int) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"wider than {width}"
    assert page.locator("h1").count() == 1
    assert faults_of(page) == []
