# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is what was wanted among the first ten? Real strings: names of the CLDR in eleven languages, from Babel in an
environment of its own, and where `--data` has them the titles of Chinook.

Each thing is a CLDR name with another beside it, as an artist stands beside a title. Asked are: two words or more with
one typo; the words without their accents; of Japanese, Chinese and Korean every part of two to four characters.
"""

import json
import random
import sqlite3
import subprocess
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import tantivy
from measure import progress
from peers import python_with
from search_made import mistype

from onrecord.search.finding import Finder
from onrecord.search.fold import fold, stands_alone
from onrecord.search.row_filling import fill
from onrecord.search.row_making import Entry
from onrecord.search.rows import Row

LOCALES: Final = {
    "latin": ("en", "fr", "pl", "tr", "vi"),
    "cyrillic": ("ru", "uk"),
    "greek": ("el",),
    "japanese": ("ja",),
    "chinese": ("zh",),
    "korean": ("ko",),
    "arabic": ("ar",),
    "hebrew": ("he",),
}
TARGETS: Final = {"one_typo": 0.95, "without_accents": 1.0, "parts": 1.0}
#: Of each script at most so many things are asked for.
MOST: Final = 600
FIRST: Final = 10
CLDR: Final = """
import json, sys
from babel import Locale
found = {}
for name in sys.argv[1:]:
    locale = Locale.parse(name)
    tables = (locale.territories, locale.languages, locale.scripts, locale.currencies, locale.variants)
    found[name] = sorted({text for table in tables for text in table.values()})
print(json.dumps(found))
"""
_PLAIN: Final[dict[int, str]] = {ord("ł"): "l", ord("ø"): "o", ord("ı"): "i", ord("đ"): "d"}
Search = Callable[[str], Sequence[str]]


def measure(folder: Path, data: Path | None) -> dict[str, Any]:
    strings = _cldr(folder)
    if strings is None:
        return {"outcome": "not measured: Babel could not be installed"}
    things: dict[str, tuple[str, str]] = {}
    asked: dict[str, list[str]] = {}
    for script, locales in LOCALES.items():
        chance = random.Random(script)
        names = sorted({name for locale in locales for name in strings[locale] if _is_of(script, name)})
        chance.shuffle(names)
        for place, name in enumerate(names):
            things[f"{script}{place}"] = name, names[(place * 7 + 3) % len(names)]
        asked[script] = [f"{script}{place}" for place in range(min(len(names), MOST))]
    if data is not None and (titles := _chinook(data)):
        things |= {f"titles{place}": title for place, title in enumerate(titles)}
        asked["titles"] = random.Random(1).sample([f"titles{place}" for place in range(len(titles))], MOST)
    peers: dict[str, Search] = {
        "onrecord": _ours(folder, things),
        "fts5": _fts5(things),
        "tantivy": _plain(folder, things),
    }
    found = {script: _script(things, ids, peers) for script, ids in asked.items()}
    return {"things": len(things), "targets": TARGETS, "scripts": found}


def _script(
    things: dict[str, tuple[str, str]], ids: Sequence[str], peers: dict[str, Search]
) -> dict[str, Any]:
    chance = random.Random(2026)
    questions: dict[str, list[tuple[str, str]]] = {
        "one_typo": [],
        "mistyped_number": [],
        "without_accents": [],
        "parts": [],
    }
    letters = "".join(sorted({char for id in ids for char in "".join(fold(things[id][0])) if char.isalpha()}))
    for identifier in ids:
        title, beside = things[identifier]
        if query := _one_typo(title, beside, letters, chance):
            questions["one_typo"].append((identifier, query))
        if query := _mistyped_number(title, beside, chance):
            questions["mistyped_number"].append((identifier, query))
        bare = _bare(title)
        if bare != title.casefold():
            questions["without_accents"].append((identifier, f"{bare} {_bare(beside)}"))
        questions["parts"] += [(identifier, part) for part in _parts(title, chance)]
    result: dict[str, Any] = {"strings": len(ids)}
    for kind, listed in questions.items():
        if not listed:
            continue
        result[kind] = {"questions": len(listed)}
        for name, search in peers.items():
            missed = [
                (things[wanted][0], query)
                for wanted, query in listed
                if not _is_there(things, wanted, search(query), query, kind)
            ]
            result[kind][name] = round(1 - len(missed) / len(listed), 4)
            if name == "onrecord":
                result[kind]["missed"] = missed[:5]
    progress(f"{ids[0]}: {json.dumps(result, ensure_ascii=False)}")
    return result


def _is_there(
    things: dict[str, tuple[str, str]], wanted: str, found: Sequence[str], query: str, kind: str
) -> bool:
    """Of a part of a name that more than ten names have, any ten of them will do."""
    if wanted in found[:FIRST]:
        return True
    if kind != "parts":
        return things[wanted] in [things[other] for other in found[:FIRST]]
    part = "".join(fold(query))
    having = [other for other in found[:FIRST] if part in "".join(fold(" ".join(things[other])))]
    return len(having) == FIRST


def _one_typo(title: str, beside: str, letters: str, chance: random.Random) -> str:
    """Two words of the name, or one of it and a part of the name beside, one of them mistyped; "" where none is long
    enough. `letters` are those that the script's names are written in."""
    places = [place for place, char in enumerate(title) if stands_alone(char)]
    if places:
        # Of these scripts a word is what stands between blanks, and a mistake is another character.
        wrong = chance.choice(places)
        other = chance.choice([char for char in letters if stands_alone(char) and char != title[wrong]])
        return f"{title[:wrong]}{other}{title[wrong + 1 :]} {beside[:2]}" if len(places) > 3 else ""
    words = fold(title)
    long = [word for word in words if len(word) >= 4 and word.isalpha()]
    return _pair(words, long, beside, lambda word: mistype(word, chance, letters), chance)


def _mistyped_number(title: str, beside: str, chance: random.Random) -> str:
    """The same with a wrong digit. A number is doubted only where nothing else is found: no target is set."""
    words = fold(title)
    numbers = [word for word in words if len(word) >= 4 and word.isdecimal() and word.isascii()]
    return _pair(words, numbers, beside, lambda word: mistype(word, chance, "0123456789"), chance)


def _pair(
    words: Sequence[str],
    wrong: Sequence[str],
    beside: str,
    spoil: Callable[[str], str],
    chance: random.Random,
) -> str:
    if not wrong:
        return ""
    word = chance.choice(wrong)
    others = [other for other in words if other != word] or fold(beside)[:1]
    if not others:
        return ""
    pair = [spoil(word), chance.choice(others)]
    chance.shuffle(pair)
    return " ".join(pair)


def _bare(text: str) -> str:
    """As somebody types it who has no accents on the keyboard."""
    decomposed = unicodedata.normalize("NFD", text.casefold())
    kept = "".join(
        char for char in decomposed if unicodedata.category(char) != "Mn" or char in "\u3099\u309a"
    )
    return unicodedata.normalize("NFC", kept).translate(_PLAIN)


def _parts(title: str, chance: random.Random) -> list[str]:
    runs = [run for run in title.split() if len(run) > 1 and all(map(stands_alone, run))]
    found = []
    for run in runs:
        size = chance.randrange(2, min(len(run), 4) + 1)
        start = chance.randrange(len(run) - size + 1)
        found.append(run[start : start + size])
    return found


def _is_of(script: str, name: str) -> bool:
    """Some names of a language are written in another's script, or are codes."""
    marks = {"japanese": ("CJK", "HIRAGANA", "KATAKANA"), "chinese": ("CJK",), "korean": ("HANGUL",)}
    wanted = marks.get(script, (script.upper(),))
    letters = [char for char in name if char.isalpha()]
    return len(letters) > 2 and all(
        unicodedata.name(char, "").startswith((*wanted, "KATAKANA-HIRAGANA")) for char in letters
    )


def _ours(folder: Path, things: dict[str, tuple[str, str]]) -> Search:
    (folder / "rows.sqlite").unlink(missing_ok=True)
    fill(
        folder / "rows.sqlite",
        lambda: [
            Entry(Row("recording", identifier, title, beside, False, 0, 0.0, b""), beside)
            for identifier, (title, beside) in things.items()
        ],
    )
    finder = Finder(folder)
    return lambda query: [item.id for item in finder.find(query, k=FIRST)]


def _fts5(things: dict[str, tuple[str, str]]) -> Search:
    db = sqlite3.connect(":memory:")
    db.execute(
        "CREATE VIRTUAL TABLE t USING fts5(id UNINDEXED, title, beside, tokenize='unicode61 remove_diacritics 2')"
    )
    db.executemany(
        "INSERT INTO t VALUES (?,?,?)", [(identifier, *names) for identifier, names in things.items()]
    )

    def search(query: str) -> list[str]:
        match = " ".join(f'"{word}"' for word in query.replace('"', " ").split()) + "*"
        rows = db.execute("SELECT id FROM t WHERE t MATCH ? ORDER BY rank LIMIT 10", (match,))
        return [str(identifier) for (identifier,) in rows]

    return search


def _plain(folder: Path, things: dict[str, tuple[str, str]]) -> Search:
    """As its own documentation has it: its tokenizer, words joined by AND, each with one mistake allowed."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw")
    builder.add_text_field("name", tokenizer_name="default")
    schema = builder.build()
    index = tantivy.Index(schema)
    writer = index.writer(64_000_000, 1)
    for identifier, names in things.items():
        writer.add_document(tantivy.Document(id=identifier, name=" ".join(names)))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()

    def search(query: str) -> list[str]:
        searcher, must = index.searcher(), tantivy.Occur.Must
        words = [
            (must, tantivy.Query.fuzzy_term_query(schema, "name", word, distance=1))
            for word in query.casefold().split()
        ]
        hits = searcher.search(tantivy.Query.boolean_query(words), FIRST).hits
        return [str(searcher.doc(address)["id"][0]) for _, address in hits]

    return search


def _chinook(data: Path) -> list[tuple[str, str]]:
    path = data / "chinook" / "Chinook_Sqlite.sqlite"
    if not path.exists():
        progress(f"no titles of Chinook: {path} is not there")
        return []
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    query = "SELECT DISTINCT t.Name, r.Name FROM Track t JOIN Album a USING (AlbumId) JOIN Artist r USING (ArtistId)"
    return [(str(title), str(artist)) for title, artist in db.execute(query + " ORDER BY 1, 2")]


def _cldr(folder: Path) -> dict[str, list[str]] | None:
    kept = folder / "cldr.json"
    if not kept.exists():
        python = python_with("babel")
        if python is None:
            return None
        names = [locale for locales in LOCALES.values() for locale in locales]
        said = subprocess.run([str(python), "-c", CLDR, *names], capture_output=True, check=True)
        kept.write_bytes(said.stdout)
    found: dict[str, list[str]] = json.loads(kept.read_bytes())
    return found
