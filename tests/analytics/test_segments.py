"""Is a difference made by the mix of segments told from one that holds within them?"""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.contingency_tables import StratifiedTable

from analytics.segments import WithinSegments, within_segments

Known = dict[str, pd.DataFrame]


def berkeley(known: Known) -> pd.DataFrame:
    """Admissions by sex and department (Bickel, Hammel and O'Connell, Science 187, 1975)."""
    wide = known["ucbadmissions"].pivot_table(
        index=["Gender", "Dept"], columns="Admit", values="Freq"
    )
    wide = wide.reset_index()
    return pd.DataFrame(
        {
            "group": wide["Gender"],
            "segment": wide["Dept"],
            "successes": wide["Admitted"],
            "trials": wide["Admitted"] + wide["Rejected"],
        }
    )


def women_against_men(table: pd.DataFrame) -> WithinSegments:
    return within_segments(table, baseline="Male", other="Female")


def test_berkeley_admissions_reverse_within_departments(known: Known) -> None:
    found = women_against_men(berkeley(known))
    # pooled 30.4 % of women, 44.5 % of men
    assert found.pooled.difference == pytest.approx(0.3035 - 0.4452, abs=0.0005)
    assert found.pooled.p_value < 1e-10
    assert found.within.difference > 0.0
    assert (found.is_reversed, found.is_mix) == (True, True)
    # R's mantelhaen.test(UCBAdmissions), men against women: 0.9047 [0.7719, 1.0603]
    assert 1.0 / found.within.odds_ratio == pytest.approx(0.9047, abs=0.0001)
    assert 1.0 / found.within.interval[0] == pytest.approx(1.0603, abs=0.0001)
    assert 1.0 / found.within.interval[1] == pytest.approx(0.7719, abs=0.0001)
    # 82.4 % of women and 62.1 % of men in department A
    assert found.segments.set_index("segment")["difference"]["A"] == pytest.approx(0.2035, abs=1e-3)


def test_berkeley_no_longer_reverses_without_its_departments_or_mix(known: Known) -> None:
    table = berkeley(known)
    together = table.groupby("group", as_index=False)[["successes", "trials"]].sum()
    found = women_against_men(together.assign(segment="all"))
    assert (found.is_reversed, found.is_mix, found.mix_effect) == (False, False, 0.0)
    rate = table["successes"] / table["trials"]
    same_mix = table.assign(trials=300, successes=(300 * rate).round())
    assert not women_against_men(same_mix).is_reversed


def test_figures_are_those_of_statsmodels(known: Known) -> None:
    table = berkeley(known)
    cells = [
        np.array(
            [
                [women["successes"], women["trials"] - women["successes"]],
                [men["successes"], men["trials"] - men["successes"]],
            ]
        )
        for _, rows in table.groupby("segment")
        for women, men in [
            (rows[rows["group"] == "Female"].iloc[0], rows[rows["group"] == "Male"].iloc[0])
        ]
    ]
    theirs = StratifiedTable([each.astype(float) for each in cells])
    ours = women_against_men(table).within
    assert ours.odds_ratio == pytest.approx(theirs.oddsratio_pooled)
    assert ours.interval == pytest.approx(theirs.oddsratio_pooled_confint())


def test_a_difference_that_holds_everywhere_is_no_mix() -> None:
    table = pd.DataFrame(
        {
            "group": ["a", "b"] * 3,
            "segment": ["x", "x", "y", "y", "z", "z"],
            "successes": [100, 200, 200, 300, 300, 400],
            "trials": 1000,
        }
    )
    found = within_segments(table, baseline="a", other="b")
    assert found.within.difference == pytest.approx(0.1)
    assert not found.is_mix
    assert "holds within" in found.reason


def test_segments_of_one_group_alone_and_empty_ones_do_not_raise() -> None:
    table = pd.DataFrame(
        {
            "group": ["a", "b", "a", "b"],
            "segment": ["x", "y", "z", "z"],
            "successes": [1, 2, 0, 0],
            "trials": [10, 20, 0, 0],
        }
    )
    found = within_segments(table, baseline="a", other="b")
    assert np.isnan(found.within.odds_ratio)
    assert not found.is_mix


@pytest.mark.parametrize(
    ("changes", "named"),
    [({"successes": 11}, "'x'"), ({"successes": -1}, "'x'"), ({"trials": np.nan}, "'x'")],
)
def test_impossible_counts_name_the_row(changes: dict[str, float], named: str) -> None:
    table = pd.DataFrame(
        {"group": ["a", "b"], "segment": "x", "successes": 5.0, "trials": 10.0}
    ).assign(**changes)
    with pytest.raises(ValueError, match=named):
        within_segments(table, baseline="a", other="b")


def test_misuse_names_the_argument() -> None:
    table = pd.DataFrame({"group": ["a"], "segment": "x", "successes": 5, "trials": 10})
    with pytest.raises(ValueError, match="other"):
        within_segments(table, baseline="a", other="b")
    with pytest.raises(ValueError, match="trials"):
        within_segments(table.drop(columns="trials"), baseline="a", other="b")
    with pytest.raises(TypeError, match="table"):
        within_segments([], baseline="a", other="b")  # type: ignore[arg-type]
    both = pd.concat([table, table.assign(group="b")])
    with pytest.raises(ValueError, match="twice"):
        within_segments(pd.concat([both, table]), baseline="a", other="b")
