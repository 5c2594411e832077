# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Peers as a person names them."""

import click


def peer_of(text: str) -> tuple[str, int]:
    """ADDRESS:PORT as a pair; an IPv6 address stands in brackets. Raises BadParameter."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit():
        raise click.BadParameter(f"{text!r}: expected ADDRESS:PORT", param_hint="--peer")
    return host.strip("[]"), int(port)
