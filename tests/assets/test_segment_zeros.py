"""Is a segment's missing row a zero exactly where everything that was counted lies elsewhere?"""

from __future__ import annotations

import json
from datetime import date

import duckdb
import pytest

from assets.observations import _FOUND
from assets.segment_zeros import counted_metrics, insert_zeros

SUM, COUNT, RATIO = 0, 1, 2


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect()
    made.execute(f"create temp table found ({_FOUND})")
    return made


def told(
    con: duckdb.DuckDBPyConnection,
    segment: str,
    *values: tuple[int, float | None],
    place: int = SUM,
    entity: str = "company",
) -> None:
    """Values of days of January, of a country or (`__all__`) of the whole."""
    name = "__all__" if segment == "__all__" else "country"
    for day, value in values:
        con.execute(
            "insert into found values (?, ?, ?, ?, ?, 'day', ?, ?, null, null, null)",
            [place, f"metric {place}", entity, name, segment, date(2026, 1, day), value],
        )


def zeros(con: duckdb.DuckDBPyConnection) -> list[tuple[int, str, int]]:
    insert_zeros(con, {SUM: True, COUNT: False})
    return con.execute(
        "select place, segment_value, day(period_start) from found where metric_value = 0 "
        "and segment_name = 'country' order by all"
    ).fetchall()


def test_a_day_on_which_the_whole_was_sold_elsewhere_is_a_zero(
    con: duckdb.DuckDBPyConnection,
) -> None:
    """The whole is known on the 1st to the 4th and the 6th. FR sold on the 1st and the 6th: zero
    on the three days between that are known, and nothing on the 5th. CH sold from the 2nd to the
    3rd: nothing is added before and after."""
    told(con, "__all__", (1, 9.0), (2, 9.0), (3, 9.0), (4, 9.0), (6, 9.0))
    told(con, "FR", (1, 2.0), (6, 2.0))
    told(con, "CH", (2, 1.0), (3, 1.0))
    assert zeros(con) == [(SUM, "FR", 2), (SUM, "FR", 3), (SUM, "FR", 4)]


def test_facts_that_tell_nothing_are_no_zero_of_a_sum_and_no_fact_of_a_count(
    con: duckdb.DuckDBPyConnection,
) -> None:
    for place in (SUM, COUNT):
        told(con, "__all__", (1, 9.0), (2, 9.0), (3, 9.0), (4, 9.0), place=place)
        told(con, "FR", (1, 2.0), (2, None), (4, 2.0), place=place)
    assert zeros(con) == [(SUM, "FR", 3), (COUNT, "FR", 2), (COUNT, "FR", 3)]


def test_a_day_of_which_the_whole_tells_nothing_stays_a_gap(
    con: duckdb.DuckDBPyConnection,
) -> None:
    told(con, "__all__", (1, 9.0), (2, None), (3, 9.0), (4, 9.0))
    told(con, "FR", (1, 2.0), (4, 2.0))
    assert zeros(con) == [(SUM, "FR", 3)]


def test_an_entity_is_asked_of_its_own_whole(con: duckdb.DuckDBPyConnection) -> None:
    for entity, days in (("api", (1, 2, 3)), ("web", (1, 3))):
        told(con, "__all__", *((day, 9.0) for day in days), entity=entity)
        told(con, "FR", (1, 2.0), (3, 2.0), entity=entity)
    assert zeros(con) == [(SUM, "FR", 2)]
    assert con.execute("select entity from found where metric_value = 0").fetchall() == [("api",)]


def test_what_neither_counts_nor_sums_is_left_alone(con: duckdb.DuckDBPyConnection) -> None:
    told(con, "__all__", (1, 0.5), (2, 0.5), (3, 0.5), place=RATIO)
    told(con, "FR", (1, 0.5), (3, 0.5), place=RATIO)
    assert zeros(con) == []


def test_which_metrics_count_or_sum_is_read_from_their_measures() -> None:
    measures: dict[str, dict[str, object]] = {
        "money": {"agg": "sum"},
        "buyers": {"agg": "count_distinct"},
        "price": {"agg": "average"},
        "stock": {"agg": "sum", "non_additive_dimension": {"name": "day"}},
    }
    manifest = {
        "semantic_models": [{"measures": [{"name": n} | told for n, told in measures.items()]}],
        "metrics": [
            *(
                {"name": f"of_{name}", "type": "simple", "type_params": {"measure": {"name": name}}}
                for name in measures
            ),
            {"name": "share", "type": "ratio", "type_params": {"measure": None}},
        ],
    }
    assert counted_metrics(json.dumps(manifest)) == {"of_money": True, "of_buyers": False}
