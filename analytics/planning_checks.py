"""Are the numbers of a plan what they should be?"""

import math

import numpy as np


def check_count(name: str, value: object, *, least: int) -> None:
    """Raise TypeError or ValueError, naming the argument, unless a whole number from `least`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name}: expected a whole number, got {type(value).__name__}")
    if value < least:
        raise ValueError(f"{name}: expected at least {least}, got {value}")


def check_number(name: str, value: object) -> float:
    """The value as a finite float, or TypeError or ValueError that names the argument."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"{name}: expected a number, got {type(value).__name__}")
    if not math.isfinite(value):
        raise ValueError(f"{name}: expected a finite number, got {value}")
    return float(value)


def check_positive(name: str, value: object) -> None:
    """Raise, naming the argument, unless a positive finite number."""
    if not check_number(name, value) > 0.0:
        raise ValueError(f"{name}: expected a positive number, got {value}")


def check_share(name: str, value: object) -> None:
    """Raise, naming the argument, unless a number between 0 and 1."""
    if not 0.0 < check_number(name, value) < 1.0:
        raise ValueError(f"{name}: expected a share between 0 and 1, got {value}")


def check_power(power: object) -> None:
    """Raise, naming the argument, unless a power from .5 up to below 1."""
    if not 0.5 <= check_number("power", power) < 1.0:
        raise ValueError(f"power: expected a share from 0.5 to below 1, got {power}")
