"""Which days are public holidays in the countries that hub.yml names?

They are written to a file in the hub's own folder and read like any other calendar file, so that
each knows where it came from. Names are the official ones, in the country's own language. The years
go beyond any data; staging keeps those that the hub's data span, and one more.
"""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import date
from importlib.metadata import version
from pathlib import Path

from hub.home import HubHome
from hub.source_settings import CalendarSource, Holidays

FIRST_YEAR = 2000
YEARS_AHEAD = 2
FOLDER = "holidays"
HEADER = ("day", "kind", "name", "country")


def holiday_file(source: CalendarSource, home: HubHome, *, today: date) -> Path | None:
    """The file of a source's public holidays, made anew when what decides them changed.

    None when the source never had any. Once it had, the file stays, empty of holidays.
    """
    path = home.var / FOLDER / f"{source.name}.csv"
    if source.holidays is None and not path.exists():
        return None
    stamp = path.with_suffix(".stamp")
    wanted = _stamp(source.holidays, today)
    if not path.exists() or not stamp.exists() or stamp.read_text() != wanted:
        path.parent.mkdir(parents=True, exist_ok=True)
        made = path.with_suffix(".new")
        made.write_text(_written(source.holidays, today), encoding="utf-8")
        made.replace(path)
        stamp.write_text(wanted)
    return path


def _stamp(holidays: Holidays | None, today: date) -> str:
    told = holidays.model_dump_json() if holidays else "none"
    return hashlib.sha256(f"{told} {today.year} {version('holidays')}".encode()).hexdigest()


def _written(holidays: Holidays | None, today: date) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    last_year = today.year + YEARS_AHEAD
    for country in holidays.countries if holidays else ():
        parts = holidays.subdivisions.get(country, []) if holidays else []
        for day, name in country_days(country, parts, last_year=last_year):
            writer.writerow([day.isoformat(), "holiday", name, country])
    return out.getvalue()


def country_days(country: str, parts: list[str], *, last_year: int) -> list[tuple[date, str]]:
    """Days and official names, in order; those of some parts alone name the parts."""
    from holidays import country_holidays  # takes a while to import

    years = range(FIRST_YEAR, last_year + 1)
    # Without a language, names depend on the machine's.
    language = country_holidays(country).default_language
    whole = country_holidays(country, years=years, language=language)
    national = {(day, name) for day in whole for name in whole.get_list(day)}
    regional: dict[tuple[date, str], list[str]] = {}
    for part in parts:
        of_part = country_holidays(country, subdiv=part, years=years, language=language)
        for day in of_part:
            for name in of_part.get_list(day):
                if (day, name) not in national:
                    regional.setdefault((day, name), []).append(part)
    named = {(day, f"{name} ({', '.join(of)})") for (day, name), of in regional.items()}
    return sorted(national | named)
