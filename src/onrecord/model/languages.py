# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Languages by the codes of ISO 639-3, as MusicBrainz writes them, and what the commonest are called."""

import re
from typing import Final

#: Names of those that music is sung and titled in most; any other goes by its code.
NAMES: Final = {
    "ara": "Arabic",
    "ben": "Bengali",
    "bre": "Breton",
    "bul": "Bulgarian",
    "cat": "Catalan",
    "ces": "Czech",
    "cmn": "Mandarin Chinese",
    "cym": "Welsh",
    "dan": "Danish",
    "deu": "German",
    "ell": "Greek",
    "eng": "English",
    "epo": "Esperanto",
    "est": "Estonian",
    "eus": "Basque",
    "fas": "Persian",
    "fin": "Finnish",
    "fra": "French",
    "gle": "Irish",
    "gla": "Scottish Gaelic",
    "glg": "Galician",
    "haw": "Hawaiian",
    "heb": "Hebrew",
    "hin": "Hindi",
    "hrv": "Croatian",
    "hun": "Hungarian",
    "hye": "Armenian",
    "ind": "Indonesian",
    "isl": "Icelandic",
    "ita": "Italian",
    "jpn": "Japanese",
    "kat": "Georgian",
    "kor": "Korean",
    "kur": "Kurdish",
    "lat": "Latin",
    "lav": "Latvian",
    "lit": "Lithuanian",
    "mkd": "Macedonian",
    "msa": "Malay",
    "mul": "Several languages",
    "nld": "Dutch",
    "nor": "Norwegian",
    "oci": "Occitan",
    "pan": "Punjabi",
    "pol": "Polish",
    "por": "Portuguese",
    "que": "Quechua",
    "ron": "Romanian",
    "rus": "Russian",
    "sme": "Northern Sami",
    "slk": "Slovak",
    "slv": "Slovenian",
    "spa": "Spanish",
    "sqi": "Albanian",
    "srp": "Serbian",
    "swa": "Swahili",
    "swe": "Swedish",
    "tam": "Tamil",
    "tel": "Telugu",
    "tgl": "Tagalog",
    "tha": "Thai",
    "tur": "Turkish",
    "ukr": "Ukrainian",
    "urd": "Urdu",
    "vie": "Vietnamese",
    "wol": "Wolof",
    "yid": "Yiddish",
    "yor": "Yoruba",
    "yue": "Cantonese",
    "zho": "Chinese",
    "zul": "Zulu",
    "zxx": "No words",
}
_CODE: Final = re.compile("[a-z]{2,3}(-[a-z0-9]{1,8})?")


def language(text: str) -> str:
    """The code as it is kept and asked for, "" where the text is none."""
    code = text.strip().casefold()
    return code if _CODE.fullmatch(code) else ""


def called(code: str) -> str:
    """What a person calls it."""
    return NAMES.get(code, code)
