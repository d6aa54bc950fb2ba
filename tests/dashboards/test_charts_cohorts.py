"""Does the heat map of cohorts leave open months empty and write shares where they are known?"""

from __future__ import annotations

from dashboards.charts_cohorts import cohort_chart, cohort_table
from dashboards.tokens import DARK, LIGHT
from tests.dashboards.generated_company import cohorts


def test_a_month_that_is_not_over_has_no_cell() -> None:
    table = cohort_table(cohorts(), "retention")
    assert [f"{month:%Y-%m}" for month in table.index] == ["2025-01"]
    assert table.iloc[0].to_dict() == {1: 0.1}


def test_every_known_share_is_written_with_its_customers() -> None:
    for theme in (LIGHT, DARK):
        (heat,) = cohort_chart(cohorts(), theme).data
        assert [list(row) for row in heat.text] == [["10"]]
        assert [list(row) for row in heat.customdata] == [["10 of 100 customers"]]
        assert list(heat.y) == ["January 2025"]
        assert list(heat.x) == ["1"]


def test_a_true_zero_is_written_as_zero() -> None:
    cells = cohorts()
    at = (cells["months_since"] == 1) & (cells["cohort_month"] == "2025-01-01")
    cells.loc[at, ["active_customers", "retention"]] = 0.0
    (heat,) = cohort_chart(cells, LIGHT).data
    assert [list(row) for row in heat.text] == [["0"]]
