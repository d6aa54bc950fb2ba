"""Do facts that grew with each load equal facts made at once, whatever came late?"""

import pytest

from tests.dbt_project.conftest import Project
from tests.dbt_project.growing_lines import FACTS, SECOND, Facts, build_facts

pytestmark = pytest.mark.xdist_group("dbt_project")


def unknown_of_tv(rows: list[tuple[object, ...]]) -> int:
    """Requests of the platform `tv` that count as unknown."""
    return sum(int(str(row[11])) for row in rows if row[3] == "tv")


def test_lines_that_come_late_end_in_the_facts_of_a_rebuild(
    first_lines: tuple[Project, Facts], grown: Project
) -> None:
    _, before = first_lines
    grown.create(SECOND)
    after = build_facts(grown)
    again = build_facts(grown, tested=False)
    rebuilt = build_facts(grown, "--full-refresh", tested=False)
    usage = "platform.platform_model_usage_days"
    assert [unknown_of_tv(facts[usage]) for facts in (before, after)] == [1, 0]
    for table in FACTS:
        assert after[table] == rebuilt[table], table
        assert again[table] == rebuilt[table], table
        assert after[table] != before[table], table
