"""Running: nothing changed, two at once, from another folder, a broken source, Dagster's record."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest

from hub.home import DBT_PROJECT, PROJECT_ROOT, HubHome
from hub.warehouse import PublishedBuild, open_published, published_build
from tests.pipeline.shop_builds import Told, bellwether

pytestmark = [pytest.mark.pipeline, pytest.mark.xdist_group("runs")]

OUTAGE = "day,kind,name,country\n2026-06-01,outage,Payment provider down,\n"
LATER_METRIC = """\
version: 2
metrics:
  - name: returns_a_customer
    label: Returns a customer
    description: Value of what came back, per customer who ordered.
    type: ratio
    type_params: {numerator: returns_value, denominator: customers}
    config:
      meta:
        {layer: company, unit: EUR, direction: down, owner: Sales, role: guardrail,
         entity: company, source_kinds: [sales]}
"""


@pytest.fixture
def copy(built: HubHome, tmp_path: Path) -> HubHome:
    """A copy of the built home that a test may change."""
    shutil.copytree(built.root, tmp_path / "home")
    return HubHome(tmp_path / "home")


def files_under(folder: Path) -> set[str]:
    return {
        file.relative_to(folder).as_posix()
        for file in folder.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and ".git" not in file.parts
    }


def test_a_run_in_which_nothing_changed_skips_dbt_and_says_so(built: HubHome) -> None:
    before = published_build(built)
    told = bellwether("run", "--home", str(built.root))
    assert told.code == 0
    assert "dbt skipped, nothing changed" in told.out
    assert "nothing changed since the published build" in told.err
    assert "Building the layers" not in told.err
    assert "Publishing" not in told.err
    assert published_build(built) == before


@dataclass(frozen=True)
class Grown:
    """A home after two runs at once from another folder, and what stood there before."""

    home: HubHome
    elsewhere: Path
    told: list[Told]
    build: PublishedBuild | None
    project_files: set[str]
    home_files: set[str]


@pytest.fixture(scope="module")
def grown(built: HubHome, tmp_path_factory: pytest.TempPathFactory) -> Grown:
    """A new file and a broken one in a copy of the built home, which two runs start to load."""
    folder = tmp_path_factory.mktemp("grown")
    shutil.copytree(built.root, folder / "home")
    home, elsewhere = HubHome(folder / "home"), folder / "elsewhere"
    elsewhere.mkdir()
    (home.exports / "calendar" / "more.csv").write_text(OUTAGE)
    (home.exports / "calendar" / "broken.csv").write_text("when,what\n2026-08-01,outage\n")
    (home.metrics / "later.yml").write_text(LATER_METRIC)
    grown = Grown(
        home,
        elsewhere,
        told=[],
        build=published_build(home),
        project_files=files_under(DBT_PROJECT),
        home_files=files_under(home.root),
    )

    def run() -> None:
        grown.told.append(bellwether("run", "--home", str(home.root), cwd=elsewhere))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return grown


def test_a_new_file_is_published_and_nothing_is_written_outside_var(grown: Grown) -> None:
    assert published_build(grown.home) != grown.build
    con = open_published(grown.home)
    kinds = con.execute("select name from marts.mart_calendar where kind = 'outage'").fetchall()
    con.close()
    assert kinds == [("Payment provider down",)]
    assert files_under(grown.elsewhere) == set()
    assert files_under(DBT_PROJECT) == grown.project_files
    new = files_under(grown.home.root) - grown.home_files
    assert {name.split("/")[0] for name in new} == {"var"}


def test_a_metric_added_to_a_built_home_is_named_and_published(grown: Grown) -> None:
    assert sum("new metrics: returns_a_customer" in t.out + t.err for t in grown.told) == 1
    con = open_published(grown.home)
    values = con.execute(
        "select metric_name, period_start, metric_value, numerator, denominator "
        "from metrics.observations where segment_name = '__all__' and grain = 'month' "
        "and metric_name in ('returns_a_customer', 'returns_value', 'customers')"
    ).fetchall()
    con.close()
    by_metric: dict[str, dict[date, list[float]]] = {name: {} for name, *_ in values}
    for name, period, *numbers in values:
        by_metric[name][period] = numbers
    ratio, returned = by_metric["returns_a_customer"], by_metric["returns_value"]
    assert len(ratio) == 3
    assert ratio.keys() == returned.keys()
    for period, (value, numerator, denominator) in ratio.items():
        assert numerator == pytest.approx(returned[period][0])
        assert denominator == by_metric["customers"][period][0]
        assert value == pytest.approx(numerator / denominator)


def test_two_runs_at_once_wait_for_each_other(grown: Grown) -> None:
    waiting = "Waiting for the hub: it is being written by run"
    assert sum(waiting in t.err for t in grown.told) == 1
    assert sorted("1 rows loaded" in t.out for t in grown.told) == [False, True]
    assert sorted("dbt skipped, nothing changed" in t.out for t in grown.told) == [False, True]


def test_a_refused_file_is_named_and_the_rest_goes_on(grown: Grown) -> None:
    for told in grown.told:
        assert told.code == 1
        assert "broken.csv" in told.err
        assert "expected" in told.err
        assert "error: " not in told.err, "nothing but the refused file makes the run fail"
        assert "FAILED" not in told.out
        assert "Published build" in told.out
    con = open_published(grown.home)
    checks = con.execute(
        "select model, message from marts.mart_data_health_checks where status = 'error'"
    ).fetchall()
    con.close()
    assert [model for model, _ in checks] == ["calendar"]
    assert "broken.csv" in checks[0][1]


def test_the_run_stands_in_dagsters_own_record(
    built: HubHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dagster as dg

    monkeypatch.setenv("DAGSTER_HOME", str(built.dagster))
    with dg.DagsterInstance.get() as instance:
        runs = [(run.job_name, run.status.value) for run in instance.get_runs()]
    assert ("refresh", "SUCCESS") in runs


def test_the_job_can_be_checked_by_dagsters_own_command(built: HubHome) -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("dg")), "check", "defs"],
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT_ROOT,
        env=os.environ | {"BELLWETHER_HOME": str(built.root)},
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.long
def test_a_lost_order_line_marks_numbers_pages_and_answers_until_it_is_back(copy: HubHome) -> None:
    run = ("run", "--home", str(copy.root))
    with duckdb.connect(str(copy.warehouse)) as con:
        con.execute("create table main.kept as from raw.sales where order_id = '17'")
        con.execute("delete from raw.sales where order_id = '17'")
    (copy.exports / "calendar" / "more.csv").write_text(OUTAGE)
    told = bellwether(*run)
    assert told.code == 1
    assert "order_lines_in_are_order_lines_known" in told.err
    assert "Published build" in told.out
    asked = bellwether("query", "revenue", "--home", str(copy.root), "--format", "csv")
    assert "INVALID DATA: revenue rests on stg_sales_delivered_lines" in asked.err
    assert "INVALID" not in asked.out
    status = bellwether("status", "--json", "--home", str(copy.root))
    assert status.code == 1
    pages = {m["subject"] for m in status.json["invalid_data"] if m["subject_kind"] == "page"}
    assert {"success_metrics", "data_health"} <= pages
    assert "experiments" not in pages
    with duckdb.connect(str(copy.warehouse)) as con:
        con.execute("insert into raw.sales from main.kept")
        con.execute("drop table main.kept")
    # no file is new, and the build is made again all the same
    told = bellwether(*run)
    assert told.code == 0, told.err
    assert "dbt skipped" not in told.out
    status = bellwether("status", "--json", "--home", str(copy.root))
    assert (status.json["invalid_data"], status.json["failed_checks"]) == ([], [])
