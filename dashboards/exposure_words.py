"""What does the audit say of lists that are cut: since when, and what that spoils?"""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

import pandas as pd

from dashboards.wording import (
    LEVEL,
    amount,
    as_date,
    count,
    day_name,
    is_missing,
    joined,
    period_name,
)

DRAWN_FROM = 0.5
BEFORE = "before, from "
COUNTS_BY_RANK = ("ndcg", "dcg", "map", "mrr")


def cut_sentence(
    service: str,
    onsets: pd.DataFrame,
    rows: pd.DataFrame,
    *,
    last: object,
    every: str = "day",
    of: str = "",
) -> str:
    """How much of what is served was drawn at the end of the period chosen, and since when.

    `rows` are the periods of the grain `every` that the page shows, `last` the last day of them;
    `of` names the segment. Lasting changes are looked for by day in all segments together.
    """
    alone = f", {of} alone," if of else ""
    known = rows[rows["is_complete"].fillna(False).astype(bool)].dropna(subset=["rendered_ratio"])
    if known.empty:
        told = f"0 complete {every}s of {service}{alone} tell how much of a list is drawn"
    else:
        at = known.iloc[-1]
        now = amount(at["rendered_ratio"], "ratio", form=".1%")
        when = day_name(at["day"]) if every == "day" else period_name(at["day"], every)
        on = "on" if every == "day" else "in the" if every == "week" else "in"
        told = f"{now} of what {service} was served{alone} was drawn {on} {when}"
    cuts = onsets[onsets["metric_name"] == "rendered_ratio"]
    until = [as_date(each) <= as_date(last) for each in cuts["onset_at"]]
    before, later = cuts[until], cuts[[not each for each in until]]
    whole = "in all segments together, " if of else ""
    if len(before):
        return f"{told}; {whole}{since_words(before.iloc[0])}."
    if len(later):
        day = day_name(later.iloc[-1]["onset_at"])
        return f"{told}; {whole}a lasting change came only later, on {day}."
    return f"{told}; {whole}no lasting change was found."


def since_words(onset: Any) -> str:
    """`since 27 Jan 2026 (95 %: between 26 Jan 2026 and 28 Jan 2026) 50.1 % instead of 100.0 %`."""
    before = amount(onset["level_before"], "ratio", form=".1%")
    after = amount(onset["level_after"], "ratio", form=".1%")
    return f"{_since(onset)} {after}, before {before}"


def _since(onset: Any) -> str:
    low, high = day_name(onset["onset_low"]), day_name(onset["onset_high"])
    return f"since {day_name(onset['onset_at'])} ({LEVEL}: between {low} and {high})"


def drawn_depth(positions: pd.DataFrame) -> int | None:
    """How many of these positions most lists drew; None where nothing tells."""
    known = positions["rendered_ratio"].dropna()
    return None if known.empty else int((known >= DRAWN_FROM).sum())


def _known_depths(rows: pd.DataFrame) -> list[tuple[str, int]]:
    """Each release under which something tells how far lists were drawn, and how far."""
    told = ((str(name), drawn_depth(part)) for name, part in rows.groupby("release", sort=False))
    return [(name, depth) for name, depth in told if depth is not None]


def release_names(rows: pd.DataFrame) -> list[str]:
    """`v12, 27 Jan 2026` for each row; days before the first release that is known say so."""
    return [
        f"{BEFORE}{day_name(since)}" if is_missing(version) else f"{version}, {day_name(since)}"
        for version, since in zip(rows["version"], rows["since"], strict=True)
    ]


def releases_to_show(rows: pd.DataFrame, most: int) -> list[str]:
    """The newest releases, and first those around which lists were drawn less or more far."""
    names = list(dict.fromkeys(rows["release"]))
    turns = [
        (before, after)
        for (before, depth), (after, now) in pairwise(_known_depths(rows))
        if now != depth
    ]
    around = {name for turn in turns for name in turn}
    newest = names[::-1]
    kept = [*(name for name in newest if name in around), *newest]
    return sorted(list(dict.fromkeys(kept))[:most], key=names.index)


def depth_by_release(
    rows: pd.DataFrame, component: str, changes: pd.DataFrame, releases: pd.DataFrame
) -> str:
    """How far most lists were drawn, up to which release, and when and during which it changed.

    `rows` are those of a surface and component in `mart_exposure_releases`, with `release` of
    `release_names`; `changes` the lasting changes of the share drawn. No release is said to have
    changed it: `releases` (`model`, `version`, `released_on`) within a change's interval are named.
    """
    known = _known_depths(rows)
    if not known:
        return f"0 records tell how far lists were drawn under releases of {component}."
    turns = [pair for pair in pairwise(known) if pair[0][1] != pair[1][1]]
    if not turns:
        return f"Most lists had drawn {count(known[0][1], 'position')} under every release known."
    (last, depth), _ = turns[0]
    told = [f"{count(depth, 'position')} up to {_named(component, last)}"]
    for (last, before), (first, depth) in turns:
        fits = _changes_between(rows, last, first, changes[_went(changes, before, depth)])
        when = (
            f"under {_named(component, first)}, and later, which need not have changed it"
            if fits.empty
            else f"later: {_changed(rows, component, fits.iloc[0], releases)}"
        )
        told.append(f"{count(depth, 'position')} {when}")
    return f"Most lists had drawn {'; '.join(told)}."


def _named(component: str, release: str) -> str:
    if release.startswith(BEFORE):
        return f"the first known release of {component}"
    return f"{component} {release}"


def _went(changes: pd.DataFrame, before: int, now: int) -> pd.Series:
    """Which lasting changes of the share drawn went the way of the depth."""
    rose = changes["level_after"] > changes["level_before"]
    return (changes["metric_name"] == "rendered_ratio") & (rose == (now > before))


def _changes_between(
    rows: pd.DataFrame, last: str, first: str, changes: pd.DataFrame
) -> pd.DataFrame:
    """The changes while `last`, under which lists were drawn as before, or `first` was live."""
    starts = _starts(rows)
    ends = [day for day in starts.values() if day > starts[first]]
    at = pd.Series([as_date(each) for each in changes["onset_at"]], index=changes.index)
    is_in = [starts[last] <= day and (not ends or day < min(ends)) for day in at]
    return changes[pd.Series(is_in, index=changes.index, dtype=bool)]


def _starts(rows: pd.DataFrame) -> dict[str, date]:
    """The day of each release, the earliest first."""
    days = {
        str(name): as_date(day) for name, day in zip(rows["release"], rows["since"], strict=True)
    }
    return dict(sorted(days.items(), key=lambda each: each[1]))


def _changed(rows: pd.DataFrame, component: str, change: Any, releases: pd.DataFrame) -> str:
    """Since when a service draws more or less, which release was live, and which came then."""
    low, high = (as_date(change[each]) for each in ("onset_low", "onset_high"))
    more = "more" if change["level_after"] > change["level_before"] else "less"
    said = f"{change['entity']} has drawn {more} {_since(change)}"
    live = [name for name, day in _starts(rows).items() if day < low]
    is_new = any(low <= day <= high for day in _starts(rows).values())
    if live and not is_new and not live[-1].startswith(BEFORE):
        said += f", while {component} {live[-1].partition(',')[0]} was live"
    came = [
        f"{each['model']} {each['version']}"
        for _, each in releases.iterrows()
        if low <= as_date(each["released_on"]) <= high
    ]
    return f"{said}, and {joined(came)} came within that time" if came else said


def counts_by_rank(metric_name: str) -> bool:
    """Whether a hit counts less the lower it stands."""
    return metric_name.lower().startswith(COUNTS_BY_RANK)


def spoiled(across: pd.DataFrame, at_k: pd.DataFrame, depth: int | None) -> pd.DataFrame:
    """The comparisons that a cut to `depth` positions spoils, each with its reason.

    Links are kept only where their metric counts more positions than are drawn; experiments and
    releases only of models that have such a metric. With an unknown depth all @k are kept.
    """
    deep = at_k if depth is None else at_k[at_k["k"] > depth]
    names = set(zip(deep["entity"], deep["metric_name"], strict=True))
    is_kept = [
        (model, metric) in names if kind == "link" else model in set(deep["entity"])
        for kind, model, metric in zip(
            across["kind"], across["model"], across["metric_name"], strict=True
        )
    ]
    rows = across[pd.Series(is_kept, index=across.index, dtype=bool)]
    reasons = {
        "experiment": "ran across the change: its days before and after showed different lists",
        "link": "days before and after stand for different lists: the metric counts positions "
        "that are no longer drawn",
        "release": "came within the interval of the change: its step is not its own",
    }
    return rows.assign(why=[reasons[kind] for kind in rows["kind"]]).drop(columns=["metric_name"])


def surface_words(surface: Any) -> str:
    """Which models fill a surface and from when to when its positions are known."""
    models = joined([str(each) for each in surface["models"]]) or "models without a name"
    span = f"{day_name(surface['first_day'])} to {day_name(surface['last_day'])}"
    return f"{int(surface['served']):,} served positions of {models}, {span}."
