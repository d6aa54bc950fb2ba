"""Does a published build still say the same of a link when it is worked out again from its inputs?

Everything is computed anew from what the build holds: observations, releases, calendar, settings,
read-outs of experiments, and the other pairs' p-values for what the search deserves.
"""

from __future__ import annotations

import json
import math
from typing import Any

import duckdb
import pandas as pd

from assets.analysis_tables import DRAWN_TABLES, create_analysis_tables
from assets.evidence_insights import evidence_rows, link_cards, link_rows
from assets.experiment_insights import joinable, joined_experiments
from assets.insight_rows import insert_rows, read_rows
from assets.link_drawings import drawing_rows
from assets.link_estimates import estimate_rows, read_estimates
from assets.link_inputs import LinkInputs, read_faults, read_inputs
from assets.link_pairs import Pair, pairs_of
from assets.link_verdicts import judged_pairs, with_notes

RELATIVE = 1e-9
_TABLES = ("link_estimates", "links", "evidence")


def differences(con: duckdb.DuckDBPyConnection, link_id: str) -> list[str]:
    """Where the stored rows of a link and those worked out anew differ, in words; none: the same.

    Args:
        con: a published build, or the warehouse.

    Numbers count as the same when they agree to nine digits: libraries of linear algebra add up in
    another order on another machine.
    """
    inputs = read_inputs(con)
    pairs = pairs_of(inputs)
    pair = next((each for each in pairs if each.link_id == link_id), None)
    stored = _rows(con, "links", link_id)
    if pair is None or not stored:
        return [f"{link_id}: the inputs of this build hold no such pair."]
    is_drawn = bool(_rows(con, "link_notes", link_id))
    tables = (*_TABLES, *(DRAWN_TABLES if is_drawn else ()))
    with duckdb.connect() as fresh:
        create_analysis_tables(fresh)
        _work_out(con, fresh, pair, pairs, inputs, stored[0], is_drawn=is_drawn)
        return [
            line
            for table in tables
            for line in _compared(table, _rows(con, table, link_id), _rows(fresh, table, link_id))
        ]


def _work_out(
    con: duckdb.DuckDBPyConnection,
    fresh: duckdb.DuckDBPyConnection,
    pair: Pair,
    pairs: list[Pair],
    inputs: LinkInputs,
    stored: dict[str, Any],
    *,
    is_drawn: bool,
) -> None:
    """Write what the build should say of the pair into the empty tables of `fresh`."""
    rows = estimate_rows([pair], build=stored["inputs_build_id"])
    insert_rows(fresh, "link_estimates", pd.DataFrame(rows))
    if is_drawn:
        for table, frame in drawing_rows(pair, inputs).items():
            insert_rows(fresh, table, frame)
    judged = judged_pairs(pairs, read_estimates(con) | read_estimates(fresh), read_faults(con))
    mine = next(one for one in judged if one.pair is pair)
    note = next(iter(_rows(fresh, "link_notes", pair.link_id)), None)
    experiments = con.execute("select * from insights.experiments").df()
    joined = joined_experiments(joinable(experiments, inputs), inputs)
    cards = link_cards([with_notes(mine, note)], joined)
    links = link_rows(cards, inputs, build=stored["build_id"])
    insert_rows(fresh, "links", pd.DataFrame(links))
    insert_rows(fresh, "evidence", pd.DataFrame(evidence_rows(cards, inputs)))


def _rows(con: duckdb.DuckDBPyConnection, table: str, link_id: str) -> list[dict[str, Any]]:
    rows = read_rows(con, f"select * from insights.{table}")
    return sorted((row for row in rows if row["link_id"] == link_id), key=_order)


def _order(row: dict[str, Any]) -> str:
    keys = ("grade", "lag_days", "day", "released_on", "place")
    return json.dumps([str(row.get(key)) for key in keys])


def _compared(table: str, stored: list[dict[str, Any]], again: list[dict[str, Any]]) -> list[str]:
    if len(stored) != len(again):
        return [f"{table}: {len(stored)} rows stored, {len(again)} worked out."]
    return [
        _told(table, name, before[name], now[name])
        for before, now in zip(stored, again, strict=True)
        for name in before
        if not _same(before[name], now[name])
    ]


def _told(table: str, name: str, before: Any, now: Any) -> str:
    if name == "fingerprint":
        return f"{table}: the code, a library or an input is not that of the stored estimate."
    return f"{table}.{name}: stored {before}, worked out {now}."


def _same(before: Any, now: Any) -> bool:
    if isinstance(before, float) and isinstance(now, float):
        both_missing = math.isnan(before) and math.isnan(now)
        return both_missing or math.isclose(before, now, rel_tol=RELATIVE, abs_tol=1e-12)
    return bool(before == now)
