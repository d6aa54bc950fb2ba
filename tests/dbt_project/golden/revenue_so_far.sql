SELECT
  metric_time__week
  , revenue_so_far
FROM (
  SELECT
    metric_time__week
    , LAST_VALUE(revenue_so_far) OVER (
      PARTITION BY metric_time__week
      ORDER BY metric_time__day
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS revenue_so_far
  FROM (
    SELECT
      subq_1.date_day AS metric_time__day
      , DATE_TRUNC('week', subq_1.date_day) AS metric_time__week
      , SUM(revenue_days_src_2.revenue_gross) AS revenue_so_far
    FROM "warehouse"."metrics_spine"."metrics_time_spine" subq_1
    INNER JOIN
      "warehouse"."company"."company_revenue_days" revenue_days_src_2
    ON
      (
        DATE_TRUNC('day', revenue_days_src_2.ordered_on) <= subq_1.date_day
      ) AND (
        DATE_TRUNC('day', revenue_days_src_2.ordered_on) >= DATE_TRUNC('month', subq_1.date_day)
      )
    GROUP BY
      subq_1.date_day
      , DATE_TRUNC('week', subq_1.date_day)
  ) subq_3
) subq_4
GROUP BY
  metric_time__week
  , revenue_so_far
