# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing in with a real browser, which sends the origin by itself: without a mouse, with and without script."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from onrecord.archive import Archive
from onrecord.archive.reading import Reader
from onrecord.web.access.people import Users
from onrecord.web.serve import prepare
from onrecord.web.site import site_of
from tests.archive.withdrawn import recording_of
from tests.web.access.conftest import PASSWORD
from tests.web.browser import faults_of


@pytest.fixture
def site(held: Archive, users: Users) -> Iterator[str]:
    ready: list[str] = []
    told = threading.Event()

    def tell(address: str) -> None:
        ready.append(address)
        told.set()

    server = prepare(Reader(held.folder), "127.0.0.1", 0, tell, site=site_of(held.folder))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert told.wait(20)
    yield ready[0].rstrip("/")
    server.should_exit = True
    thread.join(20)


@pytest.mark.parametrize(("scheme", "width", "script"), [("light", 1440, True), ("dark", 390, False)])
def test_a_curator_signs_in_by_keyboard_hears_what_is_withheld_and_signs_out(
    chromium: Any, site: str, held: Archive, paths: dict[str, Path], scheme: str, width: int, script: bool
) -> None:
    context = chromium.new_context(
        base_url=site,
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        java_script_enabled=script,
    )
    said: list[str] = []
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.set_default_timeout(15_000)
    withheld = f"/recording/{recording_of(held, paths['odd'])}"
    page.goto(withheld)
    assert page.locator("audio[src^='/rights/sound/']").count() == 0
    page.goto("/rights/queue")
    assert page.url.startswith(f"{site}/sign-in?next=")
    assert not script or faults_of(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth") if script else True
    page.locator("#name").focus()
    page.keyboard.type("cur")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site}/rights/queue")
    page.goto(withheld)
    heard = page.locator("audio[src^='/rights/sound/']").get_attribute("src")
    assert context.request.get(heard).body() == paths["odd"].read_bytes()
    assert not script or faults_of(page) == []
    page.goto("/sign-in")
    assert "curator" in page.locator("main").inner_text() and (not script or faults_of(page) == [])
    page.get_by_role("button", name="Sign out").press("Enter")
    page.wait_for_url(f"{site}/")
    assert context.request.get(heard).status == 401
    assert said == []
    context.close()
