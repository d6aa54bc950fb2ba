"""Has a published build every column that the pages take for granted?"""

from __future__ import annotations

import pytest

from dashboards.build_columns import COLUMNS
from hub.home import HubHome
from hub.warehouse import open_build, published_build

pytestmark = pytest.mark.pipeline


def test_a_build_has_every_column_that_a_page_needs(shop: HubHome) -> None:
    build = published_build(shop)
    assert build is not None
    con = open_build(build)
    found = con.execute(
        "select table_schema || '.' || table_name, list(column_name) "
        "from information_schema.columns group by all"
    ).fetchall()
    con.close()
    stored = {name: set(columns) for name, columns in found}
    absent = {
        name: sorted(set(columns.split()) - stored.get(name, set()))
        for name, columns in COLUMNS.items()
    }
    assert {name: columns for name, columns in absent.items() if columns} == {}
