"""Where do packages come from on this computer, and was it the index that failed?

pip's own settings are the user's word on that; uv is told the same. Standard library only, in a
syntax that old interpreters parse too: this runs before anything is installed.
"""
# ruff: noqa: UP006, UP035 - the newer spellings hinder interpreters before 3.9.

import os
import re
import ssl
from typing import Dict, List, Tuple

# Of pip's settings, those that say where packages come from and how to get there.
PIP_SOURCES = [
    "index-url",
    "extra-index-url",
    "find-links",
    "no-index",
    "trusted-host",
    "cert",
    "proxy",
]
# Settings that would send an installation elsewhere, or let foreign packages count as installed.
MISLEADING = [
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_ROOT",
    "PIP_PYTHON",
    "PYTHONPATH",
    "PYTHONHOME",
    "VIRTUAL_ENV",
]
UNREACHABLE = re.compile(
    r"connection broken by|failed to establish|failed to fetch|failed to connect|"
    r"error sending request|name resolution|name or service not known|dns error|"
    r"connection (refused|reset)|network is unreachable|(operation|read) timed out|"
    r"proxyerror|certificate.verify|peer certificate|"
    r"(401|403|407) (client error|unauthorized|forbidden|proxy)",
    re.IGNORECASE,
)


def without_credentials(text: str) -> str:
    """The text with user names and passwords in addresses masked."""
    return re.sub(r"(?<=://)[^/@\s]+@", "***@", text)


def telling_line(output: str) -> str:
    """The line that tells most about a failure: the network's, else an error's, else the last."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for pattern in (UNREACHABLE, re.compile("error", re.IGNORECASE)):
        for line in reversed(lines):
            if pattern.search(line):
                return without_credentials(line)[:300]
    return without_credentials(lines[-1])[:300] if lines else "no output"


def installer_environment(environ: Dict[str, str]) -> Dict[str, str]:
    """The environment of pip and uv: quiet, unattended, aimed at nothing but ``.venv``."""
    env = {name: value for name, value in environ.items() if name not in MISLEADING}
    env.update(
        PIP_USER="0",
        PIP_REQUIRE_VIRTUALENV="0",
        PIP_ROOT_USER_ACTION="ignore",
        PIP_DISABLE_PIP_VERSION_CHECK="1",
        PIP_NO_INPUT="1",
        UV_NO_PROGRESS="1",
    )
    if not _has_cache(env):
        env["UV_NO_CACHE"] = env["PIP_NO_CACHE_DIR"] = "1"
    return env


def _has_cache(env: Dict[str, str]) -> bool:
    """Whether the folder of caches can be written; a container's user may have none."""
    if env.get("UV_CACHE_DIR"):
        return True
    folder = env.get("XDG_CACHE_HOME") or os.path.join(env.get("HOME") or "/", ".cache")
    while not os.path.exists(folder) and folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
    return os.path.isdir(folder) and os.access(folder, os.W_OK)


def parse_pip_settings(listing: str) -> Dict[str, List[str]]:
    """``pip config list`` as setting → values; the environment wins over files, as in pip."""
    ranks = {"global": 0, "install": 1, ":env:": 2}
    chosen: Dict[str, Tuple[int, List[str]]] = {}
    for section, name, value in re.findall(r"^(:env:|\w+)\.([\w-]+)=(.*)$", listing, re.MULTILINE):
        name = name.replace("_", "-")
        if section not in ranks or name not in PIP_SOURCES:
            continue
        if name not in chosen or ranks[section] >= chosen[name][0]:
            words = value.strip("'\"").replace("\\n", " ").split()
            chosen[name] = (ranks[section], words)
    return {name: values for name, (_, values) in chosen.items() if values}


def with_pip_settings(env: Dict[str, str], settings: Dict[str, List[str]]) -> Dict[str, str]:
    """The environment with pip's settings spelled out, so that every pip and uv obeys them.

    What the user told uv itself stays as it is; pip without an index of its own then uses uv's.
    """
    result = dict(env)
    for name, values in settings.items():
        result.setdefault("PIP_" + name.upper().replace("-", "_"), " ".join(values))
    for name, value in dict(_uv_indexes(env, settings), **_uv_connection(env, settings)).items():
        if value:
            result.setdefault(name, value)
    index = result.get("UV_DEFAULT_INDEX") or result.get("UV_INDEX_URL")
    if index:
        result.setdefault("PIP_INDEX_URL", index)
    return result


def _uv_indexes(env: Dict[str, str], settings: Dict[str, List[str]]) -> Dict[str, str]:
    """uv's indexes from pip's; nothing when the user chose indexes for uv.

    pip takes the best version from all of its indexes and the lock's hashes say which file is
    right, so uv may look through all of them too.
    """
    extra = settings.get("extra-index-url", [])
    told = {
        "UV_DEFAULT_INDEX": " ".join(settings.get("index-url", [])),
        "UV_INDEX": " ".join(extra),
        "UV_INDEX_STRATEGY": "unsafe-best-match" if extra else "",
        "UV_FIND_LINKS": ",".join(settings.get("find-links", [])),
    }
    chosen = ("UV_INDEX_URL", "UV_EXTRA_INDEX_URL", *told)
    return {} if any(env.get(name) for name in chosen) else told


def _uv_connection(env: Dict[str, str], settings: Dict[str, List[str]]) -> Dict[str, str]:
    """uv's certificates, proxies and trusted hosts from pip's."""
    certificates = settings.get("cert") or [
        env[name] for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE") if env.get(name)
    ]
    told = {"UV_INSECURE_HOST": " ".join(settings.get("trusted-host", []))}
    if certificates:
        told["SSL_CERT_FILE"] = certificates[0]
    elif os.path.exists(ssl.get_default_verify_paths().cafile or ""):
        told["UV_SYSTEM_CERTS"] = "true"
    for name in ("HTTPS_PROXY", "HTTP_PROXY"):
        if name.lower() not in env:
            told[name] = " ".join(settings.get("proxy", []))
    return told


def locked(lock: str, *, only: str = "", leave_out: str = "") -> str:
    """The blocks (pin and hashes) of one package, or of all but one, from a lock's text."""
    blocks = re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.MULTILINE)
    names = [(re.split(r"[=\[ ;]", block, maxsplit=1)[0], block) for block in blocks]
    return "".join(block for name, block in names if (name == only if only else name != leave_out))
