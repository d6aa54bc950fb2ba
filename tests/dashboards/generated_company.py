"""Generated products, drivers and cohorts of a test shop, in the columns of their marts."""

from __future__ import annotations

import pandas as pd

from tests.dashboards.generated_success import success_metrics

SHARES = {"LL-0001": 0.5, "LL-0002": 0.3, "__null__": 0.2}
LATER = {"LL-0001": 0.06, "LL-0002": -0.04, "__null__": -0.02}
DATA_THROUGH = pd.Timestamp("2025-03-12")


def company() -> dict[str, pd.DataFrame]:
    """The marts of products, drivers and cohorts; products add up to the revenue."""
    frame = success_metrics()
    whole = frame[(frame["metric_name"] == "revenue") & (frame["segment_name"] == "__all__")]
    return {
        "mart_success_products": _products(whole[whole["grain"] != "day"]),
        "mart_success_drivers": _drivers(whole),
        "mart_success_cohorts": cohorts(),
    }


def _products(whole: pd.DataFrame) -> pd.DataFrame:
    parts = []
    for product, share in SHARES.items():
        grown = share + LATER[product] * (whole["period_start"] >= "2025-02-01")
        parts.append(
            pd.DataFrame(
                {
                    "kpi": "revenue",
                    "product": product,
                    "grain": whole["grain"],
                    "period_start": whole["period_start"],
                    "value": whole["value"] * grown,
                    "sample_size": 10,
                    "is_complete": whole["is_complete"],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _drivers(whole: pd.DataFrame) -> pd.DataFrame:
    parts = []
    for comparison in ("previous", "year_ago"):
        known = whole[whole[f"{comparison}_period_start"].notna()]
        change = known["value"] - known[f"{comparison}_value"]
        for basis, volume in (("products", 1.5), ("orders", 0.8)):
            rows = pd.DataFrame(
                {
                    "basis": basis,
                    "comparison": comparison,
                    "grain": known["grain"],
                    "period_start": known["period_start"],
                    "before_start": known[f"{comparison}_period_start"],
                    "revenue_now": known["value"],
                    "revenue_before": known[f"{comparison}_value"],
                    "volume_effect": volume * change,
                    "price_effect": (0.25 if basis == "products" else 0.2) * change,
                    "mix_effect": -0.75 * change if basis == "products" else None,
                    "mix_of_new_products": 120.0 if basis == "products" else None,
                    "mix_of_vanished_products": 0.0 if basis == "products" else None,
                }
            )
            parts.append(rows[(rows["grain"] != "day") | (basis == "orders")])
    return pd.concat(parts, ignore_index=True)


def cohorts() -> pd.DataFrame:
    """Three cohorts of 100, 80 and 50 customers; March 2025 is not over."""
    cells = []
    months = pd.date_range("2025-01-01", "2025-03-01", freq="MS")
    for at, (cohort, size) in enumerate(zip(months, (100, 80, 50), strict=True)):
        for since, month in enumerate(months[at:]):
            is_over = month + pd.DateOffset(months=1) <= DATA_THROUGH
            back = (size if since == 0 else size // 10) if is_over else None
            cells.append((cohort, since, month, size, back, back / size if back else None))
    names = ["cohort_month", "months_since", "active_month", "cohort_customers"]
    return pd.DataFrame(cells, columns=[*names, "active_customers", "retention"])
