{# To select from: the key that an issue of each id bears today, for it may have moved. #}
{% macro issue_keys_today() -%}
    (
        select
            _source as source,
            issue_id,
            issue_key
        from (
            select
                *,
                row_number() over (
                    partition by _source, issue_id
                    order by
                        coalesce(updated_at, created_at) desc, _loaded_at desc, _file desc, _line desc
                ) as recency
            from {{ delivered_rows('jira_issues') }}
            where issue_id is not null
        ) as ranked_issues
        where recency = 1
    ) as issue_keys
{%- endmacro %}
