"""What do the shop's two teams work on, from the wish to the release?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

import numpy as np

from demo.plan import ShopPlan
from demo.shop import Shop

PEOPLE = (
    "Mara Lindqvist", "Jonas Becker", "Priya Nair", "Tomasz Zielinski", "Aylin Demir",
    "Clara Hoffmann", "Luca Ferrante", "Noor van Dijk", "Henrik Sørensen", "Eva Marchetti",
)  # fmt: skip
COMPONENTS = {
    "REC": {"recommender": 0.5, "search_ranker": 0.3, "fraud": 0.2},
    "SHOP": {"shop-frontend": 0.5, "recommender-api": 0.22, "search-api": 0.18, "fraud-api": 0.1},
}
WORK = {
    "recommender": (
        "Train two-tower recommender on {x}", "Add {x} to candidate features",
        "Re-weight negatives for {x}", "Evaluate ndcg@10 on {x}", "Cold start for {x}",
    ),
    "search_ranker": (
        "Learn to rank with {x}", "Judge 400 queries about {x}", "Add {x} to the query features",
        "Synonyms for {x}",
    ),
    "fraud": (
        "Label chargebacks of {x}", "Add velocity features for {x}", "Calibrate scores on {x}",
    ),
    "shop-frontend": (
        "Show {x} on the product page", "Shorten the checkout for {x}", "Lazy-load pictures of {x}",
        "Keyboard focus is lost in {x}", "Recommendation strip: layout for {x}",
    ),
    "recommender-api": (
        "Cache answers for {x}", "Time out earlier when {x} is slow", "Trace requests about {x}",
    ),
    "search-api": ("Suggest while typing: {x}", "Facets for {x}", "Index {x} every ten minutes"),
    "fraud-api": ("Return reasons for {x}", "Score {x} asynchronously", "Rotate keys of {x}"),
}  # fmt: skip
TOPICS = (
    "wool blankets", "paper lanterns", "gift cards", "weekly baskets", "guest customers",
    "marketplace orders", "seasonal goods", "bundles", "returns", "long-tail products",
    "French customers", "the app", "newsletter traffic", "out-of-stock goods", "linen yarn",
)  # fmt: skip
TYPES = ("Story", "Task", "Bug", "Spike")
POINTS = (1, 2, 3, 5, 8)
WONT_DO_SHARE = 0.06


@dataclass(frozen=True)
class Issue:
    """A piece of work and the times at which its state changed; None: not yet."""

    key: str
    issue_id: int
    project: str
    component: str
    issue_type: str
    summary: str
    priority: str
    assignee: str
    reporter: str
    points: int
    label: str
    created_at: datetime
    started_at: datetime | None
    reviewed_at: datetime | None
    resolved_at: datetime | None
    is_dropped: bool
    fix_version: str | None


def issues(shop: Shop) -> list[Issue]:
    """Every issue of both projects, by project and number; one stands for the bad deploy."""
    found: list[Issue] = []
    for number, (project, components) in enumerate(COMPONENTS.items()):
        rng = shop.plan.rng(f"issues/{project}")
        count = shop.plan.jira_issues // 2 + number
        days = np.sort(rng.integers(0, shop.plan.n_days - 1, count))
        names = rng.choice(list(components), count, p=list(components.values()))
        found += [
            _issue(shop, rng, f"{project}-{i + 101}", int(day), str(name))
            for i, (day, name) in enumerate(zip(days.tolist(), names, strict=True))
        ]
    return [*found, _incident(shop, f"SHOP-{shop.plan.jira_issues // 2 + 102}")]


def _issue(shop: Shop, rng: np.random.Generator, key: str, day: int, component: str) -> Issue:
    points = int(rng.choice(POINTS, p=[0.18, 0.27, 0.28, 0.19, 0.08]))
    templates = WORK[component]
    topic = TOPICS[int(rng.integers(0, len(TOPICS)))]
    created = _working_time(shop.plan, rng, day)
    started = _later(rng, created, float(rng.exponential(9.0)))
    worked = float(np.exp(rng.normal(np.log(2.2 + 0.8 * points), 0.6)))
    reviewed = _later(rng, started, 0.75 * worked)
    resolved = _later(rng, reviewed, 0.25 * worked)
    is_dropped = bool(rng.random() < WONT_DO_SHARE)
    return Issue(
        key=key,
        issue_id=_issue_id(key),
        project=key.partition("-")[0],
        component=component,
        issue_type=TYPES[int(rng.choice(4, p=[0.45, 0.25, 0.22, 0.08]))],
        summary=templates[int(rng.integers(0, len(templates)))].format(x=topic),
        priority=("Low", "Medium", "High", "Highest")[int(rng.choice(4, p=[0.2, 0.55, 0.2, 0.05]))],
        assignee=PEOPLE[int(rng.integers(0, 8))] if rng.random() < 0.94 else "",
        reporter=PEOPLE[int(rng.integers(0, len(PEOPLE)))],
        points=points,
        label=("quality", "growth", "tech-debt", "")[int(rng.integers(0, 4))],
        created_at=created,
        started_at=None if is_dropped else started,
        reviewed_at=None if is_dropped else reviewed,
        resolved_at=resolved,
        is_dropped=is_dropped,
        fix_version=None if is_dropped else _fix_version(shop, component, resolved),
    )


def _incident(shop: Shop, key: str) -> Issue:
    """The issue about the bad deploy, opened during it and closed by the rollback."""
    opened = shop.moments.bad_deploy_at + timedelta(minutes=22)
    return Issue(
        key=key,
        issue_id=_issue_id(key),
        project="SHOP",
        component="recommender-api",
        issue_type="Bug",
        summary="recommender-api answers 5xx since this morning's deploy",
        priority="Highest",
        assignee=PEOPLE[3],
        reporter=PEOPLE[5],
        points=1,
        label="incident",
        created_at=opened,
        started_at=opened + timedelta(minutes=6),
        reviewed_at=shop.moments.rollback_at - timedelta(minutes=20),
        resolved_at=shop.moments.rollback_at + timedelta(minutes=4),
        is_dropped=False,
        fix_version=_fix_version(shop, "recommender-api", shop.moments.rollback_at),
    )


def _issue_id(key: str) -> int:
    project, _, number = key.partition("-")
    return {"REC": 20_000, "SHOP": 40_000}[project] + 3 * int(number)


def _working_time(plan: ShopPlan, rng: np.random.Generator, day: int) -> datetime:
    while plan.day(day).weekday() > 4:
        day -= 1
    return plan.at(day, time(int(rng.integers(8, 18)), int(rng.integers(0, 60))))


def _later(rng: np.random.Generator, at: datetime, days: float) -> datetime:
    """Some days later, on a working day in working hours of the local clock."""
    day = at.date() + timedelta(days=int(days))
    while day.weekday() > 4:
        day += timedelta(days=1)
    clock = time(int(rng.integers(9, 18)), int(rng.integers(0, 60)))
    return max(at + timedelta(minutes=35), datetime.combine(day, clock, tzinfo=at.tzinfo))


def _fix_version(shop: Shop, component: str, resolved: datetime) -> str | None:
    """The component's first release after the work was done, when it came within 45 days."""
    rows = shop.releases[(shop.releases["model"] == component) & ~shop.releases["is_rollback"]]
    later = rows[rows["released_at"] > resolved]
    if later.empty or later["released_at"].iloc[0] - resolved > timedelta(days=45):
        return None
    return f"{component} {later['version'].iloc[0]}"
