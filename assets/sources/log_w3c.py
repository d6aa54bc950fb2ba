"""What does a log in the W3C extended format say? IIS, CloudFront: a header names the fields.

Times are UTC (https://www.w3.org/TR/WD-logfile). The unit of `time-taken` is not of the format:
IIS writes milliseconds, CloudFront seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assets.sources.log_text_forms import NOTHING, TextForm

_FIELDS = "#Fields:"
_NAMES = {
    "cs-method": "method", "cs-uri-stem": "path", "cs-uri-query": "query", "sc-status": "status",
    "c-ip": "client_address", "cs(User-Agent)": "user_agent", "cs(Referer)": "referer",
    "cs-username": "user", "sc-bytes": "bytes", "cs-host": "service", "x-host-header": "service",
    "x-edge-request-id": "request_id",
}  # fmt: skip


class W3cLog:
    """Reads lines under the header that stands before them; keeps the header between lines."""

    def __init__(self, fields: Sequence[str] = ()) -> None:
        self.fields = list(fields)
        self.first_fields = list(fields)

    def parse(self, line: str) -> Sequence[dict[str, Any]] | None:
        """The request of a line; None before any header or for another number of fields."""
        if line.startswith("#"):
            if line.startswith(_FIELDS):
                self.fields = line.removeprefix(_FIELDS).split()
                self.first_fields = self.first_fields or self.fields
            return NOTHING
        cells = line.split("\t") if "\t" in line else line.split(" ")
        if not self.fields or len(cells) != len(self.fields):
            return None
        told: dict[str, Any] = {
            _NAMES.get(name, name): cell
            for name, cell in zip(self.fields, cells, strict=True)
            if cell != "-"
        }
        day, clock = told.pop("date", None), told.pop("time", None)
        if day and clock:
            told["time"] = f"{day}T{clock}Z"
        return [told]

    def form(self) -> TextForm:
        """The form with the unit that its fields give away."""
        return TextForm(
            "w3c_extended",
            f"a header `#Fields: {' '.join(self.first_fields)[:80]}`",
            self.parse,
            duration=self._unit(),
            zone=("UTC", "the W3C extended format has its times in UTC"),
            given={"latency_ms": "time-taken"} if "time-taken" in self.first_fields else {},
        )

    def _unit(self) -> tuple[str, str] | None:
        if "x-edge-location" in self.first_fields:
            return "s", "CloudFront writes time-taken in seconds"
        if {"sc-win32-status", "s-sitename", "sc-substatus"} & set(self.first_fields):
            return "ms", "IIS writes time-taken in milliseconds"
        return None


def first_header(lines: Sequence[str]) -> list[str]:
    """The fields that the first header among these lines names."""
    for line in lines:
        if line.startswith(_FIELDS):
            return line.removeprefix(_FIELDS).split()
    return []
