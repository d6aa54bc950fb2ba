"""Are an MLflow database, a model registry and tables of runs read as what they say?"""

from __future__ import annotations

import json
import math
import os
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.sources import SourceError

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub

DDL = """
create table experiments (experiment_id integer primary key, name text, lifecycle_stage text);
create table runs (run_uuid text primary key, name text, status text, start_time bigint,
  end_time bigint, lifecycle_stage text, experiment_id integer);
create table metrics (key text, value float, timestamp bigint, run_uuid text, step bigint,
  is_nan boolean);
create table params (key text, value text, run_uuid text);
create table tags (key text, value text, run_uuid text);
create table model_versions (name text, version integer, creation_time bigint,
  last_updated_time bigint, current_stage text, run_id text);
create table registered_model_aliases (alias text, version integer, name text);
insert into experiments values (7, 'ranking', 'active');
insert into runs values ('r1', 'brave-owl', 'FINISHED', 1740820500000, 1740820800000, 'active', 7),
  ('r2', null, 'FAILED', 1740820500000, null, 'deleted', 7);
insert into params values ('dataset', 'holdout', 'r1'), ('model', 'recommender', 'r1');
insert into tags values ('mlflow.runName', 'slow-ox', 'r2');
insert into model_versions values
  ('recommender', 1, 1740820800000, 1740907200000, 'Archived', 'r1'),
  ('recommender', 2, 1740820900000, 1740907200000, 'Production', 'r2');
insert into registered_model_aliases values ('champion', 2, 'recommender');
"""
POINTS = [
    ("ndcg@10", 0.41, 1740820600000, "r1", 0, 0),
    ("ndcg@10", 0.43, 1740820700000, "r1", 1, 0),
    ("loss", 0.0, 1740820700000, "r1", 1, 1),
    ("gap", sys.float_info.max, 1740820700000, "r1", 1, 0),
    ("gap", -sys.float_info.max, 1740820700000, "r2", 1, 0),
    ("late", 0.5, -4, "r1", 1, 0),
]


def _database(hub: Hub, name: str = "in/mlflow.db", *, pragma: str = "") -> Path:
    path = hub.home.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as db:
        db.executescript(pragma + DDL)
        db.executemany("insert into metrics values (?, ?, ?, ?, ?, ?)", POINTS)
        db.commit()
    return path


def test_a_database_is_read_whole_and_stays_as_it_is(hub: Hub) -> None:
    path = _database(hub, pragma="pragma journal_mode=wal;")
    before = path.read_bytes()
    (result,) = hub.load("mlflow")
    assert (result.records, result.loaded, result.quarantined) == (2 + 6 + 3 + 3, 13, 1)
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == ["mlflow.db"]
    assert hub.rows("SELECT run_id, experiment_name, run_name, status FROM raw.mlflow_runs") == [
        ("r1", "ranking", "brave-owl", "FINISHED"), ("r2", "ranking", "slow-ox", "FAILED"),
    ]  # fmt: skip
    assert json.loads(hub.one("SELECT params FROM raw.mlflow_runs WHERE run_id = 'r1'")) == {
        "dataset": "holdout", "model": "recommender",
    }  # fmt: skip
    values = {
        (run, key, step): value
        for run, key, step, value in hub.rows(
            "SELECT run_id, metric_key, step, value FROM raw.mlflow_metrics"
        )
    }
    assert values["r1", "ndcg@10", 1] == 0.43
    assert math.isnan(values["r1", "loss", 1])
    assert values["r1", "gap", 1] == math.inf
    assert values["r2", "gap", 1] == -math.inf
    assert hub.quarantine() == [(6, "bad_timestamp", "metrics.timestamp")]


def test_changes_in_the_log_beside_a_database_are_seen(hub: Hub) -> None:
    path = _database(hub, pragma="pragma journal_mode=wal;")
    hub.load("mlflow")
    with closing(sqlite3.connect(path)) as db:
        db.execute("insert into params values ('k', '10', 'r1')")
        db.commit()
        assert hub.pending("mlflow") == [path]
        (result,) = hub.load("mlflow", "in/mlflow.db")
    assert result.loaded == 14
    assert hub.rows("SELECT status FROM raw.loads ORDER BY loaded_at") == [
        ("superseded",), ("loaded",),
    ]  # fmt: skip


def test_a_database_of_something_else_is_refused(hub: Hub) -> None:
    path = hub.write("in/other.db", b"")
    with closing(sqlite3.connect(path)) as db:
        db.execute("create table runs (id)")
        db.commit()
    assert hub.refusal("mlflow").problem.column == "runs.run_uuid"


def test_versions_keep_their_stage_and_aliases(hub: Hub) -> None:
    _database(hub)
    hub.load("mlflow")
    assert hub.rows(
        "SELECT version, label_kind, label, labelled_at, run_id FROM raw.model_versions"
        " ORDER BY version, label_kind"
    ) == [
        ("1", "stage", "Archived", datetime(2025, 3, 2, 9, 20, tzinfo=UTC), "r1"),
        ("2", "alias", "champion", None, "r2"),
        ("2", "stage", "Production", datetime(2025, 3, 2, 9, 20, tzinfo=UTC), "r2"),
    ]


def test_a_registry_of_files_tells_when_an_alias_was_given(hub: Hub) -> None:
    hub.write("mlruns/models/recommender/meta.yaml", "name: recommender\n")
    for version, stage in ((1, "None"), (2, "Production")):
        hub.write(
            f"mlruns/models/recommender/version-{version}/meta.yaml",
            f"name: recommender\nversion: {version}\nrun_id: r{version}\ncurrent_stage: {stage}\n"
            "creation_timestamp: 1740820800000\nlast_updated_timestamp: 1740907200000\n",
        )
    alias = hub.write("mlruns/models/recommender/aliases/champion", "2")
    os.utime(alias, (1740993600, 1740993600))
    (result,) = hub.load("mlflow", "mlruns")
    assert (result.file, result.loaded) == ("mlruns/models/recommender", 3)
    assert hub.rows(
        "SELECT version, label, labelled_at, run_id FROM raw.model_versions"
        " WHERE label IS NOT NULL ORDER BY label"
    ) == [
        ("2", "Production", datetime(2025, 3, 2, 9, 20, tzinfo=UTC), "r2"),
        ("2", "champion", datetime(2025, 3, 3, 9, 20, tzinfo=UTC), "r2"),
    ]


NAMES = [
    {"pattern": r"ndcg@(?P<k>\d+)( v[\d.]+)?", "name": "ndcg_at_{k}"},
    {"pattern": "Mean Average Precision", "name": "map"},
]


def test_names_with_k_or_a_release_inside_are_mapped_and_kept(hub: Hub) -> None:
    hub.write(
        "in/m.csv",
        "run_id,metric,value,step,timestamp,model,dataset,status\n"
        "r1,ndcg@10,0.4,1,2025-03-01T10:00:00Z,recommender,holdout,FINISHED\n"
        "r1,ndcg@10 v1.2,0.5,2,2025-03-01T11:00:00Z,recommender,holdout,finished\n"
        "r1,Mean Average Precision,NaN,1,2025-03-01T10:00:00Z,recommender,holdout,\n"
        "r2,auc,1e300,1,2025-03-01T10:00:00Z,fraud,,RUNNING\n"
        "r2,auc,high,1,2025-03-01T10:00:00Z,fraud,,RUNNING\n"
        "r2,auc,0.1,1,2025-03-01T10:00:00Z,fraud,,half done\n",
    )
    (result,) = hub.load("mlflow", metric_names=NAMES)
    assert (result.records, result.loaded, result.quarantined) == (6, 4, 2)
    assert hub.rows(
        "SELECT metric_key, metric_name, is_finite FROM raw.mlflow_metrics ORDER BY _line"
    ) == [
        ("ndcg@10", "ndcg_at_10", True), ("ndcg@10 v1.2", "ndcg_at_10", True),
        ("Mean Average Precision", "map", False), ("auc", None, True),
    ]  # fmt: skip
    assert hub.rows("SELECT run_id, status, params->>'model' FROM raw.mlflow_runs") == [
        ("r1", "FINISHED", "recommender"), ("r2", "RUNNING", "fraud"),
    ]  # fmt: skip


def test_a_pattern_without_the_group_its_name_needs_is_refused(hub: Hub) -> None:
    with pytest.raises(ValueError, match="group"):
        hub.config("mlflow", "in/*", metric_names=[{"pattern": "ndcg", "name": "ndcg_at_{k}"}])


def test_a_table_of_runs_is_read(hub: Hub) -> None:
    hub.write(
        "in/runs.csv",
        "run_id,experiment_id,status,start_time,end_time,metrics.auc,metrics.val loss,"
        "params.model,tags.mlflow.runName\n"
        "r1,7,FINISHED,2025-03-01 09:15:00.123000+00:00,2025-03-01 09:20:00+00:00,0.7,,fraud,owl\n"
        "r2,7,FAILED,2025-03-02 09:15:00.123000+00:00,,inf,0.2,fraud,\n",
    )
    (result,) = hub.load("mlflow")
    assert (result.records, result.loaded) == (2, 2)
    assert hub.rows("SELECT run_id, status, run_name, params->>'model' FROM raw.mlflow_runs") == [
        ("r1", "FINISHED", "owl", "fraud"), ("r2", "FAILED", None, "fraud"),
    ]  # fmt: skip
    assert hub.rows("SELECT run_id, metric_key, value FROM raw.mlflow_metrics") == [
        ("r1", "auc", 0.7), ("r2", "auc", math.inf), ("r2", "val loss", 0.2),
    ]  # fmt: skip


def test_result_lines_are_runs(hub: Hub) -> None:
    hub.write(
        "in/results.csv",
        "seed=1, 20220208-154951,[command] python a.py --x 1,[exp_id] DeepFM_x1_001,"
        "[dataset_id] x1,[train] N.A.,[val] AUC: 0.8 - logloss: 0.4,[test] AUC: 0.81\n"
        "\n 20220208-154951,[command] python a.py,[val] AUC: 0.8\n",
    )
    (result,) = hub.load("mlflow", time_zone="UTC")
    assert (result.records, result.loaded, result.quarantined, result.blank) == (3, 1, 1, 1)
    assert hub.rows("SELECT metric_key, value, logged_at FROM raw.mlflow_metrics") == [
        (key, value, datetime(2022, 2, 8, 15, 49, 51, tzinfo=UTC))
        for key, value in (("val AUC", 0.8), ("val logloss", 0.4), ("test AUC", 0.81))
    ]


BYTES = (
    b"run_id,metric,value,step,timestamp\nr1,auc,0.5,1,2025-03-01T10:00:00Z\n\nr2,a b,nan,,\n",
    b"run_id,start_time,metrics.auc\nr1,2025-03-01T10:00:00Z,0.5\nr2,,inf\n",
)


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.sampled_from(BYTES), st.integers(0, 90), st.binary(max_size=3), st.booleans())
def test_a_damaged_table_is_refused_or_accounted_for(
    hub: Hub, data: bytes, place: int, piece: bytes, is_cut: bool
) -> None:
    damaged = data[:place] + piece + (b"" if is_cut else data[place + 1 :])
    hub.con.execute("DELETE FROM raw.loads; DELETE FROM raw.files_seen")
    hub.write("in/a.csv", damaged)
    try:
        (result,) = hub.load("mlflow")
    except SourceError:
        assert hub.one("SELECT count(*) FROM raw.loads") == 0
        return
    assert result.records == result.loaded + result.quarantined + result.blank


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.floats(0, 1, exclude_max=True),
    st.binary(min_size=1, max_size=40),
    st.sampled_from(["overwritten", "cut", "emptied"]),
)
def test_a_damaged_database_is_refused_or_accounted_for(
    hub: Hub, place: float, piece: bytes, how: str
) -> None:
    hub.con.execute("DELETE FROM raw.loads; DELETE FROM raw.files_seen")
    path = hub.home.root / "in/mlflow.db"
    path.unlink(missing_ok=True)
    whole = _database(hub).read_bytes()
    at = int(place * len(whole))
    path.write_bytes(
        {
            "overwritten": whole[:at] + piece + whole[at + len(piece) :],
            "cut": whole[:at],
            "emptied": whole[:at] + bytes(len(whole) - at),
        }[how]
    )
    try:
        (result,) = hub.load("mlflow")
    except SourceError:
        assert hub.one("SELECT count(*) FROM raw.loads") == 0
        return
    assert result.records == result.loaded + result.quarantined + result.blank


DATA = Path(os.environ.get("BELLWETHER_REAL_DATA", "/nonexistent"))


@pytest.mark.skipif(not DATA.is_dir(), reason="BELLWETHER_REAL_DATA names no folder")
def test_published_result_lines_load_one_by_one(hub: Hub) -> None:
    results = hub.load("mlflow", str(DATA / "ml/bars/ranking/ctr/DeepFM/**/results.csv"))
    files = sorted((DATA / "ml/bars/ranking/ctr/DeepFM").rglob("results.csv"))
    lines = [line for file in files for line in file.read_text().splitlines()]
    filled = [line for line in lines if line.strip(", ")]
    assert sum(result.records for result in results) == len(lines)
    assert sum(result.loaded for result in results) == len(filled) > 0
    tested = "SELECT count(*) FROM raw.mlflow_metrics WHERE metric_key = 'test AUC'"
    assert hub.one(tested) == len(filled)
