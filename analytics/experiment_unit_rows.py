"""Which rows of an experiment's users count, and what must be said of the others?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analytics.experiment_lift import Refusal

# A few users seen in two variants change devices or accounts; more of them is a fault.
LARGEST_CROSSED_SHARE = 0.01
# Sums of squares of larger figures are beyond any business.
_LARGEST_VALUE = 1e30
# Columns of ours beside columns that others named.
USER, VARIANT = "(user)", "(variant)"


@dataclass(frozen=True, eq=False)
class UnitRows:
    """One row per user with `USER`, `VARIANT` (strings) and the numbers asked for.

    Attributes:
        frame: the rows that count; numbers that cannot be used are NaN.
        refusal, reason: why no row counts, by name and in words; None when they do.
    """

    frame: pd.DataFrame
    caveats: tuple[str, ...] = ()
    refusal: Refusal | None = None
    reason: str | None = None


def unit_rows(
    units: pd.DataFrame, *, user_column: str, variant_column: str, numbers: Sequence[str]
) -> UnitRows:
    """Tidy the rows of one experiment.

    Args:
        units: one row per user; the same row delivered twice counts once.
        numbers: columns to read as numbers.

    Raises:
        TypeError: `units` is no frame.
        ValueError: a column is missing; it is named.
    """
    if not isinstance(units, pd.DataFrame):
        raise TypeError(f"units must be a pandas DataFrame, not {type(units).__name__}")
    missing = [n for n in (user_column, variant_column, *numbers) if n not in units.columns]
    if missing:
        raise ValueError(f"units lacks the columns {', '.join(dict.fromkeys(missing))}")
    named = {
        USER: units[user_column].astype("string"),
        VARIANT: units[variant_column].astype("string"),
    }
    frame = pd.DataFrame({**named, **{name: _usable(units[name]) for name in numbers}})
    return _one_row_per_user(_assigned(frame.drop_duplicates()))


def _usable(column: pd.Series) -> np.ndarray:
    values = pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    return np.where(np.abs(values) < _LARGEST_VALUE, values, np.nan)


def _assigned(frame: pd.DataFrame) -> UnitRows:
    known = frame[USER].notna() & frame[VARIANT].notna()
    n_unknown = int((~known).sum())
    note = f"{n_unknown:,} rows without a user or a variant were left out."
    return UnitRows(frame[known], (note,) if n_unknown else ())


def _one_row_per_user(found: UnitRows) -> UnitRows:
    frame = found.frame
    n_users = frame[USER].nunique()
    again = frame[frame[USER].duplicated(keep=False)]
    per_user = again.groupby(USER)[VARIANT].nunique()
    crossed = per_user.index[per_user > 1]
    if len(crossed) > LARGEST_CROSSED_SHARE * n_users:
        return replace(
            found,
            refusal=Refusal.CROSSED_USERS,
            reason=(
                f"{len(crossed):,} of {n_users:,} users were seen in more than one variant, so "
                "their behaviour belongs to none."
            ),
        )
    if len(crossed) < len(per_user):
        return replace(
            found,
            refusal=Refusal.REPEATED_USER,
            reason=(
                f"{len(per_user) - len(crossed):,} users have several rows with different "
                "numbers; one row per user is needed."
            ),
        )
    if not len(crossed):
        return found
    note = f"{len(crossed):,} users seen in more than one variant were left out."
    return UnitRows(frame[~frame[USER].isin(crossed)], (*found.caveats, note))
