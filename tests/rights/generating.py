# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence of every kind and questions about it, put together at random."""

import datetime as dt

from hypothesis import strategies as st

from onrecord.model.rights import Dated, Deal, Event, Evidence, Part, Preference, Says, Use

DAY = dt.date(2026, 11, 22)
days = st.none() | st.dates(dt.date(2026, 11, 20), dt.date(2026, 11, 25))
parts = st.sampled_from(["all", "all", "all", "recording", "composition", "artwork", "metadata"])
uses = st.lists(st.sampled_from(list(Use)), unique=True, max_size=3).map(tuple)
territories = st.sampled_from(["Worldwide", "unknown", "FR", "US", "DE", "UK", "", "fr"])
#: A list of other people's works, the file's own tags, a document or a source's record.
origins = st.sampled_from(["index:list", "tag:LICENSE", "album.json", "jamendo:field"])
names = st.sampled_from(["Ann Example", "Bob Example", "2012 Ann Example & Bob Example", ""])
texts = st.sampled_from(
    [
        ("CC BY 3.0", "CC-BY-3.0"),
        ("CC BY-SA 3.0", "CC-BY-SA-3.0"),
        ("CC BY-NC 4.0", "CC-BY-NC-4.0"),
        ("CC BY-ND 4.0", "CC-BY-ND-4.0"),
        ("CC0", "CC0-1.0"),
        ("GPL", "GPL-1.0-or-later"),
        ("GPL-2+", "GPL-2.0-or-later"),
        ("GPL-2", "GPL-2.0-only"),
        ("CC BY", ""),
        ("Creative Commons", ""),
        ("ask me", ""),
        ("public domain", ""),
        ("CC BY 3.0, non-commercial", "CC-BY-3.0"),
        ("?", "Nonsense AND"),
    ]
)


def _license(
    text: tuple[str, str], part: str, day: dt.date | None, origin: str, holder: str = ""
) -> Evidence:
    return Evidence(Says.LICENSE, origin, text[0], license=text[1], part=part, day=day, holder=holder)


def _deal(uses, there, but, start, end, part, day) -> Evidence:
    return Evidence(Says.DEAL, "ddex-ern", "", deal=Deal(uses, there, but, start, end), part=part, day=day)


codes = st.lists(st.sampled_from(["FR", "US", "Worldwide", "US-CA", "XX"]), max_size=2).map(tuple)
licenses = st.builds(_license, texts, parts, days, origins, names)
deals = st.builds(_deal, uses, codes, codes, days, days, parts, days)
held = st.builds(
    lambda held_as, part: Evidence(Says.HELD, "depositor", "", held_as=held_as, part=part),
    *(st.sampled_from(["owner", "deposit", "licensed", ""]), parts),
)
rulings = st.builds(
    lambda says, uses, license, part, day: Evidence(
        says, "ruling", "", uses=uses, license=license, part=part, day=day
    ),
    *(
        st.sampled_from([Says.ALLOWED, Says.REFUSED]),
        uses,
        st.sampled_from(["", "CC-BY-4.0", "CC-BY-NC-4.0", "Nonsense AND"]),
        parts,
        days,
    ),
)
refusals = rulings.filter(lambda ruling: ruling.says is Says.REFUSED)
withdrawals = st.builds(
    lambda part, day: Evidence(Says.WITHDRAWN, "notice", "", part=part, day=day), parts, days
)
not_offered = st.builds(
    lambda uses, part, day, origin: Evidence(Says.NOT_OFFERED, origin, "", uses=uses, part=part, day=day),
    *(uses, parts, days, origins),
)
writers = st.builds(
    lambda name, origin: Evidence(Says.WRITER, origin, name, holder=name, part="composition"), names, origins
)
dates = st.builds(
    lambda event, date, person, part, origin: Evidence(
        Says.DATED, origin, date, part=part, dated=Dated(event, date, person)
    ),
    *(
        st.sampled_from(list(Event)),
        st.sampled_from(["1880", "1920", "1920-05", "1950", "1971-03-01", "1999", "2030", "1920-13", ""]),
        names,
        parts,
        origins,
    ),
)
preferences = st.builds(
    lambda purpose, allow, part, origin: Evidence(
        Says.PREFERENCE, origin, "", part=part, preference=Preference(purpose, allow)
    ),
    *(st.sampled_from(["train-ai", "tdm", "search", "train-genai"]), st.booleans(), parts, origins),
)
piece = (
    licenses
    | licenses
    | deals
    | held
    | rulings
    | withdrawals
    | not_offered
    | writers
    | dates
    | preferences
    # What a free song and a free recording of it need, so that terms end in some of the cases.
    | st.sampled_from(
        [
            Evidence(
                Says.DATED, "musicbrainz:date", "1920", part="recording", dated=Dated(Event.PUBLISHED, "1920")
            ),
            Evidence(
                Says.DATED,
                "musicbrainz:date",
                "1915",
                part="composition",
                dated=Dated(Event.PUBLISHED, "1915"),
            ),
            Evidence(
                Says.DATED,
                "musicbrainz:death",
                "1930",
                part="composition",
                dated=Dated(Event.DIED, "1930", "Ann Example"),
            ),
        ]
    )
)
evidence = st.lists(piece, max_size=6)
asked = st.tuples(
    st.sampled_from(list(Use)), territories, st.just(DAY), st.booleans(), st.sampled_from(list(Part))
)
