# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what by the web: people and their roles, what each address asks for, how much one client gets.

Reading needs no account. Whatever no line of `doors` names is refused for everybody.
"""
