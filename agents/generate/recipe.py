"""Defects as recipes: each plants one in a visit and states, as a fact of the trade, what must be found.

A recipe never computes its expectation by general rules. It knows the visit that it was given (`when` chose it), so it
can say outright which edit speaks on which line, and which lines are right.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from agents.generate.case import Case
    from agents.generate.cures import Cure
    from agents.generate.services import Scene

    Plant = Callable[[Case], "list[Cure]"]
    When = Callable[[Scene], bool]


class Layer(Enum):
    """What a recipe touches. Two recipes go together only where neither changes what the other one knows."""

    VISIT = "encounter, lines, more claims"
    DOCUMENTS = "documents alone"
    HEADER = "fields of one claim beside its lines"


class Recipe(NamedTuple):
    """One defect.

    weight    how often it happens, relative to the others
    age_days  how old the test is when its events begin (from, to): for what only time brings
    """

    name: str
    weight: float
    when: When
    plant: Plant
    layer: Layer
    age_days: tuple[int, int]


RECIPES: dict[str, Recipe] = {}
"""Every recipe by name."""

NO_AGE = (0, 0)


def recipe(
    name: str, weight: float, when: When, *, layer: Layer = Layer.VISIT, age_days: tuple[int, int] = NO_AGE
) -> Callable[[Plant], Plant]:
    """Enter a function among the recipes."""

    def enter(plant: Plant) -> Plant:
        RECIPES[name] = Recipe(name, weight, when, plant, layer, age_days)
        return plant

    return enter
