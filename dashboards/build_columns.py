"""Does a published build have the columns that the pages take for granted?

A build that an older version of the code made may lack a table or a column. A query that names
one fails by itself; of a query that reads a whole table (`select * from …`) the columns are held
against `COLUMNS`, so that no page meets a frame it cannot show. The pages are tested on tables of
no other columns than these, and these are tested to be in every build.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from dashboards.wording import joined

_FROM = re.compile(r"\b(?:from|join)\s+(\w+\.\w+)", re.IGNORECASE)
_WHOLE = re.compile(r"\s*select \*\s+from (\w+\.\w+)")
_NO_TABLE = re.compile(r'Table with name "?(?:\w+\.)?(\w+)"? does not exist')
_NO_COLUMN = re.compile(
    r'Referenced column "(?P<read>\w+)" not found|does not have a column named "(?P<of>\w+)"'
    r'|Column "(?P<joined>\w+)" does not exist on'
)


class MartMissing(Exception):
    """The published build lacks a table, or columns of it, that a page needs."""

    def __init__(self, tables: Sequence[str], columns: Sequence[str] = ()) -> None:
        self.tables, self.columns = tuple(tables), tuple(columns)
        of = " or ".join(self.tables)
        many = "columns" if len(self.columns) > 1 else "column"
        super().__init__(
            f"the {many} {joined(list(self.columns))} of {of}" if columns else f"the table {of}"
        )


def check_whole(sql: str, found: Sequence[str]) -> None:
    """Raise `MartMissing` when a table that is read whole lacks columns."""
    whole = _WHOLE.match(sql)
    if whole is None:
        return
    absent = [name for name in COLUMNS.get(whole[1], "").split() if name not in found]
    if absent:
        raise MartMissing([whole[1]], absent)


def lacking(sql: str, error: str) -> MartMissing | None:
    """What the build lacks, by DuckDB's words for a query that failed; None for other errors."""
    tables = list(dict.fromkeys(_FROM.findall(sql)))
    if table := _NO_TABLE.search(error):
        return MartMissing([each for each in tables if each.endswith(table[1])] or [table[1]])
    if column := _NO_COLUMN.search(error):
        return MartMissing(tables, [str(column[column.lastgroup or 0])])
    return None


COLUMNS = {
    "marts.mart_calendar": "country day kind name",
    "marts.mart_capacity_days": (
        "cost cost_per_thousand_predictions cpu_used_ratio day instances instances_fewest "
        "instances_known_hours instances_most latency_ms_p95 metered_requests predictions "
        "requests scaling_steps service"
    ),
    "marts.mart_capacity_hours": (
        "cpu_used_ratio hour_start instances instances_fewest instances_most latency_ms_p95 "
        "local_day metered_requests requests service"
    ),
    "marts.mart_data_health_checks": (
        "check_name column_name failures message model severity status"
    ),
    "marts.mart_data_health_exclusions": (
        "amount currency excluded_as excluded_by files first_day last_day order_lines source"
    ),
    "marts.mart_data_health_files": (
        "blank drift duplicate_of file first_at format kind last_at loaded loaded_at "
        "quarantined records source status"
    ),
    "marts.mart_data_health_gaps": "gap_day kind source",
    "marts.mart_data_health_issues": (
        "example_issue excluded_as excluded_by first_day issues last_day source"
    ),
    "marts.mart_data_health_kpis": (
        "data_through kind label loaded metric_name missing_days owner quarantined records source"
    ),
    "marts.mart_data_health_quarantine": (
        "column_name example_file example_line expected reason rows source"
    ),
    "marts.mart_data_health_releases": "model problem released_at run_id version",
    "marts.mart_data_health_rhythm": "deliveries kind longest_gap_days source usual_gap_days",
    "marts.mart_data_health_sources": (
        "blank data_through duplicates files first_at kind last_loaded_at loaded quarantined "
        "records source"
    ),
    "marts.mart_delivery_forecasts": (
        "answer_items answer_weeks caveats certainty finish_by items_per_week last_week "
        "method n_weeks project question reason remaining weeks"
    ),
    "marts.mart_delivery_incidents": (
        "attribution component hours_to_resolve incident_id released_at resolved_at service "
        "severity source started_at started_on version"
    ),
    "marts.mart_delivery_issue_releases": (
        "days_from_done days_from_start effect_id effect_kind effect_of effect_on "
        "effect_words effects issue_key issue_type link_kind model project released_on "
        "version"
    ),
    "marts.mart_delivery_items": (
        "created_on cycle_time_days finished_on is_approximate issue_key issue_type project"
    ),
    "marts.mart_delivery_months": (
        "change_fail_rate change_lead_time_days_p50 deployment_rework_rate deployments "
        "deployments_judged done_to_release_days_p50 failed_deployments is_complete "
        "month_start n_lead_times n_recoveries n_waits n_without_start recovery_hours_p50 "
        "rework_deployments scope"
    ),
    "marts.mart_delivery_open_items": (
        "age_days created_on issue_key issue_type project status_category"
    ),
    "marts.mart_delivery_releases": (
        "currency effect_id effect_kind effect_of effect_on effect_words example_item items "
        "model money_month money_month_high money_month_low project released_on version"
    ),
    "marts.mart_delivery_sprints": (
        "added approximate_items carried_over committed completed completed_committed "
        "ended_on is_complete kept_ratio project removed source sprint_id sprint_name started_on"
    ),
    "marts.mart_delivery_weeks": (
        "active_days created cycle_time_days_p50 cycle_time_days_p85 deployments elapsed_days "
        "finished finished_approximate is_approximate is_complete lead_time_days_p50 "
        "lead_time_days_p85 n_approximate n_finished_with_cycle open_approximate open_items "
        "project reopenings straight_to_done week_start wip"
    ),
    "marts.mart_experiment_links": (
        "caveats effect effect_high effect_low effect_unit experiments_needed heterogeneity "
        "method metric model n_experiments n_withheld naive_effect naive_side_effect "
        "offline_metric p_value reliability "
        "side_effect verdict verdict_reason"
    ),
    "marts.mart_experiment_overlaps": (
        "caveats first metric second share_of_first share_of_second users_in_both verdict "
        "verdict_reason"
    ),
    "marts.mart_experiments": (
        "caveats ended_on expected_share experiment guardrail guardrail_reason lift lift_high "
        "lift_low lift_se metric model offline_delta offline_delta_high "
        "offline_delta_low offline_log_change offline_log_change_high offline_log_change_low "
        "offline_metric p_value sample_ratio_p started_on status users_control "
        "users_treatment variant verdict withheld_reason"
    ),
    "marts.mart_exposure_positions": (
        "clicked day model model_version position rendered served served_where_rendered "
        "served_where_viewed source surface viewed"
    ),
    "marts.mart_exposure_releases": (
        "component position rendered rendered_ratio served served_ratio since surface version "
        "viewed viewed_ratio"
    ),
    "marts.mart_forecast_back_tests": (
        "actual days_left expected grain high_80 high_95 low_80 low_95 metric_name naive "
        "origin period_start"
    ),
    "marts.mart_forecast_days": (
        "actual day expected grain high_80 high_95 low_80 low_95 metric_name"
    ),
    "marts.mart_forecasts": (
        "back_test_reason caveats chance_is_bound chance_of_target chance_simulated coverage_80 "
        "coverage_95 data_through days_left days_missing days_seen error expected format grain "
        "high_80 high_95 label least_days_tested low_80 low_95 method metric_name more_needed "
        "most_days_tested n_as_far_off n_back_tests naive_error period_end period_start reason "
        "so_far target unit"
    ),
    "marts.mart_incidents": (
        "ended_at incident_id is_open minutes_to_resolve release_component release_version "
        "service severity source started_at started_on status title_pattern"
    ),
    "marts.mart_link_evidence": (
        "caveats currency effect effect_high effect_low effect_unit gives_verdict grade "
        "inputs_build_id lag_days lag_set_high lag_set_low link_id method money_month "
        "money_month_high money_month_low more_needed n_experiments p_value q_value rank size "
        "verdict verdict_reason"
    ),
    "marts.mart_link_gain_trends": "link_id n_releases verdict verdict_reason",
    "marts.mart_link_gains": (
        "cumulative_gain cumulative_money_month cumulative_money_month_high "
        "cumulative_money_month_low gain link_id money_month money_month_high money_month_low "
        "place released_on version"
    ),
    "marts.mart_link_lags": "effect high lag_days link_id low",
    "marts.mart_link_notes": (
        "autocorrelation_1 autocorrelation_7 caveats fading_note link_id naive_effect "
        "naive_effect_high naive_effect_low timing_p_value whitened_autocorrelation_1 "
        "whitened_autocorrelation_7 whiteness_p_value"
    ),
    "marts.mart_link_releases": (
        "is_usable kpi_log_change kpi_log_change_high kpi_log_change_low link_id log_change "
        "metric_after metric_before released_on version"
    ),
    "marts.mart_link_series": "day is_release kpi_value kpi_whitened link_id metric_value",
    "marts.mart_onset_causes": (
        "component happened_at is_measured is_segment_share is_shown_to_move kind lead_hours "
        "name onset_id rank series_id share_explained timing words"
    ),
    "marts.mart_onset_series": (
        "caveats direction entity first_at format grain is_going_on label last_at layer "
        "method metric_name n_changes n_periods n_series p_value q_value role series_id "
        "smallest_detectable_size unit verdict verdict_reason"
    ),
    "marts.mart_onsets": (
        "begins_episode change_no direction ended_at entity first_cause first_cause_kind "
        "first_cause_words format grain is_clearest is_worse label layer level_after "
        "level_before metric_name n_after n_before n_causes onset_at onset_high onset_id "
        "onset_low p_value role series_id size size_high size_low size_share state unit"
    ),
    "marts.mart_release_impact_series": "actual counterfactual day high impact_id is_left_out low",
    "marts.mart_release_impacts": (
        "caveats currency effect effect_high effect_low effect_unit impact_id inputs_build_id "
        "kpi kpi_label kpi_unit method model money_month money_month_high money_month_low "
        "more_needed p_value q_value released_on smallest_detectable_effect verdict "
        "verdict_reason version"
    ),
    "marts.mart_releases": (
        "environment is_matched is_rollback kind match_problem model released_at released_on "
        "run_id version"
    ),
    "marts.mart_scaling_steps": (
        "changed_at day instances_after instances_before is_after_gap service"
    ),
    "marts.mart_service_alerts": (
        "burn_limit ended_at episode errors_at_peak firing_minutes is_data_missing "
        "last_fired_at least_minutes_seen minutes_of_window objective peak_at peak_burn_rate "
        "requests_at_peak rule service severity started_at state_now"
    ),
    "marts.mart_service_budget_days": (
        "budget_left burn_rate day days_seen errors is_complete objective requests service "
        "window_days window_errors window_requests"
    ),
    "marts.mart_service_burn": (
        "as_of burn_limit data_through is_burning is_data_missing least_requests "
        "long_burn_rate long_window minutes_of_short_window minutes_of_window minutes_seen "
        "objective requests rule service severity short_burn_rate short_window state"
    ),
    "marts.mart_service_callers": (
        "caller empty_ratio error_ratio fallback_ratio first_seen is_named last_seen requests "
        "requests_in_28_days service share_of_requests"
    ),
    "marts.mart_service_days": (
        "apdex apdex_ms apdex_points apdex_requests day empty_ratio error_ratio errors "
        "fallback_ratio has_data is_complete k_asked k_rendered k_served k_viewed "
        "latency_ms_p50 latency_ms_p95 latency_ms_p99 rendered_ratio requests served_ratio "
        "service unknown_platform_ratio viewed_ratio"
    ),
    "marts.mart_service_endpoints": (
        "endpoint error_ratio errors first_seen last_seen latency_ms_p50 latency_ms_p95 "
        "latency_ms_p99 requests requests_per_second service version"
    ),
    "marts.mart_service_error_versions": (
        "first_seen is_first_version last_seen lines lines_per_request pattern service status "
        "version"
    ),
    "marts.mart_service_errors": (
        "example_version first_seen last_seen lines pattern service status"
    ),
    "marts.mart_service_hours": (
        "error_ratio errors hour_start latency_ms_p50 latency_ms_p95 latency_ms_p99 local_day "
        "requests service"
    ),
    "marts.mart_service_models": (
        "empty_ratio fallback_ratio first_seen last_day model model_version rendered_ratio "
        "requests served_ratio service unknown_platform_ratio viewed_ratio"
    ),
    "marts.mart_service_platforms": "day fallback_ratio first_seen platform requests service",
    "marts.mart_service_slo": (
        "budget_left burn_rate data_through error_budget error_ratio errors objective "
        "requests service window_days"
    ),
    "marts.mart_service_versions": (
        "error_ratio error_ratio_change error_ratio_change_high error_ratio_change_low errors "
        "first_seen is_rollback last_seen latency_ms_p50 latency_ms_p95 latency_ms_p99 "
        "new_patterns previous_error_ratio previous_latency_ms_p50 previous_latency_ms_p95 "
        "previous_latency_ms_p99 previous_requests previous_version requests "
        "requests_per_second service stint version"
    ),
    "marts.mart_success_cohorts": (
        "active_customers active_month cohort_customers cohort_month months_since retention"
    ),
    "marts.mart_success_drivers": (
        "basis before_start comparison grain mix_effect mix_of_new_products "
        "mix_of_vanished_products period_start price_effect revenue_before revenue_now "
        "volume_effect"
    ),
    "marts.mart_success_metrics": (
        "adds_up change_previous change_year_ago denominator description direction format grain "
        "is_complete label metric_name numerator owner period_start previous_period_start "
        "previous_value role segment_name segment_value target unit value "
        "year_ago_period_start year_ago_value"
    ),
    "marts.mart_success_products": "grain is_complete kpi period_start product sample_size value",
    "marts.mart_what_moves_sales": (
        "build_id caveats currency dataset disagreements effect effect_high effect_low "
        "effect_unit entity evidence_grade fading_note fingerprint first_day inputs_build_id "
        "is_drawn is_primary kpi kpi_direction kpi_label kpi_unit lag_days lag_reason "
        "lag_set_high lag_set_low last_day lead_p_value link_id log_change method "
        "metric_direction metric_label metric_name metric_unit money_month money_month_high "
        "money_month_low more_needed n_days n_experiments n_releases p_value "
        "pre_release_p_value q_value raw_correlation smallest_detectable_effect "
        "smallest_detectable_money_month smallest_effect verdict verdict_reason"
    ),
    "metrics.catalogue": (
        "aggregation defined_in definition_hash definition_sql description direction "
        "entity_kind format label layer metric_name owner role segments source_kinds unit"
    ),
    "metrics.definitions": (
        "build_id changed defined_in definition_hash definition_sql description metric_name unit "
        "upstream used_from"
    ),
    "metrics.lineage": "about metric_name name place reads stage",
    "metrics.redefined_values": (
        "definition_before definition_now entity grain metric_name period_start segment_name "
        "segment_value unit unit_before value_before value_now"
    ),
}
