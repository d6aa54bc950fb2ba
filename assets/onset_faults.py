"""What is said of a series' changes while a check of what it is computed from fails? Nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analytics.onset_result import OnsetVerdict
from assets.input_checks import REPAIR, Faults, faults_of

Row = dict[str, Any]
LOOKED_AT = "table insights.onset_series"


def without_invalid(
    series_rows: Sequence[Row], onset_rows: Sequence[Row], faults: Faults
) -> tuple[list[Row], list[Row]]:
    """The judged series and changes; a series at fault says why, and its changes are not told."""
    told = {str(row["series_id"]): _fault(row, faults) for row in series_rows}
    series = [row | _withheld(told[str(row["series_id"])]) for row in series_rows]
    onsets = [
        onset | {"is_confirmed": False} if told[str(onset["series_id"])] else onset
        for onset in onset_rows
    ]
    return series, onsets


def _fault(row: Mapping[str, Any], faults: Faults) -> str:
    names = [f"metric {row['metric_name']}"]
    if row["layer"] == "platform":
        names.append(LOOKED_AT)
    return faults_of(names, faults)


def _withheld(fault: str) -> Row:
    if not fault:
        return {}
    return {
        "verdict": str(OnsetVerdict.INVALID_DATA),
        "verdict_reason": f"{fault} {REPAIR}",
        "n_changes": 0,
        "is_going_on": False,
    }
