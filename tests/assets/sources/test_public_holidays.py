"""Do a country's public holidays stand beside the company's own days?"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from assets.sources.public_holidays import country_days

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub


def test_holidays_have_their_official_names() -> None:
    days = dict(country_days("DE", [], last_year=2025))
    assert days[date(2025, 5, 1)] == "Erster Mai"
    assert days[date(2025, 10, 3)] == "Tag der Deutschen Einheit"
    assert date(2025, 6, 19) not in days


def test_holidays_of_a_part_name_the_part() -> None:
    days = dict(country_days("DE", ["BY", "HE"], last_year=2025))
    assert days[date(2025, 6, 19)] == "Fronleichnam (BY, HE)"
    assert days[date(2025, 1, 6)] == "Heilige Drei Könige (BY)"
    assert days[date(2025, 5, 1)] == "Erster Mai"


def test_holidays_load_beside_the_files_and_go_when_they_are_not_wanted(hub: Hub) -> None:
    hub.write("in/c.csv", "day,kind,name\n2025-05-02,promotion,Spring sale\n")
    holidays = {"countries": ["DE", "FR"]}
    own, public = hub.load("calendar", holidays=holidays)
    assert (own.loaded, public.file) == (1, "var/holidays/calendar.csv")
    assert public.loaded > 400
    assert hub.rows(
        "SELECT country, name, kind FROM raw.calendar WHERE day = '2025-05-01' ORDER BY country"
    ) == [("DE", "Erster Mai", "holiday"), ("FR", "Fête du Travail", "holiday")]
    assert hub.load("calendar", holidays=holidays) == []
    (gone,) = hub.load("calendar")
    assert (gone.file, gone.loaded) == (public.file, 0)
    counted = "SELECT sum(loaded) FROM raw.loads WHERE status = 'loaded'"
    assert hub.one(counted) == 1


@pytest.mark.parametrize(
    "holidays",
    [{"countries": ["ZZ"]}, {"countries": []}, {"countries": ["DE"], "subdivisions": {"DE": ["X"]}},
     {"countries": ["DE"], "subdivisions": {"FR": ["BL"]}}],
)  # fmt: skip
def test_places_that_are_not_known_are_refused(hub: Hub, holidays: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="holidays"):
        hub.config("calendar", "in/*", holidays=holidays)
