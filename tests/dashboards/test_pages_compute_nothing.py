"""Do pages select what was estimated, and compute no statistics themselves?

Statistics belong to `analytics`, percentiles and intervals to the marts: there they are tested,
published with their method, and the same for every reader.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

DASHBOARDS = Path(__file__).resolve().parents[2] / "dashboards"
PACKAGES = {"numpy", "scipy", "statsmodels", "statistics", "math", "random", "sklearn"}
METHODS = {
    *("median", "quantile", "std", "var", "sem", "mean", "mode", "corr", "cov", "corrwith"),
    *("rolling", "ewm", "expanding", "describe", "skew", "kurt", "polyfit", "linregress", "fit"),
    *("interpolate", "pct_change", "autocorr"),
}
# the normal distribution's quantiles that intervals are made with
QUANTILES = {1.28, 1.282, 1.64, 1.645, 1.96, 2.33, 2.326, 2.58, 2.576}
SQL = re.compile(
    r"\b(avg|mean|median|mode|quantile\w*|percentile\w*|stddev\w*|var_\w+|variance|corr"
    r"|covar\w*|regr_\w+|ln|log|log2|log10|exp|sqrt|pow|power)\s*\(",
    re.IGNORECASE,
)
# What may stand in a module all the same, with the reason.
ALLOWED = {
    # rounds an amount to three figures
    ("wording", "math"),
    # a metric's own definition: NDCG weighs a position by its rank; counts are summed with it
    ("queries_exposure", "ln"),
    # where on the sheet a line is drawn, so that words stand beside it
    ("chart_labels", "numpy"),
    # the type that days of a figure come in
    ("chart_room", "numpy"),
}


def computed(tree: ast.Module) -> Iterator[str]:
    """The statistics of a module: packages, methods, quantiles and functions of SQL."""
    docstrings = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.partition(".")[0] in PACKAGES)
        elif isinstance(node, ast.ImportFrom):
            if (node.module or "").partition(".")[0] in PACKAGES:
                yield str(node.module)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in METHODS:
                yield f".{node.func.attr}("
        elif isinstance(node, ast.Constant) and node not in docstrings:
            if isinstance(node.value, float) and node.value in QUANTILES:
                yield f"{node.value}"
            elif isinstance(node.value, str) and (_is_sql(node.value) or " / ln(" in node.value):
                yield from (name.lower() for name in SQL.findall(node.value))


def _is_sql(text: str) -> bool:
    return re.search(r"\bselect\b", text, re.IGNORECASE) is not None


@pytest.mark.parametrize(
    "file", sorted(DASHBOARDS.rglob("*.py")), ids=lambda file: str(file.relative_to(DASHBOARDS))
)
def test_a_module_of_the_pages_computes_no_statistics(file: Path) -> None:
    found = set(computed(ast.parse(file.read_text())))
    assert {name for name in found if (file.stem, name) not in ALLOWED} == set()


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import numpy as np", "numpy"),
        ("from scipy import stats", "scipy"),
        ("from statistics import fmean", "statistics"),
        ("y = known.tail(14).median()", ".median("),
        ("low = effect - 1.96 * se", "1.96"),
        ("frame['a'].rolling(7).sum()", ".rolling("),
        ('read("select quantile_cont(x, 0.5) from marts.m")', "quantile_cont"),
        ('read("select regr_slope(y, x) from marts.m")', "regr_slope"),
        ('read(f"select avg({name}) from marts.m")', "avg"),
    ],
)
def test_a_statistic_is_found_wherever_it_hides(code: str, told: str) -> None:
    assert told in set(computed(ast.parse(code)))


def test_sums_extremes_and_words_about_statistics_are_none() -> None:
    code = '''
"""The median of a week (log2(k)) is stored."""
told = "The median (50 %) of 1.96 lines"
read("select sum(a) / nullif(sum(b), 0), max(c) from marts.m")
rows["a"].sum(), rows["a"].max()
'''
    assert set(computed(ast.parse(code))) == set()
