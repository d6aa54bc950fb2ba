"""How does a fresh checkout become a working one, with only Python, pip and a package index?

Run by the system's own interpreter (``python3 cli/bootstrap.py``), before anything is installed:
standard library only, and a syntax that old interpreters parse too, so that they can say clearly
that they are too old. The environment in ``.venv`` becomes exactly what ``requirements.lock``
pins; a stamp written last makes the next call a no-op and an interrupted one repair itself.
"""
# ruff: noqa: E402, UP006, UP035, UP045 - newer spellings hinder interpreters before 3.10.

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
if __name__ == "__main__":  # run as a file: the checkout is on the path, not this folder
    sys.path[0] = ROOT

import argparse
import contextlib
import shutil
import signal
import subprocess
import tempfile
import time
from typing import Dict, List, Optional, Sequence

from cli.checkout import Checkout, StepError, say
from cli.package_index import (
    UNREACHABLE,
    installer_environment,
    locked,
    parse_pip_settings,
    with_pip_settings,
)

SUPPORTED = ((3, 11), (3, 12), (3, 13))
LOCK_COMMAND = [
    "pip",
    "compile",
    "pyproject.toml",
    "--extra",
    "dev",
    "--universal",
    "--python-version",
    "3.11",
    "--generate-hashes",
    "--no-header",
    "--no-annotate",
    "-o",
    "requirements.lock",
]


class SetupError(Exception):
    """The set-up cannot go on; the message says what failed and what to do."""


def python_problem(version: Sequence[int], executable: str, others: Sequence[str]) -> str:
    """One line when this Python cannot run Bellwether, else empty; `others` on PATH could."""
    if tuple(version[:2]) in SUPPORTED:
        return ""
    advice = "install one of these and run: make <target> PYTHON=python3.12"
    if others:
        advice = "{0} is here, run: make <target> PYTHON={0}".format(others[0])
    found = ".".join(str(part) for part in version[:3])
    return f"Bellwether needs Python 3.11, 3.12 or 3.13, but {executable} is {found}; {advice}"


def supported_pythons() -> List[str]:
    """Names of interpreters on PATH that run and are supported, newest first."""
    found = []
    for name in ("python{}.{}".format(*version) for version in reversed(SUPPORTED)):
        with contextlib.suppress(OSError):
            if shutil.which(name) and not subprocess.call([name, "-c", ""], stderr=-3):
                found.append(name)
    return found


def make_environment(checkout: Checkout, env: Dict[str, str]) -> None:
    """Have a ``.venv`` that runs and is this Python's; one left half made is made anew."""
    check = f"import sys; sys.exit(sys.version_info[:2] != {tuple(sys.version_info[:2])!r})"
    if os.path.exists(checkout.unfinished):
        say("the last set-up did not finish: starting afresh")
    elif os.path.exists(checkout.python):
        with contextlib.suppress(StepError, OSError):
            checkout.run("a look at .venv", [checkout.python, "-c", check], env)
            checkout.begin()
            return
    base = checkout.base_python()
    say("making .venv with Python {}.{}.{}".format(*sys.version_info[:3]))
    checkout.begin()
    empty_folder(checkout.venv, keep=(checkout.mutex, checkout.log, checkout.unfinished))
    try:
        argv = [base, "-m", "venv", "--without-pip", checkout.venv]
        checkout.run("python -m venv", argv, env)
    except StepError:
        make_with_virtualenv(checkout, env)


def make_with_virtualenv(checkout: Checkout, env: Dict[str, str]) -> None:
    """Make ``.venv`` where Python's own venv module is missing or broken."""
    say("this Python has no working venv module: using virtualenv instead")
    base = checkout.base_python()
    with tempfile.TemporaryDirectory() as folder:
        get = [base, "-m", "pip", "install", "--target", folder, "virtualenv"]
        checkout.run("pip install virtualenv", get, env, "getting virtualenv")
        make = [base, "-m", "virtualenv", "--no-download", checkout.venv]
        checkout.run("virtualenv", make, dict(env, PYTHONPATH=folder))


def empty_folder(folder: str, *, keep: Sequence[str]) -> None:
    """Remove what is in a folder, except the paths to keep."""
    for entry in os.scandir(folder):
        if entry.path in keep:
            continue
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            os.unlink(entry.path)


def pip_settings(checkout: Checkout, env: Dict[str, str]) -> Dict[str, List[str]]:
    """The settings of the user's own pip; none when there is no pip to ask."""
    for command in ([checkout.base_python(), "-m", "pip"], ["pip3"], ["pip"]):
        with contextlib.suppress(StepError, OSError):
            listing = checkout.run("pip config", [*command, "config", "list"], env)
            return parse_pip_settings(listing)
    return {}


def pip_for_environment(checkout: Checkout, env: Dict[str, str]) -> List[str]:
    """A pip that installs into ``.venv``, the first of these that works.

    This Python's pip pointed at ``.venv`` (an externally managed one may do that); a pip made by
    ensurepip inside it; another pip on PATH; a pip that an older pip puts there as plain files.
    """
    base, target = checkout.base_python(), checkout.python
    folder = "lib/python{}.{}/site-packages".format(*sys.version_info[:2])
    older = [base, "-m", "pip", "install", "--target", os.path.join(checkout.venv, folder), "pip"]
    inside = [target, "-m", "pip"]
    ways = [
        ([], [base, "-m", "pip", "--python", target]),
        ([], inside),
        ([target, "-m", "ensurepip"], inside),
        ([], ["pip3", "--python", target]),
        ([], ["pip", "--python", target]),
        (older, inside),
    ]
    for preparation, command in ways:
        with contextlib.suppress(StepError, OSError):
            if preparation:
                checkout.run("getting pip", preparation, env, "getting pip")
            checkout.run("pip --version", [*command, "--version"], env)
            return command
    raise SetupError(
        f"no pip was found for {base}. Install it (Debian and Ubuntu: apt-get install python3-pip; "
        "elsewhere: python3 -m ensurepip) and run the same command again."
    )


def pip_install_locked(checkout: Checkout, env: Dict[str, str], text: str, patience: str) -> None:
    """Install with pip what the lock's text pins, by hash."""
    path = os.path.join(checkout.venv, "bootstrap.requirements")
    with open(path, "w") as handle:
        handle.write(text)
    argv = [*pip_for_environment(checkout, env), "install", "--retries", "2", "--no-deps"]
    checkout.run("pip install", [*argv, "--require-hashes", "-r", path], env, patience)


def have_uv(checkout: Checkout, env: Dict[str, str]) -> None:
    """Have uv in ``.venv``; the lock pins it like any other package.

    Raises SetupError when the index cannot be reached, StepError when uv cannot be had from it.
    """
    with contextlib.suppress(StepError, OSError):
        checkout.run("uv --version", [checkout.uv, "--version"], env)
        return
    say("getting uv, the installer")
    with open(checkout.requirements) as handle:
        text = locked(handle.read(), only="uv")
    try:
        pip_install_locked(checkout, env, text, "getting uv")
        checkout.run("uv --version", [checkout.uv, "--version"], env)
    except OSError as failure:
        raise StepError("getting uv", str(failure)) from failure
    except StepError as failure:
        if UNREACHABLE.search(failure.output):
            raise SetupError(explanation(failure, checkout)) from failure
        raise


def install_with_uv(checkout: Checkout, env: Dict[str, str]) -> None:
    """Make ``.venv`` exactly the lock plus this project, with uv."""
    have_uv(checkout, env)
    say("installing the locked packages with uv (about ten seconds from a near index)")
    argv = [checkout.uv, "pip", "sync", "--require-hashes", "--python", checkout.python]
    if env.get("PIP_NO_INDEX", "0").lower() in ("1", "true", "yes", "on"):
        argv.append("--no-index")
    checkout.run("uv pip sync", [*argv, checkout.requirements], env, "installing packages")
    project = ["--no-deps", "--no-build-isolation", "--offline", "--no-index", "-e"]
    argv = [checkout.uv, "pip", "install", "--python", checkout.python, *project, checkout.root]
    checkout.run("installing Bellwether itself", argv, env)


def install_with_pip(checkout: Checkout, env: Dict[str, str]) -> None:
    """Bring the lock (without uv) and this project into ``.venv`` with pip."""
    say("installing the locked packages with pip (a minute or more)")
    with open(checkout.requirements) as handle:
        text = locked(handle.read(), leave_out="uv")
    pip_install_locked(checkout, env, text, "installing packages with pip")
    project = ["install", "--no-deps", "--no-build-isolation", "--no-index", "-e"]
    argv = [*pip_for_environment(checkout, env), *project, checkout.root]
    checkout.run("installing Bellwether itself", argv, env)


def install(checkout: Checkout, env: Dict[str, str], *, use_uv: bool) -> None:
    """Bring everything into ``.venv``: with uv, else with pip; SetupError when neither can."""
    if use_uv:
        try:
            install_with_uv(checkout, env)
            return
        except StepError as failure:
            say(f"uv could not do it, going on with pip ({failure})")
    try:
        install_with_pip(checkout, env)
    except StepError as failure:
        raise SetupError(explanation(failure, checkout)) from failure


def explanation(failure: StepError, checkout: Checkout) -> str:
    """What failed, and what the user can do about it."""
    whole = f"  the whole output is in {checkout.log}"
    if not UNREACHABLE.search(failure.output):
        return f"{failure}\n{whole}"
    return (
        "the package index could not be reached.\n"
        f"  what failed: {failure}\n"
        "  what to do:  check the network; behind a proxy set HTTPS_PROXY; for a mirror set pip's\n"
        "               index-url (or PIP_INDEX_URL), for its certificate PIP_CERT; then run the\n"
        f"               same command again.\n{whole}"
    )


def set_up(checkout: Checkout, *, use_uv: bool) -> None:
    """Bring the checkout's environment up to date; a no-op when the stamp says it is."""
    started = time.monotonic()
    with checkout.held():
        if checkout.is_ready():
            return
        env = installer_environment(dict(os.environ))
        with contextlib.suppress(FileNotFoundError):
            os.unlink(checkout.log)
        env = with_pip_settings(env, pip_settings(checkout, env))
        make_environment(checkout, env)
        install(checkout, env, use_uv=use_uv)
        checkout.finish()
    say(f"ready after {time.monotonic() - started:.0f} s")


def write_lock(checkout: Checkout, *, upgrade: bool) -> None:
    """Write requirements.lock anew from pyproject.toml; pins change only where they must."""
    env = installer_environment(dict(os.environ))
    env = with_pip_settings(env, pip_settings(checkout, env))
    say("resolving pyproject.toml into requirements.lock")
    argv = [checkout.uv, *LOCK_COMMAND] + (["--upgrade"] if upgrade else [])
    try:
        checkout.run("uv pip compile", argv, env, "resolving")
    except StepError as failure:
        raise SetupError(explanation(failure, checkout)) from failure


def stop(number: int, frame: object) -> None:
    """Leave on a signal the way an interrupt does, so that running steps are stopped too."""
    raise KeyboardInterrupt


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Set the checkout up, or write its lock; the exit code for the shell."""
    version = tuple(sys.version_info[:3])
    if python_problem(version, sys.executable, []):
        problem = python_problem(version, sys.executable, supported_pythons())
        print(problem, file=sys.stderr)
        return 2
    parser = argparse.ArgumentParser(description="Set up .venv as requirements.lock says.")
    parser.add_argument("--without-uv", action="store_true", help="install with pip alone")
    parser.add_argument("--lock", action="store_true", help="write requirements.lock anew instead")
    parser.add_argument("--upgrade", action="store_true", help="with --lock: newest versions")
    options = parser.parse_args(argv)
    checkout = Checkout(ROOT)
    signal.signal(signal.SIGTERM, stop)
    try:
        if not checkout.is_ready() and not (options.lock and os.path.exists(checkout.uv)):
            set_up(checkout, use_uv=not options.without_uv)
        if options.lock:
            write_lock(checkout, upgrade=options.upgrade)
    except (SetupError, StepError) as error:
        print(f"[set-up] FAILED: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("[set-up] interrupted; the next run repairs it", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
