"""On which line of which file does a metric, or a fault in it, stand? dbt knows the file only."""

from __future__ import annotations

import re

from assets.fault_lines import line_in_block
from hub.home import DBT_PROJECT


def metric_place(file: str, name: str) -> str:
    """`file:line` of the metric's `name:`; the file alone where it cannot be read."""
    try:
        lines = (DBT_PROJECT / file).read_text().splitlines()
    except OSError:
        return file
    stated = re.compile(
        rf"""^\s*(-\s*)?(\{{\s*)?name:\s*["']?{re.escape(name)}["']?\s*([,#}}].*)?$"""
    )
    metrics_from = next((i for i, line in enumerate(lines) if line.strip() == "metrics:"), 0)
    for number, line in enumerate(lines[metrics_from:], start=metrics_from + 1):
        if stated.match(line):
            return f"{file}:{number}"
    return file


def fault_place(place: str, told: str) -> str:
    """`file:line` of what a message about the metric at `place` names, else `place` itself."""
    file, _, line = place.rpartition(":")
    if not line.isdigit():
        return place
    try:
        lines = (DBT_PROJECT / file).read_text().splitlines()
    except OSError:
        return place
    return f"{file}:{line_in_block(lines, int(line), told)}"
