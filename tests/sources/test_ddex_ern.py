# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""DDEX deliveries: what is claimed, what a deal allows, which message is in force, what a purge does."""

import datetime as dt
import hashlib
import re
from pathlib import Path

import pytest

from onrecord.errors import UsageError
from onrecord.model.rights import Evidence, Says, Use
from onrecord.rights import decide
from onrecord.sources.ddex_ern import DdexErn

DATA = Path(__file__).parents[3] / "shared" / "data" / "ddex"
SENDER, RECIPIENT = "PADPIDA0000000000X", "PADPIDA0000000000Y"

DEAL_4 = (
    "<DealTerms><TerritoryCode>Worldwide</TerritoryCode><ValidityPeriod><StartDate>2026-01-01</StartDate></ValidityPeriod>"
    "<CommercialModelType>FreeOfChargeModel</CommercialModelType><UseType>OnDemandStream</UseType></DealTerms>"
)


def header(created="2026-01-01T00:00:00Z", recipient=RECIPIENT, thread="T1", control=""):
    return (
        f"<MessageHeader><MessageThreadId>{thread}</MessageThreadId><MessageId>M</MessageId><MessageSender>"
        f"<PartyId>{SENDER}</PartyId><PartyName><FullName>Label</FullName></PartyName></MessageSender>"
        f"<MessageRecipient><PartyId>{recipient}</PartyId></MessageRecipient>"
        f"<MessageCreatedDateTime>{created}</MessageCreatedDateTime>{control}</MessageHeader>"
    )


def ern4(deals=DEAL_4, ids="<ICPN>5099902943527</ICPN>", title="Album", file="", tracks="", **head):
    deal = "".join(f"<Deal>{terms}</Deal>" for terms in ([deals] if isinstance(deals, str) else deals))
    refs = "".join(f"<DealReleaseReference>R{n}</DealReleaseReference>" for n in (0, 1))
    return f"""<ern:NewReleaseMessage xmlns:ern="http://ddex.net/xml/ern/41">{header(**head)}
    <PartyList><Party><PartyReference>P1</PartyReference><PartyId><ISNI>0000000121032683</ISNI></PartyId>
      <PartyName><FullName>Singer</FullName></PartyName></Party>
      <Party><PartyReference>PL</PartyReference><PartyName><FullName>The Label</FullName></PartyName></Party>
    </PartyList>
    <ResourceList><SoundRecording><ResourceReference>A1</ResourceReference>
      <ResourceId><ISRC>gb-ahs-14-00099</ISRC></ResourceId><DisplayTitleText>Song</DisplayTitleText>
      <DisplayArtist><ArtistPartyReference>P1</ArtistPartyReference></DisplayArtist>
      <Contributor><ContributorPartyReference>P1</ContributorPartyReference><Role>Composer</Role></Contributor>
      <Duration>PT1H2M3.5S</Duration><TechnicalDetails>{file}</TechnicalDetails></SoundRecording></ResourceList>
    <ReleaseList><Release><ReleaseReference>R0</ReleaseReference><ReleaseType>Album</ReleaseType>
      <ReleaseId>{ids}</ReleaseId><DisplayTitleText>{title}</DisplayTitleText>
      <ReleaseLabelReference>PL</ReleaseLabelReference><OriginalReleaseDate>2025-12-24</OriginalReleaseDate>
      <ResourceGroup><ResourceGroup><SequenceNumber>2</SequenceNumber><ResourceGroupContentItem>
        <SequenceNumber>7</SequenceNumber><ReleaseResourceReference>A1</ReleaseResourceReference>
      </ResourceGroupContentItem></ResourceGroup></ResourceGroup></Release>{tracks}</ReleaseList>
    <DealList><ReleaseDeal>{refs}{deal}</ReleaseDeal></DealList></ern:NewReleaseMessage>"""


def purge(ids="<ICPN>5099902943527</ICPN>", **head):
    return f"""<p:PurgeReleaseMessage xmlns:p="http://ddex.net/xml/ern/382">{header(**head)}
    <PurgedRelease><ReleaseId>{ids}</ReleaseId></PurgedRelease></p:PurgeReleaseMessage>"""


def hashed(data, algorithm="SHA-256", value=None, name="song.ogg"):
    value = value or hashlib.sha256(data).hexdigest()
    return (
        f"<File><URI>{name}</URI><HashSum><Algorithm>{algorithm}</Algorithm>"
        f"<HashSumValue>{value}</HashSumValue></HashSum></File>"
    )


def harvest(folder, messages=None, cursor="", **settings):
    for name, text in (messages or {}).items():
        (folder / name).write_text(text)
    source = DdexErn(folder, {"party_id": RECIPIENT} | settings)
    pages = list(source.pages(cursor))
    return (
        source,
        [r for page in pages for r in page.records],
        dict(r for page in pages for r in page.rejected),
    )


def claims(folder, message, **settings):
    source, [record], rejected = harvest(folder, {"m.xml": message}, **settings)
    assert rejected == {}
    return source.claims(record)


def deals(folder, *terms, **settings):
    return [evidence.deal for _, evidence in claims(folder, ern4(deals=terms), **settings).evidence]


def terms(uses="OnDemandStream", models="FreeOfChargeModel", places="Worldwide", period=None, more=""):
    period = "<StartDate>2026-01-01</StartDate>" if period is None else period
    return (
        "<DealTerms>"
        + "".join(f"<TerritoryCode>{place}</TerritoryCode>" for place in places.split())
        + f"<ValidityPeriod>{period}</ValidityPeriod>"
        + "".join(f"<CommercialModelType>{model}</CommercialModelType>" for model in models.split())
        + "".join(f"<UseType>{use}</UseType>" for use in uses.split())
        + more
        + "</DealTerms>"
    )


def test_an_ern_4_release_claims_release_track_artist_and_deal(tmp_path):
    sound = hashlib.sha256(b"sound").hexdigest()
    said = claims(tmp_path, ern4(file=hashed(b"sound")))
    [release], [track], [artist], [(about, evidence)] = (
        said.releases,
        said.tracks,
        said.artists,
        said.evidence,
    )
    assert release.id == f"{SENDER}:ICPN:5099902943527"
    assert (release.title, release.label, release.barcode, release.date) == (
        "Album",
        "The Label",
        "5099902943527",
        "2025-12-24",
    )
    assert (release.kind, release.tracks) == ("Album", 1)
    assert (track.title, track.artist, track.isrc, track.duration_ms) == (
        "Song",
        "Singer",
        "GBAHS1400099",
        3723500,
    )
    assert (track.disc, track.position, track.blob, track.composer) == (2, 7, sound, "Singer")
    assert (artist.name, artist.isni, track.artist_id) == ("Singer", "0000000121032683", artist.id)
    assert about == track.id
    assert (evidence.says, evidence.origin, evidence.holder) == (Says.DEAL, "ddex-ern", f"Label ({SENDER})")
    assert evidence.document == hashlib.sha256((tmp_path / "m.xml").read_bytes()).hexdigest()
    assert evidence.day == dt.date(2026, 1, 1)
    assert "<UseType>OnDemandStream</UseType>" in evidence.text


def test_an_ern_3_release_is_read_by_its_worldwide_blocks(tmp_path):
    message = f"""<ernm:NewReleaseMessage xmlns:ernm="http://ddex.net/xml/2011/ern-main/33">{header()}
    <ResourceList><SoundRecording><SoundRecordingId><ISRC>USRC12345678</ISRC></SoundRecordingId>
      <ResourceReference>A1</ResourceReference><ReferenceTitle><TitleText>Example</TitleText></ReferenceTitle>
      <Duration>PT3M45S</Duration>
      <SoundRecordingDetailsByTerritory><TerritoryCode>NL</TerritoryCode>
        <Title TitleType="DisplayTitle"><TitleText>Voorbeeld</TitleText></Title></SoundRecordingDetailsByTerritory>
      <SoundRecordingDetailsByTerritory><TerritoryCode>Worldwide</TerritoryCode>
        <Title TitleType="DisplayTitle"><TitleText>Example Song</TitleText></Title>
        <DisplayArtistName>DJ Theo</DisplayArtistName><Genre><GenreText>Folk</GenreText></Genre>
        <TechnicalSoundRecordingDetails><IsPreview>true</IsPreview><File><FileName>p.ogg</FileName><HashSum>
          <HashSum>{"0" * 64}</HashSum><HashSumAlgorithmType>SHA256</HashSumAlgorithmType></HashSum></File>
        </TechnicalSoundRecordingDetails>
        <TechnicalSoundRecordingDetails><File><FileName>f.ogg</FileName><HashSum>
          <HashSum>LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=</HashSum>
          <HashSumAlgorithmType>SHA256</HashSumAlgorithmType></HashSum></File>
        </TechnicalSoundRecordingDetails></SoundRecordingDetailsByTerritory></SoundRecording></ResourceList>
    <ReleaseList>
      <Release><ReleaseId><ISRC>USRC12345678</ISRC></ReleaseId><ReleaseReference>R1</ReleaseReference>
        <ReleaseType>TrackRelease</ReleaseType>
        <ReleaseResourceReferenceList><ReleaseResourceReference>A1</ReleaseResourceReference></ReleaseResourceReferenceList>
      </Release>
      <Release><ReleaseId><GRid>A1-GRID</GRid></ReleaseId><ReleaseReference>R0</ReleaseReference>
        <ReleaseType>Single</ReleaseType><ReferenceTitle><TitleText>Example Album</TitleText></ReferenceTitle>
        <ReleaseResourceReferenceList><ReleaseResourceReference>A1</ReleaseResourceReference></ReleaseResourceReferenceList>
        <ReleaseDetailsByTerritory><TerritoryCode>Worldwide</TerritoryCode><LabelName>Iron</LabelName></ReleaseDetailsByTerritory>
      </Release></ReleaseList>
    <DealList><ReleaseDeal><DealReleaseReference>R1</DealReleaseReference><Deal><DealTerms>
      <CommercialModelType>FreeOfChargeModel</CommercialModelType>
      <Usage><UseType>OnDemandStream</UseType><UseType>PermanentDownload</UseType></Usage>
      <TerritoryCode>Worldwide</TerritoryCode><ValidityPeriod><StartDate>2023-09-02</StartDate></ValidityPeriod>
    </DealTerms></Deal></ReleaseDeal></DealList></ernm:NewReleaseMessage>"""
    said = claims(tmp_path, message)
    assert (said.releases[0].title, said.releases[0].label) == ("Example Album", "Iron")
    [track] = said.tracks
    assert (track.title, track.artist, track.genre, track.duration_ms) == (
        "Example Song",
        "DJ Theo",
        "Folk",
        225000,
    )
    assert track.blob == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    assert said.evidence[0][1].deal.uses == (Use.STREAM, Use.DOWNLOAD)


@pytest.mark.parametrize(
    ("uses", "models", "allowed"),
    [
        ("OnDemandStream", "FreeOfChargeModel", (Use.STREAM,)),
        ("Stream PermanentDownload", "FreeOfChargeModel", (Use.STREAM, Use.DOWNLOAD)),
        ("NonInteractiveStream", "FreeOfChargeModel", ()),
        ("ConditionalDownload", "FreeOfChargeModel", ()),
        ("UseForIdentification", "FreeOfChargeModel", ()),
        ("OnDemandStream", "SubscriptionModel", ()),
        ("OnDemandStream", "PayAsYouGoModel AsPerContract", ()),
        ("OnDemandStream", "", ()),
    ],
)
def test_use_and_model_decide_what_is_allowed(tmp_path, uses, models, allowed):
    [deal] = deals(tmp_path, terms(uses, models))
    assert deal.uses == allowed
    assert deal.model == " ".join(sorted(models.split()))


def test_an_archive_may_run_another_model(tmp_path):
    [deal] = deals(tmp_path, terms(models="SubscriptionModel"), models="FreeOfChargeModel SubscriptionModel")
    assert deal.uses == (Use.STREAM,)


def test_a_model_that_the_sender_made_up_is_not_the_standards(tmp_path):
    free = '<CommercialModelType UserDefinedValue="FreeOfChargeModel">UserDefined</CommercialModelType>'
    [deal] = deals(tmp_path, terms(models="", more=free))
    assert deal.uses == ()


@pytest.mark.parametrize(
    "more",
    [
        "<IsPreOrderDeal>true</IsPreOrderDeal>",
        "<TakeDown>true</TakeDown>",
        "<AllDealsCancelled>true</AllDealsCancelled>",
        "<Conditions><Chain>eth</Chain></Conditions>",
        "<NumberOfUsages>5</NumberOfUsages>",
        "<DistributionChannel><PartyId>PADPIDAOTHER</PartyId></DistributionChannel>",
        "<ExcludedDistributionChannel><PartyId><DPID>PADPIDA0000000000Y</DPID></PartyId></ExcludedDistributionChannel>",
        "<ExcludedDistributionChannel><TradingName>You</TradingName></ExcludedDistributionChannel>",
        "<Usage><DistributionChannelType>MobileTelephone</DistributionChannelType></Usage>",
    ],
)
def test_a_condition_that_the_archive_cannot_see_allows_nothing(tmp_path, more):
    [deal] = deals(tmp_path, terms(more=more), party_id=RECIPIENT)
    assert deal.uses == ()


@pytest.mark.parametrize(
    "more",
    [
        "<IsPreOrderDeal>false</IsPreOrderDeal>",
        "<DistributionChannel><PartyId>padpida0000000000y</PartyId></DistributionChannel>",
        "<ExcludedDistributionChannel><PartyId>PADPIDAOTHER</PartyId></ExcludedDistributionChannel>",
    ],
)
def test_a_condition_that_is_met_does_not_hinder(tmp_path, more):
    [deal] = deals(tmp_path, terms(more=more), party_id=RECIPIENT)
    assert deal.uses == (Use.STREAM,)


def asks(deal):
    """Nothing is allowed, and a person sees why."""
    said = Evidence(says=Says.DEAL, origin="ddex-ern", text="a deal", deal=deal)
    decision = decide([said], Use.STREAM, "DE", dt.date(2026, 2, 15))
    return decision.codes[0] == "R-BAD-DEAL" and decision.review and not decision.allow


def test_territories(tmp_path):
    [deal] = deals(tmp_path, terms(places="DE AT 2136 US-CA"))
    assert (deal.territories, deal.uses) == (("AT", "DE", "US-CA"), (Use.STREAM,))
    [deal] = deals(tmp_path, terms(places="2136"))
    assert deal.territories == ("2136",) and asks(deal)
    for code in ("2129", "Worldwide"):
        [deal] = deals(tmp_path, terms(more=f"<ExcludedTerritoryCode>{code}</ExcludedTerritoryCode>"))
        assert asks(deal)
    [deal] = deals(tmp_path, terms(places="", more="<ExcludedTerritoryCode>US</ExcludedTerritoryCode>"))
    assert (deal.territories, deal.excluded, deal.uses) == (("Worldwide",), ("US",), (Use.STREAM,))


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        ("<StartDate>2026-02-01</StartDate>", "2026-02-01", None),
        ("<StartDate>2026-02-01</StartDate><EndDate>2026-03-01</EndDate>", "2026-02-01", "2026-03-01"),
        ("<StartDateTime>2026-02-01T00:00:00Z</StartDateTime>", "2026-02-01", None),
        ("<StartDateTime>2026-02-01T17:00:00Z</StartDateTime>", "2026-02-02", None),
        (
            "<StartDate>2026-02-01</StartDate><EndDateTime>2026-03-01T12:00:00Z</EndDateTime>",
            "2026-02-01",
            "2026-02-28",
        ),
        (
            "<StartDate>2026-02-01</StartDate><EndDateTime>2026-03-01T23:59:59Z</EndDateTime>",
            "2026-02-01",
            "2026-03-01",
        ),
    ],
)
def test_a_period_is_the_whole_days_inside_it(tmp_path, period, start, end):
    [deal] = deals(tmp_path, terms(period=period))
    assert (deal.start, deal.end) == (dt.date.fromisoformat(start), end and dt.date.fromisoformat(end))
    assert deal.uses == (Use.STREAM,)


@pytest.mark.parametrize("period", ["", "<StartDate>soon</StartDate>", "<EndDate>2026-03-01</EndDate>"])
def test_a_period_without_a_beginning_allows_nothing_and_asks(tmp_path, period):
    [deal] = deals(tmp_path, terms(period=period))
    assert asks(deal)


def test_a_deal_for_the_album_is_not_a_deal_for_the_track(tmp_path):
    single = (
        "<TrackRelease><ReleaseReference>R9</ReleaseReference><ReleaseId><ProprietaryId>9</ProprietaryId></ReleaseId>"
        "<ReleaseResourceReference>A1</ReleaseResourceReference></TrackRelease>"
    )
    [(_, evidence)] = claims(tmp_path, ern4(tracks=single)).evidence
    assert evidence.deal.uses == ()
    [(_, evidence)] = claims(tmp_path, ern4(tracks=single.replace("R9", "R1"))).evidence
    assert evidence.deal.uses == (Use.STREAM,)


def test_a_release_without_deals_is_taken_down_and_says_so(tmp_path):
    [(about, evidence)] = claims(tmp_path, ern4(deals=())).evidence
    assert about.endswith("/A1")
    assert (evidence.deal.uses, evidence.deal.territories) == ((), ())
    assert "no deal" in evidence.text


def test_a_purge_is_a_tombstone_of_the_same_id(tmp_path):
    _, [record], _ = harvest(tmp_path, {"1.xml": ern4()})
    source, [gone], rejected = harvest(tmp_path, {"2.xml": purge(created="2026-01-02T00:00:00Z")})
    assert (gone.kind, gone.id, gone.deleted, gone.payload) == (record.kind, record.id, True, b"")
    assert source.claims(gone).tracks == ()
    assert "superseded: 2.xml" in rejected["1.xml"]


def test_a_purge_by_another_identifier_finds_the_record(tmp_path):
    both = "<GRid>A1-GRID</GRid><ICPN>5099902943527</ICPN>"
    _, [record], _ = harvest(tmp_path, {"1.xml": ern4(ids=both)})
    _, gone, _ = harvest(tmp_path, {"2.xml": purge(created="2026-01-02T00:00:00Z")})
    assert record.id in {tombstone.id for tombstone in gone if tombstone.deleted}


def test_a_better_identifier_leaves_no_old_record_behind(tmp_path):
    both = "<GRid>A1-GRID</GRid><ICPN>5099902943527</ICPN>"
    _, [old], _ = harvest(tmp_path, {"1.xml": ern4()})
    _, records, _ = harvest(tmp_path, {"2.xml": ern4(ids=both, created="2026-01-02T00:00:00Z")})
    assert {record.id for record in records if record.deleted} == {old.id}
    assert [record.id for record in records if not record.deleted] == [f"{SENDER}:GRid:A1-GRID"]


def test_the_newest_message_wins_also_when_an_older_one_arrives_late(tmp_path):
    harvest(tmp_path, {"a.xml": ern4(title="new", created="2026-03-01T00:00:00+01:00")})
    late = {"b.xml": ern4(title="old", created="2026-02-28T22:00:00Z")}
    source, [record], rejected = harvest(tmp_path, late)
    assert source.claims(record).releases[0].title == "new"
    assert "superseded: a.xml" in rejected["b.xml"]
    _, records, rejected = harvest(tmp_path, cursor="a.xml")
    assert records == []
    assert list(rejected) == ["b.xml"]


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (
            ern4(recipient="PADPIDAOTHER"),
            "for another recipient: expected PADPIDA0000000000Y, got PADPIDAOTHER",
        ),
        (ern4(control="<MessageControlType>TestMessage</MessageControlType>"), "test"),
        (ern4(created="yesterday"), "expected a date and time, got 'yesterday'"),
        (ern4(ids=""), "no identifier"),
        (ern4().replace(f"<PartyId>{SENDER}</PartyId>", ""), "no sender"),
        (ern4().replace("/ern/41", "/ern/51"), "expected an ERN 3 or 4"),
        ("<a/>", "expected an ERN 3 or 4"),
        ('<!DOCTYPE a [<!ENTITY e "f">]>' + ern4(), "DOCTYPE"),
        (ern4()[:-40], "not well-formed"),
        ("", "not well-formed"),
    ],
)
def test_what_cannot_be_acted_on_is_rejected_and_the_rest_is_read(tmp_path, message, why):
    good = ern4(ids="<ICPN>0602527121956</ICPN>")
    _, records, rejected = harvest(tmp_path, {"bad.xml": message, "good.xml": good}, party_id=RECIPIENT)
    assert [record.payload.decode() for record in records] == [good]
    assert why in rejected["bad.xml"]


def test_a_message_is_held_until_its_files_are_there_and_right(tmp_path):
    message = {"m.xml": ern4(file=hashed(b"sound", name="../../etc/song.ogg"))}
    _, records, rejected = harvest(tmp_path, message, files="required")
    assert records == []
    assert "held: song.ogg is not in the folder" in rejected["m.xml"]
    (tmp_path / "resources").mkdir()
    sound = tmp_path / "resources" / "song.ogg"
    sound.write_bytes(b"other")
    assert "song.ogg has the sha256" in harvest(tmp_path, files="required")[2]["m.xml"]
    sound.write_bytes(b"sound")
    _, [_], rejected = harvest(tmp_path, files="required")
    assert rejected == {}


def test_a_wrong_md5_holds_the_message(tmp_path):
    (tmp_path / "song.ogg").write_bytes(b"sound")
    right = hashlib.md5(b"sound").hexdigest()
    message = ern4(file=hashed(b"", "MD5", right))
    assert harvest(tmp_path, {"m.xml": message}, files="required")[2] == {}
    message = ern4(file=hashed(b"", "MD5", "0" * 32))
    assert "held" in harvest(tmp_path, {"m.xml": message}, files="required")[2]["m.xml"]


def test_two_files_for_one_recording_name_no_blob(tmp_path):
    said = claims(tmp_path, ern4(file=hashed(b"one") + hashed(b"two")))
    assert said.tracks[0].blob == ""


def test_a_deal_is_evidence_for_the_recording_unless_the_operator_says_more(tmp_path):
    assert claims(tmp_path, ern4()).evidence[0][1].part == "recording"
    assert claims(tmp_path, ern4(), covers="all").evidence[0][1].part == "all"


@pytest.mark.parametrize("setting", ["files", "covers"])
def test_a_setting_with_a_wrong_value_is_refused(tmp_path, setting):
    with pytest.raises(UsageError, match=f"{setting}: expected .* got 'maybe'"):
        DdexErn(tmp_path, {setting: "maybe"})


def test_without_an_id_of_its_own_an_archive_is_nobodys_recipient(tmp_path):
    _, records, rejected = harvest(tmp_path, {"a.xml": ern4()}, party_id="")
    assert records == []
    assert "no `[ddex] party_id`" in rejected["a.xml"] and RECIPIENT in rejected["a.xml"]


def test_a_message_is_dated_so_that_an_older_one_cannot_undo_it(tmp_path):
    _, [record], _ = harvest(tmp_path, {"a.xml": ern4(created="2026-01-01T02:00:00+02:00")})
    assert record.version == "2026-01-01T00:00:00+00:00"


@pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data/ddex")
def test_real_and_schema_filling_messages_are_read_or_named():
    # Each message as the archive would read it that it was sent to.
    texts = [path.read_text("utf-8", "replace") for path in sorted(DATA.rglob("*.xml"))]
    found = {
        dpid
        for text in texts
        for part in re.findall(r"<MessageRecipient>.*?</MessageRecipient>", text, re.DOTALL)
        for dpid in re.findall(r"<(?:PartyId|DPID)[^>]*>\s*([^<\s]+)\s*<", part)
    }
    assert len(found) >= 5
    records, rejected = [], {}
    for party in sorted(found):
        source, read, refused = harvest(DATA, party_id=party)
        records += read
        rejected |= {name: why for name, why in refused.items() if "another recipient" not in why}
    by_title = {}
    for record in records:
        for release in source.claims(record).releases:
            by_title[release.title] = source.claims(record)
    assert len(by_title["Yume no Hajmari"].tracks) == 21
    assert by_title["The Art of Translation"].tracks[0].isrc == "USGOT0203015"
    assert [record.id for record in records if record.deleted] == [
        "PADPIDA1234567890:GRid:A1B2C3D4E5F6G7H8I9J0K1L2M3N4O5P6Q7R8S9T0"
    ]
    assert "MeadMessage" in rejected["audius/mead_artist_update.xml"]
    assert "test" in rejected["ern/38/instance1.xml"]
