"""Is a written home complete, settled by its seed, and of the promised size?"""

import json
from pathlib import Path
from typing import Any

import pytest

from demo.files import write, write_home
from demo.shop import Shop, ShopPlan, simulate
from hub.config import load_config


def contents(folder: Path) -> dict[str, bytes]:
    files = (p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}


def test_second_writing_is_byte_for_byte_the_same_and_tells_its_progress(
    home: Path, shop: Shop, tmp_path: Path
) -> None:
    told: list[str] = []
    write_home(simulate(shop.plan), tmp_path, progress=told.append)
    first, again = contents(home), contents(tmp_path)
    assert set(first) == set(again)
    assert [name for name in first if first[name] != again[name]] == []
    assert [line.partition(":")[0] for line in told] == [
        "sales", "service logs", "jira", "mlflow", "releases", "experiments",
        "users of experiments", "calendar", "events", "exposure", "incidents", "cost",
        "service metrics", "settings",
    ]  # fmt: skip


def test_settings_are_a_valid_hub_home(home: Path) -> None:
    config = load_config(home)
    assert config.company == "Lantern & Loom"
    assert {s.kind for s in config.sources} == {
        "service_logs", "jira", "sales", "mlflow", "releases", "experiments", "calendar",
        "events", "exposure", "incidents", "cost", "service_metrics", "settings",
    }  # fmt: skip
    for source in config.sources:
        assert list(home.glob(source.path)), source.name
    pairs = [(p.metric, p.kpi) for p in config.link.primary]
    assert pairs[0] == ("recommender/ndcg_at_10", "revenue")
    assert len(pairs) == 3


def test_truth_lies_outside_the_exports(home: Path) -> None:
    assert sorted(p.name for p in home.iterdir()) == ["exports", "hub.yml", "metrics", "truth.json"]


def test_home_of_somebody_else_is_left_alone(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "hub.yml").write_text("company: Another\n")
    with pytest.raises(FileExistsError, match="another home"):
        write_home(shop, tmp_path)
    assert contents(tmp_path) == {"hub.yml": b"company: Another\n"}


def test_full_shop_has_the_promised_size(tmp_path: Path) -> None:
    write(simulate(ShopPlan.default()), tmp_path)
    truth: dict[str, Any] = json.loads((tmp_path / "truth.json").read_text())
    totals = truth["totals"]
    assert totals["service_logs"]["loaded"] >= 500_000
    assert truth["sales"]["orders"] >= 100_000
    assert totals["mlflow"]["files"] >= 60
    newest = ("exports/jira/jira-REC-2026-09-30-page-", "exports/jira/jira-SHOP-2026-09-30.csv")
    assert sum(f["loaded"] for f in truth["files"] if f["file"].startswith(newest)) >= 800
