{# A setting's value, or its keyed hash where the name or the value may hold a secret or a person. #}
{% macro hidden_setting(setting, value) -%}
    case
        when
            {%- for word in [
                'password', 'passwd', 'secret', 'token', 'credential', 'private', 'api_key', 'apikey',
                'dsn', 'connection', 'webhook', 'email', 'owner', 'author', 'user'
            ] %}
            lower({{ setting }}) like '%{{ word }}%' or
            {%- endfor %}
            {{ value }} like '%@%'
            then {{ keyed_hash(value) }}
        else {{ masked_addresses(value) }}
    end
{%- endmacro %}
