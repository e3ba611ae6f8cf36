"""The checker of chaos runs knows which learned edits a worker may have judged by, and when."""

from __future__ import annotations

import pytest

from agents.settings import load_rules
from streams.edit_set import EditSets
from streams.topics import EDITS
from tests.chaos.grounds import LAG, EditsInForce
from tests.chaos.observed import Seen
from tests.desk import edit


class Edits:
    """Edits on edits.v1: each with its partition and append time."""

    def __init__(self, *appended):
        self.records = {
            EDITS: [Seen(partition, 0, time, each.edit_id, b"", each, {}) for partition, time, each in appended]
        }


L1, L2, RETIRED = edit("L1"), edit("L2"), edit("L1", revision=2, status="RETIRED")


@pytest.mark.parametrize(
    ("edits", "time"),
    [
        ([], 0),
        ([L1], 100),
        ([L2], 200),  # the partition of L1 was not read yet
        ([L1, L2], 200),
        ([L2], 300),
        ([L2], 300 + 2 * LAG),
    ],
)
def test_a_worker_judges_by_each_partition_of_edits_as_far_as_it_has_come(edits, time):
    in_force = EditsInForce(load_rules())
    in_force.follow(Edits((0, 100, L1), (1, 200, L2), (0, 300, RETIRED)))
    name = EditSets(load_rules().digest).of({each.edit_id: each for each in edits}).name

    assert tuple(edits) == in_force.learned(name, time)


@pytest.mark.parametrize(("edits", "time"), [([L1], 99), ([L1, L2], 199), ([L1, L2], 301 + LAG), ([], 301 + LAG)])
def test_no_worker_judges_by_edits_to_come_or_long_gone(edits, time):
    in_force = EditsInForce(load_rules())
    in_force.follow(Edits((0, 100, L1), (1, 200, L2), (0, 300, RETIRED)))
    name = EditSets(load_rules().digest).of({each.edit_id: each for each in edits}).name

    assert in_force.learned(name, time) is None
