# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who holds it can show it, who does not cannot, and nobody can answer with another's answer."""

import io

import msgspec
import pytest

from onrecord.errors import SignatureInvalid, SourceRefused
from onrecord.mirror.possession import (
    FORMAT,
    MOST_BLOCKS,
    Challenge,
    Signed,
    answer,
    chance,
    picks,
    proved,
    read_answer,
    read_challenge,
)
from onrecord.model.digests import BLOCK, PIECE
from onrecord.model.merkle import leaves, path_of
from onrecord.publish.contents import Contents, Listed
from onrecord.publish.signing import Key, sign
from onrecord.store.digest import digest

SIZES = (PIECE * 3 + 5, BLOCK // 2, 2 * PIECE, 40 * BLOCK)
DATA = [
    bytes((at * step) % 253 for at in range(5003)) * (size // 5003 + 1)
    for step, size in zip((3, 5, 7, 11), SIZES, strict=True)
]
FILES = [data[:size] for data, size in zip(DATA, SIZES, strict=True)]
DIGESTS = [digest(io.BytesIO(data).readinto) for data in FILES]
KEY = Key.generate(bytes(range(32)))


def volume(name, numbers):
    files = tuple(Listed(("data", f"{n}.flac"), SIZES[n], DIGESTS[n].v2_root) for n in numbers)
    tags = (Listed(("bagit.txt",), 55, bytes(32)),)
    return Contents(name, tags + files, b"", bytes(32), sum(SIZES[n] for n in numbers))


VOLUMES = {"one": volume("one", (0, 1)), "two": volume("two", (2, 3))}
NUMBERS = {"one": (0, 1), "two": (2, 3)}


def look(pick):
    number = NUMBERS[pick.volume][pick.file - 1]
    data = FILES[number]
    at = pick.block * BLOCK
    piece = at // PIECE * PIECE
    path = path_of(pick.block, len(data), leaves(data[piece : piece + PIECE]), DIGESTS[number].v2_layer)
    return data[at : at + BLOCK], path


def asked(blocks=40, keyed=False, nonce=b"\1" * 32):
    return Challenge(FORMAT, "0" * 16, nonce, ("one", "two"), blocks, keyed)


def sent(challenge, looking=look, key=KEY):
    return msgspec.json.encode(answer(challenge, VOLUMES, looking, key, "2026-11-28", "SE"))


def test_a_holder_shows_every_block_that_is_asked_for():
    given = read_answer(sent(asked()))
    counts = proved(asked(), VOLUMES, given)
    assert sum(n for n, _ in counts.values()) == 40
    assert all(n == right for n, right in counts.values())
    assert (given.country, given.holder) == ("SE", KEY.public.splitlines()[1])


def test_every_block_of_sound_is_as_likely_as_any_other_and_none_twice():
    total = sum(-(-size // BLOCK) for size in SIZES)
    holder = KEY.public.splitlines()[1]
    everything = picks(asked(MOST_BLOCKS), VOLUMES, holder)
    assert len(everything) == len({(p.volume, p.file, p.block) for p in everything}) == total
    assert all(p.file > 0 for p in everything)  # the tag file is never asked for
    drawn = [
        picks(asked(1, nonce=bytes([n, m]) * 16), VOLUMES, holder)[0] for n in range(60) for m in range(50)
    ]
    large = sum((p.volume, p.file) == ("one", 1) for p in drawn) / len(drawn)
    assert abs(large - -(-SIZES[0] // BLOCK) / total) < 0.04


def test_a_small_volume_is_asked_for_too():
    """With few blocks none is drawn of it: what nobody was asked for would count as held by nobody."""
    small = {
        "one": VOLUMES["one"],
        "two": VOLUMES["two"],
        "tiny": volume("tiny", (1,)),
        "bare": volume("bare", ()),
    }
    holder = KEY.public.splitlines()[1]
    for number in range(40):
        challenge = Challenge(FORMAT, "0" * 16, bytes([number]) * 32, tuple(small), 2)
        found = picks(challenge, small, holder)
        assert found[:2] == picks(challenge, small, holder)[:2] and 3 <= len(found) <= 4
        assert {pick.volume for pick in found} == {"one", "two", "tiny"}, "bare has no sound"
        assert len({(pick.volume, pick.file, pick.block) for pick in found}) == len(found)
        assert all(
            pick.block * BLOCK < SIZES[NUMBERS[pick.volume][pick.file - 1]]
            for pick in found
            if pick.volume in NUMBERS
        )
    other = Key.generate(bytes(32)).public.splitlines()[1]
    assert picks(challenge, small, other) != found, "another holder is asked for others"


def test_what_is_not_held_is_seen_and_no_fraud():
    given = read_answer(sent(asked(), lambda pick: look(pick) if pick.volume == "one" else None))
    counts = proved(asked(), VOLUMES, given)
    assert counts["one"][0] == counts["one"][1] > 0
    assert counts["two"][0] > counts["two"][1] == 0


def test_a_wrong_block_is_refused_with_the_whole_answer():
    def wrong(pick):
        data, path = look(pick)
        return bytes([data[0] ^ 1]) + data[1:], path

    with pytest.raises(SignatureInvalid, match="is not what the volume holds"):
        proved(asked(), VOLUMES, read_answer(sent(asked(), wrong)))


def test_an_answer_serves_one_challenge_and_one_holder():
    other = asked(nonce=b"\2" * 32)
    with pytest.raises(SignatureInvalid, match="answer is to challenge"):
        proved(other, VOLUMES, read_answer(sent(asked())))
    signed = msgspec.json.decode(sent(asked()), type=Signed)
    mine = msgspec.json.decode(signed.answer)
    mine["holder"] = Key.generate(bytes(32)).public.splitlines()[1]
    stolen = Signed(msgspec.json.encode(mine), signed.signature)
    with pytest.raises(SignatureInvalid):
        read_answer(msgspec.json.encode(stolen))


def test_what_another_showed_cannot_be_signed_as_ones_own():
    """Whoever has an answer has its blocks; under another key others are asked for."""
    given = read_answer(sent(asked()))
    thief = Key.generate(bytes(32))
    body = msgspec.json.encode(msgspec.structs.replace(given, holder=thief.public.splitlines()[1]))
    signed = Signed(body, sign(body, thief, "mine"))
    with pytest.raises(SignatureInvalid, match="is not what the volume holds"):
        proved(asked(), VOLUMES, read_answer(msgspec.json.encode(signed)))


def test_an_hmac_needs_the_bytes_on_both_sides():
    keyed = asked(keyed=True)
    content = sent(keyed)
    assert len(content) < len(sent(asked())) / 50
    assert all(n == right for n, right in proved(keyed, VOLUMES, read_answer(content), look).values())
    with pytest.raises(SourceRefused, match="only be checked by who has the file"):
        proved(keyed, VOLUMES, read_answer(content))
    with pytest.raises(SignatureInvalid, match="is not what the volume holds"):
        proved(keyed, VOLUMES, read_answer(content), lambda pick: (b"other", ()))


def test_a_block_shown_twice_or_out_of_range_is_refused():
    signed = msgspec.json.decode(sent(asked()), type=Signed)
    body = msgspec.json.decode(signed.answer)
    for shown in ([body["shown"][0]] * 2, [{**body["shown"][0], "at": 40}]):
        given = msgspec.convert(body | {"shown": shown}, type(read_answer(sent(asked()))))
        with pytest.raises(SignatureInvalid, match="not asked for"):
            proved(asked(), VOLUMES, given)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": 1}, "format 1, expected 2"),
        ({"nonce": "AAAA"}, "nonce of 3 bytes"),
        ({"blocks": 0}, "0 blocks"),
        ({"blocks": MOST_BLOCKS + 1}, "blocks, expected"),
        ({"volumes": []}, "0 volumes"),
        ({"volumes": ["one", "one"]}, "each once"),
        ({"more": 1}, "not a challenge"),
    ],
)
def test_a_challenge_from_outside_is_bounded(change, said):
    body = msgspec.json.decode(msgspec.json.encode(asked()))
    with pytest.raises(SourceRefused, match=said):
        read_challenge(msgspec.json.encode(body | change))


def test_the_chance_of_finding_a_loss():
    assert chance(300, 0.01) == pytest.approx(0.951, abs=0.001)
