{# Whether less is better of a metric, by the words of its name: `log_loss`, `val_rmse`. #}
{% macro reads_as_loss(metric_name) -%}
    (
        {%- for word in [
            'loss', 'logloss', 'error', 'err', 'mae', 'mse', 'rmse', 'rmsle', 'mape', 'smape',
            'wape', 'perplexity', 'brier', 'eer', 'wer', 'cer'
        ] %}
        ' ' || replace({{ metric_name }}, '_', ' ') || ' ' like '% {{ word }} %'
        {{ 'or' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
