SELECT
  DATE_TRUNC('month', ordered_on) AS metric_time__month
  , country
  , SUM(orders) AS orders
FROM "warehouse"."company"."company_revenue_days" revenue_days_src_1
GROUP BY
  DATE_TRUNC('month', ordered_on)
  , country
