"""Does every room import only what the architecture's table lets it import?"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = frozenset(
    ["analytics", "assets", "benchmarks", "cli", "dashboards", "demo", "hub", "tests"]
)


@dataclass(frozen=True)
class Rule:
    """What the modules under `place` (or, with a final `*`, named so at the start) may import.

    `project` lists modules of the project, each with all it contains; `third_party` the only
    packages from outside, None for any; `never` packages that are refused whatever else holds.
    """

    place: str
    project: frozenset[str] | None = None
    third_party: frozenset[str] | None = None
    never: frozenset[str] = frozenset()


DAGSTER = frozenset(
    ["dagster", "dagster_dbt", "dagster_shared", "dagster_webserver", "dagster_dg_cli"]
)
WITHOUT_CLI = ROOMS - {"cli", "tests"}
RULES = (
    Rule(
        "analytics",
        project=frozenset(["analytics"]),
        third_party=frozenset(["numpy", "pandas", "scipy", "statsmodels", "tea_tasting"]),
    ),
    Rule("assets", project=frozenset(["assets", "analytics", "hub"])),
    Rule("assets.sources", never=DAGSTER),
    Rule("dashboards", project=frozenset(["dashboards", "hub", "analytics.vocabulary"])),
    Rule("dashboards.charts*", never=frozenset(["streamlit"])),
    Rule("hub", project=frozenset(["hub"])),
    Rule("cli", project=WITHOUT_CLI | {"cli"}),
    Rule(
        "demo",
        project=frozenset(["demo"]),
        third_party=frozenset(["numpy", "pandas", "yaml"]),
    ),
    Rule("benchmarks", project=WITHOUT_CLI),
)


def is_within(name: str, module: str) -> bool:
    """Whether a dotted name is the module or lies in it."""
    return name == module or name.startswith(module + ".")


def covers(rule: Rule, module: str) -> bool:
    """Whether a rule is about this module."""
    if rule.place.endswith("*"):
        return module.startswith(rule.place[:-1])
    return is_within(module, rule.place)


def imported_names(source: str, package: str) -> Iterator[tuple[int, str]]:
    """Line and dotted name of every import in a module, wherever in it the import stands.

    `package` is the module's package, which relative imports start from. An import by a constant
    name through importlib or `__import__` counts as well.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")
                base = ".".join([*parents[: len(parents) - node.level + 1], base]).strip(".")
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and node.args:
            called = ast.unparse(node.func).rpartition(".")[2]
            name = node.args[0]
            if called in ("import_module", "__import__") and isinstance(name, ast.Constant):
                yield node.lineno, str(name.value)


def violations(module: str, source: str, *, is_package: bool = False) -> list[str]:
    """The imports of one module that the rules for its place refuse, one text each."""
    rules = [rule for rule in RULES if covers(rule, module)]
    package = module if is_package else module.rpartition(".")[0]
    found = []
    for line, name in imported_names(source, package):
        refused = [rule.place for rule in rules if not is_allowed(name, rule)]
        if refused:
            found.append(f"{module}:{line} imports {name}, which {refused[0]} may not")
    return found


def is_allowed(name: str, rule: Rule) -> bool:
    """Whether a rule lets its modules import this dotted name."""
    top = name.partition(".")[0]
    if top in rule.never:
        return False
    if top in ROOMS:
        return rule.project is None or any(is_within(name, part) for part in rule.project)
    if top in sys.stdlib_module_names or rule.third_party is None:
        return True
    return top in rule.third_party


def module_files() -> list[tuple[str, Path]]:
    """Dotted name and path of every module of the rooms that have a rule."""
    found = []
    for room in sorted({rule.place.partition(".")[0] for rule in RULES}):
        for path in sorted((ROOT / room).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found.append((".".join(parts).removesuffix(".__init__"), path))
    return found


def test_no_module_imports_what_its_room_may_not() -> None:
    files = module_files()
    assert {name.partition(".")[0] for name, _ in files} == ROOMS - {"tests"}
    found = [
        text
        for name, path in files
        for text in violations(
            name, path.read_text(encoding="utf-8"), is_package=path.name == "__init__.py"
        )
    ]
    assert found == []


def test_every_folder_with_modules_is_a_room_with_a_rule() -> None:
    folders = {path.parent.name for path in ROOT.glob("*/*.py")}
    assert folders - {"tests"} == {rule.place for rule in RULES if "." not in rule.place}


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("analytics.link", "import duckdb"),
        ("analytics.link", "from hub.config import HubConfig"),
        ("analytics.link", "import importlib\nimportlib.import_module('dagster')"),
        ("assets.layers", "def load():\n    from dashboards.queries import read"),
        ("assets.layers", "from cli.main import app"),
        ("assets.sources.jira", "import dagster as dg"),
        ("assets.sources.jira", "def late():\n    from dagster_dbt import DbtProject"),
        ("dashboards.app", "from assets.definitions import definitions"),
        ("dashboards.app", "from analytics.link import estimate"),
        ("dashboards.app", "from analytics import link"),
        ("dashboards.app", "import analytics"),
        ("dashboards.charts", "import streamlit as st"),
        ("dashboards.charts_service", "def draw():\n    import streamlit"),
        ("dashboards.charts.lags", "from streamlit import plotly_chart"),
        ("hub.config", "from analytics.vocabulary import Verdict"),
        ("hub.config", "from demo import shop"),
        ("demo.shop", "import scipy.stats"),
        ("demo.shop", "from hub.home import HubHome"),
        ("demo.shop", "from ..hub import home"),
        ("benchmarks.load", "from cli import main"),
        ("cli.main", "from tests.conftest import browser"),
    ],
)
def test_a_forbidden_import_is_found(module: str, source: str) -> None:
    assert len(violations(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("analytics.link", "import math\nimport numpy as np\nfrom analytics.lag import find"),
        ("analytics.link", "from .lag import find"),
        ("assets.layers", "import dagster as dg\nfrom assets.sources import load_source"),
        ("assets.sources.jira", "import duckdb\nfrom hub.home import HubHome"),
        ("dashboards.app", "from analytics import vocabulary"),
        ("dashboards.app", "from analytics.vocabulary import Verdict\nimport streamlit"),
        ("dashboards.charts", "import plotly.graph_objects as go"),
        ("demo.shop", "import gzip\nimport yaml\nfrom demo import plan"),
        ("cli.main", "def demo():\n    from demo.shop import build\n    import assets"),
    ],
)
def test_an_allowed_import_is_let_through(module: str, source: str) -> None:
    assert violations(module, source) == []


def test_a_relative_import_in_a_package_starts_from_the_package() -> None:
    assert violations("demo", "from .plan import PLAN", is_package=True) == []
    assert violations("demo", "from ..hub import home", is_package=True) != []
