"""Does a look at unknown files say what each is, and what must be decided?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from assets.sources.unknown_files import Guess, guess_folder

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub

FILES = {
    "tags.tsv": "web/v1\t2025-03-01T10:00:00Z\tcommit\napi/v2\t2025-03-02T10:00:00Z\tcommit\n",
    "runs.json": json.dumps([{"head_sha": "a", "run_number": 1, "workflow_id": 2, "name": "Ship"}]),
    "promotions.csv": "day,kind,name\n2025-03-01,promotion,Sale\nsoon,promotion,Sale\n",
    "live.csv": "model,version,released_at\nweb,1.0,2025-03-01T10:00:00Z\n",
    "poem.txt": "Roses are red\nviolets are blue\n",
    "orders.csv": "order_id,order_date,sku,quantity,unit_price\n1,04/05/2025,a,1,2.5\n",
}


def _guesses(hub: Hub) -> dict[str, Guess]:
    for name, text in FILES.items():
        hub.write(f"in/{name}", text)
    hub.write("in/store/7/r1/meta.yaml", "run_id: r1\nstatus: 3\n")
    hub.write("in/store/7/r1/metrics/auc", "1740820600000 0.4 0\n")
    config, _ = hub.config("calendar", "in/*")
    return {guess.file: guess for guess in guess_folder(hub.home.root / "in", config)}


def test_a_folder_of_unknown_exports_is_told_file_by_file(hub: Hub) -> None:
    found = _guesses(hub)
    assert {name: guess.kind for name, guess in found.items()} == {
        "store": "mlflow", "tags.tsv": "releases", "runs.json": "releases",
        "promotions.csv": "calendar", "live.csv": "releases", "poem.txt": None,
        "orders.csv": "sales",
    }  # fmt: skip
    assert (found["live.csv"].loaded, found["live.csv"].is_refused) == (1, False)
    assert (found["promotions.csv"].loaded, found["promotions.csv"].quarantined) == (1, 1)
    assert "bad timestamp in `day`" in found["promotions.csv"].decide[0]
    assert "`web/…` 1" in found["tags.tsv"].decide[0]
    assert "workflows: [" in found["runs.json"].decide[0]
    assert "date" in found["orders.csv"].decide[0]
    assert found["poem.txt"].is_refused
    assert hub.one("SELECT count(*) FROM raw.loads") == 0
