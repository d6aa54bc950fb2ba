"""Can an executive read the first lines of a link's card, and a data scientist the rest?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from assets.insight_rows import replace_rows
from assets.insights import link_tables
from cli.findings import print_findings, read_findings
from cli.link import print_link, sentence, worth_sentence
from hub.home import HubHome
from hub.warehouse import publish
from tests.assets.link_worlds import GAINS, config, hub, with_experiments, world


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> HubHome:
    """A published build of a small hub with one declared pair and one KPI."""
    home = HubHome(tmp_path_factory.mktemp("cards") / "home")
    home.make_var()
    con = hub(world())
    tables, _ = link_tables(con, config=config(kpis=["revenue"]), build="b1", faults={})
    return published(home, con, tables)


def published(
    home: HubHome, con: duckdb.DuckDBPyConnection, tables: Mapping[str, pd.DataFrame]
) -> HubHome:
    """The home with a published build of the warehouse in memory and these tables."""
    for name, frame in tables.items():
        replace_rows(con, name, frame)
    con.execute(f"attach '{home.warehouse}' as file")
    con.execute("copy from database memory to file")
    con.close()
    publish(home, "b1")
    return home


@pytest.fixture(scope="module")
def doubted(tmp_path_factory: pytest.TempPathFactory) -> HubHome:
    """A published build in which experiments give a verdict, and a check fails below its KPI."""
    home = HubHome(tmp_path_factory.mktemp("doubted") / "home")
    home.make_var()
    con = with_experiments(world(), gains=GAINS)
    con.execute(
        "insert into meta.marks select 'metric', 'revenue', 'lines_add_up', 'orders', 3, "
        "timestamptz '2026-03-01 04:00:00+00', 'b1'"
    )
    settings = config(experiment_gains="log", draw_pairs=0, kpis=["revenue"])
    fault = "the check lines_add_up fails on orders (3 rows)"
    faults = {"metric revenue": [fault]}
    tables, _ = link_tables(con, config=settings, build="b1", faults=faults)
    return published(home, con, tables)


def card(**other: Any) -> dict[str, Any]:
    row = {
        "entity": "ranker",
        "metric_label": "NDCG@10",
        "kpi_label": "Revenue",
        "verdict": "moves",
        "verdict_reason": "Because.",
        "money_month": 1200.0,
        "money_month_low": 400.0,
        "money_month_high": 2000.0,
        "currency": "EUR",
        "n_releases": 9,
        "lag_days": 5,
        "lag_set_low": 4,
        "lag_set_high": 6,
    }
    return row | other


def test_the_verdict_is_a_sentence_with_money_and_interval() -> None:
    assert sentence(card()) == (
        "MOVES: Revenue changed with ranker NDCG@10, by more than chance explains. Because."
    )
    assert worth_sentence(card()) == (
        "Worth +1,200 € [400, 2,000] a month (95 % interval), all 9 releases together, "
        "5 days (4–6) after a release."
    )


def test_what_is_not_shown_is_not_called_a_worth() -> None:
    told = worth_sentence(card(verdict="not enough data"))
    assert told.startswith("Best guess for all 9 releases together, not established")
    assert worth_sentence(card(money_month=None)) == ""


def test_a_card_says_what_a_data_scientist_asks(
    home: HubHome, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("ranker/ndcg_at_10", "revenue")
    assert print_link(*asked, home=home.root, as_json=False, again=True) == 0
    told = " ".join(capsys.readouterr().out.split())
    for words in (
        "MOVES: revenue changed with ranker ndcg_at_10",
        "releases (gives the verdict)",
        "No experiment has measured this pair.",
        "smallest detectable effect",
        "smallest effect that matters",
        "lead placebo p =",
        "does it fade?",
        "do later releases add less?",
        "more needed",
        "caveat",
        "method",
        "inputs of build │ b1",
        "--again",
        "the same in every figure",
    ):
        assert words in told, words


def test_a_build_that_no_longer_says_the_same_is_told(
    home: HubHome, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = HubHome(tmp_path / "home")
    other.make_var()
    other.warehouse.write_bytes(home.warehouse.read_bytes())
    with duckdb.connect(str(other.warehouse)) as con:
        con.execute("update insights.link_estimates set effect = effect + 0.1")
        con.execute("update insights.links set effect = effect + 0.1")
    publish(other, "b2")
    asked = ("ranker/ndcg_at_10", "revenue")
    assert print_link(*asked, home=other.root, as_json=False, again=True) == 1
    assert "links.effect: stored" in capsys.readouterr().out


def test_a_build_of_an_earlier_version_says_what_to_run(
    home: HubHome, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = HubHome(tmp_path / "home")
    other.make_var()
    other.warehouse.write_bytes(home.warehouse.read_bytes())
    with duckdb.connect(str(other.warehouse)) as con:
        con.execute("drop table insights.evidence")
    publish(other, "b2")
    assert print_link("ranker/ndcg_at_10", "revenue", home=other.root, as_json=False) == 1
    assert "bellwether run" in capsys.readouterr().err


FAILS = "the check lines_add_up fails on orders (3 rows, since 2026-03-01)"


def test_money_that_rests_on_a_failed_check_is_marked_where_experiments_give_the_verdict(
    doubted: HubHome, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("ranker/ndcg_at_10", "revenue")
    assert print_link(*asked, home=doubted.root, as_json=False) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "MOVES: revenue changed with ranker ndcg_at_10" in told
    assert "] INVALID DATA a month (95 % interval)" in told
    assert f"The amount is invalid data, the verdict of experiments stands: {FAILS}." in told
    assert "EUR a month (invalid data)" in told
    print_link(*asked, home=doubted.root, as_json=True)
    (as_json,) = json.loads(capsys.readouterr().out)
    assert as_json["invalid_data"] == [FAILS]
    assert [row["invalid_data"] for row in as_json["evidence"]] == [[FAILS], [FAILS]]


def test_the_table_of_a_run_marks_the_same_money(
    doubted: HubHome, capsys: pytest.CaptureFixture[str]
) -> None:
    print_findings(doubted)
    told = " ".join(capsys.readouterr().out.split())
    assert "] INVALID DATA" in told
    assert f"The amount is invalid data, the verdict of experiments stands: {FAILS}." in told
    marked = {row["link_id"]: row["invalid_data"] for row in read_findings(doubted)["links"]}
    assert marked["ranker.ndcg_at_10.revenue"] == [FAILS]


def test_money_that_rests_on_no_failed_check_is_not_marked(
    home: HubHome, capsys: pytest.CaptureFixture[str]
) -> None:
    print_findings(home)
    print_link("ranker/ndcg_at_10", "revenue", home=home.root, as_json=False)
    assert "invalid data" not in capsys.readouterr().out.lower()
