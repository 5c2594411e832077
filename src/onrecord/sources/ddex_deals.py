# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the deals of an ERN message let this archive do with a recording. In doubt a deal allows nothing and says so."""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from lxml import etree

from onrecord.model.rights import UNREAD_DATES, Deal, Evidence, Says, Use
from onrecord.sources.ddex_message import Message, text

#: DDEX use types that are what the archive does. A conditional or tethered download needs protection that onrecord does
#: not have; a non-interactive stream is radio, the archive's listeners choose.
_USES: Final = {
    "OnDemandStream": Use.STREAM,
    "Stream": Use.STREAM,
    "PermanentDownload": Use.DOWNLOAD,
    "Download": Use.DOWNLOAD,
}
#: ISO 3166-1 alpha-2, or a part of one (3166-2).
#: Terms that bind the deal to a time or condition that the archive cannot see.
_CONDITIONS: Final = (
    "Conditions",
    "NumberOfUsages",
    "RightsClaimPolicy",
    "WebPolicy",
    "InstantGratificationResourceList",
)
_STOPS: Final = ("TakeDown", "AllDealsCancelled", "IsPreOrderDeal")
_TERRITORY = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")


class DealReader(NamedTuple):
    """What the operator says about this archive: the commercial models it runs, its party id, what deals cover."""

    models: frozenset[str]
    party: str
    covers: str


class Deals:
    """The deals of one message, asked about one resource at a time.

    A resource that has a track release of its own is under that release's deals; a deal for the album alone is
    not a deal for the single track. Where there is none, the main release's deals count.
    A resource without a deal gets one piece of evidence that allows nothing: the message took it down.
    """

    def __init__(self, message: Message, document: str, reader: DealReader) -> None:
        self._message = message
        self._document = document
        self._reader = reader
        self._tracks = _track_releases(message)
        self._terms = _deal_terms(message)

    def about(self, reference: str, part: str = "") -> Iterator[Evidence]:
        """`part` is the right that they are about, where it is not that of a recording."""
        releases = self._tracks.get(reference) or {text(self._message.release, "ReleaseReference")}
        terms = [term for release in sorted(releases) for term in self._terms.get(release, [])]
        seen = set()
        for evidence in (fact for term in terms for fact in self._evidence(term, part)):
            if evidence.id not in seen:
                seen.add(evidence.id)
                yield evidence
        if not terms:
            yield self._fact("the message holds no deal for it", Deal(uses=(), territories=()), part)

    def _evidence(self, terms: etree._Element, part: str) -> Iterator[Evidence]:
        words = " ".join(etree.tostring(terms, encoding="unicode", with_tail=False).split())
        uses, territories = self._uses(terms), _territories(terms)
        model = " ".join(sorted({_said(element) for element in terms.iter("CommercialModelType")}))
        # What cannot be read stays in the deal as it stands: the gate sees that it is none, and asks a person.
        for period in _periods(terms) or [_Period(*UNREAD_DATES)]:
            deal = Deal(uses, territories.included, territories.excluded, period.start, period.end, model)
            yield self._fact(words, deal, part)

    def _fact(self, words: str, deal: Deal, part: str) -> Evidence:
        message = self._message
        return Evidence(
            says=Says.DEAL,
            origin="ddex-ern",
            text=words,
            document=self._document,
            holder=" ".join(filter(None, (message.sender_name, f"({message.sender})"))),
            part=part or self._reader.covers,
            deal=deal,
            day=message.created.date(),
        )

    def _uses(self, terms: etree._Element) -> tuple[Use, ...]:
        if any(text(terms, stop) == "true" for stop in _STOPS) or any(
            terms.find(tag) is not None for tag in _CONDITIONS
        ):
            return ()
        models = [_said(element) for element in terms.iter("CommercialModelType")]
        if not self._reader.models.intersection(models) or not self._through_us(terms):
            return ()
        said = {_USES[use] for element in terms.iter("UseType") if (use := _said(element)) in _USES}
        channels = {_said(element) for element in terms.iter("DistributionChannelType")}
        return tuple(use for use in Use if use in said) if not channels or "Internet" in channels else ()

    def _through_us(self, terms: etree._Element) -> bool:
        """Deals may be for named services only, or for all but named ones."""
        only, never = (
            [" ".join(map(str, id.itertext())).upper().split() for id in terms.iterfind(f"{tag}/PartyId")]
            for tag in ("DistributionChannel", "ExcludedDistributionChannel")
        )
        ours = self._reader.party.upper()
        if terms.find("DistributionChannel") is not None and not any(ours and ours in ids for ids in only):
            return False
        return terms.find("ExcludedDistributionChannel") is None or bool(
            ours and never and not any(ours in ids for ids in never)
        )


def _said(element: etree._Element) -> str:
    """An allowed value; one that the sender made up itself is told apart from the standard's."""
    own = element.get("UserDefinedValue")
    words = " ".join((element.text or "").split())
    return f"UserDefined:{own}" if words == "UserDefined" and own else words


def _track_releases(message: Message) -> dict[str, set[str]]:
    """Resource reference -> references of the track releases that hold it."""
    releases = message.root.findall("ReleaseList/TrackRelease")
    releases += [
        release
        for release in message.root.findall("ReleaseList/Release")
        if release is not message.release and text(release, "ReleaseType") == "TrackRelease"
    ]
    found: dict[str, set[str]] = {}
    for release in releases:
        for reference in release.iter("ReleaseResourceReference"):
            found.setdefault(_said(reference), set()).add(text(release, "ReleaseReference"))
    return found


def _deal_terms(message: Message) -> dict[str, list[etree._Element]]:
    found: dict[str, list[etree._Element]] = {}
    for group in message.root.iterfind("DealList/ReleaseDeal"):
        terms = group.findall("Deal/DealTerms")
        for reference in group.iterfind("DealReleaseReference"):
            found.setdefault(_said(reference), []).extend(terms)
    return found


class _Territories(NamedTuple):
    included: tuple[str, ...]
    excluded: tuple[str, ...]


def _territories(terms: etree._Element) -> _Territories:
    included = [_said(element) for element in terms.findall("TerritoryCode")]
    excluded = [_said(element) for element in terms.findall("ExcludedTerritoryCode")]
    if excluded and not included:
        included = ["Worldwide"]
    # A place that is not understood can only add to those that are.
    included = [code for code in included if code == "Worldwide" or _TERRITORY.fullmatch(code)] or included
    return _Territories(tuple(sorted(set(included))), tuple(sorted(set(excluded))))


class _Period(NamedTuple):
    start: dt.date | None
    end: dt.date | None


def _periods(terms: etree._Element) -> list[_Period]:
    """Whole days inside each validity period: the first day that begins in it, the last day that ends in it."""
    periods = []
    for element in terms.findall("ValidityPeriod"):
        start, end = text(element, "StartDate"), text(element, "EndDate")
        start_time, end_time = text(element, "StartDateTime"), text(element, "EndDateTime")
        try:
            first = dt.date.fromisoformat(start) if start else _first_day(start_time)
            last = dt.date.fromisoformat(end) if end else _last_day(end_time) if end_time else None
        except (ValueError, OverflowError):
            periods.append(_Period(*UNREAD_DATES))
        else:
            periods.append(_Period(first, last))
    return periods


def _first_day(words: str) -> dt.date:
    moment = dt.datetime.fromisoformat(words)
    return moment.date() if moment.time() == dt.time() else moment.date() + dt.timedelta(days=1)


def _last_day(words: str) -> dt.date:
    moment = dt.datetime.fromisoformat(words)
    return moment.date() if moment.time() >= dt.time(23, 59) else moment.date() - dt.timedelta(days=1)
