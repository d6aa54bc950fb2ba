"""Which period, grain, comparison and segment does a page show? The one bar on top of all pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import pandas as pd
import streamlit as st

from dashboards import address, queries, view
from dashboards.page_parts import Hub, answer
from dashboards.view import COMPARISONS, Comparison, Grain, Named, Segment, Span, View
from dashboards.wording import as_date, day_name, joined, period_name, plain

# `view.BETWEEN`: from–to, chosen beside it. A list takes None for nothing chosen.
Choice = Named | Span | Literal["between"]
COMPANY = Segment(str(Named.ALL), str(Named.ALL))
WHOLE = "Whole company"
NOT_KNOWN = "__null__"
USUAL = View()
PERIOD_PX = 250  # "31 Dec 2025 to 30 Jan 2026" is not cut
PARTS = ("period", "grain", "comparison", "segment")
ROLLING = (Named.THREE_MONTHS, Named.TWO_WEEKS, Named.YEAR, Named.ALL)


@dataclass(frozen=True)
class Offer:
    """Which controls a page has. What is left empty has no meaning there and is not shown.

    Attributes:
        usual: the view without anything in the address.
        named: periods with a name.
        starts: first days of the calendar's periods of a grain, newest first.
        listed: the grain of the periods to choose from, where it is not the page's own.
        whole: what is shown without a segment.
        own: parts of the bar that a control of the page itself stands for: part to its name.
        note: what the numbers rest on instead of the controls that are not shown.
    """

    usual: View = USUAL
    named: tuple[Named, ...] = ()
    starts: Callable[[Grain], Sequence[date]] | None = None
    listed: Grain | None = None
    grains: tuple[Grain, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    segments: tuple[Segment, ...] = ()
    whole: str = WHOLE
    own: Mapping[str, str] = field(default_factory=dict)
    note: str = ""


def view_bar(offer: Offer) -> View:
    """The controls a page has, and beneath them what they apply to."""
    usual = offer.usual
    grain, comparison, segment = usual.grain, usual.comparison, usual.segment
    chosen: Choice = usual.period
    asked, _ = view.parsed(st.query_params.to_dict(), usual=usual)
    ignored = not_followed(offer, address.brought("segment"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if offer.grains:
            grain = address.segments("Grain", offer.grains, key="grain", usual=usual.grain)
        known = list(offer.starts(grain)) if offer.starts else []
        if offer.named or known:
            listed = offer.starts(offer.listed) if offer.starts and offer.listed else known
            chosen = _period(offer, list(listed), offer.listed or grain, grain, asked.period)
            if chosen != view.BETWEEN:
                address.drop("from", "to")
        ends = _between(known, grain) if chosen == view.BETWEEN else None
        if offer.comparisons:
            comparison = address.segments(
                view.LABELS["comparison"],
                offer.comparisons,
                key="comparison",
                usual=usual.comparison,
                named=lambda each: COMPARISONS[each],
            )
        if offer.segments:
            picked = address.select(
                "Segment",
                [COMPANY, *offer.segments],
                key="segment",
                named=lambda each: offer.whole if each == COMPANY else segment_name(each),
                spelled=lambda each: view.segment_text(None if each == COMPANY else each),
                width=170,
            )
            segment = None if picked == COMPANY else picked
    period = ends if ends is not None else chosen
    shown = View(
        period if isinstance(period, Named | Span) else usual.period, grain, comparison, segment
    )
    st.caption(plain(applies(offer)))
    if ignored:
        st.info(plain(ignored), icon=":material/filter_alt_off:")
    return shown


def _period(offer: Offer, starts: list[date], listed: Grain, grain: Grain, asked: object) -> Choice:
    spans = [Span(each, view.grain_end(each, listed)) for each in starts]
    if isinstance(asked, Span) and asked not in spans and _fits(asked, spans, grain):
        spans = [asked, *spans]
    between: list[Choice] = ["between"] if starts else []
    return address.select(
        "Period",
        [*offer.named, *spans, *between],
        key="period",
        usual=offer.usual.period,
        named=period_label,
        spelled=_spelled,
        width=PERIOD_PX,
    )


def _fits(asked: Span, spans: list[Span], grain: Grain) -> bool:
    """Whether a span of the address has a name, whole periods, and days that are known."""
    if not spans or view.period_text(asked) is None:
        return False
    is_known = asked.first <= spans[0].last and asked.last >= spans[-1].first
    return is_known and view.is_aligned(asked, grain)


def _between(starts: list[date], grain: Grain) -> Span:
    """Whole periods of the grain, from one to another."""
    first = address.select(
        "From",
        starts[::-1],
        key="from",
        named=lambda each: period_name(each, grain),
        width=170,
    )
    last = address.select(
        "To",
        [view.grain_end(each, grain) for each in starts if each >= first],
        key="to",
        named=lambda each: period_name(view.grain_start(each, grain), grain),
        width=170,
    )
    return Span(first, last)


def _spelled(each: Choice) -> str:
    return view.period_text(each) or str(each) if isinstance(each, Named | Span) else each


def period_label(each: Choice) -> str:
    """What a period to choose is called: `2025`, `June 2026`, `Jan to Mar 2025`."""
    if isinstance(each, Named):
        return each.label
    if not isinstance(each, Span):
        return "From – to …"
    for grain in view.GRAINS:
        if each == Span(view.grain_start(each.first, grain), view.grain_end(each.first, grain)):
            return period_name(each.first, grain)
    if is_whole_months(each):
        return _months(each)
    return f"{day_name(each.first)} to {day_name(each.last)}"


def is_whole_months(of: Span) -> bool:
    """Whether a span begins with a month and ends with one."""
    ends = [view.grain_start(of.first, "month"), view.grain_end(of.last, "month")]
    return ends == [of.first, of.last]


def _months(of: Span) -> str:
    """`2025`, `Jan to Mar 2025` or `Nov 2025 to Feb 2026` of a span of whole months."""
    if of.first.year != of.last.year:
        return f"{of.first:%b %Y} to {of.last:%b %Y}"
    is_year = (of.first.month, of.last.month) == (1, 12)
    return f"{of.last:%Y}" if is_year else f"{of.first:%b} to {of.last:%b %Y}"


def segment_name(of: Segment) -> str:
    """`country DE`, `country not known`, or the whole company."""
    if of == COMPANY:
        return WHOLE
    return f"{of.name} {'not known' if of.value == NOT_KNOWN else of.value}"


def applies(offer: Offer) -> str:
    """Which of the four parts of the bar apply to a page, and what it rests on otherwise."""
    has = {
        "period": bool(offer.named or offer.starts),
        "grain": bool(offer.grains),
        "comparison": bool(offer.comparisons),
        "segment": bool(offer.segments),
    }
    yes, own = [p for p in PARTS if has[p]], [p for p in PARTS if p in offer.own and not has[p]]
    no = [p for p in PARTS if p not in (*yes, *own)]
    told = []
    if yes:
        verb = "applies" if len(yes) == 1 else "apply"
        told.append(
            f"{joined(yes).capitalize()} {verb} to this page and {'is' if len(yes) == 1 else 'are'}"
            " kept in its web address."
        )
    told += [f"The {part} is chosen further down: {offer.own[part]}." for part in own]
    if no:
        # a note that begins as a sentence is one; the others give the reason
        reason = f": {offer.note}" if offer.note[:1].islower() else f". {offer.note}".rstrip()
        told.append(
            f"{joined(no).capitalize()} {'has' if len(no) == 1 else 'have'} no meaning here{reason}"
        )
    elif offer.note:
        told.append(offer.note)
    return " ".join(told)


def not_followed(offer: Offer, segment: str) -> str:
    """That a segment chosen in the address or on another page is none that this page can show."""
    known = {view.segment_text(each) for each in offer.segments}
    if segment in ("", str(Named.ALL), *known):
        return ""
    of = offer.own.get("segment")
    told = f"; {of} chosen further down does" if of else ""
    whole = f"; what is shown is of: {offer.whole.lower()}" if offer.segments else ""
    words = segment.replace(":", " ").replace(NOT_KNOWN, "not known")
    return f"The segment {words} does not apply to this page{told}{whole}."


def shown_days(of: View, *, first: object, last: object) -> Span:
    """The days a view covers of data from `first` to `last`."""
    known = [pd.Timestamp(str(each)[:10]).date() for each in (first, last)]
    return view.days(of.period, first=known[0], last=known[1])


def months(first: object, last: object) -> Callable[[Grain], list[date]]:
    """The first days of a grain's periods with data from `first` to `last`, newest first."""

    def starts(grain: Grain) -> list[date]:
        begin, end = (pd.Timestamp(str(each)[:10]).date() for each in (first, last))
        found = []
        at = view.grain_start(end, grain)
        while view.grain_end(at, grain) >= begin:
            found.append(at)
            at = view.grain_start(at - pd.Timedelta(days=1).to_pytimedelta(), grain)
        return found

    return starts


def company_segments(hub: Hub) -> tuple[Segment, ...]:
    """Every segment that KPIs are known by."""
    rows = queries.segments(hub.build)
    pairs = zip(rows["segment_name"], rows["segment_value"], strict=True)
    return tuple(Segment(str(name), str(value)) for name, value in pairs)


def by_days(
    known: tuple[Any, Any],
    *,
    note: str,
    usual: Named = Named.THREE_MONTHS,
    grains: tuple[Grain, ...] = (),
    comparisons: tuple[Comparison, ...] = (),
    segments: tuple[Segment, ...] = (),
    whole: str = WHOLE,
    own: Mapping[str, str] | None = None,
) -> Offer:
    """The bar of a page that shows days: how many of them, or from one to another.

    Of `grains` the first is the usual one.
    """
    first, last = known
    return Offer(
        usual=View(period=usual, grain=grains[0] if grains else "day"),
        named=(usual, *(each for each in ROLLING if each != usual)),
        starts=None if pd.isna(first) else months(first, last),
        listed="month",
        grains=grains,
        comparisons=comparisons,
        segments=segments,
        whole=whole,
        own=own or {},
        note=note,
    )


def within(rows: pd.DataFrame, column: str, days: Span) -> pd.DataFrame:
    """The rows whose day lies in a span."""
    at = pd.to_datetime(rows[column])
    at = at.dt.tz_localize(None) if at.dt.tz is not None else at
    end = pd.Timestamp(days.last) + pd.Timedelta(days=1)
    return rows[(at >= pd.Timestamp(days.first)) & (at < end)]


def whole(rows: pd.DataFrame, column: str, of: Grain, days: Span) -> pd.DataFrame:
    """The rows of a grain's periods, beginning at `column`, that lie in a span as a whole."""
    starts = [as_date(each) for each in rows[column]]
    kept = [days.first <= at and view.grain_end(at, of) <= days.last for at in starts]
    return rows[pd.Series(kept, index=rows.index, dtype=bool)]


def none_begins(of: Grain) -> str:
    """That no week or month begins in the period chosen, and what to choose instead."""
    return f"No {of} begins in the period above. Choose a longer period, or a finer grain."


def nothing_then(of: str, days: Span) -> None:
    """The empty state of a period without data."""
    span = f"{day_name(days.first)} to {day_name(days.last)}"
    answer(plain(f"0 days of {of} are known from {span}"))
    st.info("Choose another period above.", icon=":material/event_busy:")
