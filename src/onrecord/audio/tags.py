# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a file says about itself: every container's text frames by mutagen, mapped to one set of fields; and
the pictures among them. Other binary frames are left out.

Not isolated: for strangers' files call `onrecord.audio.probe`.
"""

import contextlib
import io
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

import mutagen
import mutagen.id3
from mutagen.aac import AAC
from mutagen.ac3 import AC3
from mutagen.aiff import AIFF
from mutagen.apev2 import APENoHeaderError, APETextValue, APEv2, APEv2File
from mutagen.asf import ASF, ASFTags
from mutagen.dsf import DSF
from mutagen.flac import FLAC
from mutagen.id3 import ID3FileType
from mutagen.monkeysaudio import MonkeysAudio
from mutagen.mp3 import MP3
from mutagen.mp4 import MP4, MP4Cover, MP4Tags
from mutagen.musepack import Musepack
from mutagen.oggflac import OggFLAC
from mutagen.oggopus import OggOpus
from mutagen.oggspeex import OggSpeex
from mutagen.oggtheora import OggTheora
from mutagen.oggvorbis import OggVorbis
from mutagen.optimfrog import OptimFROG
from mutagen.tak import TAK
from mutagen.trueaudio import TrueAudio
from mutagen.wave import WAVE
from mutagen.wavpack import WavPack

from onrecord.audio.iff import iff_texts
from onrecord.audio.pictures import MOST_PICTURES, Art, art_in, pictures_of
from onrecord.audio.text import clean, one_line
from onrecord.model import identifiers
from onrecord.model.lyrics import as_lrc
from onrecord.model.sound import Fault, Picture, Tags

#: Frames that are kept of one file, and characters of all of them together.
MOST_FRAMES: Final = 1000
MOST_TEXT: Final = 4 * 1024 * 1024

#: mutagen has types for some of its classes only.
_id3: Any = mutagen.id3
_APEv2: Any = APEv2
_MP4Tags: Any = MP4Tags

Frames = Iterable[tuple[str, str]]
#: What a reader finds: text frames and pictures, as they come.
Found = Iterable[tuple[str, str] | Art]


def read_tags(
    file: io.RawIOBase | io.BufferedIOBase,
) -> tuple[Tags, tuple[Picture, ...], tuple[Fault, ...]]:
    """Tags and pictures of a seekable file, and why some could not be read.

    A file without tags gives empty ones and no fault. Fault codes: `unreadable-tags` and those of `pictures_of`.
    """
    frames: list[tuple[str, str]] = []
    art: list[Art] = []
    faults: list[Fault] = []
    for read in (_mutagen_frames, _ape_after_mp3, iff_texts):
        file.seek(0)
        try:
            _collect(read(file), frames, art)
        except MemoryError:
            faults.append(Fault("unreadable-tags", "the tags ask for more memory than a file may have"))
        except Exception as error:
            # mutagen lets out whatever a broken frame causes: KeyError, struct.error, UnicodeDecodeError, …
            faults.append(Fault("unreadable-tags", one_line(str(error)) or "a tag is cut off"))
    pictures, refused = pictures_of(art)
    return tags_of(frames), pictures, (*faults, *refused)


def tags_of(frames: Frames) -> Tags:
    """The fields by what the frames' keys mean; several values of a name are joined with "; "."""
    frames = tuple(frames)
    values: dict[str, list[str]] = {}
    for key, value in frames:
        if value and (field := _FIELDS.get(_plain(key))):
            values.setdefault(field, []).append(value)

    def first(field: str) -> str:
        return values.get(field, [""])[0]

    def all_of(field: str) -> str:
        return clean("; ".join(dict.fromkeys(values.get(field, ()))))

    return Tags(
        title=first("title"),
        artist=all_of("artist"),
        album=first("album"),
        album_artist=all_of("album_artist"),
        track_number=_number(first("track_number")),
        disc_number=_number(first("disc_number")),
        date=first("date"),
        genre=all_of("genre"),
        composer=all_of("composer"),
        isrc=identifiers.isrc(first("isrc")),
        barcode=identifiers.barcode(first("barcode")),
        mb_recording=identifiers.mbid(first("mb_recording")),
        mb_release=identifiers.mbid(first("mb_release")),
        mb_artist=identifiers.mbid(first("mb_artist")),
        licenses=tuple(dict.fromkeys(value for key, value in frames if value and _names_license(key, value))),
        copyright=first("copyright"),
        comment=first("comment"),
        frames=frames,
    )


def comment_name(name: str) -> str:
    """A tag's name as Vorbis comments have it, for a field of `Tags` or any other name in printable ASCII.

    Raises ValueError for a name that comments cannot have (Vorbis I, 5.2.2: 0x20 to 0x7D without "=").
    """
    known = NAMES.get(name)
    if known is None and (not name or re.search(r"[^ -<>-}]", name)):
        raise ValueError(f"a tag cannot be named {name!r}: printable ASCII without '=' is")
    return known[0] if known else name.upper()


def field_of(key: str) -> str:
    """The field of `Tags` that a frame's key is read as, `license` for those that name one; "" for any other."""
    plain = _plain(key)
    return "license" if plain in _LICENSE_KEYS else _FIELDS.get(plain, "")


class Names(NamedTuple):
    comment: str
    id3: str
    mp4: str


ATOM: Final = "----:com.apple.iTunes:"
#: Where the fields of `Tags` are written. Any other name becomes a comment, a TXXX frame or an iTunes atom of its own.
NAMES: Final = {
    "title": Names("TITLE", "TIT2", "©nam"),
    "artist": Names("ARTIST", "TPE1", "©ART"),
    "album": Names("ALBUM", "TALB", "©alb"),
    "album_artist": Names("ALBUMARTIST", "TPE2", "aART"),
    "track_number": Names("TRACKNUMBER", "TRCK", "trkn"),
    "disc_number": Names("DISCNUMBER", "TPOS", "disk"),
    "date": Names("DATE", "TDRC", "©day"),
    "genre": Names("GENRE", "TCON", "©gen"),
    "composer": Names("COMPOSER", "TCOM", "©wrt"),
    "isrc": Names("ISRC", "TSRC", f"{ATOM}ISRC"),
    "barcode": Names("BARCODE", "TXXX:BARCODE", f"{ATOM}BARCODE"),
    "mb_recording": Names("MUSICBRAINZ_TRACKID", "UFID", f"{ATOM}MusicBrainz Track Id"),
    "mb_release": Names("MUSICBRAINZ_ALBUMID", "TXXX:MusicBrainz Album Id", f"{ATOM}MusicBrainz Album Id"),
    "mb_artist": Names("MUSICBRAINZ_ARTISTID", "TXXX:MusicBrainz Artist Id", f"{ATOM}MusicBrainz Artist Id"),
    "license": Names("LICENSE", "TXXX:LICENSE", f"{ATOM}LICENSE"),
    "copyright": Names("COPYRIGHT", "TCOP", "cprt"),
    "comment": Names("COMMENT", "COMM", "©cmt"),
}

#: Field by key, the key without its container's prefix and without blanks, strokes and hyphens.
_FIELDS: Final = {
    key: field
    for field, keys in {
        "title": "tit2 title ©nam riff:inam aiff:name",
        "artist": "tpe1 artist ©art author riff:iart aiff:auth",
        "album": "talb album ©alb albumtitle riff:iprd",
        "album_artist": "tpe2 albumartist aart",
        "track_number": "trck tracknumber track trkn riff:itrk riff:iprt",
        "disc_number": "tpos discnumber disc disk partofset",
        "date": "tdrc date year ©day riff:icrd",
        "genre": "tcon genre ©gen riff:ignr",
        "composer": "tcom composer ©wrt",
        "isrc": "tsrc isrc",
        "barcode": "barcode upc ean eanupn upcean",
        "mb_recording": "musicbrainztrackid ufid:http:musicbrainz.org",
        "mb_release": "musicbrainzalbumid",
        "mb_artist": "musicbrainzartistid",
        "copyright": "tcop copyright cprt riff:icop aiff:(c)",
        "comment": "comm comment comments description ©cmt riff:icmt aiff:anno",
    }.items()
    for key in keys.split()
}
_LICENSE_KEYS: Final = frozenset(
    {"license", "licence", "licenseurl", "licenceurl", "wcop", "user", "copyrighturl", "rights"}
    | {"usageterms", "webstatement", "termsofuse"}
)
#: Fields whose free text may be a license's name; elsewhere only an address counts ("GPL" may be a song).
_PROSE: Final = ("copyright", "comment")
_LICENSE_ADDRESS: Final = re.compile(
    r"creativecommons\.org/(licen[cs]es|publicdomain)/|gnu\.org/(licen[cs]es|copyleft)/|artlibre\.org"
    r"|opensource\.org/licen[cs]e|opendatacommons\.org/licen[cs]es|spdx\.org/licen[cs]es",
    re.IGNORECASE,
)
_LICENSE_NAME: Final = re.compile(
    r"creative\s*commons|\bCC[ -]?(BY|0|Zero)\b|\bA?L?GPL\b|\bGFDL\b|general public license|public\s*domain"
    r"|licen[cs]e art libre|free art licen[cs]e|\blicen[cs]ed under\b",
    re.IGNORECASE,
)
_PREFIX: Final = re.compile(r"^(txxx:|wxxx:|----:[^:]*:|wm/)", re.IGNORECASE)


def _plain(key: str) -> str:
    return re.sub(r"[ _/-]", "", _PREFIX.sub("", key).casefold())


def _names_license(key: str, value: str) -> bool:
    plain = _plain(key)
    if plain in _LICENSE_KEYS or _LICENSE_ADDRESS.search(value):
        return True
    return _FIELDS.get(plain) in _PROSE and _LICENSE_NAME.search(value) is not None


def _number(text: str) -> int | None:
    """The 3 of "3", "03" and "3/12"; vinyl's "A1" is no number."""
    found = re.match(r"\s*(\d{1,6})\s*(/|$)", text, re.ASCII)
    return int(found[1]) if found else None


def _collect(found: Found, frames: list[tuple[str, str]], art: list[Art]) -> None:
    room = MOST_TEXT - sum(len(value) for _, value in frames)
    for frame in found:
        if isinstance(frame, Art):
            art.append(frame)
            if len(art) > MOST_PICTURES:
                return
            continue
        if len(frames) >= MOST_FRAMES or room < 0:
            continue  # pictures may still come
        key, value = clean(frame[0])[:200], clean(frame[1])
        room -= len(value)
        if room >= 0:
            frames.append((key, value))


KINDS: Final = (
    *(
        MP3,
        TrueAudio,
        OggTheora,
        OggSpeex,
        OggVorbis,
        OggFLAC,
        FLAC,
        AIFF,
        APEv2File,
        MP4,
        ID3FileType,
        WavPack,
    ),
    *(Musepack, MonkeysAudio, OptimFROG, ASF, OggOpus, AAC, AC3, TAK, DSF, WAVE),
)


def _mutagen_frames(file: io.RawIOBase | io.BufferedIOBase) -> Iterator[tuple[str, str] | Art]:
    known, tags = _mutagen_tags(file)
    yield from _texts(tags)
    yield from art_in(known, tags)


def _texts(tags: Any) -> Iterator[tuple[str, str]]:
    if isinstance(tags, _id3.ID3):
        for frame in tags.values():
            yield from _id3_frame(frame)
    elif isinstance(tags, _MP4Tags):
        for key, values in tags.items():
            yield from ((key, text) for text in _mp4_texts(values))
    elif isinstance(tags, _APEv2):
        yield from _ape_frames(tags)
    elif isinstance(tags, ASFTags):
        for key, value in list.__iter__(tags):
            if not isinstance(value.value, bytes):  # pictures
                yield key, str(value.value)
    elif isinstance(tags, list):
        # Vorbis comments: a list of pairs, in which pictures are base64 text.
        for key, value in list.__iter__(tags):
            if key.upper() not in ("METADATA_BLOCK_PICTURE", "COVERART"):
                yield key, value


def _mutagen_tags(file: io.RawIOBase | io.BufferedIOBase) -> tuple[Any, Any]:
    """The file as mutagen knows it, or None, and its tags. This is the one time that mutagen parses it."""
    try:
        known = mutagen.File(file, options=KINDS)  # type: ignore[attr-defined, unused-ignore]
        return known, None if known is None else known.tags
    except mutagen.MutagenError:
        # The sound's own header is broken or unknown; an ID3 tag before it may still be whole.
        file.seek(0)
        with contextlib.suppress(mutagen.MutagenError):
            return None, _id3.ID3(file)
        raise


def _ape_after_mp3(file: io.RawIOBase | io.BufferedIOBase) -> Iterator[tuple[str, str] | Art]:
    """APEv2 at the end of an MP3, which mutagen's MP3 reader leaves out."""
    head = file.read(3) or b""
    if head == b"ID3" or head[:1] == b"\xff":
        file.seek(0)
        with contextlib.suppress(APENoHeaderError):
            tags = _APEv2(file)
            yield from _ape_frames(tags)
            yield from art_in(None, tags)


def _id3_frame(frame: Any) -> Iterator[tuple[str, str]]:
    key = frame.FrameID
    if getattr(frame, "desc", ""):
        key = f"{key}:{frame.desc}"
    if isinstance(frame, _id3.TCON):
        yield from ((key, genre) for genre in frame.genres)
    elif isinstance(frame, _id3.PairedTextFrame):
        yield from ((f"{key}:{role}", name) for role, name in frame.people)
    elif isinstance(frame, _id3.TextFrame):
        yield from ((key, str(text)) for text in frame.text)
    elif isinstance(frame, _id3.UrlFrame):
        yield key, frame.url
    elif isinstance(frame, _id3.USLT):
        yield _with_language(frame), frame.text
    elif isinstance(frame, _id3.SYLT):
        if frame.type in _SUNG and frame.format == _MILLISECONDS:
            yield _with_language(frame), as_lrc(frame.text)
    elif isinstance(frame, _id3.USER):
        yield key, frame.text
    elif isinstance(frame, _id3.UFID):
        yield f"{key}:{frame.owner}", frame.data.decode("ascii", "replace")


#: ID3v2.4, 4.9: what synchronised text is of (lyrics, transcription), and in what its times are told.
_SUNG: Final = (1, 2)
_MILLISECONDS: Final = 2


def _with_language(frame: Any) -> str:
    """The key of lyrics: with their description and language, where either is said."""
    language = frame.lang if frame.lang.strip("\0 ").casefold() not in ("", "xxx") else ""
    parts = (frame.FrameID, frame.desc, language) if language else (frame.FrameID, frame.desc)
    return ":".join(parts) if frame.desc or language else str(frame.FrameID)


def _ape_frames(tags: Any) -> Iterator[tuple[str, str]]:
    for key, value in tags.items():
        if isinstance(value, APETextValue):
            yield from ((key, text) for text in value)
        elif value.kind == 2:  # an address
            yield key, str(value)


def _mp4_texts(values: Any) -> Iterator[str]:
    for value in values if isinstance(values, list) else [values]:
        if isinstance(value, MP4Cover):
            continue
        if isinstance(value, bytes):
            yield value.decode("utf-8", "replace")
        elif isinstance(value, tuple):
            yield "/".join(str(part) for part in value if part)
        else:
            yield str(value)
