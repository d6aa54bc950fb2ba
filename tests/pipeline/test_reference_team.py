"""Do incidents, sprints and what they held agree with a count from the shop's own files?"""

from __future__ import annotations

import numpy as np
import pytest

from hub.home import HubHome
from hub.warehouse import open_published
from tests.pipeline.sprint_reference import COUNTS, closed_sprints
from tests.pipeline.team_numbers import Told, read

pytestmark = [pytest.mark.pipeline, pytest.mark.xdist_group("shops")]


@pytest.fixture(scope="module")
def told(shop: HubHome) -> Told:
    return read(shop.root)


def test_incidents_belong_to_the_releases_the_files_name(told: Told, shop: HubHome) -> None:
    con = open_published(shop)
    found = con.execute(
        "select incident_id, component, version from marts.mart_delivery_incidents order by 1"
    ).fetchall()
    con.close()
    expected = []
    for _, row in told.incidents.sort_values("id").iterrows():
        number = row["release"]
        known = None if np.isnan(number) else told.releases.loc[int(number)]
        expected.append(
            (row["id"], *((None, None) if known is None else (known["model"], known["version"])))
        )
    assert found == expected
    assert {row[1] is None for row in found} == {True, False}


def test_sprints_committed_added_done_and_carried_over(told: Told, shop: HubHome) -> None:
    con = open_published(shop)
    found = con.execute(
        f"select sprint_id, {', '.join(COUNTS)} from marts.mart_delivery_sprints where is_complete"
    ).fetchall()
    con.close()
    sprints = closed_sprints(told, shop.root)
    expected = sprints.set_index("sprint_id")[COUNTS].T.to_dict("list")
    assert {row[0]: list(row[1:]) for row in found} == expected
    assert sprints["committed"].sum() > 20
    assert sprints["added"].sum() > 0


def test_the_files_hold_work_releases_and_incidents_of_every_kind(told: Told) -> None:
    """What a reference never met it cannot have compared."""
    assert {work.is_rough for work in told.work} == {True, False}
    assert sum(work.started is None for work in told.work if work.finished) > 0
    assert sum(bool(work.reopened) for work in told.work) > 0
    assert told.releases["is_failed"].sum() >= 1
    assert told.releases["is_rework"].sum() >= 2
    assert told.releases["is_rolled_back"].sum() >= 1
