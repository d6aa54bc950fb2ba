"""How are budgets, alerts, versions and errors of a service said?"""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

import pandas as pd

from dashboards.wording import amount, count, day_name, is_missing, joined, moment, share

WINDOWS = {
    "5m": "5 minutes",
    "30m": "30 minutes",
    "1h": "1 hour",
    "6h": "6 hours",
    "3d": "3 days",
}
RULES = {
    "page_1h": "Page, 1 hour",
    "page_6h": "Page, 6 hours",
    "ticket_3d": "Ticket, 3 days",
}
ALL_PLATFORMS = "on all platforms together"
NOT_BY_PLATFORM = (
    "The platform narrows the cards above alone. The first sentence, lasting changes and all that "
    f"follows are of the service {ALL_PLATFORMS}."
)
NAMED_PATTERNS = 3
MOST_PATTERNS = 5


def answered(
    service: str,
    days: pd.DataFrame,
    slo: pd.DataFrame,
    *,
    zone: tzinfo,
    worse: str = "",
    is_part: bool = False,
) -> str:
    """What a service answered on `days`, its error budget by its own date, and what is worse.

    `days` are rows of `mart_service_days`, `slo` those of `mart_service_slo`; with `is_part` the
    reader has chosen a platform, which requests and errors are not stored by.
    """
    requests, errors = days["requests"].sum(), days["errors"].sum()
    when = _dates(days["day"])
    if not requests:
        return f"{service} left no log line {when}."
    silent = int((~days["has_data"].astype(bool)).sum())
    told = [
        f"{service}{f', {ALL_PLATFORMS},' if is_part else ''} answered "
        f"{amount(1 - errors / requests, 'ratio')} of {count(requests, 'request')} without an "
        f"error {when}",
        *_budgets_left(slo[slo["service"] == service], zone),
        *([f"{count(silent, 'day')} without any log line"] if silent else []),
    ]
    said = f"{'; '.join(told)}."
    if not worse:
        return said
    lead = f"{ALL_PLATFORMS}, " if is_part else ""
    also = f"{lead}{worse[0].lower() if lead else worse[0].upper()}{worse[1:]}"
    return f"{said} {also[0].upper()}{also[1:]}."


def _dates(days: pd.Series) -> str:
    """`on 18 Mar 2026`, `from 1 Jan 2025 to 31 Dec 2025`."""
    first, last = day_name(days.min()), day_name(days.max())
    return f"on {first}" if first == last else f"from {first} to {last}"


def _budgets_left(mine: pd.DataFrame, zone: tzinfo) -> list[str]:
    """What is left of the budget that is known, which ends with the data and not with a period."""
    known = mine[mine["budget_left"].notna()]
    return [_left(row, zone, "its error budget") for _, row in known.head(1).iterrows()]


def _left(row: Any, zone: tzinfo, named: str) -> str:
    """What is left of a budget over its days, which end with the data: a row of the mart."""
    left, window = float(row["budget_left"]), count(int(row["window_days"]), "day")
    until = moment(row["data_through"], zone).rpartition(" ")[0]
    budget_of = f"{named} of the {window} to {until}"
    if left >= 0:
        return f"{share(left)} of {budget_of} is left"
    return f"{budget_of} is overspent by {share(-left)}"


def apdex(days: pd.DataFrame) -> str:
    """Apdex over days: rows of `mart_service_days`; points and requests add up."""
    rated = float(days["apdex_requests"].sum())
    if not rated:
        return "No request tells its latency, so there is no Apdex."
    last = days["apdex_ms"].dropna().iloc[-1]
    return (
        f"Apdex {float(days['apdex_points'].sum()) / rated:.3f} with T = {float(last):,.0f} ms, "
        f"of {count(int(rated), 'request')}."
    )


def budget(row: Any, zone: tzinfo) -> str:
    """What is left of a budget, and how fast it was spent: a row of `mart_service_slo`."""
    return (
        f"{row['service']} promises {100 * float(row['objective']):g} % of its answers without an "
        f"error; {_left(row, zone, 'the error budget')}: {count(int(row['errors']), 'error')} in "
        f"{count(int(row['requests']), 'request')}, {times(row['burn_rate'])} the allowed rate."
    )


def times(rate: Any) -> str:
    """`0.8 times`, `84 times`."""
    number = float(rate)
    return f"{number:,.0f} times" if number >= 10 else f"{number:.2g} times"


def rule_now(row: Any) -> str:
    """What a burn-rate rule says where the data end: a row of `mart_service_burn`."""
    name, state = RULES[str(row["rule"])], str(row["state"])
    seen = ""
    if not is_missing(row["minutes_seen"]):
        seen = (
            f" (requests in {int(row['minutes_seen']):,} of {int(row['minutes_of_window']):,} "
            "minutes)"
        )
    if state == "firing":
        return (
            f"**{name}: firing.** {times(row['long_burn_rate'])} the allowed rate over "
            f"{WINDOWS[str(row['long_window'])]}, {times(row['short_burn_rate'])} over "
            f"{WINDOWS[str(row['short_window'])]}; the limit is {row['burn_limit']:g}{seen}."
        )
    if state == "too few requests":
        return (
            f"{name}: too few requests to judge, {int(row['requests']):,} of the "
            f"{float(row['least_requests']):,.0f} it takes in {WINDOWS[str(row['long_window'])]}."
        )
    if state == "silent":
        return f"{name}: not known, no request for longer than the short window."
    if state == "no requests":
        return f"{name}: not known, no request has been seen."
    missing = ", data are missing" if row["is_data_missing"] is True else ""
    return f"{name}: quiet{missing}{seen}."


def episode(row: Any, zone: Any) -> str:
    """One episode of an alert: a row of `mart_service_alerts`."""
    start, name = moment(row["started_at"], zone), RULES[str(row["rule"])]
    until = (
        "and has not ended"
        if is_missing(row["ended_at"])
        else f"to {moment(row['ended_at'], zone)}"
    )
    said = (
        f"{name}: from {start} {until}; at its worst {times(row['peak_burn_rate'])} the allowed "
        f"rate, {int(row['errors_at_peak']):,} of {count(int(row['requests_at_peak']), 'request')} "
        f"failed. Requests came in at least {int(row['least_minutes_seen']):,} of the "
        f"{int(row['minutes_of_window']):,} minutes"
    )
    return f"{said}, fewer than usual: data are missing." if row["is_data_missing"] else f"{said}."


def comparison(row: Any) -> str:
    """A version against the one before: a row of `mart_service_versions`."""
    verb = "came back on" if row["is_rollback"] else "first answered on"
    said = f"{row['version']} {verb} {day_name(row['first_seen'])}"
    if is_missing(row["previous_version"]) or is_missing(row["error_ratio_change"]):
        return f"{said}; there is no version before it to compare with."
    low, high = float(row["error_ratio_change_low"]), float(row["error_ratio_change_high"])
    verdict = "no difference shown"
    if low > 0 or high < 0:
        verdict = "worse" if low > 0 else "better"
    change = " to ".join(f"{100 * each:+.2f}".replace("-", "−") for each in (low, high))
    parts = [
        f"{amount(row['error_ratio'], 'ratio', form='.2%')} of its requests failed against "
        f"{amount(row['previous_error_ratio'], 'ratio', form='.2%')} "
        f"([{change}] percentage points, 95 %: {verdict})",
        _latency(row),
        _patterns(int(row["new_patterns"])),
    ]
    return f"{said}, after {row['previous_version']}: {joined([p for p in parts if p])}."


def _latency(row: Any) -> str:
    values = [row["latency_ms_p95"], row["previous_latency_ms_p95"]]
    if any(is_missing(each) for each in values):
        return ""
    now, before = (f"{float(each):,.0f} ms" for each in values)
    return f"p95 {now} against {before}"


def _patterns(new: int) -> str:
    return f"{count(new, 'new error pattern')}" if new else "no new error pattern"


def new_errors(rows: pd.DataFrame, version: str) -> str:
    """Which errors a version was the first to show: rows of `mart_service_error_versions`."""
    new = rows[(rows["version"] == version) & rows["is_first_version"].astype(bool)]
    if new.empty:
        return f"{version} brought no error that was not known before."
    told = [
        f"“{row['pattern']}” (status {row['status']}, {count(int(row['lines']), 'time')})"
        for _, row in new.sort_values("lines", ascending=False).head(NAMED_PATTERNS).iterrows()
    ]
    return f"New in {version}: {joined(told)}."


def most_frequent(rows: pd.DataFrame) -> list[str]:
    """The patterns of errors that come most often, from when to when, most frequent first."""
    return [
        f"{count(int(row['lines']), 'line')}: “{row['pattern']}” (status {row['status']}), "
        f"{day_name(row['first_seen'])} to {day_name(row['last_seen'])}"
        for _, row in rows.sort_values("lines", ascending=False).head(MOST_PATTERNS).iterrows()
    ]


def who_asks(rows: pd.DataFrame) -> str:
    """Which callers a service has: rows of `mart_service_callers`, the busiest first."""
    told = [
        f"{row['caller'] if row['is_named'] else 'a caller without a name'} "
        f"({share(float(row['share_of_requests']))})"
        for _, row in rows.head(NAMED_PATTERNS).iterrows()
    ]
    rest = len(rows) - len(told)
    more = [count(rest, "other caller")] if rest > 0 else []
    return f"Asked by {joined([*told, *more])}."
