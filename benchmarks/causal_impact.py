"""What does CausalImpact say about one release?

The package is pycausalimpact, a port of Google's CausalImpact (Brodersen et al., Annals of Applied
Statistics 2015) to statsmodels, without TensorFlow. Its release 0.1.1 stumbles over three calls of
newer pandas and statsmodels and draws without a seed; both are bridged here, its model and its
inference are untouched.
"""

import functools
import importlib
import importlib.util
import warnings
from collections.abc import Callable
from typing import Any
from unittest import mock

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.controls import YEARLY_FROM_DAYS
from benchmarks.release_worlds import Answer, ReleaseWorld

REQUIREMENT = "pycausalimpact==0.1.1"
MISSING = (
    f"CausalImpact is left out: {REQUIREMENT} is not installed. "
    "Install the optional extra: uv pip install 'bellwether[benchmarks]'"
)
POST_DAYS = 56


def is_installed() -> bool:
    """Whether the optional package can be imported."""
    return importlib.util.find_spec("causalimpact") is not None


def causal_impact(world: ReleaseWorld, *, prior_level_sd: float, seed: int = 0) -> Answer:
    """Mean effect on the log KPI over the eight weeks after the release, weekly season included.

    Covariates are those that the engine holds constant and that the model has no part for: trend,
    calendar and, once the history before the release is long enough, the season of the year.
    "Moves" when the 95 % interval excludes 0: fewer false alarms than by the package's one-sided p.

    Raises:
        ModuleNotFoundError: When the optional package is not installed; says what to install.
    """
    last = min(len(world.kpi) - 1, world.released + POST_DAYS - 1)
    log_kpi = np.log(world.kpi.to_numpy(dtype=np.float64))
    data = np.column_stack([log_kpi, _covariates(world)])[: last + 1]
    fitted = fit(
        data,
        released=world.released,
        seed=seed,
        nseasons=[{"period": 7}],
        prior_level_sd=prior_level_sd,
    )
    average = fitted.summary_data["average"]
    low, high = float(average["abs_effect_lower"]), float(average["abs_effect_upper"])
    return Answer(low, high, not low <= 0.0 <= high)


def fit(data: npt.NDArray[np.float64], *, released: int, seed: int = 0, **options: Any) -> Any:
    """The package's own result for (n, 1 + covariates) data with the outcome in the first column.

    Raises:
        ModuleNotFoundError: When the optional package is not installed; says what to install.
    """
    with warnings.catch_warnings(), _seeded(seed):
        warnings.simplefilter("ignore")
        return _port()(data, [0, released - 1], [released, len(data) - 1], **options)


METHODS: dict[str, Callable[[ReleaseWorld], Answer]] = {
    "CausalImpact": lambda world: causal_impact(world, prior_level_sd=0.01),
    "CausalImpact, level sd .1": lambda world: causal_impact(world, prior_level_sd=0.1),
}


def _covariates(world: ReleaseWorld) -> npt.NDArray[np.float64]:
    days = pd.DatetimeIndex(world.kpi.index)
    columns = [np.linspace(-1.0, 1.0, len(days))[:, None], world.calendar.to_numpy(np.float64)]
    if world.released >= YEARLY_FROM_DAYS:
        angle = 2.0 * np.pi * days.day_of_year.to_numpy(np.float64)[:, None] / 365.25
        columns.extend([np.sin(angle), np.cos(angle)])
    made = np.hstack(columns)
    # The package divides by the spread before the release: what never happened there is no help.
    return made[:, np.ptp(made[: world.released], axis=0) > 0.0]


def _seeded(seed: int) -> Any:
    """A context in which the package's simulations come from one seed."""
    if not is_installed():
        raise ModuleNotFoundError(MISSING)
    inferences = importlib.import_module("causalimpact.inferences")
    original = inferences.get_reference_model
    rng = np.random.default_rng(seed)
    np.random.seed(seed)  # the package draws its first states from numpy's global state

    def reference(*arguments: Any) -> Any:
        model = original(*arguments)
        model.simulate = functools.partial(model.simulate, rng=rng)
        return model

    return mock.patch.object(inferences, "get_reference_model", reference)


def _port() -> Any:
    """The package's class with three calls bridged: `applymap`, column labels, `alpha`."""
    original = importlib.import_module("causalimpact").CausalImpact

    class Bridged(original):  # type: ignore[misc, valid-type]
        def _format_input_data(self, data: npt.NDArray[np.float64]) -> pd.DataFrame:
            """Checked by the original through `DataFrame.applymap`, which pandas 3 removed.

            Labels stay numbers because the original reads the first column's as 0.
            """
            return pd.DataFrame(data)

        def _fit_model(self) -> None:
            super()._fit_model()
            forecast = self.trained_model.get_forecast
            # Passed on as `alpha`, which never had an effect there and which statsmodels refuses.
            self.trained_model.get_forecast = lambda steps, exog, alpha: forecast(
                steps=steps, exog=exog
            )

    return Bridged
