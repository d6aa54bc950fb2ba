"""Which past of a KPI, and which releases beside it, does a question about the future start from?

Read from the last published build, as the links of that build saw them.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.money import mean_daily_kpi
from assets.link_inputs import Kpi, LinkInputs, read_inputs, read_kpis
from assets.link_pairs import Pair, pairs_of
from hub.home import find_home
from hub.warehouse import open_published

ASSUMED_RELEASES = 24
ASSUMED_EVERY_DAYS = 21
ASSUMED_GAIN = 0.02


class UnknownName(Exception):
    """The KPI or model metric that was asked for is not in the build; says what is."""


@dataclass(frozen=True, eq=False)
class ReleasePast:
    """Releases of one model, as a plan or a test starts from them.

    `positions` in the history's days; `gains` log changes of the metric; `told` in words whose
    they are, or that they are assumed; `address` names the metric, None where they are.
    """

    told: str
    metric: str
    address: str | None
    positions: npt.NDArray[np.int64]
    gains: npt.NDArray[np.float64]
    is_assumed: bool

    @property
    def every_days(self) -> int:
        """Typical distance of two releases."""
        if len(self.positions) < 2:
            return ASSUMED_EVERY_DAYS
        return max(int(np.median(np.diff(self.positions))), 1)

    @property
    def typical_gain(self) -> float:
        """Spread of the log gains."""
        spread = float(np.std(self.gains, ddof=1)) if len(self.gains) > 1 else 0.0
        return spread if spread > 0.0 else ASSUMED_GAIN


@dataclass(frozen=True, eq=False)
class KpiHistory:
    """A KPI day by day on a grid without holes, and what the hub knows beside it."""

    kpi: Kpi
    values: pd.Series
    calendar: pd.DataFrame | None
    releases: ReleasePast
    smallest_effect: float
    inputs: LinkInputs

    @property
    def is_money(self) -> bool:
        return self.inputs.is_money(self.kpi)

    @property
    def daily_level(self) -> float:
        """Mean of the last 28 days."""
        return mean_daily_kpi(self.values)


def read_histories(home: Path | None) -> tuple[LinkInputs, list[Kpi]]:
    """The inputs of the links of the last build, and every KPI it knows."""
    con = open_published(find_home(home))
    try:
        return read_inputs(con), read_kpis(con)
    finally:
        con.close()


def history_of(
    inputs: LinkInputs, kpis: list[Kpi], *, kpi: str | None, metric: str | None
) -> KpiHistory:
    """One KPI beside the releases of one model.

    Without names: the first pair declared in hub.yml, else sales, and the model metric with the
    most releases. Raises `UnknownName`.
    """
    chosen = _kpi(inputs, kpis, kpi)
    pairs = [pair for pair in pairs_of(inputs) if pair.kpi.name == chosen.name]
    pair = _pair(pairs, metric, {each.metric for each in inputs.settings.primary})
    if pair is None:
        values = _on_grid(chosen.values)
        return KpiHistory(chosen, values, inputs.calendar, _assumed(len(values)), 1.0, inputs)
    return KpiHistory(
        kpi=chosen,
        values=pair.outcome,
        calendar=pair.view.calendar,
        releases=_past(pair),
        smallest_effect=pair.view.smallest_effect,
        inputs=inputs,
    )


def _kpi(inputs: LinkInputs, kpis: list[Kpi], asked: str | None) -> Kpi:
    known = {kpi.name: kpi for kpi in kpis}
    if not known:
        raise UnknownName(
            "the last build has no KPI by day; `bellwether check` shows what each source holds."
        )
    if asked is None:
        declared = [pair.kpi for pair in inputs.settings.primary if pair.kpi in known]
        money = [inputs.money_kpi.name] if inputs.money_kpi else []
        asked = [*declared, *money, *known][0]
    if asked not in known:
        near = difflib.get_close_matches(asked, known, n=3) or sorted(known)
        raise UnknownName(f"KPI `{asked}` is not in the last build; known: {', '.join(near)}.")
    return known[asked]


def _pair(pairs: list[Pair], asked: str | None, declared: set[str]) -> Pair | None:
    """That of the model metric asked for, else of a declared one, else with the most releases."""
    if asked is not None:
        found = [pair for pair in pairs if pair.metric.address == asked]
        if not found:
            known = sorted({pair.metric.address for pair in pairs})
            near = difflib.get_close_matches(asked, known, n=3) or known[:8]
            raise UnknownName(
                f"model metric `{asked}` is not in the last build; "
                f"known: {', '.join(near) or 'none'}."
            )
        pairs = found
    usable = [pair for pair in pairs if len(_past(pair).gains) > 1]

    def order(pair: Pair) -> tuple[bool, bool, int]:
        return pair.is_primary, pair.metric.address in declared, len(_past(pair).gains)

    return max(usable, key=order, default=None)


def _past(pair: Pair) -> ReleasePast:
    """Releases with a known gain inside the days of the pair."""
    metric, days = pair.view.known.metric, pd.DatetimeIndex(pair.outcome.index)
    known = metric.where(metric > 0.0)
    change = np.log(known).diff()
    inside = pair.view.known.releases.intersection(days[1:])
    gains = change.reindex(inside)
    kept = inside[gains.notna().to_numpy()]
    return ReleasePast(
        told=f"{pair.metric.model}'s {len(kept)} releases",
        metric=f"{pair.metric.model} {pair.metric.label}",
        address=pair.metric.address,
        positions=days.get_indexer(kept).astype(np.int64),
        gains=gains.dropna().to_numpy(dtype=np.float64),
        is_assumed=False,
    )


def _assumed(n_days: int) -> ReleasePast:
    """Two dozen releases of about two percent, three weeks apart: where none is known."""
    count = max(min(ASSUMED_RELEASES, (n_days - 1) // ASSUMED_EVERY_DAYS), 2)
    gains = ASSUMED_GAIN * np.linspace(-1.5, 1.5, count) + ASSUMED_GAIN
    return ReleasePast(
        told=f"{count} assumed releases, as none with a known offline gain is there",
        metric="the metric",
        address=None,
        positions=1 + ASSUMED_EVERY_DAYS * np.arange(count),
        gains=gains,
        is_assumed=True,
    )


def _on_grid(values: pd.Series) -> pd.Series:
    return values.reindex(pd.date_range(values.index[0], values.index[-1], freq="D"))
