"""Does a fresh checkout set itself up, say what is wrong, and repair what was interrupted?"""

import ast
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli.bootstrap import LOCK_COMMAND, pip_for_environment, python_problem
from cli.checkout import Checkout, StepError

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ("bootstrap.py", "checkout.py", "package_index.py")
BASE_PYTHON = getattr(sys, "_base_executable", sys.executable)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what the set-up reads, without an environment."""
    root = tmp_path / "checkout with spaces"
    (root / "cli").mkdir(parents=True)
    for name in ("pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, root / name)
    (root / "README.md").write_text("A copy.\n")
    for name in ("__init__.py", *SCRIPTS):
        shutil.copy(ROOT / "cli" / name, root / "cli" / name)
    for package in ("analytics", "assets/sources", "benchmarks", "dashboards/app_pages", "demo"):
        (root / package).mkdir(parents=True)
    (root / "hub").mkdir()
    return root


def bootstrap(root: Path, *options: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the copy's set-up with the interpreter that made this environment."""
    return subprocess.run(
        [BASE_PYTHON, str(root / "cli" / "bootstrap.py"), *options],
        capture_output=True,
        text=True,
        env={**os.environ, **env},
        cwd=root.parent,
        check=False,
    )


def started(root: Path) -> subprocess.Popen[str]:
    """Start the copy's set-up and do not wait for it."""
    return subprocess.Popen(
        [BASE_PYTHON, str(root / "cli" / "bootstrap.py")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def assert_works(root: Path) -> None:
    """The environment holds the lock's packages and the copy itself."""
    python = root / ".venv" / "bin" / "python"
    code = "import importlib.metadata as m, pandas, hub; print(m.version('bellwether'))"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    command = (root / ".venv" / "bin" / "bellwether").read_text()
    assert str(root) in command


@pytest.mark.parametrize("name", SCRIPTS)
def test_old_interpreters_parse_the_set_up(name: str) -> None:
    ast.parse((ROOT / "cli" / name).read_text(), feature_version=(3, 6))


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_set_up_needs_the_standard_library_only(name: str) -> None:
    tree = ast.parse((ROOT / "cli" / name).read_text())
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [str(node.module)]
        for imported in names:
            top = imported.partition(".")[0]
            assert top in sys.stdlib_module_names or f"{imported[4:]}.py" in SCRIPTS


def test_an_unsupported_python_is_named_in_one_line_with_what_is_needed() -> None:
    for version in ((3, 10, 13), (3, 14, 0)):
        problem = python_problem(version, "/usr/bin/python3", [])
        assert ".".join(map(str, version)) in problem
        assert "3.11, 3.12 or 3.13" in problem
        assert "\n" not in problem
    assert "PYTHON=python3.12" in python_problem((3, 9, 1), "python3", ["python3.12"])
    assert [python_problem((3, minor, 0), "python3", []) for minor in (11, 12, 13)] == [""] * 3


def test_the_supported_pythons_are_those_of_pyproject() -> None:
    assert 'requires-python = ">=3.11,<3.14"' in (ROOT / "pyproject.toml").read_text()


def ready(root: Path) -> Checkout:
    """A checkout whose set-up looks finished, made without installing anything."""
    checkout = Checkout(str(root))
    (root / ".venv" / "bin").mkdir(parents=True)
    for path in (checkout.python, checkout.command):
        Path(path).touch()
    checkout.begin()
    checkout.finish()
    return checkout


def _without_bytecode(folder: Path) -> list[Path]:
    """Everything in a folder but what Python keeps for itself."""
    return sorted(each for each in folder.rglob("*") if "__pycache__" not in each.parts)


def test_a_finished_set_up_does_nothing_and_says_nothing(copy: Path) -> None:
    ready(copy)
    before = _without_bytecode(copy)
    done = bootstrap(copy)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert _without_bytecode(copy) == before


@pytest.mark.parametrize("changed", ["requirements.lock", "pyproject.toml"])
def test_a_changed_lock_or_project_calls_for_a_set_up(copy: Path, changed: str) -> None:
    checkout = ready(copy)
    assert checkout.is_ready()
    with (copy / changed).open("a") as handle:
        handle.write("\n# changed\n")
    assert not checkout.is_ready()


def test_a_moved_checkout_calls_for_a_set_up(copy: Path) -> None:
    ready(copy)
    moved = copy.rename(copy.with_name("moved"))
    assert not Checkout(str(moved)).is_ready()


def test_a_begun_set_up_is_not_ready_until_it_is_finished(copy: Path) -> None:
    checkout = ready(copy)
    checkout.begin()
    assert not checkout.is_ready()
    checkout.finish()
    assert checkout.is_ready()
    assert not Path(checkout.unfinished).exists()


def test_a_failing_step_tells_why_and_logs_its_whole_output(copy: Path) -> None:
    checkout = ready(copy)
    code = "print('first'); print('error: the disk is full'); print('at https://a:b@host'); exit(3)"
    with pytest.raises(StepError, match="trying failed: error: the disk is full"):
        checkout.run("trying", [sys.executable, "-c", code], dict(os.environ))
    log = Path(checkout.log).read_text()
    assert "first" in log
    assert "a:b@" not in log


def test_a_set_up_waits_for_another_one(copy: Path) -> None:
    checkout = Checkout(str(copy))
    with checkout.held():
        other = started(copy)
        assert other.stdout is not None
        assert "waiting for it" in other.stdout.readline()
        ready_made = copy / ".venv" / "bin"
        ready_made.mkdir()
        for path in (checkout.python, checkout.command):
            Path(path).touch()
        checkout.begin()
        checkout.finish()
    assert other.communicate(timeout=20)[0] == ""
    assert other.returncode == 0


def test_an_index_that_cannot_be_reached_is_named_as_the_cause(copy: Path) -> None:
    done = bootstrap(
        copy,
        PIP_CONFIG_FILE=os.devnull,
        PIP_INDEX_URL="http://127.0.0.1:9/none",
        PIP_FIND_LINKS="",
        PIP_DEFAULT_TIMEOUT="2",
    )
    assert done.returncode == 1
    assert "the package index could not be reached" in done.stderr
    assert "PIP_INDEX_URL" in done.stderr
    assert "Traceback" not in done.stderr
    assert not Checkout(str(copy)).is_ready()


def test_a_missing_pip_is_made_by_ensurepip(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout = Checkout(str(copy))
    without_pip = copy / "python3"
    without_pip.write_text(f'#!/bin/sh\n[ "$2" = pip ] && exit 1\nexec {BASE_PYTHON} "$@"\n')
    without_pip.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(without_pip))
    monkeypatch.setattr(sys, "prefix", str(copy))
    subprocess.run([BASE_PYTHON, "-m", "venv", "--without-pip", checkout.venv], check=True)
    command = pip_for_environment(checkout, dict(os.environ))
    assert command == [checkout.python, "-m", "pip"]


def test_the_lock_is_resolved_for_every_supported_python_with_hashes() -> None:
    assert "--universal" in LOCK_COMMAND
    assert "--generate-hashes" in LOCK_COMMAND
    assert LOCK_COMMAND[LOCK_COMMAND.index("--python-version") + 1] == "3.11"


@pytest.mark.long
def test_a_fresh_checkout_sets_itself_up_and_a_killed_one_is_repaired(copy: Path) -> None:
    with started(copy) as first:
        assert first.stdout is not None
        while "installing the locked packages" not in first.stdout.readline():
            assert first.poll() is None
        time.sleep(1)
        first.send_signal(signal.SIGKILL)
    done = bootstrap(copy)
    assert done.returncode == 0, done.stderr
    assert "did not finish" in done.stdout
    assert_works(copy)


@pytest.mark.long
def test_a_terminated_set_up_says_so_and_leaves_nothing_running(copy: Path) -> None:
    first = started(copy)
    assert first.stdout is not None
    while "installing the locked packages" not in first.stdout.readline():
        assert first.poll() is None
    first.send_signal(signal.SIGTERM)
    assert "interrupted" in first.communicate(timeout=20)[0]
    assert first.returncode == 130
    checkout = Checkout(str(copy))
    assert not checkout.is_ready()
    with open(checkout.mutex) as mutex:  # whatever the set-up started would still hold it
        fcntl.flock(mutex, fcntl.LOCK_EX | fcntl.LOCK_NB)


@pytest.mark.long
def test_two_set_ups_at_once_both_end_well(copy: Path) -> None:
    both = [started(copy), started(copy)]
    outputs = [child.communicate(timeout=300)[0] for child in both]
    assert [child.returncode for child in both] == [0, 0], outputs
    assert sum("making .venv" in output for output in outputs) == 1
    assert_works(copy)


@pytest.mark.long
def test_pip_alone_sets_a_checkout_up(copy: Path) -> None:
    done = bootstrap(copy, "--without-uv")
    assert done.returncode == 0, done.stderr
    assert "with pip" in done.stdout
    assert_works(copy)


@pytest.mark.long
def test_a_uv_that_fails_is_followed_by_pip(copy: Path) -> None:
    done = bootstrap(copy, UV_CACHE_DIR=str(copy / "README.md" / "no folder"))
    assert done.returncode == 0, done.stderr
    assert "going on with pip" in done.stdout
    assert_works(copy)


@pytest.mark.long
def test_an_environment_of_another_python_is_made_anew(copy: Path) -> None:
    other = copy / ".venv" / "bin"
    other.mkdir(parents=True)
    (other / "python").write_text("#!/bin/sh\nexit 1\n")
    (other / "python").chmod(0o755)
    done = bootstrap(copy)
    assert done.returncode == 0, done.stderr
    assert "making .venv" in done.stdout
    assert_works(copy)
