"""The indexed tables answer as a scan of their rows would, whatever the rows."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from agents.reference import load_tables
from streams.cms import parse_ptp
from streams.codes import FAMILY
from streams.reference import Pair, Reference, Support, Tables
from streams.reference.sheets import parse_pairs

SHIPPED = load_tables()
SMALL = replace(SHIPPED, leaves=SHIPPED.leaves._replace(codes=("I10", "I2510", "I25118", "R072")))
CLAIM_TYPES = ("PROFESSIONAL", "INSTITUTIONAL")

codes = st.sampled_from(["93015", "93017", "93351", "93000", "99213"])
days = st.dates(date(2023, 12, 28), date(2024, 1, 6))
pairs = st.lists(st.builds(Pair, codes, codes, st.sampled_from("01"), days, days), max_size=12)
supports = st.lists(
    st.builds(
        Support,
        st.sampled_from(["A", "B"]),
        st.sets(codes, min_size=1).map(frozenset),
        st.sampled_from(["I25", "I251", "I2510", "I2511", "I10", "R07", "R072"]),
        st.booleans(),
        days,
        days,
    ),
    max_size=12,
)


def reference(**changes) -> Reference:
    return Reference.of(replace(SMALL, **changes))


@given(pairs, st.sampled_from(CLAIM_TYPES), codes, codes, days)
def test_the_indicators_of_a_pair_are_those_of_its_rows_in_force(rows, claim_type, column1, column2, day):
    other = next(kind for kind in CLAIM_TYPES if kind != claim_type)
    judged = reference(pairs={claim_type: tuple(rows), other: ()})
    scanned = {
        row.modifier_indicator
        for row in rows
        if (row.column1, row.column2) == (column1, column2) and row.effective_from <= day <= row.effective_to
    }

    assert scanned == judged.ptp_indicators(claim_type, column1, column2, day)
    assert set() == judged.ptp_indicators(other, column1, column2, day)


@given(pairs, codes)
def test_the_partners_of_a_code_are_all_that_share_a_row_with_it(rows, code):
    judged = reference(pairs={"PROFESSIONAL": tuple(rows), "INSTITUTIONAL": ()})
    scanned = {row.column2 for row in rows if row.column1 == code} | {
        row.column1 for row in rows if row.column2 == code
    }

    assert scanned == judged.ptp_partners("PROFESSIONAL", code)


@given(st.sampled_from(CLAIM_TYPES), st.sampled_from(sorted(FAMILY)), st.data())
def test_no_pair_is_in_force_with_a_code_that_is_no_partner(claim_type, code, data):
    judged = Reference.of(SHIPPED)
    row = data.draw(st.sampled_from(SHIPPED.pairs[claim_type]))
    other = row.column1 if row.column1 not in FAMILY else row.column2
    on = data.draw(st.dates(date(1996, 1, 1), date(2030, 1, 1)))
    either = judged.ptp_indicators(claim_type, code, other, on) | judged.ptp_indicators(claim_type, other, code, on)

    assert not either or other in judged.ptp_partners(claim_type, code)


@given(supports, st.sampled_from(["I10", "I2510", "I25118", "R072", "I251", "M545"]), codes, days)
def test_a_diagnosis_supports_as_the_rows_above_it_say(rows, diagnosis, code, day):
    above = [
        row
        for row in rows
        if code in row.procedure_codes
        and diagnosis.startswith(row.diagnosis)
        and row.effective_from <= day <= row.effective_to
    ]
    leaf = diagnosis in SMALL.leaves.codes
    scanned = leaf and bool(above) and not any(row.never_alone for row in above)

    assert scanned == reference(supports=tuple(rows)).supports(diagnosis, code, day)


def shuffled(tables: Tables, random) -> Tables:
    def mixed(rows):
        rows = list(rows)
        random.shuffle(rows)
        return tuple(rows)

    return replace(
        tables,
        places=dict(mixed(tables.places.items())),
        pairs={kind: mixed(tables.pairs[kind]) for kind in mixed(tables.pairs)},
        unit_limits={kind: dict(mixed(limits.items())) for kind, limits in mixed(tables.unit_limits.items())},
        fees=mixed(tables.fees),
        supports=mixed(tables.supports),
    )


@given(pairs, supports, st.randoms(use_true_random=False))
def test_the_digest_does_not_depend_on_the_order_of_rows(rows, policy, random):
    tables = replace(SMALL, pairs={"PROFESSIONAL": tuple(rows), "INSTITUTIONAL": ()}, supports=tuple(policy))

    assert Reference.of(tables).digest == Reference.of(shuffled(tables, random)).digest


@given(pairs, pairs)
def test_the_digest_tells_tables_apart(rows, others):
    one, two = (reference(pairs={"PROFESSIONAL": tuple(some), "INSTITUTIONAL": ()}) for some in (rows, others))

    assert (sorted(rows) == sorted(others)) == (one.digest == two.digest)


family_pairs = pairs.map(lambda rows: [row for row in rows if {row.column1, row.column2} & FAMILY]).filter(bool)


@given(family_pairs)
def test_cms_layout_and_ours_say_the_same(rows):
    own = ["column1,column2,modifier_indicator,effective_date,deletion_date"]
    own += [f"{row.column1},{row.column2},{row.modifier_indicator},{row[3]},{row[4]}" for row in rows]
    cms = ["heading"] * 6
    cms += [
        f"{row.column1}\t{row.column2}\t\t{row[3]:%Y%m%d}\t{row[4]:%Y%m%d}\t{row.modifier_indicator}\tx" for row in rows
    ]

    assert list(parse_pairs("own", own)) == list(parse_ptp("cms", cms)) == rows


@given(days)
def test_a_release_is_in_force_from_its_first_to_its_last_day(day):
    first = date(2024, 1, 1)
    leaves = SMALL.leaves._replace(valid_from=first, valid_to=first + timedelta(days=2))

    assert (day in {first + timedelta(days=n) for n in range(3)}) == reference(leaves=leaves).leaves_cover(day)
