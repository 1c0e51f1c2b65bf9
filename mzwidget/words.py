"""The words of Materialize's SQL that analysts type: to complete, and to tell what a misspelt one was meant to be."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


KEYWORDS = _words(
    """
    ALL ALTER AND ANY ARRAY AS ASC BETWEEN BY CASCADE CASE CAST CLUSTER COLUMN COMMENT COPY CREATE CROSS
    DATABASE DEFAULT DELETE DESC DISTINCT DROP ELSE END EXCEPT EXISTS EXPLAIN FALSE FILTER FIRST FROM FULL GROUP
    HAVING IF ILIKE IN INDEX INNER INSERT INTERSECT INTERVAL INTO IS JOIN LAST LATERAL LEFT LIKE LIMIT
    MATERIALIZED MUTUALLY NOT NULL NULLS OFFSET ON OR ORDER OUTER OVER PARTITION RECURSIVE RENAME REPLACE RESET
    RIGHT SCHEMA SELECT SET SHOW SOURCE SUBSCRIBE TABLE TEMPORARY THEN TO TRUE UNION UPDATE USING VALUES VIEW
    WHEN WHERE WINDOW WITH WITHIN
    """
)

STRUCTURE = _words(
    """
    ALTER AND BETWEEN COMMIT CREATE CROSS DATABASE DEFAULT DELETE DISTINCT DROP EXCEPT EXISTS EXPLAIN FROM GROUP HAVING
    INDEX INNER INSERT INTERSECT INTO JOIN LATERAL LEFT LIKE LIMIT MATERIALIZED NULL OFFSET ORDER OUTER OVER
    PARTITION PROGRESS RIGHT ROLLBACK SCHEMA SELECT SNAPSHOT SUBSCRIBE TABLE TEMPORARY UNION UPDATE USING VALUES VIEW
    WHERE WITH
    """
)
"""The keywords that give a statement its structure: a misspelt one is read as a name, and the error comes later."""

QUERIES = ("SELECT", "VALUES", "WITH")
"""The keywords that a query begins with."""

FUNCTIONS = _words(
    """
    abs acos age array_agg array_cat array_fill array_length array_lower array_position
    array_remove array_to_string array_upper ascii asin atan avg bit_count bit_length bool_and bool_or btrim
    cbrt ceil ceiling char_length chr coalesce concat concat_ws constant_time_eq convert_from cos
    cosh cot count crc32 csv_extract current_database current_schema current_schemas current_setting
    current_timestamp current_user date_bin date_part date_trunc datediff decode degrees dense_rank digest encode exp
    extract first_value floor format_type generate_series generate_subscripts get_bit get_byte greatest hmac
    initcap isfinite jsonb_agg jsonb_array_elements jsonb_array_elements_text jsonb_array_length
    jsonb_build_array jsonb_build_object jsonb_each jsonb_each_text jsonb_object_agg jsonb_object_keys
    jsonb_pretty jsonb_strip_nulls jsonb_typeof justify_days justify_hours justify_interval kafka_murmur2 lag
    last_value lead least left length list_agg list_append list_cat list_length list_prepend ln log
    log10 lower lpad ltrim make_timestamp map_agg map_build map_length max md5 min mod mz_now mz_version now
    ntile nullif octet_length parse_ident pg_typeof position pow power quote_ident radians rank regexp_extract
    regexp_match regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table repeat replace
    reverse right round row_number rpad rtrim seahash sha224 sha256 sha384 sha512 sin sinh split_part sqrt
    starts_with stddev stddev_pop stddev_samp strpos string_agg string_to_array substr substring sum tan tanh
    timezone to_char to_jsonb to_timestamp translate trim trunc try_parse_monotonic_iso8601_timestamp unnest
    upper uuid_generate_v5 var_pop var_samp variance version
    """
)

TYPES = _words(
    """
    bigint boolean bytea char date double int integer interval jsonb list map mz_timestamp numeric oid real
    smallint text time timestamp timestamptz uint2 uint4 uint8 uuid varchar string int2 int4 int8 float float4
    float8 bool decimal
    """
)

SHOWN = _words(
    "CLUSTERS COLUMNS CONNECTIONS DATABASES INDEXES MATERIALIZED OBJECTS SCHEMAS SINKS SOURCES TABLES TYPES VIEWS"
)
"""What SHOW lists."""

UNITS = _words(
    "microseconds milliseconds second minute hour day week month quarter year decade century epoch dow isodow doy"
)

ELSEWHERE = {
    "any_value": "min(value)",
    "approx_count_distinct": "count(DISTINCT value)",
    "array_append": "array || ARRAY[value]",
    "array_prepend": "ARRAY[value] || array",
    "average": "avg(value)",
    "cardinality": "array_length(array, 1)",
    "charindex": "position(part IN text)",
    "count_if": "count(*) FILTER (WHERE condition)",
    "countif": "count(*) FILTER (WHERE condition)",
    "cube": "one SELECT for each grouping, with UNION ALL between them",
    "curdate": "now()::date",
    "current_date": "now()::date",
    "date_add": "time + INTERVAL '1 day'",
    "date_diff": "datediff('day', a, b)",
    "date_format": "to_char(time, 'YYYY-MM-DD')",
    "date_sub": "time - INTERVAL '1 day'",
    "dateadd": "time + INTERVAL '1 day'",
    "day": "extract(day FROM time)",
    "from_unixtime": "to_timestamp(seconds)",
    "getdate": "now()",
    "group_concat": "string_agg(value, ',')",
    "hour": "extract(hour FROM time)",
    "if": "CASE WHEN condition THEN a ELSE b END",
    "iff": "CASE WHEN condition THEN a ELSE b END",
    "ifnull": "coalesce(a, b)",
    "iif": "CASE WHEN condition THEN a ELSE b END",
    "instr": "position(part IN text)",
    "isnull": "a IS NULL",
    "json_agg": "jsonb_agg(value)",
    "json_build_object": "jsonb_build_object(key, value)",
    "json_object_agg": "jsonb_object_agg(key, value)",
    "len": "length(text)",
    "listagg": "string_agg(value, ',')",
    "log2": "log(2, value)",
    "minute": "extract(minute FROM time)",
    "month": "extract(month FROM time)",
    "nvl": "coalesce(a, b)",
    "quarter": "extract(quarter FROM time)",
    "rollup": "one SELECT for each grouping, with UNION ALL between them",
    "strftime": "to_char(time, 'YYYY-MM-DD')",
    "sysdate": "now()",
    "time_bucket": "date_bin('1 minute', time, TIMESTAMP '2000-01-01')",
    "to_json": "to_jsonb(value)",
    "unix_timestamp": "extract(epoch FROM time)",
    "week": "extract(week FROM time)",
    "weekday": "extract(dow FROM time)",
    "width_bucket": "floor((value - lowest) / width)",
    "year": "extract(year FROM time)",
}
"""What other databases call it, and how it is written in Materialize."""
