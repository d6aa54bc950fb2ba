"""How do estimates become tables? Everything the analytics say of a build, in the order it depends.

Links, their drawings and release impacts are computed again only where their inputs changed; what
is said of a whole search (multiplicity, cards, faulty inputs) is worked out anew on every build.
"""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb
import pandas as pd

from assets.analysis_tables import INSIGHT_TABLES
from assets.evidence_insights import LinkCard, evidence_rows, link_cards, link_rows
from assets.experiment_insights import (
    experiment_link_rows,
    joinable,
    joined_experiments,
    overlap_rows,
    read_out_rows,
    read_outs_of,
    with_log_changes,
    withheld_by,
)
from assets.forecast_insights import forecast_tables
from assets.input_checks import Faults, input_faults
from assets.insight_rows import read_rows, replace_rows
from assets.link_drawings import update_drawings
from assets.link_estimates import read_estimates, update_estimates
from assets.link_inputs import LinkInputs, read_inputs, store_inputs
from assets.link_pairs import pairs_of
from assets.link_verdicts import judged_pairs, with_notes
from assets.onset_insights import onset_tables
from assets.release_insights import update_release_impacts
from hub.config import HubConfig


def write_insights(
    con: duckdb.DuckDBPyConnection,
    *,
    config: HubConfig,
    build: str,
    now: datetime | None = None,
) -> dict[str, int]:
    """Bring all insights up to date; returns rows per table.

    `now` is the moment that `fresh_within` of a source is counted from. The counts also say how
    many pairs and releases were estimated anew: `pairs_estimated`, `pairs_drawn`,
    `releases_estimated`.
    """
    faults = input_faults(con, config=config, now=now or datetime.now(UTC))
    tables, done = link_tables(con, config=config, build=build, faults=faults)
    tables |= onset_tables(con, config=config, build=build, faults=faults)
    tables |= forecast_tables(con, config=config, build=build, faults=faults)
    con.execute("begin")
    for name, frame in tables.items():
        replace_rows(con, name, frame)
    con.execute("commit")
    return _counts(con) | done


def link_tables(
    con: duckdb.DuckDBPyConnection, *, config: HubConfig, build: str, faults: Faults
) -> tuple[dict[str, pd.DataFrame], dict[str, int]]:
    """Update what is kept of links; returns the tables to replace, and what was done."""
    store_inputs(con, config=config, faults=faults, build=build)
    inputs = read_inputs(con)
    read_outs = read_outs_of(con, config=config)
    experiments = withheld_by(read_out_rows(read_outs), faults)
    compared = joinable(experiments, inputs)
    experiments = with_log_changes(experiments, compared)
    joined = joined_experiments(compared, inputs)
    pairs = pairs_of(inputs)
    estimated = update_estimates(con, pairs, build=build)
    judged = judged_pairs(pairs, read_estimates(con), faults)
    verdicts = {one.pair.link_id: (one.result.verdict, one.result.p_value) for one in judged}
    drawn = update_drawings(con, pairs, verdicts, inputs)
    notes = {row["link_id"]: row for row in read_rows(con, "select * from insights.link_notes")}
    cards = link_cards([with_notes(one, notes.get(one.pair.link_id)) for one in judged], joined)
    released = update_release_impacts(con, inputs, faults, build=build)
    tables = {
        **_card_tables(cards, inputs, build),
        "experiments": experiments,
        "experiment_links": experiment_link_rows(joined),
        "experiment_overlaps": overlap_rows(con, read_outs),
    }
    done = {"pairs_estimated": estimated, "pairs_drawn": drawn, "releases_estimated": released}
    return tables, done


def _card_tables(cards: list[LinkCard], inputs: LinkInputs, build: str) -> dict[str, pd.DataFrame]:
    return {
        "links": pd.DataFrame(link_rows(cards, inputs, build=build)),
        "evidence": pd.DataFrame(evidence_rows(cards, inputs)),
    }


def _counts(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    return {
        name: int(con.execute(f"select count(*) from insights.{name}").fetchall()[0][0])
        for name in INSIGHT_TABLES
    }
