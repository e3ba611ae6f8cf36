"""`cleanclaim underpaid` on a cluster: what a store would say, from the topics."""

from __future__ import annotations

import pytest

from agents.cli import underpaid_claims
from schemas import registry
from streams.topics import CLAIMS_RELEASED, REMITTANCES
from tests.builders import line
from tests.integration.command_line import cleanclaim
from tests.integration.test_cli_underpaid import CSV, CUT, SHORT
from tests.mailroom import released

pytestmark = pytest.mark.kafka


@pytest.fixture
def report(site, broker, tmp_path):
    (tmp_path / "rates.csv").write_text(CSV)
    env = {"CLEANCLAIM_NAMESPACE": site.namespace}

    def run():
        arguments = ("--rates", tmp_path / "rates.csv", "--bootstrap-servers", broker.bootstrap)
        result = cleanclaim("underpaid", *arguments, env=env)
        assert 0 == result.exit_code, result.output
        return result.stdout

    return run


def send(site, claim_id, remittance):
    release = released(line("93015"), claim_id=claim_id)
    answer = remittance.model_copy(update={"claim_id": claim_id, "event_id": f"R-{claim_id}"})
    site.send(REMITTANCES.name, claim_id, registry.write(answer))
    site.send(CLAIMS_RELEASED.name, claim_id, registry.write(release))


def test_lines_on_a_cluster_are_compared_whatever_else_is_there_and_in_shares_where_there_are_many(
    site, report, monkeypatch
):
    send(site, "C1", SHORT)
    send(site, "C2", CUT)
    send(site, "C3", SHORT)
    site.send(REMITTANCES.name, "C1", b"no Avro")
    site.send(REMITTANCES.name, "C4", registry.write(SHORT.model_copy(update={"claim_id": "C4"})))  # never released

    whole = report()
    monkeypatch.setattr(underpaid_claims, "_AT_ONCE", 2)

    assert "2 lines of 3 short, by $10.00 in all. 1 reduced as a further procedure of the day, not listed." in whole
    assert ["C1", "C3"] == [row.split()[0] for row in whole.splitlines() if row.startswith("C")]
    assert whole == report()
