"""What do deployments, releases and runs of GitHub, GitLab and Jenkins say was released?

Each object is a record. One that did not succeed, or a run of a workflow that does not deploy, is
kept with its status and is no release. People's names are not kept.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb

from assets.sources import quarantine
from assets.sources.date_forms import parse_date, to_utc
from assets.sources.quarantine import Rejected
from assets.sources.reading import Context, Delivery, Outcome, insert_rows
from assets.sources.release_tags import PRE_RELEASE, read_tag

OTHER_WORKFLOW = "other workflow"
LIST_KEYS = ("workflow_runs", "deployments", "releases", "builds", "allBuilds", "data", "values",
             "nodes")  # fmt: skip
_SHA = re.compile(r"[0-9a-f]{40}")
_RELEASED = ("success", "succeeded", "completed", "active", "finished", "published")
Row = dict[str, Any]
Rows = Sequence[tuple[int, dict[str, Any], str]]


def form_of(rows: Rows) -> str | None:
    """Which system wrote these objects; None when none that is known."""
    for _, value, _ in rows[:50]:
        for form, members in _KNOWN_BY.items():
            if all(member in value for member in members):
                return form
    return None


def read_objects(
    con: duckdb.DuckDBPyConnection,
    rows: Rows,
    form: str,
    delivery: Delivery,
    context: Context,
    *,
    rejected: Sequence[Rejected],
    blank: int,
    suffix: str,
) -> Outcome:
    """Load objects of one form. Raises `SourceError` when it is not said what deploys."""
    made = [(line, _READ[form](value), raw) for line, value, raw in rows]
    _require_workflows(made, form, delivery, context)
    if made and context.source.model is None and not context.source.components:
        _require_model(made, delivery, context)
    refused = list(rejected)
    kept: list[tuple[int, Row]] = []
    texts = {str(row["released_at"]) for _, row, _ in made}
    read = [(text, when) for text in texts if (when := parse_date(text, order="dmy"))]
    known = to_utc(read, context.zone).times
    for line, row, raw in made:
        if problem := _complete(row, known, context):
            reason, column, found, expected = problem
            refused.append(Rejected(line, reason, column, found, expected, raw))
        else:
            kept.append((line, row))
    columns = {name: [row[name] for _, row in kept] for name in _COLUMNS}
    loaded = insert_rows(
        con, "releases", columns, delivery, context, lines=[line for line, _ in kept],
        extra=[row["extra"] for _, row in kept],
    )  # fmt: skip
    counts = Counter(row["status"] or "released" for _, row in kept)
    times = [row["released_at"] for _, row in kept]
    return Outcome(
        loaded + len(refused) + blank, loaded, blank, refused, f"{form}_{suffix}",
        {"status": dict(counts.most_common())}, min(times, default=None), max(times, default=None),
    )  # fmt: skip


_COLUMNS = ("model", "version", "released_at", "environment", "code_sha", "note", "status")


def _require_workflows(
    made: Sequence[tuple[int, Row, str]], form: str, delivery: Delivery, context: Context
) -> None:
    names = Counter(str(row["workflow"]) for _, row, _ in made if row["workflow"])
    if not names or context.source.workflows:
        return
    told = ", ".join(f"{name} ({count:,})" for name, count in names.most_common(12))
    raise context.refuse(
        delivery.file,
        found=f"runs of {told}, and nothing that says which of them deploy",
        expected="the workflows or jobs that deploy",
        remedy="Name them in hub.yml: `workflows: [<name>, …]`.",
    )


def _require_model(
    made: Sequence[tuple[int, Row, str]], delivery: Delivery, context: Context
) -> None:
    if any(row["model"] for _, row, _ in made):
        return
    raise context.refuse(
        delivery.file,
        found=f"{len(made):,} deployments that do not say of what",
        expected="the model or service that they deploy",
        remedy="Name it in hub.yml: `model: <name>`.",
    )


def _complete(
    row: Row, known: Mapping[str, datetime], context: Context
) -> tuple[str, str, str | None, str] | None:
    """Fill in what hub.yml says, and the time; or why the record cannot be loaded."""
    source = context.source
    text = str(row["released_at"] or "")
    if text not in known:
        reason = quarantine.BAD_TIMESTAMP if text else quarantine.MISSING_REQUIRED
        return reason, "released_at", text or None, "an ISO time"
    if not row["version"]:
        return quarantine.MISSING_REQUIRED, "version", None, "a tag, commit or number"
    tag = read_tag(str(row["version"]), source)
    model = tag.model or row["model"]
    if not model:
        return quarantine.MISSING_REQUIRED, "model", None, "`model: <name>` in hub.yml"
    if row["workflow"] and row["workflow"] not in source.workflows:
        row["status"] = OTHER_WORKFLOW
    held = row["is_candidate"] and source.candidates == "pre_release"
    held = held or tag.environment == PRE_RELEASE
    row |= {
        "released_at": known[text],
        "model": model,
        "version": tag.version,
        "environment": PRE_RELEASE if held else row["environment"] or source.environment,
    }
    return None


def _row(**told: Any) -> Row:
    empty: Row = dict.fromkeys((*_COLUMNS, "workflow", "extra"))
    return empty | {"is_candidate": False} | told


def _failed(status: Any) -> str | None:
    """A status that says that nothing was released; None when something was."""
    word = str(status or "unknown").lower()
    return None if word in _RELEASED else word


def _version(ref: Any, sha: Any, *, is_tag: bool | None = None) -> str | None:
    """A tag names a version; a branch does not, its commit does."""
    named = str(ref) if ref and not _SHA.fullmatch(str(ref)) else None
    looks_tagged = named is not None and re.search(r"\d", named) is not None
    if named and (is_tag or (is_tag is None and looks_tagged)):
        return named.removeprefix("refs/tags/")
    return str(sha)[:12] if sha else named


def _repository(*addresses: Any) -> str | None:
    """The repository's name within an address of it."""
    for address in addresses:
        match = re.search(r"(?:/repos/|github\.com/(?!repos/))[^/]+/([^/]+)", str(address or ""))
        if match:
            return match[1]
    return None


def _github_run(value: dict[str, Any]) -> Row:
    done = value.get("conclusion") or value.get("status")
    repository = value.get("repository")
    name = repository.get("name") if isinstance(repository, dict) else None
    return _row(
        model=name or _repository(value.get("url"), value.get("html_url")),
        version=_version(value.get("head_branch"), value.get("head_sha")),
        released_at=value.get("updated_at") or value.get("created_at"),
        code_sha=value.get("head_sha"),
        status=_failed(done),
        workflow=value.get("name") or value.get("path"),
        extra=_some(value, "id", "run_number", "run_attempt", "name", "event", "head_branch"),
    )


def _github_deployment(value: dict[str, Any]) -> Row:
    states = value.get("statuses")
    latest = states[0] if isinstance(states, list) and states else value.get("latestStatus")
    told = latest if isinstance(latest, dict) else {}
    state = told.get("state") or value.get("state") or "success"
    failed = str(state).lower() == "inactive"  # live until a later one took its place
    return _row(
        model=_repository(value.get("repository_url"), value.get("url")),
        version=_version(value.get("ref"), value.get("sha")),
        released_at=told.get("created_at") or value.get("created_at"),
        environment=value.get("environment"),
        code_sha=value.get("sha"),
        note=value.get("description"),
        status=None if failed else _failed(state),
        extra=_some(value, "id", "task", "ref"),
    )


def _github_release(value: dict[str, Any]) -> Row:
    return _row(
        model=_repository(value.get("url"), value.get("html_url")),
        version=value.get("tag_name"),
        released_at=value.get("published_at") or value.get("created_at"),
        status="draft" if value.get("draft") else None,
        is_candidate=bool(value.get("prerelease")),
        extra=_some(value, "id", "name", "target_commitish"),
    )


def _gitlab_deployment(value: dict[str, Any]) -> Row:
    job = value.get("deployable") if isinstance(value.get("deployable"), dict) else {}
    place = value.get("environment")
    return _row(
        version=_version(value.get("ref"), value.get("sha"), is_tag=bool((job or {}).get("tag"))),
        released_at=(job or {}).get("finished_at") or value.get("updated_at")
        or value.get("created_at"),
        environment=place.get("name") if isinstance(place, dict) else place,
        code_sha=value.get("sha"),
        status=_failed(value.get("status")),
        extra=_some(value, "id", "iid", "ref") | _some(job or {}, "stage", "name"),
    )  # fmt: skip


def _jenkins_build(value: dict[str, Any]) -> Row:
    full = str(value.get("fullDisplayName") or "")
    job = re.split(r" #\d", full)[0].split(" » ")[-1]
    sha = next((found for action in value.get("actions") or [] if (found := _sha(action))), None)
    return _row(
        model=job or None,
        version=f"#{value['number']}",
        released_at=_ended(value),
        code_sha=sha,
        status=_failed(value.get("result") or "running"),
        workflow=job or None,
        extra=_some(value, "fullDisplayName", "duration"),
    )


def _sha(action: Any) -> str | None:
    built = action.get("lastBuiltRevision") if isinstance(action, dict) else None
    return str(built["SHA1"]) if isinstance(built, dict) and built.get("SHA1") else None


def _ended(build: Mapping[str, Any]) -> str | None:
    started, took = build.get("timestamp"), build.get("duration") or 0
    if not isinstance(started, int | float) or not isinstance(took, int | float):
        return None
    try:
        return (datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=started + took)).isoformat()
    except OverflowError:
        return None


def _some(value: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value[name] for name in names if value.get(name) is not None}


_READ: Mapping[str, Callable[[dict[str, Any]], Row]] = {
    "github_runs": _github_run,
    "gitlab_deployments": _gitlab_deployment,
    "github_deployments": _github_deployment,
    "github_releases": _github_release,
    "jenkins_builds": _jenkins_build,
}
_KNOWN_BY: Mapping[str, tuple[str, ...]] = {
    "github_runs": ("head_sha", "run_number", "workflow_id"),
    "gitlab_deployments": ("iid", "sha", "environment", "status"),
    "github_deployments": ("sha", "ref", "environment", "created_at"),
    "github_releases": ("tag_name", "draft", "prerelease"),
    "jenkins_builds": ("number", "result", "timestamp"),
}
