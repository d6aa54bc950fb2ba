SELECT
  DATE_TRUNC('week', ordered_on) AS metric_time__week
  , channel
  , SUM(orders) AS orders
  , SUM(revenue_gross) AS revenue
FROM "warehouse"."company"."company_revenue_days" revenue_days_src_1
GROUP BY
  DATE_TRUNC('week', ordered_on)
  , channel
