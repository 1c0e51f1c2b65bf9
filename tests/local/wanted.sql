-- What is to be asked of a real Materialize next, each with the reason. Recorded answers come into corpus/.

-- Names that the engine offers by the documentation alone; analysts type them.
SELECT age(timestamp '2026-03-31 12:00', timestamp '2026-02-28 13:00'), age(timestamptz '2026-03-31 12:00+00', timestamptz '2026-02-28 13:00+00');
SELECT degrees(1.5::float8), degrees(NULL::float8);
SELECT get_bit('\x0f'::bytea, 3), get_bit('\x0f'::bytea, 8);
SELECT jsonb_object_agg(k, v) FROM (VALUES ('a', 1), ('b', NULL), ('a', 2)) AS v (k, v);
SELECT map_length('{a=>1,b=>2}'::map[text=>int]);
SELECT encode(sha384('abc'::bytea), 'hex'), encode(sha512('abc'::bytea), 'hex');
SELECT stddev_samp(x), var_samp(x) FROM (VALUES (1::float8), (2), (4)) AS v (x);

-- Only the day unit of datediff over times was recorded.
SELECT datediff('hour', time '23:30', time '00:30'), datediff('minute', time '23:30', time '00:30');

-- Distinct values aggregated in an order; NULL and repeated keys of maps.
SELECT string_agg(DISTINCT x, ',' ORDER BY x DESC) FROM (VALUES ('b'), ('a'), ('b')) AS v (x);
SELECT array_agg(DISTINCT x ORDER BY x DESC) FROM (VALUES (1), (2), (1)) AS v (x);
SELECT jsonb_agg(DISTINCT x ORDER BY x) FROM (VALUES (1), (2), (1)) AS v (x);
SELECT map_agg(k, v) FROM (VALUES ('a', 1), ('a', 2), (NULL, 3)) AS v (k, v);
SELECT array_agg(DISTINCT x ORDER BY y DESC) FROM (VALUES (1, 1), (2, 2), (1, 3)) AS v (x, y);
SELECT map_build(LIST[ROW('a', 1), ROW(NULL, 2), ROW('a', 3)]);

-- Which zero DISTINCT and GROUP BY keep.
SELECT DISTINCT x FROM (VALUES ('-0'::float8), ('0'::float8)) AS v (x);

-- Where USING of several joins puts its columns.
SELECT * FROM (SELECT 1 AS a, 2 AS b) AS p JOIN (SELECT 1 AS a, 3 AS c) AS q USING (a) JOIN (SELECT 3 AS c, 4 AS d) AS r USING (c);

-- What Rust's regular expressions say of these patterns.
SELECT regexp_match('abc', '(?<=a)b');
SELECT regexp_match('abc', 'a\');
SELECT regexp_match('abc', '(');
SELECT regexp_match('abc', '*a');

-- numeric joined to text: with the scale of its type, or as it is printed elsewhere.
SELECT 'x' || 100::numeric(10, 2), 'x' || v FROM (SELECT 100::numeric(10, 2) AS v) AS t;

-- Defaults that decide how fast first rows come (time to the first row, over several tries).
SET transaction_isolation = 'serializable';
SHOW transaction_isolation;

-- Operators and functions of these types: others of their families were recorded, or the documentation names them.
SELECT mod(3::int2, 3::int2), mod(3::uint2, 3::uint2), mod(3::uint4, 3::uint4), mod(3::uint8, 3::uint8), mod(1.5::float4, 1.5::float4);
SELECT ceiling(1.5::float4), ceiling(1.5::float8);
SELECT floor(1.5::float4);
SELECT log10(1.5);
SELECT digest('\x0f'::bytea, 'sha256');
SELECT hmac('\x0f'::bytea, '\x0f'::bytea, 'sha256');
SELECT kafka_murmur2('\x0f'::bytea);
SELECT seahash('\x0f'::bytea);
SELECT crc32('\x0f'::bytea);
SELECT extract(hour FROM time '10:00'), extract(hour FROM timestamp '2026-03-31 10:00'), extract(hour FROM timestamptz '2026-03-31 10:00+00');
SELECT date_part('hour', time '10:00'), date_part('hour', timestamp '2026-03-31 10:00'), date_part('hour', timestamptz '2026-03-31 10:00+00');
SELECT date_part('hour', interval '1 day 2 hours');
SELECT date('2026-01-01'), date(timestamp '2026-03-31 10:00');
SELECT array_fill(1, array[1], array[1]);
SELECT current_setting('timezone'), current_setting('timezone', true);
SELECT format_type(3::oid, 3);
SELECT col_description(3::oid, 3);
SELECT pg_table_is_visible(3::oid);
SELECT pg_type_is_visible(3::oid);
SELECT pg_function_is_visible(3::oid);
SELECT pg_get_userbyid(3::oid);
SELECT pg_get_expr('a'::text, 3::oid), pg_get_expr('a'::text, 3::oid, true);
SELECT pg_encoding_to_char(3::int8);
SELECT pg_is_in_recovery();
SELECT pg_relation_size(3::oid::regclass), pg_relation_size(3::oid::regclass, 'a'::text);
SELECT pg_stat_get_numscans(3::oid);
SELECT pg_tablespace_location(3::oid);
SELECT obj_description(3::oid, 'a'::text);
SELECT pg_get_viewdef(3::oid), pg_get_viewdef(3::oid, true), pg_get_viewdef(3::oid, 3);
SELECT pg_get_indexdef(3::oid), pg_get_indexdef(3::oid, 3, true);
SELECT pg_get_constraintdef(3::oid), pg_get_constraintdef(3::oid, true);
SELECT pg_get_ruledef(3::oid), pg_get_ruledef(3::oid, true);
SELECT has_table_privilege('a'::text, 'a'::text, 'a'::text), has_table_privilege('a'::text, 3::oid, 'a'::text);
SELECT has_table_privilege(3::oid, 'a'::text, 'a'::text), has_table_privilege(3::oid, 3::oid, 'a'::text), has_table_privilege('a'::text, 'a'::text);
SELECT has_table_privilege(3::oid, 'a'::text);
SELECT has_schema_privilege('a'::text, 'a'::text, 'a'::text), has_schema_privilege('a'::text, 3::oid, 'a'::text);
SELECT has_schema_privilege(3::oid, 'a'::text, 'a'::text), has_schema_privilege(3::oid, 3::oid, 'a'::text), has_schema_privilege('a'::text, 'a'::text);
SELECT has_schema_privilege(3::oid, 'a'::text);
SELECT has_database_privilege('a'::text, 'a'::text, 'a'::text), has_database_privilege('a'::text, 3::oid, 'a'::text);
SELECT has_database_privilege(3::oid, 'a'::text, 'a'::text), has_database_privilege(3::oid, 3::oid, 'a'::text), has_database_privilege('a'::text, 'a'::text);
SELECT has_database_privilege(3::oid, 'a'::text);
SELECT int8range(3::int8, 3::int8, '[]');
SELECT tsrange(timestamp '2026-03-31 10:00', timestamp '2026-03-31 10:00', '[]');
SELECT tstzrange(timestamptz '2026-03-31 10:00+00', timestamptz '2026-03-31 10:00+00', '[]');
SELECT 3::int2 + 3::int2, 3::uint2 + 3::uint2, 3::uint4 + 3::uint4, 3::uint8 + 3::uint8, interval '1 day 2 hours' + timestamptz '2026-03-31 10:00+00';
SELECT interval '1 day 2 hours' + date '2026-03-31', interval '1 day 2 hours' + time '10:00';
SELECT 3::int2 - 3::int2, 3::uint2 - 3::uint2, 3::uint4 - 3::uint4, 3::uint8 - 3::uint8, 1.5::float4 - 1.5::float4;
SELECT timestamptz '2026-03-31 10:00+00' - interval '1 day 2 hours';
SELECT 3::int2 * 3::int2, 3::uint2 * 3::uint2, 3::uint4 * 3::uint4, 3::uint8 * 3::uint8;
SELECT 3::int2 / 3::int2, 3::uint4 / 3::uint4;
SELECT 3::int2 % 3::int2, 3::uint2 % 3::uint2, 3::uint8 % 3::uint8, 1.5::float4 % 1.5::float4;
SELECT 3::int2 & 3::int2, 3::int8 & 3::int8, 3::uint2 & 3::uint2, 3::uint4 & 3::uint4, 3::uint8 & 3::uint8;
SELECT 3::int2 | 3::int2, 3::int8 | 3::int8, 3::uint2 | 3::uint2, 3::uint4 | 3::uint4, 3::uint8 | 3::uint8;
SELECT 3::int2 # 3::int2, 3::int8 # 3::int8, 3::uint2 # 3::uint2, 3::uint4 # 3::uint4, 3::uint8 # 3::uint8;
SELECT 3::int2 << 3, 3::int8 << 3;
SELECT 3::int2 >> 3, 3 >> 3, 3::int8 >> 3;
SELECT 3::uint2 = 3::uint2, 3::uint4 = 3::uint4, 3::uint8 = 3::uint8, time '10:00' = time '10:00';
SELECT 3::int2 <> 3::int2, 3::int8 <> 3::int8, 3::uint2 <> 3::uint2, 3::uint4 <> 3::uint4, 3::uint8 <> 3::uint8, 1.5::float4 <> 1.5::float4, 1.5 <> 1.5;
SELECT true <> true, date '2026-03-31' <> date '2026-03-31', time '10:00' <> time '10:00', timestamp '2026-03-31 10:00' <> timestamp '2026-03-31 10:00';
SELECT timestamptz '2026-03-31 10:00+00' <> timestamptz '2026-03-31 10:00+00', interval '1 day 2 hours' <> interval '1 day 2 hours';
SELECT 'a'::char(3) <> 'a'::char(3), '\x0f'::bytea <> '\x0f'::bytea;
SELECT 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid <> 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, 3::oid <> 3::oid, '1'::mz_timestamp <> '1'::mz_timestamp;
SELECT '{"a":1}'::jsonb <> '{"a":1}'::jsonb, int4range(1, 5) <> int4range(1, 5);
SELECT 3::int2 < 3::int2, 3::int8 < 3::int8, 3::uint2 < 3::uint2, 3::uint4 < 3::uint4, 3::uint8 < 3::uint8, 1.5::float4 < 1.5::float4;
SELECT date '2026-03-31' < date '2026-03-31', interval '1 day 2 hours' < interval '1 day 2 hours', 3::oid < 3::oid;
SELECT 3::int2 <= 3::int2, 3::uint2 <= 3::uint2, 3::uint4 <= 3::uint4, 3::uint8 <= 3::uint8, 1.5::float4 <= 1.5::float4, true <= true;
SELECT time '10:00' <= time '10:00', timestamptz '2026-03-31 10:00+00' <= timestamptz '2026-03-31 10:00+00', 'a'::char(3) <= 'a'::char(3);
SELECT '\x0f'::bytea <= '\x0f'::bytea, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid <= 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, 3::oid <= 3::oid;
SELECT array[1,2] <= array[1,2], int4range(1, 5) <= int4range(1, 5), '{"a":1}'::jsonb <= '{"a":1}'::jsonb;
SELECT 3::int2 > 3::int2, 3::uint2 > 3::uint2, 3::uint4 > 3::uint4, 3::uint8 > 3::uint8, 1.5::float4 > 1.5::float4, time '10:00' > time '10:00';
SELECT 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid > 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, int4range(1, 5) > int4range(1, 5);
SELECT '{"a":1}'::jsonb > '{"a":1}'::jsonb;
SELECT 3::int2 >= 3::int2, 3::uint2 >= 3::uint2, 3::uint4 >= 3::uint4, 3::uint8 >= 3::uint8, 1.5::float4 >= 1.5::float4, true >= true;
SELECT time '10:00' >= time '10:00', timestamptz '2026-03-31 10:00+00' >= timestamptz '2026-03-31 10:00+00', 'a'::char(3) >= 'a'::char(3);
SELECT '\x0f'::bytea >= '\x0f'::bytea, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid >= 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, 3::oid >= 3::oid;
SELECT array[1,2] >= array[1,2], int4range(1, 5) >= int4range(1, 5), '{"a":1}'::jsonb >= '{"a":1}'::jsonb;
SELECT int4range(1, 5) <@ int4range(1, 5);
SELECT map['a'=>1] ? 'a'::text;
SELECT - (3::int2), - (3::int8), - (3::uint2), - (1.5::float4);
SELECT ~ (3::int2), ~ (3), ~ (3::int8), ~ (3::uint2), ~ (3::uint4), ~ (3::uint8);
SELECT + (3::int2), + (3), + (3::int8), + (3::uint2), + (3::uint4), + (3::uint8), + (1.5::float4), + (1.5::float8), + (1.5);
SELECT sum(3::uint2), sum(3::uint4);
SELECT avg(3::uint2), avg(3::uint4);
SELECT stddev(3::int2), stddev(3::uint2), stddev(3::uint4);
SELECT stddev_samp(3::int2), stddev_samp(3), stddev_samp(3::int8), stddev_samp(3::uint2), stddev_samp(3::uint4), stddev_samp(3::uint8), stddev_samp(1.5);
SELECT stddev_samp(1.5::float4);
SELECT stddev_pop(3::int2), stddev_pop(3), stddev_pop(3::int8), stddev_pop(3::uint2), stddev_pop(3::uint4), stddev_pop(3::uint8), stddev_pop(1.5::float4);
SELECT stddev_pop(1.5::float8);
SELECT variance(3::int2), variance(3::uint2), variance(3::uint4);
SELECT var_samp(3::int2), var_samp(3), var_samp(3::int8), var_samp(3::uint2), var_samp(3::uint4), var_samp(3::uint8), var_samp(1.5), var_samp(1.5::float4);
SELECT var_pop(3::int2), var_pop(3), var_pop(3::int8), var_pop(3::uint2), var_pop(3::uint4), var_pop(3::uint8), var_pop(1.5::float4), var_pop(1.5::float8);
SELECT min(3::int2), min(3::uint2), min(3::uint4);
SELECT max(3::int2), max(3::uint2), max(3::uint4);
SELECT * FROM generate_series(3::int8, 3::int8, 3::int8);
SELECT * FROM regexp_split_to_table('a'::text, 'a'::text, 'a'::text);

-- Which maps contain which: by the documentation alone.
SELECT '{a=>1,b=>2}'::map[text=>int] @> '{a=>1}'::map[text=>int], '{a=>1}'::map[text=>int] <@ '{a=>1,b=>2}'::map[text=>int], '{a=>NULL}'::map[text=>int] @> '{a=>NULL}'::map[text=>int];
SELECT '{a=>1,b=>2}'::map[text=>int] ?& ARRAY['b', 'a'], '{a=>1,b=>2}'::map[text=>int] ?| ARRAY['c', 'a'], '{a=>1}'::map[text=>int] ?& ARRAY['a', NULL];

-- Materialize's source has these operators; nobody was seen to use them.
SELECT 1::uint2 << 2::uint4, 1::uint4 << 2::uint4, 1::uint8 << 2::uint4, 8::uint2 >> 2::uint4, 8::uint4 >> 2::uint4, 8::uint8 >> 2::uint4;

-- Read in its source: the units that extract and date_trunc know and refuse, a bin before its origin, floats too small,
-- a map from a subquery, and the words of lists and maps that are malformed.
SELECT extract(timezone FROM timestamptz '2024-01-01 00:00+00');
SELECT extract(isodoy FROM time '10:00');
SELECT extract(dow FROM interval '1 day');
SELECT date_bin('1 hour', timestamp '2024-01-01 10:00', timestamp '2024-01-01 12:00');
SELECT '1e-200'::float8 * '1e-200'::float8;
SELECT interval '2147483647 days' + interval '1 day';
SELECT MAP(SELECT x, length(x) FROM (VALUES ('a'), ('bb')) AS v (x));
SELECT '{a=>{b=>1}}'::map[text=>int];
SELECT '{1,}'::int list;

-- More of what its source says: details of parse_ident, lengths in other encodings, array_fill of several dimensions.
SELECT parse_ident('a.'), 1;
SELECT parse_ident('a b', false);
SELECT length('\xe9'::bytea, 'latin1');
SELECT array_fill(0, array[2, 2]), array_fill(1, array[0]);
SELECT array_fill(0, array[2, 0])::text, array_fill(0, array[0, 2]) = array_fill(0, array[0]);
SELECT array_position(array[1, 2], 1, null);
SELECT datediff('foo', date '2024-01-01', date '2024-01-05');
SELECT digest('a', 'SHA256');

-- One float has no variance, as one integer has none.
SELECT variance(x), stddev(x) FROM (VALUES (1::float8)) AS v (x);

-- Elements of a type with a modifier: rounded and cut as values of that type are.
SELECT '{1.567}'::numeric(10, 2)[], '{abcd}'::varchar(3) list;

-- Statements by name: what an unknown one, too few values and a subquery as a value are called.
EXECUTE nothing_by_that_name;
PREPARE one_value AS SELECT $1::int + 1; EXECUTE one_value; EXECUTE one_value ((SELECT 1));

-- Which function is named where one is defined by another, and what a subscription says of what each session answers
-- otherwise: recorded are current_user in a materialized view and now() in a subscription.
CREATE MATERIALIZED VIEW of_session AS SELECT current_schema();
CREATE VIEW of_session AS SELECT current_role;
SUBSCRIBE (SELECT current_catalog);

-- SHOW within a query, by Materialize's source.
SELECT * FROM (SHOW DATABASES);
WITH shown AS (SHOW TABLES LIKE 'a%') SELECT count(*) FROM shown;

-- Answered by Materialize for sure, refused by the engine: tables without columns, ORDER BY of table functions,
-- names by id.
CREATE TABLE empty (); SELECT * FROM empty; INSERT INTO empty DEFAULT VALUES; SELECT count(*) FROM empty;
SELECT x FROM (VALUES (1), (2)) AS v (x) ORDER BY generate_series(1, 2);

-- What the catalog keeps as the statement that made a thing: the engine keeps it as it was typed.
SELECT name, create_sql, redacted_create_sql FROM mz_views;

-- Several changes of names in one transaction, which the engine refuses.
BEGIN; ALTER TABLE here RENAME TO swapped; ALTER TABLE there RENAME TO here; ALTER TABLE swapped RENAME TO there; COMMIT;

-- Which byte the shortest "char" is on the wire, and one that is no ASCII.
SELECT ''::"char", 'é'::"char", (-1)::int4::"char";

-- EXPLAIN beyond constants is in a form of the engine's own; these stay refused.
CREATE TABLE explained (a int); EXPLAIN SELECT * FROM explained; EXPLAIN OPTIMIZED PLAN FOR SELECT * FROM explained;
CREATE VIEW explained_view AS SELECT * FROM explained; EXPLAIN VIEW explained_view;

-- How SHOW CREATE lays out a query that is longer than a line.
CREATE VIEW long_one AS SELECT a AS first_of_all_columns, a + 1 AS second_of_all_columns, a + 2 AS third_of_all_columns FROM explained WHERE a > 0 AND a < 100 ORDER BY a LIMIT 10; SHOW CREATE VIEW long_one;

-- Keys that views over grouped views inherit, for their default indexes.
CREATE VIEW grouped AS SELECT a, count(*) AS n FROM explained GROUP BY a; CREATE VIEW beyond AS SELECT n, a FROM grouped WHERE n > 1; CREATE DEFAULT INDEX ON beyond; SHOW INDEXES ON beyond;

-- Options that COPY … TO STDOUT may take or ignore; formats that only files have.
COPY (SELECT 1 AS a) TO STDOUT (FORMAT csv, HEADER);
COPY (SELECT 1 AS a) TO STDOUT (FORMAT csv, ESCAPE '"');
COPY (SELECT 1 AS a) TO STDOUT (FORMAT parquet);

-- Wildcards where a value is meant.
SELECT count(explained.*) FROM explained;
SELECT explained.*::text FROM explained;

-- Numbers whose exponent is missing.
SELECT 1e-;

-- An interval rounded to some digits of its second, and a uuid of a name (RFC 4122).
SELECT interval '1.23456' second (3), interval '1:02:03.456' hour to second (1);
SELECT uuid_generate_v5('6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid, 'example.com');

-- Punctuation around a timestamp counts as space, as its tokenizer says; a zone may have none.
SELECT '["2024-01-01 10:00:00","2024-01-02")'::tsrange, timestamp '2024-01-01!', date '"2024-01-01"';
SELECT timestamptz '"2024-01-01 10:00:00+02"';

-- The views of the notebook of two streams, over its tables.
CREATE TABLE changes (id bigint, kind text, wiki text, namespace int, title text, user_name text, bot boolean, minor boolean, delta bigint, edited_at timestamptz, rev_id bigint);
CREATE TABLE wikis (dbname text, language_code text, language text, project text, url text, closed boolean);
CREATE OR REPLACE MATERIALIZED VIEW edits_by_language AS SELECT w.language, CASE WHEN e.bot THEN 'bots' ELSE 'people' END AS by_whom, count(*) AS edits FROM changes AS e JOIN wikis AS w ON w.dbname = e.wiki WHERE w.project = 'Wikipedia' AND mz_now() <= e.edited_at + INTERVAL '10 minutes' GROUP BY w.language, e.bot;
UPDATE wikis SET language = 'Deutsch' WHERE dbname = 'dewiki';
CREATE TABLE IF NOT EXISTS revisions (wiki text, rev_id bigint, edit_count bigint, temporary boolean, edited_at timestamptz);
CREATE OR REPLACE MATERIALIZED VIEW edits_by_experience AS SELECT CASE WHEN r.temporary OR r.edit_count IS NULL THEN 'no account' WHEN r.edit_count < 10 THEN 'fewer than 10 edits' WHEN r.edit_count < 100 THEN '10 and more' WHEN r.edit_count < 1000 THEN '100 and more' WHEN r.edit_count < 10000 THEN '1,000 and more' ELSE '10,000 and more' END AS experience, min(CASE WHEN NOT r.temporary THEN r.edit_count END) AS fewest, count(*) AS edits FROM changes AS e JOIN revisions AS r ON r.wiki = e.wiki AND r.rev_id = e.rev_id WHERE NOT e.bot AND mz_now() <= e.edited_at + INTERVAL '10 minutes' AND mz_now() <= r.edited_at + INTERVAL '10 minutes' GROUP BY 1;

-- The table and a chart of the notebook of one's own data.
CREATE TABLE wiki_day (at timestamptz, kind text, wiki text, namespace smallint, title text, user_name text, bot boolean, minor boolean, delta integer);
SELECT wiki, extract(hour FROM at)::int AS hour, count(*) AS edits FROM wiki_day WHERE wiki IN (SELECT wiki FROM wiki_day GROUP BY wiki HAVING count(*) >= 3) GROUP BY 1, 2;

-- What the notebook of the engine's inside reads.
SELECT o.name AS watched, count(*) AS subscriptions FROM (SELECT unnest(referenced_object_ids) AS id FROM mz_internal.mz_subscriptions) AS used JOIN mz_catalog.mz_objects AS o ON o.id = used.id GROUP BY o.name;
SELECT h.occurred_at, o.name, extract(epoch FROM h.lag) AS seconds FROM mz_internal.mz_wallclock_global_lag_recent_history AS h JOIN mz_catalog.mz_objects AS o ON o.id = h.object_id WHERE o.id LIKE 'u%';
SELECT regexp_replace(name, 'Dataflow: |[a-z_]+[.]', '', 'g') AS dataflow, sum(records) AS records, sum(size) AS bytes FROM mz_introspection.mz_dataflow_arrangement_sizes GROUP BY 1;

-- Where an expression stands, as messages call it: that of its innermost connective, by Materialize's source.
SELECT 1 FROM (VALUES (1)) AS v (x) WHERE x AND true;
SELECT 1 FROM (VALUES (1)) AS v (x) WHERE x IN (count(*), 2);
SELECT sum(CASE WHEN x THEN 1 END) FROM (VALUES (1)) AS v (x);
SELECT sum(x) FILTER (WHERE x) FROM (VALUES (1)) AS v (x);
SELECT 1 ILIKE 'a';
SELECT generate_series(1, count(*)) FROM (VALUES (1)) AS v (x);
SELECT generate_series(1, 2) FILTER (WHERE true);
SELECT generate_series(1, 2) OVER ();

-- Temporary items where everything is listed; another name for a schema that views qualify columns by, which is said
-- to be refused; what the driver of Java asks of arrays; a NULL where a statement by name takes a number.
CREATE TEMPORARY TABLE mine (a int); SHOW TABLES; SHOW TABLES FROM mz_temp; SELECT name FROM mz_objects WHERE name = 'mine';
CREATE SCHEMA one; CREATE TABLE one.t (a int); CREATE VIEW of_one AS SELECT one.t.a FROM one.t; ALTER SCHEMA one RENAME TO two; SHOW CREATE VIEW of_one;
SELECT typinput = 'array_in'::regproc, typtype FROM pg_catalog.pg_type WHERE typname = 'jsonb';
PREPARE plus_one AS SELECT $1::int + 1; EXECUTE plus_one (NULL);

-- CSV whose last quote stays open, and a quote within a field: its reader takes both, the engine only the second.
COPY t FROM STDIN (FORMAT csv);

-- ANY and ALL with other operators than comparisons and LIKE, which were recorded; one that gives no bool is refused.
SELECT 'abc' ~ ANY (ARRAY['^a', 'z']), 'abc' !~* ALL (SELECT 'z'), '{"a":1}'::jsonb @> ANY (ARRAY['{"a":1}'::jsonb]), 1 != ALL (ARRAY[2]);
SELECT 1 + ANY (ARRAY[1]);

-- Conditions that fail beside one that decides, over tables and not only over constants; NULL beside what fails, in both
-- orders; a constant that fails beside a column that decides. By its source; recorded are AND and OR of constants.
CREATE TABLE fallible (a int, b int); INSERT INTO fallible VALUES (0, NULL), (1, 2147483647);
SELECT 1 / a > 0 AND a > 5 AND 1 / (a - 1) > 0, 1 / a > 0 OR 1 / (a - 1) < 0, a IN (1 / a, 0), a BETWEEN 1 / a AND -1 FROM fallible;
SELECT 1 / 0 + NULL; SELECT NULL + 1 / 0; SELECT 1 / a + NULL FROM fallible; SELECT 1 / a + b FROM fallible; SELECT b + 1 / a FROM fallible;
SELECT a = 0 OR 1 / 0 = 1 FROM fallible WHERE a = 0;
SELECT sum(1 / a) FILTER (WHERE a <> 0) FROM fallible;
SELECT a FROM fallible WHERE b + 1 > 0; SELECT count(b + 1) FROM fallible; SELECT (b + 1) IS NULL FROM fallible;
SELECT a FROM fallible WHERE 1 / a > 0 AND a <> 0;

-- Where timestamps and dates end, by its source; recorded is the error of one far beyond.
SELECT (timestamp '4714-12-31 BC')::text, (date '4714-11-24 BC')::text, make_timestamp(262142, 12, 31, 23, 59, 59)::text;
SELECT timestamp '4714-12-30 BC'; SELECT date '4714-11-23 BC'; SELECT (date '4714-12-30 BC')::timestamp;
SELECT timestamp '4714-12-31 BC' - interval '1 us'; SELECT date_trunc('year', timestamp '4714-12-31 BC'); SELECT to_timestamp(8210266876800);
SELECT make_timestamp(262142, 12, 31, 23, 59, 59) AT TIME ZONE 'America/New_York'; SELECT make_timestamp(262142, 12, 31, 23, 59, 59.9)::timestamp(0);

-- What the driver of Java asks of keys, by Materialize's source; of several dimensions it tells nothing.
SELECT * FROM information_schema._pg_expandarray(ARRAY['a', NULL]);
SELECT (information_schema._pg_expandarray(ARRAY[[1, 2], [3, 4]])).x;

-- Where statements run: of a cluster or a replica that is not there, on that of the catalog, by Materialize's source.
CREATE TABLE placed (a int); SET cluster = nowhere; INSERT INTO placed VALUES (1); INSERT INTO placed VALUES (1) RETURNING a; CREATE INDEX ON placed (a); SELECT 1;
SET cluster = mz_catalog_server; SELECT * FROM placed; UPDATE placed SET a = 2; CREATE INDEX ON placed (a); CREATE MATERIALIZED VIEW of_placed AS SELECT a FROM placed;
RESET cluster; SET cluster_replica = r9; SELECT * FROM placed; SELECT 1; SUBSCRIBE placed;

-- Which of the system relations are tables, sources or views, as SHOW lists them; the engine calls all of them views.
SHOW TABLES FROM mz_catalog; SHOW OBJECTS FROM mz_internal LIKE 'mz_session%'; SHOW SOURCES FROM mz_introspection;

-- What EXPLAIN tells of a query that fails, which is refused.
EXPLAIN SELECT 1 / 0;

-- Whether a plain date's year 0 is refused as that of others is, and what a time without a field is.
SELECT date '0000-02-03';
SELECT time '';
-- A leap second: shown as it is, or the next minute.
SELECT time '23:59:60', timestamp '2024-01-01 23:59:60';
-- Which way a negative interval is rounded.
SELECT interval '-5.678' second(2);
-- Whether the values of maps are cast; those of lists are where a column takes them.
SELECT map['a'=>1]::map[text=>text];
-- What Rust's regular expressions say of repetitions and classes that are none.
SELECT 'abc' ~ 'a{,2}';
SELECT 'abc' ~ 'a{2';
SELECT 'abc' ~ '[[:foo:]]';
-- How a float4 too large for it is named.
SELECT '9e38'::numeric::float4;
-- Whether a text is read where jsonb is asked whether it contains it, as its source has it.
SELECT '{"a":1}'::jsonb @> '{}'::text, '{}'::text <@ '{"a":1}'::jsonb, '1'::jsonb <@ '[1]'::text, '[1]'::text @> '1'::jsonb, '1'::jsonb <@ '[1]'::jsonb;
-- What lists of several types become behind each other, and where an index has no layer left, as its tests have it.
SELECT pg_typeof(LIST[1] || 2.5), pg_typeof(list_cat(LIST[1::int8], LIST[2])), list_append(NULL, NULL);
SELECT LIST[7][1][1]; SELECT LIST[7, 8][1:2][2][1:1]; SELECT LIST[7][date '2026-01-01']; SELECT ARRAY[7][true];
-- How a document is subscripted, rows of no length compared and a text with a row.
SELECT ('7'::jsonb)[0], ('[4, "5"]'::jsonb)['1']; SELECT ROW() < ROW(); SELECT ROW(1, 'a') = '(1,a)';
-- What no array can be made of.
SELECT ARRAY(SELECT ARRAY[1]); SELECT ARRAY(SELECT 'a'::char(2)); SELECT ARRAY(SELECT ROW(1, 2)); SELECT list_agg('a'::char(2));
-- Zones by name, by abbreviation and in odd spelling.
SELECT timezone_offset('Europe/Zurich', '2024-07-05'), (timezone_offset('Asia/Kolkata', now())).abbrev;
SELECT timestamp '2001-01-02' AT TIME ZONE ' UTC', timezone('AEST', timestamptz '2024-01-05 10:00+00');
SELECT * FROM pg_timezone_names WHERE name = 'Asia/Tokyo';
SELECT * FROM pg_timezone_abbrevs WHERE abbrev = 'CEST';
SELECT * FROM mz_timezone_abbreviations WHERE abbreviation = 'MSK';
-- Ranges of fields, and a temporal filter in each place where one may stand.
SELECT interval '1 2:03' hour to minute, interval '5' year to month, interval '26:40' hour to minute, interval '-1.26' second(1);
CREATE VIEW ranges AS SELECT interval '1.25' minute to second(1) AS a;
SHOW CREATE VIEW ranges;
CREATE TABLE kept (id int, until timestamp);
CREATE MATERIALIZED VIEW kept_having AS SELECT id FROM kept GROUP BY id HAVING max(until) > mz_now();
CREATE MATERIALIZED VIEW kept_on AS SELECT a.id FROM kept a JOIN kept b ON a.id = b.id AND mz_now() < b.until;
CREATE MATERIALIZED VIEW kept_left AS SELECT a.id, b.id AS other FROM kept a LEFT JOIN kept b ON a.id = b.id AND mz_now() < b.until;
CREATE MATERIALIZED VIEW kept_not AS SELECT id FROM kept WHERE NOT mz_now() >= until;
CREATE MATERIALIZED VIEW kept_in AS SELECT id FROM kept a WHERE EXISTS (SELECT FROM kept b WHERE b.id = a.id AND mz_now() < b.until);
-- Rows that are no rows in the text, which are compared as one value; what a query must have beside a row.
SELECT v = w, v < w FROM (VALUES (1, NULL::int)) v, (VALUES (1, NULL::int)) w; SELECT v = w FROM (VALUES (1)) v, (VALUES (1::int8)) w;
SELECT (1, 2) IN (SELECT 1); SELECT v IN (SELECT 1, 2) FROM (VALUES (1, 2)) v;
-- Texts that are no literals, read as what has elements, and those cut to size; no text is read as a row.
SELECT x::int list FROM (VALUES ('{5,b}')) v (x); SELECT '{k=>wide}'::map[text=>varchar(3)], '{{wide}}'::varchar(3) list list;
CREATE TYPE pair AS (a int, b text); SELECT '(1,x)'::pair; SELECT '{}'::pair list;
-- A table's row where no columns are listed, a group of rows, and char in rows.
SELECT count(v.*), jsonb_agg(v.*), (v.*)::text, v.* IS NULL FROM (VALUES (1, 2)) v GROUP BY v; SELECT (v).* FROM (VALUES (1, 2)) v GROUP BY v;
SELECT ROW('x'::char(3), 1), to_jsonb(v) FROM (SELECT 'y'::char(2) AS c) v;
-- How defaults of columns are spelled.
CREATE TABLE by_default (a date DEFAULT date '2024-05-06', b interval DEFAULT interval '1' hours, c text DEFAULT CAST(7 AS text), d timestamptz DEFAULT now());
SHOW CREATE TABLE by_default;
SELECT c.name, c.default FROM mz_columns c JOIN mz_tables t ON t.id = c.id WHERE t.name = 'by_default' ORDER BY position;
SELECT column_name, column_default FROM information_schema.columns WHERE table_name = 'by_default' ORDER BY ordinal_position;
SELECT adnum, pg_get_expr(adbin, adrelid) FROM pg_attrdef ORDER BY adnum;

-- Who may do what: names that mean nothing, and of a numeric column's modifier.
SELECT has_table_privilege('nothing', 'SELECT');
SELECT has_table_privilege('nobody', 'pg_class', 'SELECT');
SELECT has_table_privilege('pg_class', 'FLY'), has_schema_privilege('nothing', 'USAGE'), has_database_privilege('nothing', 'CREATE');
SELECT attname, atttypmod, format_type(atttypid, atttypmod) FROM pg_attribute WHERE atttypid = 1700;
SELECT 'max'::regproc, 'ascii'::regproc::text, pg_relation_size('pg_class');
SELECT * FROM pg_settings; SELECT * FROM pg_tablespace;
-- The order of what holds documents is the documents' own.
SELECT ARRAY['10'::jsonb] > ARRAY['9'::jsonb], greatest(LIST['10'::jsonb], LIST['9'::jsonb]); SELECT v < w, v FROM (VALUES (1, '10'::jsonb)) v, (VALUES (1, '9'::jsonb)) w ORDER BY v, w;
SELECT x FROM (VALUES ('10'::jsonb), ('9'), (NULL), ('"x"')) v (x) ORDER BY LIST[x]; SELECT x FROM (VALUES ('10'::jsonb), ('9'), (NULL), ('"x"')) v (x) ORDER BY MAP['k' => ROW(1, ARRAY[x])] DESC;
-- Who may do what with types, clusters, the system and what cannot be made here; names as arrays of their parts; lists of the catalog.
SELECT has_type_privilege('a'::text, 'a'::text), has_type_privilege(3::oid, 'a'::text), has_type_privilege('a'::text, 'a'::text, 'a'::text), has_type_privilege('a'::text, 3::oid, 'a'::text), has_type_privilege(3::oid, 'a'::text, 'a'::text), has_type_privilege(3::oid, 3::oid, 'a'::text);
SELECT has_connection_privilege('a'::text, 'a'::text), has_connection_privilege(3::oid, 'a'::text), has_connection_privilege('a'::text, 'a'::text, 'a'::text), has_connection_privilege('a'::text, 3::oid, 'a'::text), has_connection_privilege(3::oid, 'a'::text, 'a'::text), has_connection_privilege(3::oid, 3::oid, 'a'::text);
SELECT has_secret_privilege('a'::text, 'a'::text), has_secret_privilege(3::oid, 'a'::text), has_secret_privilege('a'::text, 'a'::text, 'a'::text), has_secret_privilege('a'::text, 3::oid, 'a'::text), has_secret_privilege(3::oid, 'a'::text, 'a'::text), has_secret_privilege(3::oid, 3::oid, 'a'::text);
SELECT has_cluster_privilege('a'::text, 'a'::text), has_cluster_privilege('a'::text, 'a'::text, 'a'::text), has_cluster_privilege(3::oid, 'a'::text, 'a'::text), has_system_privilege('a'::text), has_system_privilege('a'::text, 'a'::text), has_system_privilege(3::oid, 'a'::text);
SELECT pg_has_role('a'::text, 'a'::text), pg_has_role(3::oid, 'a'::text), pg_has_role('a'::text, 'a'::text, 'a'::text), pg_has_role('a'::text, 3::oid, 'a'::text), pg_has_role(3::oid, 'a'::text, 'a'::text), pg_has_role(3::oid, 3::oid, 'a'::text);
SELECT has_role('a'::text, 'a'::text), has_role(3::oid, 'a'::text), has_role('a'::text, 'a'::text, 'a'::text), has_role('a'::text, 3::oid, 'a'::text), has_role(3::oid, 'a'::text, 'a'::text), has_role(3::oid, 3::oid, 'a'::text);
SELECT mz_internal.mz_normalize_object_name('k.l'), mz_internal.mz_normalize_schema_name('l'), mz_internal.mz_normalize_object_name('k.l.m.n');
SELECT has_type_privilege('int4', 'USAGE'), has_cluster_privilege('nothing', 'USAGE'), has_system_privilege('FLY'), pg_has_role('materialize', 'USAGE');
SELECT table_schema, table_name, table_type FROM information_schema.tables WHERE table_schema <> 'public';
SELECT oid, name FROM mz_functions; SELECT oid, name, category FROM mz_types; SELECT typname, typinput::text FROM pg_type;
SELECT n::regclass, n::regclass::text FROM (VALUES ('pg_class'), ('mz_catalog.mz_tables')) v (n); SELECT n::regtype FROM (VALUES ('nothing')) v (n);
SHOW OBJECTS FROM mz_catalog; SHOW SOURCES FROM mz_internal; SHOW TYPES FROM pg_catalog; SHOW MATERIALIZED VIEWS FROM mz_catalog;
