# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Languages as tags of files name them (ISO 639-2), and as pages do (BCP 47: the shortest code)."""

from collections.abc import Mapping
from typing import Final

_PAIRS: Final = (
    "ara:ar ben:bn bul:bg cat:ca ces:cs cze:cs chi:zh zho:zh dan:da deu:de ger:de ell:el gre:el eng:en spa:es "
    "est:et eus:eu baq:eu fas:fa per:fa fin:fi fra:fr fre:fr gle:ga heb:he hin:hi hrv:hr hun:hu hye:hy arm:hy "
    "ind:id isl:is ice:is ita:it jpn:ja kat:ka geo:ka kor:ko lat:la lav:lv lit:lt mkd:mk mac:mk nld:nl dut:nl "
    "nob:nb nno:nn nor:no pol:pl por:pt ron:ro rum:ro rus:ru slk:sk slo:sk slv:sl sqi:sq alb:sq srp:sr swa:sw "
    "swe:sv tam:ta tha:th tur:tr ukr:uk urd:ur vie:vi yid:yi zul:zu"
)
LANGUAGES: Final[Mapping[str, str]] = dict(pair.split(":") for pair in _PAIRS.split())
