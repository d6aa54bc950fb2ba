"""Do the rows of the layers' benchmark come out, and would a difference be seen?"""

from pathlib import Path

import duckdb
import pytest

from benchmarks.layer_metrics import MetricsBench
from benchmarks.layers import check_same


def test_observations_equal_those_by_hand_and_a_difference_is_refused(tmp_path: Path) -> None:
    bench = MetricsBench(tmp_path, rows=2000, days=14)
    ours, by_hand = bench.compare(1)
    assert ours > 0
    assert by_hand > 0
    # 14 days, 2 weeks and a month of 60 metrics, in total and by 32 values of segments
    assert bench.observations() == 60 * (14 + 2 + 1) * 33
    bench.change_one_value()
    assert bench.differing() == 1


def test_grown_facts_that_differ_are_named() -> None:
    check_same({"minutes": 1, "hours": 2}, {"minutes": 1, "hours": 2})
    with pytest.raises(ValueError, match="differ from a rebuild: hours"):
        check_same({"minutes": 1, "hours": 3}, {"minutes": 1, "hours": 2})


def test_a_hash_of_rows_sees_one_value() -> None:
    with duckdb.connect() as con:
        same, other = (
            con.execute(f"select sum(hash(t)) from (values (1, {x}), (2, 0.5)) as t").fetchall()
            for x in (0.25, 0.26)
        )
    assert same != other
