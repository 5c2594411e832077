# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be asked of the comparison: made-up listeners and artists, the money, the rules and their options."""

import re
from decimal import Decimal
from typing import Final

from msgspec import Struct
from starlette.datastructures import QueryParams

from onrecord.errors import UsageError
from onrecord.royalties.comparison import Options
from onrecord.royalties.generating import Population

#: Whom the others stand beside; it is always there.
BASELINE: Final = "pro-rata"


class Slider(Struct, frozen=True):
    """A number from `low` to `high` in steps. All are written as they go into the address and the command."""

    name: str
    label: str
    low: str
    high: str
    step: str
    usual: str
    hint: str = ""


class Rule(Struct, frozen=True):
    """A payout model, what it does in a sentence, and the options that are asked for."""

    name: str
    says: str
    sliders: tuple[Slider, ...] = ()
    usual: bool = True


PEOPLE: Final = (
    Slider("listeners", "Listeners", "50", "600", "50", "300"),
    Slider("artists", "Artists", "20", "300", "10", "120"),
    Slider("plays", "Plays of a listener in the month", "50", "800", "50", "400", "On average."),
    Slider("spread", "How unlike the listeners are", "0", "1.5", "0.1", "0.9", "0: all play as much."),
    Slider("zipf", "How much the popular are played", "0.5", "1.8", "0.1", "1.1", "0.5: nearly evenly."),
    Slider(
        "correlation",
        "Who plays more, plays the popular",
        "-0.3",
        "0.3",
        "0.05",
        "0",
        "Below 0: the unknown. Which way a rule leans hangs on this.",
    ),
    Slider("seed", "Another month of the same kind", "1", "20", "1", "1"),
)
FEE: Final = Slider(
    "fee", "What each listener brings", "1", "20", "0.5", "7", "After taxes and the service’s part."
)
RULES: Final = (
    Rule("user-centric", "Each listener’s money goes to those whom that listener plays."),
    Rule("shapley", "Each listener’s money in equal parts to all whom that listener plays.", usual=False),
    Rule(
        "hybrid",
        "A part pro-rata, the rest user-centric.",
        (Slider("hybrid.lambda", "Part pro-rata", "0", "1", "0.05", "0.5"),),
    ),
    Rule(
        "weighted",
        "A play counts less, the more its listener plays.",
        (
            Slider(
                "weighted.alpha", "How much less", "0", "1", "0.05", "0.5", "0: pro-rata; 1: user-centric."
            ),
        ),
        usual=False,
    ),
    Rule(
        "threshold",
        "Nothing below a number of plays; here by artist.",
        (Slider("threshold.streams", "Plays that it takes", "0", "5000", "100", "1000"),),
    ),
    Rule(
        "artist-centric",
        "Plays of artists with many listeners count more, those of who plays very much count less.",
        (
            Slider("artist-centric.boost", "How many times they count", "1", "5", "1", "2"),
            Slider(
                "artist-centric.listeners",
                "Listeners that it takes",
                "0",
                "500",
                "10",
                "50",
                "500 at the service that has it, of millions.",
            ),
        ),
    ),
)
_NUMBER: Final = re.compile(r"-?[0-9]{1,6}(\.[0-9]{1,4})?", re.ASCII)


class Asked(Struct, frozen=True):
    """One question, as pairs of what was chosen; equal questions are equal."""

    rules: tuple[str, ...]
    numbers: tuple[tuple[str, str], ...]

    @property
    def values(self) -> dict[str, str]:
        return dict(self.numbers)

    @property
    def population(self) -> Population:
        said = self.values
        return Population(
            listeners=int(said["listeners"]),
            artists=int(said["artists"]),
            seed=int(said["seed"]),
            plays=float(said["plays"]),
            spread=float(said["spread"]),
            zipf=float(said["zipf"]),
            correlation=float(said["correlation"]),
        )

    @property
    def options(self) -> Options:
        return Options(
            models=(BASELINE, *self.rules),
            settings=self._settings(),
            fee=self.values["fee"],
            baseline=BASELINE,
        )

    @property
    def words(self) -> str:
        """The same for the command."""
        models = [f"--model {name}" for name in (BASELINE, *self.rules)]
        options = [
            f"--option {model}.{key}={value}"
            for model, given in self._settings().items()
            for key, value in given.items()
        ]
        return " ".join([*models, *options, f"--fee {self.values['fee']}"])

    @property
    def people(self) -> tuple[tuple[str, str], ...]:
        """What the plays are made of."""
        return tuple((slider.name, self.values[slider.name]) for slider in PEOPLE)

    def _settings(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for name, value in self.numbers:
            model, dot, key = name.partition(".")
            if dot and model in self.rules:
                found.setdefault(model, {})[key] = value
        return found


def asked(query: QueryParams) -> Asked:
    """What an address asks; what it does not name is as usual. Raises UsageError."""
    names = query.getlist("rule")
    if unknown := [name for name in names if name not in {rule.name for rule in RULES}]:
        raise UsageError(
            f"rule: expected some of {', '.join(rule.name for rule in RULES)}, got {unknown[0][:40]!r}"
        )
    rules = tuple(rule.name for rule in RULES if (rule.name in names if names else rule.usual))
    sliders = [*PEOPLE, FEE, *(slider for rule in RULES for slider in rule.sliders)]
    return Asked(rules, tuple((slider.name, _chosen(slider, query)) for slider in sliders))


def _chosen(slider: Slider, query: QueryParams) -> str:
    said = query.get(slider.name, slider.usual).strip()
    low, high, step = map(Decimal, (slider.low, slider.high, slider.step))
    if not _NUMBER.fullmatch(said) or not low <= Decimal(said) <= high or (Decimal(said) - low) % step:
        raise UsageError(
            f"{slider.name}: expected {slider.low} to {slider.high} in steps of {slider.step}, got {said[:40]!r}"
        )
    # Equal numbers in one way of writing, so that they are one question.
    return f"{Decimal(said).normalize():f}" if Decimal(said) else "0"
