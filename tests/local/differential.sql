SELECT * FROM t
SELECT a, b, s FROM t WHERE a > 0 ORDER BY b DESC, a
SELECT a + 1, a - 1, a * 2, a / 2, a % 3, -a FROM t WHERE a BETWEEN -100 AND 100
SELECT a + s, b + a, s * s, s + s FROM t WHERE a BETWEEN -100 AND 100
SELECT a + 1 FROM t
SELECT b * 2 FROM t
SELECT s + 1::smallint FROM t
SELECT -s FROM t
SELECT abs(a) FROM t
SELECT a / 0 FROM t
SELECT a % 0 FROM t
SELECT (-7) / 2, 7 / (-2), (-7) % 3, 7 % (-3), (-2147483648) % (-1)
SELECT 1 / 2, 1.0 / 3, 1 / 3.0, 2.5 % 2, 10 / 4.0
SELECT f + 1, f * 2, f / 2, -f FROM t
SELECT f * 1e10 FROM t
SELECT f * f FROM t
SELECT r + r, r * 2, r + f, r + a, f + n, n + a, n * n, n - 1.5 FROM t WHERE a < 100
SELECT n / 3, n / n FROM t WHERE n <> 0
SELECT n + 1, n * 2, n * 1.5, -n, n % 2, n + b FROM t WHERE b IS NULL OR b < 1000
SELECT round(n), round(n, 1), floor(n), ceil(n), trunc(n), trunc(n, 1), abs(n), sign(n) FROM t
SELECT round(f), floor(f), ceil(f), trunc(f), abs(f), sign(f) FROM t
SELECT round(2.5), round(3.5), round(-2.5), round(0.5::float8), round(1.5::float8), round(2.5::float8), round(2.567, 2), round(5, 2), round(1234.5, 0)
SELECT sqrt(2::float8), power(2, 3), power(2::float8, 0.5), 2 ^ 10, exp(1::float8), ln(10::float8), mod(7, 3), mod(-7, 3), mod(7.5, 2)
SELECT sqrt(-1::float8)
SELECT ln(0::float8)
SELECT power(-8::float8, 0.5)
SELECT power(0::float8, -1)
SELECT exp(1000::float8)
SELECT greatest(a, b), least(a, b), greatest(f, 1), least(f, r), greatest(n, 1.5), greatest(x, 'b') FROM t
SELECT a::text, b::text, s::text, p::text, n::text, x::text, d::text, ts::text, tz::text, u::text, y::text, tm::text FROM t
SELECT f::text FROM t WHERE f IN (1.5, 'NaN', '-Infinity')
SELECT g::text, h::text, v::text FROM t
SELECT j::text FROM t WHERE a IN (0)
SELECT '12'::int, ' 12 '::int, '-3'::smallint, '+4'::bigint, '1.5'::numeric, '1e3'::float8, 'inf'::float8, 'nan'::real, 't'::bool, 'off'::boolean
SELECT 'x'::int
SELECT '1.5'::int
SELECT '99999999999'::int
SELECT '1e3'::int
SELECT ''::int
SELECT 'maybe'::bool
SELECT 'abc'::numeric
SELECT '1e400'::float8
SELECT 'abc'::float8
SELECT '2020-13-01'::date
SELECT '2020-02-30'::date
SELECT 'hello'::date
SELECT 'hello'::timestamp
SELECT 'xyz'::uuid
SELECT '{'::jsonb
SELECT x::int FROM t WHERE x = '5'
SELECT 3.7::int, 2.5::int, 3.5::int, -2.5::int, 2.5::float8::int, 3.5::float8::int, 0.5::float8::int, 3000000000::int
SELECT 2.5::int, 3.5::int, (-2.5)::int, 2.5::float8::int, 3.5::float8::int
SELECT 3e9::float8::int
SELECT 'NaN'::float8::int
SELECT 40000::smallint
SELECT 1::bool, 0::bool, true::int, 5::bool
SELECT 1.005::numeric(10,2), 1.005::numeric(3,1), 123.456::numeric(5,2), '7.77'::numeric(4,1)
SELECT 123.45::numeric(4,2)
SELECT 0.1::float8::numeric, 1.5::real::numeric, 12345.678::float8::numeric
SELECT 1.5::float8::text, 100000::float8::text, 0.1::real::text, 1e20::float8::text, 123456789::float8::text
SELECT a, count(*), sum(b), avg(a), min(x), max(x) FROM t GROUP BY a ORDER BY a
SELECT count(*), count(a), count(DISTINCT a), sum(a), sum(s), avg(s), min(f), max(f), min(n), max(n) FROM t
SELECT sum(b) FROM t
SELECT avg(b) FROM t WHERE b < 1000
SELECT sum(n), avg(n), sum(f), avg(f) FROM t WHERE a IN (1, 2, 0)
SELECT sum(r), avg(r) FROM t WHERE a = 1
SELECT sum(a), avg(a), count(*), min(a), bool_and(p), string_agg(x, ',') FROM t WHERE false
SELECT sum(a) FROM e
SELECT a, sum(a) FROM e GROUP BY a
SELECT count(*) FILTER (WHERE p), sum(a) FILTER (WHERE NOT p), avg(b) FILTER (WHERE a = 1) FROM t
SELECT bool_and(p), bool_or(p) FROM t
SELECT string_agg(x, '-' ORDER BY x) FROM t
SELECT string_agg(x, '-' ORDER BY x DESC) FROM t
SELECT string_agg(DISTINCT x, '-' ORDER BY x) FROM t
SELECT array_agg(a ORDER BY a) FROM t
SELECT array_agg(x ORDER BY a DESC, x) FROM t
SELECT array_agg(DISTINCT a) FROM t WHERE a < 100
SELECT stddev(f), variance(f), stddev_pop(f), var_pop(f), stddev_samp(f), var_samp(f) FROM t WHERE a IN (1, 0)
SELECT sum(DISTINCT a), count(DISTINCT x), avg(DISTINCT s) FROM t WHERE a < 100
SELECT p, count(*) FROM t GROUP BY p HAVING count(*) > 1
SELECT p, count(*) AS n FROM t GROUP BY 1 ORDER BY 2 DESC, 1
SELECT a % 2 AS parity, sum(s) FROM t WHERE a IS NOT NULL GROUP BY parity ORDER BY parity
SELECT a + 1, count(*) FROM t WHERE a < 100 GROUP BY a + 1
SELECT a + 1 + 1, count(*) FROM t WHERE a < 100 GROUP BY a + 1
SELECT x, a FROM t GROUP BY x
SELECT max(a) FROM t GROUP BY x ORDER BY max(a) DESC
SELECT 1 FROM t HAVING count(*) > 3
SELECT 1 FROM t HAVING count(*) > 300
SELECT f, count(*) FROM t GROUP BY f
SELECT DISTINCT f FROM t
SELECT DISTINCT a, x FROM t ORDER BY a, x
SELECT DISTINCT a FROM t ORDER BY a DESC LIMIT 3
SELECT DISTINCT i FROM t WHERE i <> '1 day'
SELECT a FROM t ORDER BY a
SELECT a FROM t ORDER BY a DESC
SELECT a FROM t ORDER BY a NULLS FIRST
SELECT f FROM t ORDER BY f
SELECT f FROM t ORDER BY f DESC
SELECT x FROM t ORDER BY x
SELECT x, a FROM t ORDER BY 2, 1 LIMIT 3
SELECT x AS a FROM t ORDER BY a
SELECT a AS q FROM t ORDER BY b, q LIMIT 2 OFFSET 1
SELECT t.a, k.z FROM t JOIN k ON t.a = k.a
SELECT t.a, k.z FROM t LEFT JOIN k ON t.a = k.a
SELECT t.a, k.z FROM t RIGHT JOIN k ON t.a = k.a
SELECT t.a, k.z FROM t FULL JOIN k ON t.a = k.a
SELECT t.a, k.z FROM t FULL OUTER JOIN k ON t.a = k.a AND k.w > 100
SELECT t.a, k.z FROM t CROSS JOIN k WHERE t.a = k.a
SELECT t.a, k.z FROM t, k WHERE t.a = k.a
SELECT * FROM k JOIN e USING (a)
SELECT * FROM k LEFT JOIN e USING (a)
SELECT a, z FROM k JOIN (SELECT a, x FROM t) q USING (a)
SELECT * FROM k FULL JOIN (SELECT a, x FROM t) q USING (a)
SELECT * FROM k RIGHT JOIN (SELECT a, x FROM t) q USING (a)
SELECT * FROM k AS k1 JOIN k AS k2 USING (a) JOIN k AS k3 USING (a)
SELECT a FROM k AS k1, k AS k2
SELECT k.* FROM k JOIN e ON true
SELECT q.* FROM (SELECT a, x FROM t) AS q(m, n)
SELECT m FROM (SELECT a, x FROM t) AS q(m, n) WHERE n = 'abc'
WITH c AS (SELECT a FROM t), d AS (SELECT a + 1 AS b FROM c WHERE a < 100) SELECT * FROM c JOIN d ON c.a = d.b
WITH c(z) AS (SELECT a FROM t) SELECT z FROM c ORDER BY z
SELECT a FROM t WHERE a IN (SELECT a FROM k)
SELECT a FROM t WHERE a NOT IN (SELECT a FROM k)
SELECT a FROM t WHERE a NOT IN (SELECT a FROM k WHERE a IS NOT NULL)
SELECT a FROM t WHERE a IN (1, 2, NULL)
SELECT a FROM t WHERE a NOT IN (1, 2, NULL)
SELECT a FROM t WHERE a NOT IN (1, 2)
SELECT a FROM t WHERE EXISTS (SELECT 1 FROM k WHERE k.a = t.a)
SELECT a FROM t WHERE NOT EXISTS (SELECT 1 FROM k WHERE k.a = t.a)
SELECT a, (SELECT max(z) FROM k WHERE k.a = t.a) FROM t
SELECT a, (SELECT z FROM k WHERE k.a = t.a) FROM t
SELECT (SELECT count(*) FROM e), (SELECT a FROM e)
SELECT a = ANY (ARRAY[1, 2]), a = ANY (g), x = ANY ('{abc,Abc}') FROM t
SELECT a = ANY (SELECT a FROM k) FROM t
SELECT a FROM t UNION SELECT a FROM k
SELECT a FROM t UNION ALL SELECT a FROM k ORDER BY a
SELECT a FROM t INTERSECT SELECT a FROM k
SELECT a FROM t EXCEPT SELECT a FROM k
SELECT a FROM t EXCEPT ALL SELECT a FROM k
SELECT a FROM t INTERSECT ALL SELECT a FROM k
SELECT 1 UNION SELECT 1.5
SELECT 1 UNION ALL SELECT NULL
SELECT 'x' UNION SELECT 'y' ORDER BY 1 DESC LIMIT 1
SELECT NULL UNION SELECT NULL
SELECT a, x FROM t UNION ALL (SELECT a, z FROM k ORDER BY a, z LIMIT 2)
(SELECT a FROM t ORDER BY a LIMIT 2) UNION ALL (SELECT a FROM k ORDER BY a DESC LIMIT 1)
VALUES (1, 'a'), (2, NULL), (3, 'c')
VALUES (1), (2.5), (NULL)
SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS v(n, s) ORDER BY n DESC
SELECT column1 FROM (VALUES (1), (2)) v
TABLE k
SELECT CASE WHEN a > 1 THEN 'big' WHEN a = 1 THEN 'one' END FROM t
SELECT CASE a WHEN 1 THEN x ELSE 'other' END FROM t
SELECT CASE WHEN p THEN 1 ELSE 2.5 END FROM t
SELECT CASE WHEN a = 0 THEN 0 ELSE 10 / a END FROM t WHERE a < 100
SELECT coalesce(a, 0), coalesce(x, 'none'), coalesce(NULL, n, 1), nullif(a, 1), nullif(x, '') FROM t
SELECT a IS NULL, a IS NOT NULL, p IS TRUE, p IS NOT TRUE, p IS FALSE, p IS UNKNOWN FROM t
SELECT a IS DISTINCT FROM 1, a IS NOT DISTINCT FROM NULL, x IS DISTINCT FROM 'abc' FROM t
SELECT p AND a > 0, p OR a > 0, NOT p, p AND NULL, p OR NULL FROM t
SELECT a = b, a <> s, a < f, f > r, n = 1.25, n < a FROM t
SELECT x LIKE 'a%', x LIKE '_b_', x ILIKE 'A%', x NOT LIKE '%c', x LIKE 'a\%', x LIKE '%!%%' ESCAPE '!' FROM t
SELECT x < 'abc', x >= 'Abc', x > '', 'B' < 'a' FROM t
SELECT lower(x), upper(x), length(x), char_length(x), octet_length(x), reverse(x) FROM t WHERE a <> 2147483647
SELECT length(x), reverse(x), left(x, 2), right(x, 2), substring(x from 2 for 3), substr(x, 2) FROM t
SELECT substring('abcdef' from 2 for 3), substring('abc' from 0 for 2), substring('abc', -1, 3), substr('abc', 5), substring('abc' for 2)
SELECT substring('abc', 1, -1)
SELECT position('b' in 'abc'), strpos('abc', 'z'), strpos('abc', ''), trim('  a '), trim(both 'x' from 'xxaxx'), trim(leading from '  a'), ltrim('xya', 'xy'), rtrim('a  ')
SELECT replace('aXbX', 'X', 'yy'), repeat('ab', 3), repeat('a', -1), split_part('a,b,c', ',', 2), split_part('a,b', ',', 5), starts_with('abc', 'ab'), left('abc', -1), right('abc', -1)
SELECT 'a' || 'b', 'a' || 1, x || a, x || NULL, n || 'x', concat('a', NULL, 1) FROM t
SELECT lpad('abc', 5), lpad('abc', 5, 'xy'), lpad('abc', 2), ascii('A'), md5('a')
SELECT x ~ '^a', x ~ 'b.', x !~ 'z', x ~* 'ABC' FROM t
SELECT date_trunc('minute', ts), date_trunc('month', tz), date_trunc('day', d), date_trunc('week', ts), date_trunc('quarter', ts), date_trunc('year', ts) FROM t WHERE a < 10 AND a > -10
SELECT extract(year from ts), extract(month from d), extract(day from tz), extract(hour from ts), extract(minute from ts), extract(second from ts), extract(epoch from ts), extract(dow from d), extract(doy from d), extract(week from d), extract(quarter from ts), extract(isodow from ts) FROM t
SELECT extract(epoch from tz), extract(epoch from d), extract(milliseconds from ts), extract(microseconds from ts), extract(epoch from i), extract(hour from tm), extract(second from tm), extract(epoch from tm) FROM t
SELECT date_part('year', ts), date_part('epoch', tz), date_part('second', ts), date_part('dow', d) FROM t
SELECT ts + interval '1 month', ts - interval '1 day 2 hours', tz + interval '10 minutes', d + interval '1 day', d + 5, d - 3, tm + interval '20 hours' FROM t WHERE a < 1000 AND a > -1000
SELECT ts - ts, tz - ts, d - date '2020-01-01', ts - timestamp '2020-01-01 12:00', tm - time '01:00' FROM t
SELECT timestamp '2020-01-01 05:00' - timestamp '2020-01-02 12:00', timestamp '2019-01-01' - timestamp '2020-01-01', date '2020-03-01' - date '2020-02-01'
SELECT i, i + interval '1 hour', i = interval '24 hours', i > interval '1 hour' FROM t
SELECT ts::date, ts::time, tz::date, tz::timestamp, d::timestamp, d::timestamptz, ts::timestamptz FROM t
SELECT ts < tz, d < ts, d = tz, ts > '2000-01-01', d = '2020-01-31' FROM t
SELECT ts AT TIME ZONE 'UTC', tz AT TIME ZONE 'UTC' FROM t
SELECT to_timestamp(0), to_timestamp(1700000000.5), to_timestamp(1.5::float8), to_timestamp(4102444800.123456)
SELECT '2020-01-01 10:00:00+05:30'::timestamptz, '2020-01-01T10:00:00Z'::timestamptz, '2020-01-01'::timestamptz, '2020-01-01 10:00'::timestamp, '2020-01-01T10:00:00.123Z'::timestamp, '2020-01-01 10:00:00-08'::timestamptz
SELECT '10:00'::time, '10:00:00.5'::time, '1 day 2:00'::interval, '1.5 days'::interval, '3 weeks'::interval, '-1 month'::interval, '2 years 3 mons'::interval
SELECT j, j -> 'a', j ->> 'a', j -> 'b' -> 0, j -> 'b' ->> 1, j #> '{b,2,c}', j #>> '{b,0}', j -> 0, j ->> 1, j -> -1 FROM t
SELECT j -> 'b' -> 2 -> 'c', j -> 'b' -> 2 ->> 'c', j ->> 'd', j -> 'd', j ->> 3, jsonb_typeof(j), j -> x, j ->> x FROM t
SELECT (j -> 'a')::int, (j ->> 'a')::bigint, (j -> 'a')::numeric, (j -> 'a')::float8 FROM t WHERE a = 1
SELECT (j -> 'd')::int FROM t WHERE a = 1
SELECT j = '{"d": "x", "b": [1, 2, {"c": null}], "a": 1.0}', j <> '{}' FROM t
SELECT '{"b":1,"a":2,"b":3}'::jsonb, '[1.50, 1e2, -0]'::jsonb, '"\u00e9\n"'::jsonb, '{"a":{"b":[]}}'::jsonb -> 'a'
SELECT jsonb_array_length('[1,2,3]'::jsonb), '{"a":"b c"}'::jsonb ->> 'a', '[null]'::jsonb -> 0, '[null]'::jsonb ->> 0
SELECT value FROM jsonb_array_elements('[1, "a", null, {"x": 2}]'::jsonb)
SELECT t.a, q.* FROM t, jsonb_array_elements(t.j -> 'b') AS q WHERE t.a = 1
SELECT k FROM jsonb_object_keys('{"b":1,"a":2}'::jsonb) AS k
SELECT * FROM jsonb_each('{"b":1,"a":[2]}'::jsonb)
SELECT * FROM generate_series(1, 3), generate_series(1, 2) AS s(n)
SELECT n, unnest.unnest FROM (VALUES (1)) v(n), unnest(ARRAY[3, 4])
SELECT g[1], g[2], h[2], g, h FROM t
SELECT ARRAY[1, 2, NULL], ARRAY['a', 'b'], '{1,2}'::int[], '{a,"b,c"}'::text[]
SELECT g = ARRAY[1,2,3], h <> '{}' FROM t
SELECT u, u = 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', u > '11111111-1111-1111-1111-111111111111' FROM t ORDER BY u
SELECT y, y = '\x61', length(y) FROM t ORDER BY y
SELECT 1 AS "A b", 2 AS b, 'x' AS "select"
SELECT T.A, "t"."b" FROM T
SELECT 'it''s', E'a\tb\\c', '', 'null'
SELECT 1, 1.5, 'x', NULL, true, 10000000000, 1e3, 99999999999999999999, .5
SELECT count(*), sum(a) + 1, max(a)::text, x FROM t GROUP BY x
SELECT a::bigint, (a + 1)::text, -a, a IS NULL, CASE WHEN p THEN 1 END, coalesce(a, 1), array[1], (SELECT 1 AS z), (SELECT 1), exists (SELECT 1), a + 1 AS q, 'x'::text, x || 'y', now() IS NULL, current_date IS NULL, extract(year FROM d), trim(x), substring(x, 1, 2), position('a' IN x), greatest(1, 2), nullif(1, 2), 5::int, (1), ((a)), (CASE WHEN p THEN a ELSE b END), date '2020-01-01', interval '1 day', true, false FROM t WHERE a = 0
SELECT nope FROM t
SELECT q.a FROM t
SELECT a FROM nosuch
SELECT a FROM t, k
SELECT frobnicate(1)
SELECT lower(1)
SELECT 'a' + 1
SELECT true + 1
SELECT x + 1 FROM t
SELECT a || p FROM t
SELECT a FROM t WHERE a
SELECT a FROM t WHERE x = 1
SELECT sum(x) FROM t
SELECT max(sum(a)) FROM t
SELECT a FROM t WHERE sum(a) > 1
SELECT 1 = ANY (SELECT 1, 2)
SELECT a FROM t UNION SELECT a, b FROM t
SELECT a FROM t UNION SELECT x FROM t
SELECT a, a FROM t ORDER BY 5
SELECT (1, 2) = (1, 2), (a, x) = (1, 'abc') FROM t
SELECT a = b IS NULL, NOT a = 1, a > 0 IS TRUE FROM t
SELECT 2 ^ 3 ^ 2, -2 ^ 2, 1 + 2 * 3 - 4 / 2 % 3, 'a' || 'b' = 'ab', NOT true OR true
SELECT a FROM t LIMIT 0
SELECT a FROM t ORDER BY a LIMIT NULL
SELECT a FROM t ORDER BY a OFFSET 5
SELECT count(*) FROM t AS q WHERE q.a > 0 AND (q.x LIKE 'a%' OR q.p)
SELECT '1' = 1, '1.5' < 2.5, 'x' = 'x', NULL = NULL, 1 = NULL
SELECT 1 WHERE NULL
SELECT max(f), min(f) FROM t
SELECT max(x), min(x), max(d), min(ts), max(tz), max(i), min(tm), max(p::int) FROM t
SELECT avg(n), avg(1.5), sum(1.5), sum(n * 2) FROM t
SELECT avg(a::numeric) FROM t WHERE a < 10 AND a > -10
SELECT sum(b::numeric) FROM t
SELECT sum(s) * 1.0 / count(*), round(avg(s), 2), round(100.0 * count(*) FILTER (WHERE p) / count(*), 1) FROM t
SELECT f::numeric FROM t WHERE a = 1
SELECT cast(a AS text), cast('1' AS int), a::int8::int4, a::float8, b::float8, n::float8, n::int, f::int FROM t WHERE a = 1
SELECT 1::float4 / 3, 1::float8 / 3, 1::float4 + 1, 2::float4 * 1.5
SELECT 1.5::float8 = 1.5, 0.1::float4 = 0.1, 0.1::float4 = 0.1::float8, 1 = 1.0
SELECT 'Infinity'::float8 - 'Infinity'::float8, 'Infinity'::float8 + 1, 0 * 'Infinity'::float8, 1 / 'Infinity'::float8
SELECT 1e308::float8 * 10
SELECT 1e308::float8 + 1e308::float8
SELECT 1::float8 / 0
SELECT 5.5 / 0
SELECT 1 / (1e308::float8 * 10)
SELECT 123456789012 * 1000000000
SELECT 9223372036854775807 + 1
SELECT -9223372036854775808, -2147483648, - 9223372036854775808
SELECT i::text FROM t WHERE i > '1 second' AND i < '25 hours'
SELECT t.x, t.a FROM t GROUP BY t.x
SELECT interval '1 day', '2 hours'::interval, interval '1' hour, interval '10 minutes', interval '-3 days', ''::interval
SELECT interval '1 day', '2 hours'::interval, interval '1' hour, interval '10 minutes', interval '-3 days', interval '1 week 2 days'
SELECT DISTINCT ON (a) a FROM t
SELECT a AS "A", "a" FROM t ORDER BY "A"
SELECT count(a) AS count, sum(a) AS count FROM k
SELECT max(z) FROM k GROUP BY a HAVING max(w) > 3 ORDER BY a DESC
SELECT a, z FROM k ORDER BY upper(z), a
SELECT sum(w)/2 AS half FROM k ORDER BY half
SELECT k.a FROM k LEFT JOIN t ON k.a = t.a AND t.p WHERE t.a IS NULL
SELECT (SELECT a FROM k)
SELECT 1 LIMIT -1
SELECT x FROM t WHERE x BETWEEN 'a' AND 'b'
SELECT -x FROM t
SELECT CAST(a AS nosuchtype) FROM t
SELECT q."user", "user" FROM (SELECT 1 AS "user") q
SELECT extract(epoch FROM '2020-01-01'::timestamptz)
SELECT date '2020-01-01' = timestamp '2020-01-01 00:00'
SELECT count(*) AS edits, max(ts) - min(ts) FROM t WHERE a IN (1, 2)
SELECT a FROM t WHERE ts > now() - interval '1 day'
SELECT now() = now(), now()::date = current_date
SELECT 'a' = 'a ', 'a'::char(2) = 'a', 'a ' = 'a'::varchar
SELECT coalesce(NULL, NULL), CASE WHEN true THEN NULL END, greatest(NULL, NULL)
SELECT ARRAY[]::int[], '{}'::text[]
SELECT array[1.5, 2], array['a', NULL], array[NULL, 1]
SELECT a.b.c FROM t
SELECT t.* FROM t AS q
SELECT "t"."A" FROM t
SELECT bool 'true', int '5', float8 '1.5', text 'x', timestamptz '2020-01-01 00:00:00+00', jsonb '{"a":1}'
SELECT 1 FROM t WHERE a = '1' AND x = 'abc' AND n = '1.25' AND p = 'true' AND ts = '2020-01-31 10:20:30.5' AND u = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'
SELECT 1 FROM t WHERE a = 'x'
SELECT 0.1 + 0.2, 0.1::float8 + 0.2, 1e-10, 1.10 * 2.20, 12345678901234567890 * 2, 1.5 % 0.4
SELECT round(1.0 / 3, 4), trunc(-1.5), ceil(-0.5), floor(-0.5), abs(-0.0)
SELECT -0.0, 0 * -1.5, '-0'::float8, -'0'::float8, 0::float8 * -1
SELECT max(a) FILTER (WHERE a < 100), count(DISTINCT a) FILTER (WHERE p) FROM t
SELECT string_agg(a::text, ',' ORDER BY a DESC) FROM k
SELECT array_agg(z ORDER BY w NULLS FIRST) FROM k
SELECT sum(a ORDER BY a) FROM k
SELECT x, sum(count(*)) FROM t GROUP BY x
SELECT a FROM k WHERE (SELECT count(*) FROM t WHERE t.a = k.a) > 1
SELECT a, (SELECT string_agg(x, ',' ORDER BY x) FROM t WHERE t.a = k.a) FROM k
SELECT z FROM k WHERE w = (SELECT max(w) FROM k)
SELECT k1.a FROM k k1 WHERE EXISTS (SELECT 1 FROM k k2 WHERE k2.a = k1.a AND k2.w > k1.w)
SELECT q.c FROM k, LATERAL (SELECT k.a + 1 AS c) q
SELECT * FROM k JOIN LATERAL (SELECT k.a + w AS c) q ON true
WITH c AS (SELECT 1 AS a) SELECT * FROM c UNION ALL SELECT a + 1 FROM c
SELECT (WITH c AS (SELECT 5 AS v) SELECT v FROM c)
SELECT * FROM (SELECT a, count(*) FROM k GROUP BY a) AS s WHERE count > 1
SELECT x, x FROM (SELECT 1 AS x, 2 AS x) q
SELECT 1 AS x UNION SELECT 2 AS y ORDER BY x
SELECT 1 ORDER BY 2
SELECT a FROM k UNION SELECT a FROM e ORDER BY a + 1
SELECT a, w FROM k UNION ALL VALUES (1, 2::bigint)
SELECT 'x'::text UNION SELECT 1
SELECT 1 WHERE 'a' IN ('a', 'b')
SELECT 2 IN (1, 2.0), 'a' NOT IN ('b'), NULL IN (1)
SELECT '2020-01-01'::timestamptz::text, '2020-06-01 12:00'::timestamp::timestamptz
SELECT '20000-01-01'::date, '12020-01-01 00:00'::timestamp
SELECT '2020-1-5'::date, '2020-01-05 1:02'::timestamp
SELECT date '2020-01-01' + 2147483647
SELECT d + 3000000 FROM t WHERE a = 1
SELECT DISTINCT ON (a) a, b, x FROM t ORDER BY a, b DESC
SELECT DISTINCT ON (p) p, a FROM t ORDER BY p DESC NULLS LAST, a LIMIT 2
SELECT q.z FROM (SELECT DISTINCT ON (a) a, z, w FROM k ORDER BY a, w DESC NULLS LAST) q
SELECT DISTINCT ON (a, z) a, z FROM k
SELECT DISTINCT ON (a) a, z FROM k ORDER BY z
SELECT * FROM jsonb_array_elements_text('[1, "a", null, 2.5]'::jsonb) AS q(w)
SELECT interval '1 day' + interval '2 hours', interval '1 month' * 2, -interval '1 day', interval '1 day' * 3, interval '90 minutes'
SELECT v || 'x', v = 'v1', coalesce(v, 'n'), lower(v) FROM t
SELECT 'abc'::varchar(2), 'ab '::char(3) = 'ab', length('ab '::char(5)), 'ab '::char(4) || 'x'
