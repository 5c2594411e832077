# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m onrecord` is the command line."""

from onrecord.cli import main

if __name__ == "__main__":
    main()
