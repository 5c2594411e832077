# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes the documentation's pictures again: runs the demo, serves its page on loopback, photographs it in Chromium.

`./dev screenshot`, or `./dev screenshot --of DIR` for what a demo left in DIR. Needs chromium on the path.
"""

import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

PICTURES = Path(__file__).resolve().parent / "pictures"
#: The piece whose page is the README's picture, and how far into it the player stands.
PIECE, SECONDS = "Madeira Stew", 25
WIDTH, HEIGHT = 1440, 1000
MOST_BYTES = 400_000
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@click.command()
@click.option("--of", type=click.Path(path_type=Path, exists=True), help="What an earlier demo left.")
def main(of: Path | None) -> None:
    """Take every picture of the documentation."""
    with tempfile.TemporaryDirectory() as empty:
        if of is None:
            of = Path(empty, "demo")
            command = [sys.executable, "-m", "onrecord", "demo", "--no-serve", "--into", str(of)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        with _page(of / "archive") as (address, recording):
            _photograph(f"{address}/recording/{recording}", PICTURES / "page.png")


@contextmanager
def _page(archive: Path) -> Iterator[tuple[str, str]]:
    """The address of the archive's page while it is served, and the id of the piece."""
    from onrecord.archive.reading import open_reader
    from onrecord.web.serve import prepare

    reader, ready, told = open_reader(archive), list[str](), threading.Event()

    def on_ready(address: str) -> None:
        ready.append(address.rstrip("/"))
        told.set()

    server = prepare(reader, "127.0.0.1", 0, on_ready)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        if not told.wait(20):
            raise SystemExit("the page did not start within 20 s")
        yield ready[0], reader.search(PIECE, ("recording",), 1)[0].id
    finally:
        server.should_exit = True
        thread.join(20)


def _photograph(address: str, picture: Path) -> None:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("no chromium on the path; on Debian: apt install chromium")
    picture.parent.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        # Waiting for a condition evaluates it in the page, which the page's own policy forbids.
        page = browser.new_page(
            viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light", bypass_csp=True
        )
        page.goto(address)
        page.get_by_role("button", name="Play").click()
        page.wait_for_function("document.querySelector('audio').currentTime > 0")
        page.get_by_role("button", name="Pause").click()
        moved = "seconds => { document.querySelector('audio').currentTime = seconds; document.activeElement.blur(); }"
        page.evaluate(moved, SECONDS)
        page.wait_for_function(f"document.querySelector('[data-now]').textContent.endsWith(':{SECONDS}')")
        page.mouse.move(0, 0)
        page.screenshot(path=str(picture))
        browser.close()
    if picture.stat().st_size > MOST_BYTES:
        raise SystemExit(f"{picture}: {picture.stat().st_size:,} bytes, expected at most {MOST_BYTES:,}")
    click.echo(f"docs/pictures/{picture.name}: {picture.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
