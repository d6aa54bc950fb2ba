"""Which requests reach the shop's four services, and how are they answered?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from demo.plan import time_of_day
from demo.shop import Shop, last_day_share

Objects = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

NEW_PLATFORM = "visionos"
NEW_PLATFORM_SHARE = 0.08
BASE_FALLBACK_SHARE = 0.01
BAD_DEPLOY_ERROR_SHARE = 0.35
BAD_DEPLOY_SLOWDOWN = 4.0
RETRIES_IN_BAD_DEPLOY = 160
K_RENDERED_AFTER_CUT = 5
PLATFORMS = ("web", "ios", "android")
CALLERS = ("shop-frontend", "app-bff", "mailer")
PAGE_CALLERS = ("browser", "app", "partner-site")


@dataclass(frozen=True)
class Service:
    """What a service is asked and how fast and how reliably it answers."""

    name: str
    model: str | None
    share: float
    endpoints: tuple[tuple[str, str, float, int], ...]
    """Path, method, share of the requests, and how many items are asked for (0: none)."""
    median_ms: float
    spread: float
    error_share: float


SERVICES = (
    Service(
        "recommender-api", "recommender", 0.35,
        (("/v1/recommendations", "GET", 0.88, 10), ("/v1/similar-items", "GET", 0.12, 10)),
        38.0, 0.42, 0.0015,
    ),
    Service(
        "search-api", "search_ranker", 0.25,
        (("/v1/search", "GET", 0.8, 24), ("/v1/suggest", "GET", 0.2, 8)),
        61.0, 0.5, 0.0020,
    ),
    Service("fraud-api", "fraud", 0.12, (("/v1/score", "POST", 1.0, 0),), 21.0, 0.33, 0.0006),
    Service(
        "shop-frontend", None, 0.28,
        (
            ("/widgets/recommendations", "GET", 0.45, 10), ("/product", "GET", 0.33, 0),
            ("/cart", "POST", 0.14, 0), ("/checkout", "POST", 0.08, 0),
        ),
        140.0, 0.55, 0.0010,
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Requests:
    """Answered requests of one service in no order: one position per request in every array."""

    service: Service
    at_ms: Ints
    day: Ints
    endpoint: Ints
    status: Ints
    latency_ms: Floats
    caller: Objects
    platform: Objects
    version: Objects
    model_version: Objects
    k: Ints
    served: Ints
    rendered: Ints
    viewed: Ints
    fallback: Flags
    noise: Ints
    """A random number below a million, for ids inside messages."""


def requests(shop: Shop, service: Service) -> Requests:
    """All requests of a service in the plan's span, except those of the lost day."""
    rng = shop.plan.rng(f"requests/{service.name}")
    seconds = _times(shop, service, rng)
    n = len(seconds)
    day = shop.clock.days(seconds)
    bad = _in_bad_deploy(shop, service, seconds)
    names, _, shares, ks = zip(*service.endpoints, strict=True)
    endpoint = rng.choice(len(names), n, p=np.array(shares))
    platform = _platforms(shop, rng, day, is_new_known=service.name != "fraud-api")
    status = _statuses(service, rng, bad)
    k = np.array(ks, dtype=np.int64)[endpoint]
    served = np.where(rng.random(n) < 0.012, rng.integers(0, k + 1), k)
    is_new = np.asarray(platform == NEW_PLATFORM)
    fallback = (rng.random(n) < BASE_FALLBACK_SHARE) & (service.model is not None)
    if service.model == "recommender":
        fallback |= is_new
    is_cut = seconds >= shop.moments.rendered_cut_at.timestamp()
    rendered = np.where(is_cut, np.minimum(served, K_RENDERED_AFTER_CUT), served)
    return Requests(
        service=service,
        at_ms=np.floor(seconds * 1000).astype(np.int64),
        day=day,
        endpoint=endpoint,
        status=status,
        latency_ms=_latencies(service, rng, seconds, status, bad),
        caller=np.array(CALLERS if service.model else PAGE_CALLERS, dtype=object)[
            rng.choice(3, n, p=[0.6, 0.33, 0.07])
        ],
        platform=platform,
        version=_live(shop, service.name, seconds),
        model_version=_live(shop, service.model, seconds) if service.model else np.full(n, None),
        k=k,
        served=served,
        rendered=rendered,
        viewed=rng.binomial(rendered, 0.55),
        fallback=fallback,
        noise=rng.integers(0, 1_000_000, n),
    )


def request_times(shop: Shop, service: Service) -> Floats:
    """Seconds since 1970 of each request of a service, in no order: those of `requests`."""
    return _times(shop, service, shop.plan.rng(f"requests/{service.name}"))


def _times(shop: Shop, service: Service, rng: np.random.Generator) -> Floats:
    """Seconds since 1970 of each request, the retries of the bad deploy among them."""
    plan, when = shop.plan, shop.moments
    volume = plan.log_lines_per_day * service.share * np.linspace(0.88, 1.12, plan.n_days)
    weekend = np.isin((plan.first_day.weekday() + np.arange(plan.n_days)) % 7, (5, 6))
    volume = volume * np.where(weekend, 1.08, 0.968)
    volume[-1] *= last_day_share(plan, when)
    volume[when.logs_missing_day] = 0.0
    day = np.repeat(np.arange(plan.n_days), rng.poisson(volume))
    quantile = rng.random(len(day))
    quantile[day == plan.n_days - 1] *= last_day_share(plan, when)
    seconds = shop.clock.moment(day, time_of_day(quantile))
    if service.name != "recommender-api":
        return seconds
    start, end = when.bad_deploy_at.timestamp(), when.rollback_at.timestamp()
    return np.concatenate([seconds, rng.uniform(start, end, RETRIES_IN_BAD_DEPLOY)])


def _in_bad_deploy(shop: Shop, service: Service, seconds: Floats) -> Flags:
    if service.name != "recommender-api":
        return np.zeros(len(seconds), dtype=bool)
    start, end = shop.moments.bad_deploy_at.timestamp(), shop.moments.rollback_at.timestamp()
    return (seconds >= start) & (seconds < end)


def _platforms(shop: Shop, rng: np.random.Generator, day: Ints, *, is_new_known: bool) -> Objects:
    """Platform of each request; from its day on, a share comes from the new one."""
    platform = np.array(PLATFORMS, dtype=object)[rng.choice(3, len(day), p=[0.52, 0.27, 0.21])]
    is_new = (day >= shop.moments.new_platform_day) & (rng.random(len(day)) < NEW_PLATFORM_SHARE)
    if is_new_known:
        platform[is_new] = NEW_PLATFORM
    return platform


def _statuses(service: Service, rng: np.random.Generator, bad: Flags) -> Ints:
    draw = rng.random(len(bad))
    failing = np.where(bad, BAD_DEPLOY_ERROR_SHARE, service.error_share)
    server = rng.choice([500, 502, 503, 504], len(bad), p=[0.5, 0.15, 0.2, 0.15])
    client = rng.choice([400, 404, 429], len(bad), p=[0.4, 0.45, 0.15])
    is_client = draw > 1 - 0.006
    return np.where(draw < failing, server, np.where(is_client, client, 200)).astype(np.int64)


def _latencies(
    service: Service, rng: np.random.Generator, seconds: Floats, status: Ints, bad: Flags
) -> Floats:
    """Milliseconds: log-normal, slower in the evening, four times as long in the bad deploy."""
    hour = (seconds % 86_400) / 3600
    load = 1 + 0.16 * np.exp(-(((hour - 18.5) / 2.5) ** 2))
    latency = service.median_ms * load * rng.lognormal(0.0, service.spread, len(seconds))
    latency = np.where(bad, latency * BAD_DEPLOY_SLOWDOWN, latency)
    timed_out = 3000 + rng.gamma(2.0, 20.0, len(seconds))
    return np.asarray(np.where(status == 504, timed_out, latency).round(1), dtype=np.float64)


def _live(shop: Shop, component: str | None, seconds: Floats) -> Objects:
    """Version of a service or model that was live at each moment."""
    rows = shop.releases[shop.releases["model"] == component]
    since = np.array([at.timestamp() for at in rows["released_at"]])
    versions: Any = rows["version"].to_numpy(dtype=object)
    return np.asarray(versions[np.searchsorted(since, seconds, side="right") - 1], dtype=object)
