-- What is to be asked of a real Materialize next, each with the reason. Recorded answers come into corpus/.

-- Names that the engine offers by the documentation alone; analysts type them.
SELECT age(timestamp '2026-03-31 12:00', timestamp '2026-02-28 13:00'), age(timestamptz '2026-03-31 12:00+00', timestamptz '2026-02-28 13:00+00');
SELECT degrees(1.5::float8), degrees(NULL::float8);
SELECT every(x) FROM (VALUES (true), (NULL), (false)) AS v (x);
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
