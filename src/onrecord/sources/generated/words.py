# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Made words in eight scripts, each with how it is written in Latin letters and with a mistyped form."""

import itertools
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from onrecord.sources.generated.measured import measured
from onrecord.sources.generated.numbers import Flags, Numbers, Places, below, choose, draw, rank

SCRIPTS: Final = ("latin", "cyrillic", "greek", "japanese", "chinese", "korean", "arabic", "hebrew")
#: Forms of a word.
PLAIN, LATIN, TYPO = range(3)
#: Words by script: as many as titles of that script can use.
_SIZES: Final = (1 << 18, *[1 << 15] * 7)
_UNSPACED: Final = (SCRIPTS.index("japanese"), SCRIPTS.index("chinese"))

_VOWELS: Final = "aeiou"
_LATIN: Final = "bcdfghjklmnprstvwz"
_ACCENTS: Final = {"a": "á", "e": "é", "i": "í", "o": "ö", "u": "ü"}
#: A sign and how it is read, one after another; so are those below.
_CYRILLIC: Final = "бbвvгgдdжzhзzкkлlмmнnпpрrсsтtфfхkh"
_GREEK: Final = "βvγgδdθthκkλlμmνnπpρrσsτtφfχch"
_KANA: Final = (
    "あaいiうuえeおoかkaきkiくkuけkeこkoさsaしshiすsuせseそsoたtaちchiつtsuてteとtoなnaにniぬnuねneのnoはhaひhiふfuへheほho"
    "まmaみmiむmuめmeもmoやyaゆyuよyoらraりriるruれreろroわwaんn"
)
_KANJI: Final = (
    "山yama川kawa花hana月tsuki空sora海umi風kaze雪yuki星hoshi夜yoru"
    "夢yume光hikari雨ame心kokoro歌uta春haru夏natsu秋aki冬fuyu"
)
_HAN: Final = (
    "爱ai我wo你ni心xin天tian空kong月yue光guang夜ye风feng雨yu花hua雪xue海hai山shan水shui梦meng歌ge声sheng情qing人ren生sheng世shi界jie"
    "时shi间jian春chun秋qiu星xing云yun河he路lu城cheng远yuan方fang红hong蓝lan黑hei白bai黄huang金jin少shao年nian青qing长chang江jiang湖hu"
    "东dong西xi南nan北bei飞fei鸟niao故gu乡xiang朋peng友you笑xiao泪lei记ji忆yi永yong恒heng自zi由you明ming日ri今jin昨zuo醉zui酒jiu琴qin"
)
_ARABIC: Final = "بbتtجjحhدdرrزzسsشshطtعaفfقqكkلlمmنnهh"
_HEBREW: Final = "בbגgדdהhזzחhטtכkלlמmנnסsפpקkרrשshתt"
#: Consonants and vowels of scripts whose syllables are both.
_ALPHABETS: Final = {
    "cyrillic": (_CYRILLIC, "аaеeиiоoуu"),
    "greek": (_GREEK, "αaεeιiοoυu"),
    "arabic": (_ARABIC, "اaوuيi"),
    "hebrew": (_HEBREW, "אaוoיi"),
}


def phrases(
    seed: int, purpose: str, keys: Places, script: Places, form: Places, lengths: Sequence[int], slope: str
) -> Any:
    """A text for each key: as many words as `lengths` says (weights of 1, 2, …), frequent ones more often.

    `form` is `PLAIN`, `LATIN`, or `TYPO`: then its last word is mistyped.
    """
    counts = choose(draw(seed, f"{purpose} words", keys), lengths) + 1
    starts = np.concatenate([[0], np.cumsum(counts)])
    owner = np.repeat(np.arange(len(keys)), counts)
    place = np.arange(starts[-1]) - starts[owner]
    bits = draw(seed, f"{purpose} word", keys[owner] * 16 + place)
    written = script[owner]
    latin = written == 0
    numbers = np.empty(len(owner), dtype=np.int64)
    numbers[latin] = rank(bits[latin], _SIZES[0], slope)
    numbers[~latin] = rank(bits[~latin], _SIZES[1], slope)
    last = place == counts[owner] - 1
    shape = np.where((form[owner] == TYPO) & ~last, PLAIN, form[owner])
    first, sizes = _places()
    words = _dictionary().take(pa.array(first[written] + shape * sizes[written] + numbers))
    listed = pa.ListArray.from_arrays(pa.array(starts, pa.int32()), words)
    unspaced = np.isin(script, _UNSPACED) & (form != LATIN)
    return pc.binary_join(listed, pa.array(["", " "]).take(pa.array(np.where(unspaced, 0, 1))))


def scripts_of(bits: Numbers) -> Places:
    weights = measured()["chosen"]["scripts"]
    return choose(bits, [weights[name] for name in SCRIPTS])


@cache
def _places() -> tuple[Places, Places]:
    """Where the words of a script begin, and how many there are of each form."""
    sizes = np.array(_SIZES, dtype=np.int64)
    return np.concatenate([[0], np.cumsum(sizes * 3)[:-1]]), sizes


@cache
def _dictionary() -> Any:
    parts = []
    for script, size in zip(SCRIPTS, _SIZES, strict=True):
        native, latin = _spelled(script, size)
        parts += [native, latin, _mistyped(native)]
    return pa.concat_arrays(parts)


def _spelled(script: str, size: int) -> tuple[Any, Any]:
    """`size` words as they are written, and in Latin letters."""
    native, latin = zip(*_syllables(script), strict=True)
    rows = np.arange(size)
    # The first thousands of words are short, as they are in any language.
    weights = {"latin": [1, 6, 6, 2], "japanese": [1, 4, 4, 1], "chinese": [3, 6, 1], "korean": [2, 6, 3]}
    counts = choose(draw(0, f"{script} syllables", rows), weights.get(script, [1, 5, 4]))
    counts = np.where(rows < 2_000, np.minimum(counts, 1), counts) + 1
    starts = np.concatenate([[0], np.cumsum(counts)])
    chosen = pa.array(below(draw(0, f"{script} syllable", np.arange(starts[-1])), len(native)))
    offsets = pa.array(starts, pa.int32())
    written, spoken = (
        pc.binary_join(pa.ListArray.from_arrays(offsets, pa.array(list(syllables)).take(chosen)), "")
        for syllables in (native, latin)
    )
    return pc.utf8_capitalize(written), pc.utf8_capitalize(spoken)


def _syllables(script: str) -> list[tuple[str, str]]:
    if script == "latin":
        plain = [(a + b, a + b) for a in _LATIN for b in _VOWELS]
        ends = [(a + b + c, a + b + c) for a in _LATIN for b in "ae" for c in "nrs"]
        return [*plain * 3, *ends, *[(a + _ACCENTS[b], a + b) for a in _LATIN[:6] for b in _VOWELS]]
    if script == "japanese":
        return _pairs(_KANA) + _pairs(_KANJI)
    if script == "chinese":
        return _pairs(_HAN)
    if script == "korean":
        return _hangul()
    consonants, vowels = _ALPHABETS[script]
    return [(a + x, b + y) for (a, b), (x, y) in itertools.product(_pairs(consonants), _pairs(vowels))]


def _pairs(text: str) -> list[tuple[str, str]]:
    """A sign and how it is read, one after another."""
    found: list[tuple[str, str]] = []
    for letter in text:
        if letter.isascii():
            found[-1] = (found[-1][0], found[-1][1] + letter)
        else:
            found.append((letter, ""))
    return found


def _hangul() -> list[tuple[str, str]]:
    first = dict(zip((0, 2, 3, 5, 6, 7, 9, 11, 12, 18), "gndrmbs-jh", strict=True))
    vowel = {0: "a", 4: "eo", 8: "o", 13: "u", 20: "i"}
    last = {0: "", 4: "n", 8: "l", 21: "ng"}
    return [
        (chr(0xAC00 + (a * 21 + b) * 28 + c), (x + y + z).replace("-", ""))
        for (a, x), (b, y), (c, z) in itertools.product(first.items(), vowel.items(), last.items())
    ]


def _mistyped(words: Any) -> Any:
    """One mistake a word: the second sign missing, or swapped with the third; a short word ends twice."""
    head, second = pc.utf8_slice_codeunits(words, 0, 1), pc.utf8_slice_codeunits(words, 1, 2)
    third, rest = pc.utf8_slice_codeunits(words, 2, 3), pc.utf8_slice_codeunits(words, 3)
    missing = pc.binary_join_element_wise(head, third, rest, "")
    swapped = pc.binary_join_element_wise(head, third, second, rest, "")
    twice = pc.binary_join_element_wise(words, pc.utf8_slice_codeunits(words, -1), "")
    even = pa.array(np.arange(len(words)) % 2 == 0)
    short: Flags = pc.less(pc.utf8_length(words), 4)
    return pc.if_else(short, twice, pc.if_else(pc.or_(even, pc.equal(second, third)), missing, swapped))
