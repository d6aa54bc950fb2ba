WITH sma_1_cte AS (
  SELECT
    DATE_TRUNC('month', ordered_on) AS metric_time__month
    , country
    , channel
    , orders AS __orders
    , orders AS __filtered_numerator_of_web_share_of_orders
  FROM "warehouse"."company"."company_revenue_days" revenue_days_src_2
)
SELECT
  COALESCE(subq_3.metric_time__month, subq_4.metric_time__month) AS metric_time__month
  , COALESCE(subq_3.country, subq_4.country) AS country
  , MAX(subq_3.filtered_numerator_of_web_share_of_orders) AS filtered_numerator_of_web_share_of_orders
  , MAX(subq_4.orders) AS orders
FROM (
  SELECT
    metric_time__month
    , country
    , SUM(filtered_numerator_of_web_share_of_orders) AS filtered_numerator_of_web_share_of_orders
  FROM (
    SELECT
      metric_time__month
      , country
      , channel
      , __filtered_numerator_of_web_share_of_orders AS filtered_numerator_of_web_share_of_orders
    FROM sma_1_cte
  ) subq_5
  WHERE channel = 'web'
  GROUP BY
    metric_time__month
    , country
) subq_3
FULL OUTER JOIN (
  SELECT
    metric_time__month
    , country
    , SUM(__orders) AS orders
  FROM sma_1_cte
  GROUP BY
    metric_time__month
    , country
) subq_4
ON
  (
    subq_3.metric_time__month = subq_4.metric_time__month
  ) AND (
    subq_3.country = subq_4.country
  )
GROUP BY
  COALESCE(subq_3.metric_time__month, subq_4.metric_time__month)
  , COALESCE(subq_3.country, subq_4.country)
