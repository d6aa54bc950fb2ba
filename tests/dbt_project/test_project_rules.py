"""Is every model written the house way: one question, one yml, portable SQL?"""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
MODELS = sorted((PROJECT / "models").rglob("*.sql"))
PREFIX = {
    "staging": "stg_",
    "platform": "platform_",
    "team": "team_",
    "company": "company_",
    "metrics": "metrics_",
    "marts": "mart_",
}
# What DuckDB alone understands; each has a macro in macros/dialect.
DUCKDB_ONLY = re.compile(
    r"::|\b(qualify|unnest|generate_series|quantile_cont|timezone|timestamptz|json_extract\w*"
    r"|regexp_\w+|list_\w+|strftime|strptime|epoch\w*|sha256|md5|from_json|group by all"
    r"|anti join|semi join|asof|pivot|exclude|arg_max|try_cast|to_\w+s)\b|\bexists \(from\b",
    re.IGNORECASE,
)


def name(model: Path) -> str:
    return model.stem


@cache
def described(model: Path) -> dict[str, Any]:
    """What the yml beside a model says of it."""
    (told,) = yaml.safe_load(model.with_suffix(".yml").read_text())["models"]
    return dict(told)


def test_there_are_models() -> None:
    assert len(MODELS) > 50


@pytest.mark.parametrize("model", MODELS, ids=name)
def test_a_model_reads_from_imports_to_final(model: Path) -> None:
    text = model.read_text()
    code = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    assert code.startswith("with ")
    assert re.search(r"\nfinal as \(\n", code)
    assert re.search(
        r"\nselect \* from final( \{\{ and_retained\(\) \}\})?( -- noqa: \w+)?$", code.rstrip()
    )
    assert len(text.splitlines()) <= 110
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("model", MODELS, ids=name)
def test_a_model_is_named_after_its_folder(model: Path) -> None:
    assert model.stem.startswith(PREFIX[model.parent.name])


@pytest.mark.parametrize("model", MODELS, ids=name)
def test_a_model_says_what_one_row_is(model: Path) -> None:
    told = described(model)
    assert told["name"] == model.stem
    assert told["description"].startswith("One row per ")


@pytest.mark.parametrize("model", MODELS, ids=name)
def test_dialects_differ_in_macros_only(model: Path) -> None:
    code = re.sub(r"--.*", "", model.read_text())
    assert not DUCKDB_ONLY.findall(code)


def test_every_dialect_macro_has_a_portable_default() -> None:
    for file in (PROJECT / "macros" / "dialect").glob("*.sql"):
        text = file.read_text()
        dispatched = set(re.findall(r"adapter\.dispatch\('(\w+)'\)", text))
        takes_the_place_of_dbts_own = "macro spark__dateadd(" in text
        assert dispatched or takes_the_place_of_dbts_own, file.name
        for macro in dispatched:
            assert f"default__{macro}(" in text, macro
            assert f"duckdb__{macro}(" in text, macro


def test_what_the_analytics_read_besides_observations_is_declared() -> None:
    """`reads` of the insights: without it a failed check of such a model would mark nothing."""
    told = yaml.safe_load((PROJECT / "models" / "marts" / "sources.yml").read_text())["sources"]
    (insights,) = (source for source in told if source["name"] == "insights")
    declared = {
        model
        for table in insights["tables"]
        for model in table.get("config", {}).get("meta", {}).get("reads", ())
    }
    assert declared <= {model.stem for model in MODELS}
    # when a period is complete is asked of the ledger's watermarks, which hold no figure
    written = [file.read_text() for file in (PROJECT.parent / "assets").glob("*.py")
               if file.stem not in ("observations", "complete_periods", "retention")]  # fmt: skip
    read = {
        model
        for text in written
        for model in re.findall(r"\b(?:staging|platform|team|company)\.([a-z]+_\w+)", text)
    }
    assert read - {"stg_watermarks"} <= declared


LAYERS = ("platform", "team", "company")
# Records of which several may stand in one line of a file: they are counted against the ledger.
WITHOUT_KEY = {"stg_quarantine", "stg_service_callers", "stg_service_requests"}
INVARIANTS = {"expression_holds", "sums_agree", "periods_add_up"}
# Those that hold a model against another one: what went in must come out, or was set aside.
TIES = {"sums_agree", "kept_lines_agree"}
_NAMED = re.compile(r"ref\('(\w+)'\)|source\('\w+', '(\w+)'\)")
# Macros to select from, which name their tables themselves.
_MACRO = re.compile(r"\{\{ (delivered_rows\('\w+'\)|objectives\(\)) \}\}")


def checks_of(model: Path) -> list[tuple[str, str]]:
    """Kind and arguments of the data tests of a model and of its columns."""
    told = described(model)
    columns = told.get("columns") or []
    lists = [told.get("data_tests") or [], *(each.get("data_tests") or [] for each in columns)]
    return [
        (kind, _arguments(body))
        for tests in lists
        for test in tests
        for kind, body in ([(test, {})] if isinstance(test, str) else test.items())
    ]


def _arguments(test: dict[str, Any]) -> str:
    return " ".join(map(str, test.get("arguments", {}).values()))


def meta_of(model: Path) -> dict[str, str]:
    """What a model says of itself besides its tests, such as why it has no key."""
    told = described(model)
    return dict(told.get("config", {}).get("meta", {}))


@pytest.mark.parametrize("model", MODELS, ids=name)
def test_a_model_has_a_tested_key_or_says_why_its_rows_have_none(model: Path) -> None:
    """`unique_key` asks for both: that no two rows share a key, and that no part is unknown."""
    kinds = {kind for kind, _ in checks_of(model)}
    assert ("unique_key" in kinds) == (model.stem not in WITHOUT_KEY)
    assert ("no_key" in meta_of(model)) == (model.stem in WITHOUT_KEY)
    assert "unique_key" in kinds or "sums_agree" in kinds


@pytest.mark.parametrize(
    "model", [model for model in MODELS if model.parent.name in LAYERS], ids=name
)
def test_a_fact_has_an_invariant(model: Path) -> None:
    assert {kind for kind, _ in checks_of(model)} & INVARIANTS


@pytest.mark.parametrize("model", MODELS, ids=name)
def test_a_model_is_held_against_another_or_says_why_it_cannot_be(model: Path) -> None:
    """An invariant within one model alone does not see what was lost on the way to it."""
    others = {
        other
        for kind, arguments in checks_of(model)
        if kind in TIES
        for other in [
            *(found[0] or found[1] for found in _NAMED.findall(arguments)),
            *_MACRO.findall(arguments),
        ]
    } - {model.stem}
    assert bool(others) != bool(meta_of(model).get("no_invariant"))


def test_lines_minutes_hours_and_days_are_tied_to_each_other() -> None:
    """What one model counts, the next must count: an invariant of one model alone is no proof."""
    tied = {
        (model.stem, other)
        for model in MODELS
        for kind, arguments in checks_of(model)
        if kind == "sums_agree"
        for other in re.findall(r"ref\('(\w+)'\)", arguments)
    }
    assert {
        ("stg_sales_delivered_lines", "stg_loads"),
        ("platform_request_histograms", "stg_loads"),
        ("platform_request_hours", "platform_request_histograms"),
        ("platform_request_hours", "platform_request_minutes"),
        ("platform_request_days", "platform_request_hours"),
    } <= tied
    for first, second in (
        ("company_order_lines", "company_orders"),
        ("company_orders", "company_revenue_days"),
    ):
        assert {(first, second), (second, first)} & tied, (first, second)
