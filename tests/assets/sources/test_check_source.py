"""Does a check say what a load will do, and load nothing?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub


def test_a_check_names_files_form_unit_columns_and_span(
    hub: Hub, log_line: Callable[..., str]
) -> None:
    for number in range(5):
        hub.write(f"in/{number}.jsonl", log_line(number))
    check = hub.check("service_logs")
    assert (check.files, check.looked_at) == (5, [f"in/{number}.jsonl" for number in range(5)])
    assert (check.records, check.loaded, check.format) == (5, 5, "json_lines")
    assert check.first_at == datetime(2025, 3, 1, 9, 0, 0, 500_000, UTC)
    assert check.last_at == datetime(2025, 3, 1, 9, 0, 4, 500_000, UTC)
    assert check.detected["duration"]["unit"] == "ms"
    assert check.is_readable
    assert check.problem is None
    assert hub.one("SELECT count(*) FROM raw.service_logs") == 0
    assert hub.one("SELECT count(*) FROM raw.loads") == 0


def test_a_check_names_the_first_bad_record(hub: Hub) -> None:
    hub.write("in/c.csv", "day,kind\n2025-03-01,holiday\nsoon,holiday\n")
    problem = hub.check("calendar").problem
    assert problem is not None
    assert (problem.file, problem.line, problem.column) == ("in/c.csv", 3, "day")
    assert "soon" in problem.found


def test_a_check_names_a_refused_file(hub: Hub) -> None:
    hub.write("in/c.csv", "date,what\n2025-03-01,holiday\n")
    check = hub.check("calendar")
    assert check.problem is not None
    assert check.problem.column == "kind"
    assert not check.is_readable


def test_a_path_that_finds_nothing_is_a_problem(hub: Hub) -> None:
    problem = hub.check("sales", "exports/sales/*.csv").problem
    assert problem is not None
    assert problem.found == "no file"
    assert "exports/sales/*.csv" in problem.expected


def test_every_form_among_the_files_is_told(hub: Hub) -> None:
    hub.write("in/a.csv", "model,version,released_at\nweb,1,2025-03-01T10:00:00Z\n")
    hub.write("in/b.tsv", "v1\t2025-03-01T10:00:00Z\tcommit\n")
    hub.write("in/c.json", "[{broken")
    hub.write("in/d.csv", "model,version,released_at\nweb,2,2025-03-02T10:00:00Z\n")
    check = hub.check("releases", model="shop")
    assert check.forms == {"csv": 2, "git_tags": 1, "refused": 1}
    assert not check.is_readable


def test_of_many_files_some_are_looked_at(hub: Hub) -> None:
    for number in range(40):
        hub.write(f"in/{number:02}.csv", "day,kind\n2025-03-01,holiday\n")
    check = hub.check("calendar")
    assert (check.files, len(check.looked_at)) == (40, 24)
    assert {"in/00.csv", "in/20.csv", "in/39.csv"} <= set(check.looked_at)
