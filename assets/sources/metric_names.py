"""Which name does a metric go by, where k, a release or a data set stands inside its key?"""

from __future__ import annotations

import re
from collections.abc import Sequence

from hub.source_settings import MetricName


class MetricNames:
    """Names by the patterns of `hub.yml`; the first that fits a whole key counts."""

    def __init__(self, patterns: Sequence[MetricName]) -> None:
        self._patterns = [(re.compile(one.pattern), one.name) for one in patterns]
        self._known: dict[str, str | None] = {}

    def of(self, key: str) -> str | None:
        """The name of a key; None where no pattern fits, and the key is the name."""
        if key not in self._known:
            self._known[key] = self._find(key)
        return self._known[key]

    def _find(self, key: str) -> str | None:
        for pattern, name in self._patterns:
            if match := pattern.fullmatch(key):
                groups = {group: value or "" for group, value in match.groupdict().items()}
                return name.format_map(groups)
        return None
