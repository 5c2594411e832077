# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Business days in the United States: Monday to Friday without the federal holidays (5 U.S.C. 6103). Pure."""

import datetime as dt
from typing import Final

_MONDAY, _THURSDAY, _SATURDAY, _SUNDAY = 0, 3, 5, 6
_DAY: Final = dt.timedelta(days=1)
#: Juneteenth is a holiday since Public Law 117-17.
_JUNETEENTH: Final = 2021


def is_business_day(day: dt.date) -> bool:
    return day.weekday() < _SATURDAY and day not in holidays(day.year)


def business_days_after(day: dt.date, count: int) -> dt.date:
    """The business day that is the `count`-th after a day; the day itself does not count."""
    while count > 0:
        day += _DAY
        count -= is_business_day(day)
    return day


def holidays(year: int) -> frozenset[dt.date]:
    """The days of a year on which a federal holiday is kept, all over the country.

    One on a Saturday is kept on the Friday before (5 U.S.C. 6103(b)), one on a Sunday on the Monday after (Executive
    Order 11582); so New Year's Day may be kept in the year before. Inauguration Day is one about Washington alone.
    """
    return frozenset(kept for each in (year, year + 1) for kept in _kept(each) if kept.year == year)


def _kept(year: int) -> list[dt.date]:
    """5 U.S.C. 6103(a), in its order."""
    fixed = [(1, 1), (7, 4), (11, 11), (12, 25)]
    if year >= _JUNETEENTH:
        fixed.append((6, 19))
    return [
        *(_moved(dt.date(year, month, day)) for month, day in fixed),
        _nth(year, 1, _MONDAY, 3),  # Birthday of Martin Luther King, Jr.
        _nth(year, 2, _MONDAY, 3),  # Washington's Birthday
        _nth(year, 6, _MONDAY, 1) - 7 * _DAY,  # Memorial Day, the last Monday in May
        _nth(year, 9, _MONDAY, 1),  # Labor Day
        _nth(year, 10, _MONDAY, 2),  # Columbus Day
        _nth(year, 11, _THURSDAY, 4),  # Thanksgiving Day
    ]


def _moved(day: dt.date) -> dt.date:
    return day - _DAY if day.weekday() == _SATURDAY else day + _DAY if day.weekday() == _SUNDAY else day


def _nth(year: int, month: int, weekday: int, number: int) -> dt.date:
    first = dt.date(year, month, 1)
    return first + dt.timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))
