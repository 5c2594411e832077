# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture to share as PNG: the same as the SVG, without a word in it, and none rather than one without its text."""

import io
import struct
from decimal import Decimal

import av
import pytest

from onrecord.cli.royalties.listener_picture import drawn, picture
from onrecord.royalties.histories.reading import Credit, History, Tally
from onrecord.royalties.listening.books import value
from onrecord.royalties.listening.terms import Terms
from onrecord.royalties.loading import load_models

TERMS = Terms(
    prices=(("", Decimal("12")),),
    tax_rate=Decimal("0.2"),
    rightsholder_share=Decimal("0.7"),
    plan="individual",
    country="SE",
)
#: In no font: a code point that is not assigned.
NOWHERE = "\U0003abcd"


def report(*artists):
    months = {"2024-03": {Credit(name, (name,)): Tally(at + 1) for at, name in enumerate(artists)}}
    return value(History("Spotify", (), months, {}, (), ()), TERMS, load_models().loaded)


def pixels(png):
    with av.open(io.BytesIO(png)) as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24")


def chunks(png):
    at, found = 8, []
    while at < len(png):
        [length] = struct.unpack(">I", png[at : at + 4])
        found.append(png[at + 4 : at + 8])
        at += 12 + length
    return found


@pytest.fixture
def fonts():
    if drawn(picture(report("Ann"), "shares")).why:
        pytest.skip("none of the fonts that the picture asks for is installed")


def test_the_png_is_the_picture_and_holds_no_text_chunk(fonts):
    drawing = picture(report("Ann", "Bob"), "artists")
    png = drawn(drawing).png
    assert pixels(png).shape == (1260, 2400, 3)
    # Neither text, nor a time, nor anything else that a program writes about itself.
    assert set(chunks(png)) == {b"IHDR", b"IDAT", b"IEND"}
    assert drawn(drawing).png == png


def test_words_and_bars_are_in_the_pixels(fonts):
    one = pixels(drawn(picture(report("Ann", "Bob"), "artists")).png)
    other = pixels(drawn(picture(report("Ann", "Zoe"), "artists")).png)
    bare = pixels(drawn(picture(report("Ann", "Bob"), "shares")).png)
    # The name of the first row stands left of its bar; nothing right of it differs.
    differs = (one != other).any(axis=2)
    assert differs[:, :1000].any()
    assert not differs[:, 1000:].any()
    assert (one != bare).any()
    # What was not chosen is in no pixel: shares alone look the same whoever was played.
    assert (bare == pixels(drawn(picture(report("Cy", "Dee"), "shares")).png)).all()
    green = (one == (0x0A, 0x6A, 0x4E)).all(axis=2)
    assert green[:, 1000:].sum() > 50_000


def test_without_fonts_there_is_no_png_rather_than_one_without_words():
    image = drawn(picture(report("Ann"), "artists"), fonts=False)
    assert image.png == b""
    assert "no font of those asked for was found" in image.why


def test_a_letter_that_no_font_has_is_named(fonts):
    image = drawn(picture(report(f"Ann {NOWHERE}"), "artists"))
    assert image.png == b""
    assert "no font has U+3ABCD" in image.why
    # A picture without the name can be drawn.
    assert drawn(picture(report(f"Ann {NOWHERE}"), "shares")).png


def test_long_and_wide_names_end_before_their_bar():
    drawing = picture(report("W" * 400, "漢" * 400), "artists")
    assert "W" * 31 + "…" in drawing
    assert "漢" * 15 + "…" in drawing
    assert "W" * 33 not in drawing
    assert "漢" * 17 not in drawing
