"""May the variants of one experiment be compared at all?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analytics.experiment_lift import Refusal
from analytics.experiment_split import are_counts, are_shares, sample_ratio_check


@dataclass(frozen=True)
class Arm:
    """One variant: how many users it got and which share was planned; NaN where unknown."""

    variant: str
    is_control: bool
    users: float
    share: float = math.nan


@dataclass(frozen=True)
class ArmsCheck:
    """Whether users were split as planned.

    Attributes:
        shares: planned share by variant, summing to 1; empty when the plan cannot be read.
        p_value: of the split; None when it cannot be tested.
        refusal, reason: the first rule that failed, by name and in words; None when all hold.
    """

    shares: Mapping[str, float]
    p_value: float | None
    refusal: Refusal | None
    reason: str | None
    caveats: tuple[str, ...]


def check_arms(arms: Sequence[Arm], *, threshold: float) -> ArmsCheck:
    """Check the variants of one experiment; the first rule that fails is named.

    Args:
        arms: every variant, the control included.
        threshold: below this p-value the split counts as broken.
    """
    variants = [arm.variant for arm in arms]
    raw_shares = [arm.share for arm in arms]
    users = [arm.users for arm in arms]
    caveats: tuple[str, ...] = ()
    if all(math.isnan(share) for share in raw_shares):
        raw_shares = [1.0] * len(arms)
        caveats = ("The planned shares are not recorded; an even split is assumed.",)
    shares_ok, users_ok = bool(arms) and are_shares(raw_shares), are_counts(users)
    shares: dict[str, float] = {}
    if shares_ok:
        relative = np.asarray(raw_shares) / max(raw_shares)
        shares = dict(zip(variants, (relative / relative.sum()).tolist(), strict=True))
    refusal, reason = _first_fault(arms, shares_ok=shares_ok, users_ok=users_ok)
    if len(set(variants)) < len(variants) or len(variants) < 2 or not (shares_ok and users_ok):
        return ArmsCheck(shares, None, refusal, reason, caveats)
    check = sample_ratio_check(users, raw_shares, threshold=threshold)
    if refusal is None and not check.is_ok:
        refusal, reason = Refusal.SAMPLE_RATIO, check.reason
    return ArmsCheck(shares, check.p_value, refusal, reason, caveats)


def _first_fault(
    arms: Sequence[Arm], *, shares_ok: bool, users_ok: bool
) -> tuple[Refusal | None, str | None]:
    variants = [arm.variant for arm in arms]
    n_controls = sum(arm.is_control for arm in arms)
    repeated = sorted({name for name in variants if variants.count(name) > 1})
    if repeated:
        return Refusal.REPEATED_VARIANT, (
            f"Variant {repeated[0]!r} is reported more than once with different numbers."
        )
    if not n_controls:
        return Refusal.NO_CONTROL, "No variant is marked as the control."
    if n_controls > 1:
        return Refusal.SEVERAL_CONTROLS, (
            f"{n_controls} variants are marked as the control; exactly one is needed."
        )
    if n_controls == len(arms):
        return Refusal.NO_TREATMENT, "There is no variant beside the control."
    if not users_ok:
        return Refusal.MISSING_USERS, "A variant has no count of users, so the split is unknown."
    if not shares_ok:
        return Refusal.BAD_SHARES, (
            "The planned shares must be positive and given for all variants or for none; "
            "the split cannot be checked."
        )
    return None, None
