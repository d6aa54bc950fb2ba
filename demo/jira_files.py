"""What does the tracker's CSV export look like, repeated columns and phantom rows included?

One project is exported so, without histories; the other comes from the REST interface.
"""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, time, timedelta
from pathlib import Path

from demo.issues import PEOPLE, Issue, issues
from demo.jira_json import PROJECT_NAMES, write_jira_json
from demo.shop import Shop
from demo.tally import FileCount, write_bytes

WITH_HISTORY = "REC"
N_SPRINTS, N_COMMENTS, N_WORKLOGS = 3, 4, 3
HEADER = (
    "Summary", "Issue key", "Issue id", "Issue Type", "Status", "Status Category", "Project key",
    "Project name", "Project type", "Priority", "Resolution", "Assignee", "Assignee Id", "Reporter",
    "Reporter Id", "Created", "Updated", "Last Viewed", "Resolved", "Fix versions", "Components",
    "Labels", "Labels", "Description", "Custom field (Story Points)",
    *["Sprint"] * N_SPRINTS, *["Log Work"] * N_WORKLOGS, *["Comment"] * N_COMMENTS,
)  # fmt: skip
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
CATEGORY = {
    "To Do": "To Do",
    "In Progress": "In Progress",
    "In Review": "In Progress",
    "Done": "Done",
    "Won't Do": "Done",
}
COMMENTS = (
    "Agreed with the team: we ship it behind a switch.",
    "Numbers look right.\nSee the notebook, second section.\n\nNext: try it on \"guests\".",
    "Please write to {mail} when the data is there, or call +49 30 5550 0{n:03d}.",
    "Seen again from 10.20.4.{n}, same customer.",
)  # fmt: skip
PHANTOM_ROWS = 3


def write_jira(shop: Shop, folder: Path) -> list[FileCount]:
    """Writes both projects at the data's end and the one in CSV as it stood three months before."""
    end = shop.moments.data_ends_at
    everything = issues(shop)
    earlier = _earlier_export(shop, [i for i in everything if i.project == "SHOP"])
    told = [i for i in everything if i.project == WITH_HISTORY and i.created_at <= end]
    counts = write_jira_json(shop, folder, WITH_HISTORY, told, end)
    for project, as_of in (("SHOP", earlier), ("SHOP", end)):
        chosen = [i for i in everything if i.project == project and i.created_at <= as_of]
        rows = [_row(shop, issue, as_of) for issue in chosen]
        broken = _without_key(rows[0]) if as_of is end and project == "SHOP" else None
        name = f"exports/jira/jira-{project}-{as_of:%Y-%m-%d}.csv"
        write_bytes(folder, name, _csv(rows, broken).encode())
        refused = {"missing_required": 1} if broken else {}
        counts.append(FileCount("jira", name, len(rows), refused, blank=PHANTOM_ROWS))
    return counts


def _earlier_export(shop: Shop, of_project: list[Issue]) -> datetime:
    """A moment about three months before the end at which at least one issue is still open."""
    wanted = shop.plan.at(shop.plan.n_days - 92, time(8, 0))
    return min(i.created_at for i in of_project if i.created_at >= wanted) + timedelta(minutes=30)


def _csv(rows: list[list[str]], broken: list[str] | None) -> str:
    """The rows under their header; phantom rows of commas in the middle and at the end."""
    phantom = [""] * len(HEADER)
    middle = len(rows) // 2
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(rows[:middle])
    writer.writerow(phantom)
    if broken:
        writer.writerow(broken)
    writer.writerows(rows[middle:])
    writer.writerows([phantom] * (PHANTOM_ROWS - 1))
    return text.getvalue()


def _without_key(row: list[str]) -> list[str]:
    return ["Split from an issue that was removed", "", "", *row[3:]]


def _row(shop: Shop, issue: Issue, as_of: datetime) -> list[str]:
    status, changed = _state(issue, as_of)
    is_done = CATEGORY[status] == "Done"
    comments = _comments(issue, changed)
    resolution = {"Done": "Done", "Won't Do": "Won't Do"}.get(status, "")
    return [
        issue.summary, issue.key, str(issue.issue_id), issue.issue_type, status, CATEGORY[status],
        issue.project, PROJECT_NAMES[issue.project], "software", issue.priority, resolution,
        issue.assignee, _account(issue.assignee), issue.reporter, _account(issue.reporter),
        stamp(issue.created_at), stamp(changed), stamp(as_of),
        stamp(changed) if is_done else "",
        (issue.fix_version or "") if is_done else "", issue.component,
        issue.label, "team-" + issue.project.lower(), _description(issue),
        "" if issue.issue_type == "Bug" else f"{issue.points}.0",
        *_padded(_sprints(shop, issue, as_of), N_SPRINTS),
        *_padded(_worklogs(issue, as_of), N_WORKLOGS),
        *_padded(comments, N_COMMENTS),
    ]  # fmt: skip


def stamp(at: datetime) -> str:
    """A time as Jira Cloud writes it, without zone: `12/Mar/26 9:41 AM`."""
    half = "AM" if at.hour < 12 else "PM"
    return f"{at.day:02d}/{MONTHS[at.month - 1]}/{at:%y} {(at.hour - 1) % 12 + 1}:{at:%M} {half}"


def _state(issue: Issue, as_of: datetime) -> tuple[str, datetime]:
    """Status at a moment and when it was reached."""
    reached = [("To Do", issue.created_at)]
    steps = (
        ("In Progress", issue.started_at),
        ("In Review", issue.reviewed_at),
        ("Won't Do" if issue.is_dropped else "Done", issue.resolved_at),
    )
    reached += [(status, at) for status, at in steps if at is not None and at <= as_of]
    return reached[-1]


def _account(name: str) -> str:
    return f"712020:lantern-{PEOPLE.index(name):04d}" if name else ""


def _description(issue: Issue) -> str:
    if issue.issue_id % 4 == 0:
        return ""
    lines = [
        f"As a team of {issue.component} we want this done.",
        "",
        "* measured before",
        "* told",
    ]
    return "\n".join(lines) if issue.issue_id % 2 else f'"{issue.summary}", as asked in the review'


def _sprints(shop: Shop, issue: Issue, as_of: datetime) -> list[str]:
    """Two-week sprints from start to end of the work, the last three at most."""
    if issue.started_at is None or issue.started_at > as_of:
        return []
    first = _sprint_number(shop, issue.started_at.date())
    last = _sprint_number(shop, min(issue.resolved_at or as_of, as_of).date())
    return [f"{issue.project} Sprint {n}" for n in range(first, last + 1)][-N_SPRINTS:]


def _sprint_number(shop: Shop, day: date) -> int:
    return 31 + shop.plan.index(day) // 14


def _worklogs(issue: Issue, as_of: datetime) -> list[str]:
    if issue.started_at is None or issue.started_at > as_of or not issue.assignee:
        return []
    count = issue.issue_id % (N_WORKLOGS + 1)
    account = _account(issue.assignee)
    at = issue.started_at
    return [f";{stamp(at)};{account};{3600 * (n + 1)}" for n in range(count)]


def _comments(issue: Issue, until: datetime) -> list[str]:
    """Comments between creation and the last change, in Jira's form: time, account, text."""
    span = until - issue.created_at
    written = []
    for n in range(issue.issue_id % (N_COMMENTS + 1)):
        at = issue.created_at + span * (n / (N_COMMENTS + 1))
        who = PEOPLE[(issue.issue_id + n) % len(PEOPLE)]
        mail = who.lower().replace(" ", ".") + "@lantern-loom.example"
        text = COMMENTS[(issue.issue_id + n) % len(COMMENTS)].format(
            mail=mail, n=issue.issue_id % 250
        )
        written.append(f"{stamp(at + timedelta(minutes=1))};{_account(who)};{text}")
    return written


def _padded(cells: list[str], width: int) -> list[str]:
    return [*cells, *[""] * (width - len(cells))]
