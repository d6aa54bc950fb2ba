"""The documented example home on real exports agrees with an independent count."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from hub.home import PROJECT_ROOT, HubHome
from hub.warehouse import open_published
from tests.pipeline.shop_builds import bellwether, bellwether_here

pytestmark = [pytest.mark.pipeline, pytest.mark.xdist_group("runs")]

EXAMPLE = PROJECT_ROOT / "docs" / "examples" / "real-exports"


@pytest.fixture(scope="module")
def home(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> HubHome:
    folder = tmp_path_factory.mktemp("real") / "home"
    folder.mkdir()
    shutil.copyfile(EXAMPLE / "hub.yml", folder / "hub.yml")
    told = bellwether("run", "--home", str(folder))
    assert told.code == 0, told.err + told.out
    return HubHome(folder)


def counted_by_hand(file: Path) -> tuple[int, Decimal, Decimal]:
    """Rows, gross and net revenue with plain pandas and exact decimals."""
    frame = pd.read_csv(file, encoding="utf-8-sig", dtype=str)
    amounts = [
        Decimal(quantity) * Decimal(price)
        for quantity, price in zip(frame["Quantity"], frame["UnitPrice"], strict=True)
    ]
    gross = sum((a for a in amounts if a > 0), Decimal(0))
    return len(frame), gross, sum(amounts, Decimal(0))


def test_row_counts_and_revenue_agree(home: HubHome, real_data: Path) -> None:
    hand = [counted_by_hand(real_data / "sales" / f"{c}.csv") for c in ("germany", "france")]
    con = open_published(home)
    loaded = dict(
        con.execute(
            "select source, loaded from marts.mart_data_health_sources where kind = 'sales'"
        ).fetchall()
    )
    revenue = dict(
        con.execute(
            "select metric_name, sum(metric_value) from metrics.observations "
            "where grain = 'month' and segment_name = '__all__' "
            "and metric_name in ('revenue', 'revenue_net') group by 1"
        ).fetchall()
    )
    by_country = dict(
        con.execute(
            "select segment_value, sum(metric_value) from metrics.observations "
            "where grain = 'day' and segment_name = 'country' "
            "and metric_name = 'revenue' group by 1"
        ).fetchall()
    )
    con.close()
    assert loaded == {"germany": hand[0][0], "france": hand[1][0]}
    assert revenue["revenue"] == pytest.approx(float(hand[0][1] + hand[1][1]), abs=0.005)
    assert revenue["revenue_net"] == pytest.approx(float(hand[0][2] + hand[1][2]), abs=0.005)
    assert by_country["Germany"] == pytest.approx(float(hand[0][1]), abs=0.005)
    assert by_country["France"] == pytest.approx(float(hand[1][1]), abs=0.005)


def test_log_lines_and_releases_agree(home: HubHome, real_data: Path) -> None:
    lines = (real_data / "logs" / "cloudflare.json.log").read_text().splitlines()
    tags = (real_data / "deploy" / "simonw+datasette_tags.tsv").read_text().splitlines()
    con = open_published(home)
    requests = con.execute(
        "select sum(metric_value) from metrics.observations where metric_name = 'requests' "
        "and grain = 'day' and segment_name = '__all__'"
    ).fetchone()
    loaded = dict(
        con.execute("select source, loaded from marts.mart_data_health_sources").fetchall()
    )
    con.close()
    assert requests == (len([line for line in lines if line.strip()]),)
    assert loaded["tags"] == len([tag for tag in tags if tag.strip()])


def test_without_model_metrics_it_says_what_is_missing(home: HubHome) -> None:
    told = bellwether("run", "--home", str(home.root))
    assert "No model metric and KPI to join yet" in told.out


def test_check_shows_what_it_detected(home: HubHome) -> None:
    told = bellwether_here("check", "--home", str(home.root))
    assert told.code == 0, told.out
    assert "all can be read" in told.out
