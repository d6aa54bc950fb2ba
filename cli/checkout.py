"""Which files make up a checkout's set-up, is it finished, and how is one step of it run?

Standard library only, in a syntax that old interpreters parse too: this runs before anything is
installed.
"""
# ruff: noqa: UP006, UP035 - the newer spellings hinder interpreters before 3.9.

import contextlib
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from typing import Dict, Iterator, Sequence

from cli.package_index import telling_line, without_credentials

HEARTBEAT_SECONDS = 10.0


class StepError(Exception):
    """One command of the set-up failed; `output` is what it printed."""

    def __init__(self, what: str, output: str) -> None:
        super().__init__(f"{what} failed: {telling_line(output)}")
        self.output = output


def say(text: str) -> None:
    """One line of progress, at once, also through a pipe."""
    print("[set-up] " + text, flush=True)


class Checkout:
    """The folder of the project and the environment in its ``.venv``."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.venv = os.path.join(root, ".venv")
        self.python = os.path.join(self.venv, "bin", "python")
        self.uv = os.path.join(self.venv, "bin", "uv")
        self.command = os.path.join(self.venv, "bin", "bellwether")
        self.requirements = os.path.join(root, "requirements.lock")
        self.stamp = os.path.join(self.venv, "bootstrap.stamp")
        self.unfinished = os.path.join(self.venv, "bootstrap.unfinished")
        self.mutex = os.path.join(self.venv, "bootstrap.mutex")
        self.log = os.path.join(self.venv, "bootstrap.log")
        self.mutex_fd = -1

    def wanted_stamp(self) -> str:
        """What the environment depends on, as a digest: lock, project, Python and folder."""
        digest = hashlib.sha256()
        for name in ("requirements.lock", "pyproject.toml"):
            with open(os.path.join(self.root, name), "rb") as handle:
                digest.update(handle.read())
        digest.update(repr((sys.version_info[:2], os.uname().machine, self.root)).encode())
        return digest.hexdigest()

    def is_ready(self) -> bool:
        """Whether the stamp of a finished set-up still holds."""
        if not (os.path.exists(self.python) and os.path.exists(self.command)):
            return False
        try:
            with open(self.stamp) as handle:
                return handle.read() == self.wanted_stamp()
        except FileNotFoundError:
            return False

    def begin(self) -> None:
        """From here on, until `finish`, the environment counts as half made."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.stamp)
        with open(self.unfinished, "w"):
            pass

    def finish(self) -> None:
        """Declare the environment whole."""
        with open(self.stamp + ".new", "w") as handle:
            handle.write(self.wanted_stamp())
        os.unlink(self.unfinished)
        os.replace(self.stamp + ".new", self.stamp)

    def base_python(self) -> str:
        """The interpreter to build from: never the one inside ``.venv`` itself."""
        if os.path.realpath(sys.prefix) == os.path.realpath(self.venv):
            return str(getattr(sys, "_base_executable", sys.executable))
        return sys.executable

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keep every other set-up of this checkout waiting.

        The children inherit the lock, so a killed set-up holds it until they are gone as well.
        """
        import fcntl

        os.makedirs(self.venv, exist_ok=True)
        with open(self.mutex, "w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                say("another set-up of this checkout is running: waiting for it")
                fcntl.flock(handle, fcntl.LOCK_EX)
            self.mutex_fd = handle.fileno()
            try:
                yield
            finally:
                self.mutex_fd = -1

    def run(self, what: str, argv: Sequence[str], env: Dict[str, str], patience: str = "") -> str:
        """Run one step, log its output and return it; StepError when it fails.

        `patience` is said with the seconds gone, every ten seconds; nothing when empty.
        """
        with tempfile.TemporaryFile("w+", errors="replace") as output:
            child = subprocess.Popen(
                list(argv),
                cwd=self.root,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=[self.mutex_fd] if self.mutex_fd >= 0 else [],
            )
            try:
                _wait_for(child, patience)
            finally:
                if child.poll() is None:
                    child.terminate()
                    child.wait()
                output.seek(0)
                text = output.read()
                with open(self.log, "a") as log:
                    log.write(without_credentials("$ {}\n{}\n".format(" ".join(argv), text)))
        if child.returncode != 0:
            raise StepError(what, text)
        return text


def _wait_for(child: "subprocess.Popen[bytes]", patience: str) -> None:
    started = time.monotonic()
    while True:
        try:
            child.wait(timeout=HEARTBEAT_SECONDS)
            return
        except subprocess.TimeoutExpired:
            if patience:
                say(f"  still {patience} ({time.monotonic() - started:.0f} s)")
