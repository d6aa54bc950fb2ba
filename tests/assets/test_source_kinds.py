"""Is every kind of source that hub.yml may name known wherever kinds are listed?"""

from pathlib import Path

import yaml

from assets.sources.loading import KINDS
from assets.sources.raw_tables import RECORD_TABLES, TABLES_OF_KIND
from hub.source_settings import SOURCE_KINDS

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
TEMPLATE = Path(__file__).resolve().parents[2] / "cli" / "hub_template.yml"


def test_every_kind_has_a_reader_and_its_raw_tables() -> None:
    assert set(KINDS) == set(SOURCE_KINDS) == set(TABLES_OF_KIND)
    delivered = [table for tables in TABLES_OF_KIND.values() for table in tables]
    assert sorted(delivered) == sorted(RECORD_TABLES)


def test_every_raw_table_is_a_source_of_the_sql_project() -> None:
    (raw,) = yaml.safe_load((PROJECT / "models/staging/sources.yml").read_text())["sources"]
    assert set(RECORD_TABLES) <= {table["name"] for table in raw["tables"]}


def test_the_template_shows_every_kind() -> None:
    text = TEMPLATE.read_text()
    assert [kind for kind in SOURCE_KINDS if f"kind: {kind}\n" not in text] == []
