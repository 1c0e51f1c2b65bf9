"""What names, joins, rows and transactions mean where two rules meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Connect = Callable[..., psycopg.Connection]

SETUP = """
CREATE TABLE t1 (f1 int, f2 int);
CREATE TABLE t2 (f1 int, f2 int);
CREATE TABLE days (f1 date);
INSERT INTO t1 VALUES (1, 2), (3, 4);
INSERT INTO t2 VALUES (3, 4), (5, 6);
CREATE TABLE bare ();
"""

ANSWERS = """
SELECT CASE WHEN f1 = 3 THEN 0 ELSE (SELECT 6 / (t1.f1 - 3)) END FROM t1 ORDER BY 1          | ?column?: -3, 0
SELECT CASE f1 WHEN 3 THEN (SELECT max(t2.f2 / (t1.f1 - 1)) FROM t2) WHEN 9 THEN (SELECT 7 / 0) END FROM t1 ORDER BY 1 | case: 3, None
SELECT CASE WHEN f1 = 1 THEN false ELSE EXISTS (SELECT 1 FROM t2 WHERE 4 / (t1.f1 - 1) = t2.f1 - 1) END FROM t1 ORDER BY 1 | exists: False, True
SELECT f1 FROM t1 WHERE 8 / (f1 - 3) < 0 AND f1 <> 3                                          | f1: 1
SELECT f2 FROM t1 WHERE 8 / (f2 - 4) < 0 AND f1 = 1                                           | f2: 2
SELECT f1 FROM t1 WHERE f2 = 2 AND 8 / (f1 - 3) < 0                                           | Evaluation error: division by zero
SELECT f1 FROM t1 WHERE f1 IN (1, 7) AND 8 / (f1 - 3) < 0                                     | Evaluation error: division by zero
SELECT f1 FROM t1 WHERE 8 / (f1 - 3) < 0 AND 8 / (f1 - 3 + 0) < 9 AND 8 % f1 = 0              | f1: 1
DELETE FROM t1 WHERE f2 = 2 AND 8 / (f1 - 3) < 0                                              | Evaluation error: division by zero
SELECT * FROM t1 JOIN (t2 a JOIN LATERAL (SELECT a.f1 * t1.f2 AS k) b ON true) AS j ON j.f1 = t1.f1 | f1 f2 f1 f2 k: 3 4 3 4 12
SELECT f2, j.k FROM t1 LEFT JOIN (t2 a JOIN (SELECT 9 AS k) b ON a.f1 = t1.f1) AS j (p, q, k) ON true ORDER BY 1 | f2 k: 2 None, 4 9
SELECT * FROM t1 JOIN (t2 a JOIN (SELECT t1.f1) b ON true) AS j ON true                       | column "t1.f1" does not exist
SELECT nullif(round(6.5, 2), 3)::text, greatest(round(6.5, 2), 6) || '', least(1.5 * 4, 7)::text, greatest(round(6.5, 3), round(6.5, 2))::text | nullif ?column? least greatest: 6.50 6.50 6.0 6.50
SELECT nullif(round(f1 / 4.0, 3), f2)::text, least(f1 * 1.5, f2)::text, greatest(f1 * 1.5, f2) FROM t1 ORDER BY f1 | nullif least greatest: 0.250 1.5 2, 0.750 4 4.5
SELECT nullif(f1, f2) IN (f1, 9), CASE WHEN f1 = 3 THEN 7 END IN (7, 8), nullif(f1, f2) NOT IN (7::bigint, 8) FROM t1 ORDER BY f1 | ?column? ?column? ?column?: True None True, True True True
SELECT EXISTS (SELECT 7 / 0)                                                                  | division by zero
SELECT EXISTS (SELECT 7 / 0) FROM t1 LIMIT 1                                                  | exists: True
SELECT ROW(7, 8) UNION SELECT ROW(7, '8')                                                     | UNION types record(f1: integer,f2: integer) and record(f1: integer,f2: text) cannot be matched
SELECT count(*) FROM (SELECT ROW(7, 8) EXCEPT SELECT ROW(7, 8.0)) q                           | count: 0
VALUES (ROW(7, 8)), (ROW(9, '8'))                                                             | column1: ('7', '8'), ('9', '8')
SELECT ROW(7, 8) IS DISTINCT FROM ROW(7, 8), ROW(7, NULL::int) IS NOT DISTINCT FROM ROW(7, 8) | ?column? ?column?: False False
SELECT ROW(7, 8) IS DISTINCT FROM ROW(7, 8, 9)                                                | operator does not exist: record(f1: integer,f2: integer) <> record(f1: integer,f2: integer,f3: integer)
SELECT CASE ROW(7, 8) WHEN ROW(7, 9) THEN 1 WHEN ROW(7, 8) THEN 2 END                         | case: 2
SELECT nullif(ROW(7, 8), ROW(7))                                                              | operator does not exist: record(f1: integer,f2: integer) = record(f1: integer)
SELECT * FROM t1 WHERE false LIMIT 'x'                                                        | invalid input syntax for type bigint: invalid digit found in string: "x"
SELECT * FROM t1 WHERE false OFFSET 'x'                                                       | Invalid OFFSET clause: invalid input syntax for type bigint: invalid digit found in string: "x"
SELECT 1 OFFSET NULL                                                                          | Invalid OFFSET clause: Expected an expression that evaluates to a non-null value, got null
SELECT f1 FROM t1 OFFSET (SELECT 1)                                                           | OFFSET does not allow subqueries
SELECT 'abc'::"char", 'a'::"char"::int, 98::"char", '7'::"char"::bigint, 'a' = 'a'::"char"    | char int4 char int8 ?column?: a 97 b 7 True
SELECT 12::name, '12'::name::int, coalesce('a'::"char", 'b'::text)                            | name int4 coalesce: 12 12 a
SELECT f1 FROM t1 LIMIT date '2020-01-01'                                                     | LIMIT does not support casting from date to bigint
SELECT f1 FROM t1 ORDER BY 1 LIMIT true                                                       | f1: 1
SELECT f1 FROM (t1 JOIN t2 USING (f1)) JOIN (t1 a JOIN t2 b USING (f1)) USING (f1)            | f1: 3
SELECT * FROM t2, t2 x JOIN t1 USING (f2) ORDER BY 1     | f1 f2 f2 f1 f1: 3 4 4 3 3, 5 6 4 3 3
SELECT (2.25 + 0.75)::text, 2.5 * 4 || 'x', concat(round(7.125, 1), round(7.5, 3)), (0.5 - 0.5)::varchar, 7.50::text, '7.50'::numeric::text, 7::numeric(6,2) || '', (10 * 1.5)::text, (10.0 * 1.5)::text | text ?column? concat varchar text text ?column? text text: 3.00 10.0x 7.17.500 0.0 7.5 7.50 7.00 15.0 15
SELECT (f1 * 1.5)::text, round(f1 / 4.0, 3)::text, coalesce(round(f2 * 0.5, 2), 0) || '', CASE WHEN f1 = 1 THEN f1 * 2.0 ELSE 2.5 * f1 END || '', round(f1 * 10.0, 2)::text FROM t1 | text round ?column? ?column? round: 1.5 0.250 1.00 2 10.00, 4.5 0.750 2.00 7.5 30.00
SELECT round(2, 2)::text, round(20.0, 2)::text, round(0.004, 2)::text, round(25.5, -1)::text, (f1 * 1.5)::text::numeric::text, array_to_string(ARRAY[2 * 1.5], ''), (f1 * 2.5)::numeric(9,4)::text FROM t1 ORDER BY f1 LIMIT 1 | round round round round text array_to_string text: 2 20.00 0 30 1.5 3 2.5000
SELECT abs(-98765432109876543210987654321098765.4321), -x, abs(x) || '' FROM (VALUES (98765432109876543210987654321098765.4321)) v (x) | abs ?column? ?column?: 98765432109876543210987654321098765.4321 -98765432109876543210987654321098765.4321 98765432109876543210987654321098765.4321
SELECT x || '', x + 0.5 || '' FROM (SELECT DISTINCT f1 * 1.5 AS x FROM t1) q ORDER BY 1              | ?column? ?column?: 1.5 2.0, 4.5 5.0
SELECT x::regtype::text FROM (VALUES (21), (1016), (1114), (1042), (16462), (3904), (9)) v (x)        | x: int2, _int8, timestamp, bpchar, uint4, int4range, 9
SELECT 3::mz_catalog.uint4, '3'::materialize.mz_catalog.mz_timestamp, '{3}'::mz_catalog._uint2        | uint4 mz_timestamp _uint2: 3 3 {3}
SELECT 'mz_internal.mz_comments'::regclass::text, 'pg_catalog.pg_type'::regclass::text, 'ascii'::regproc::text, 'mz_catalog.uint4'::regtype::text | text text text text: mz_internal.mz_comments pg_type ascii uint4
SELECT has_type_privilege('text', 'USAGE'), has_system_privilege('CREATEDB'), pg_has_role('materialize', 'mz_system', 'USAGE'), has_table_privilege('t1'::regclass::oid, 'SELECT'), has_table_privilege(4000000::oid, 'SELECT') | has_type_privilege has_system_privilege pg_has_role has_table_privilege has_table_privilege: True True False True None
SELECT (mz_internal.mz_normalize_object_name('k.L'))[2], mz_internal.mz_normalize_schema_name('k.L')::text | mz_normalize_object_name mz_normalize_schema_name: k {k,l}
SELECT pg_relation_size('t1'), pg_relation_size('nothing')                                            | relation "nothing" does not exist
SELECT setting::int > 1, spcname FROM pg_settings, pg_tablespace WHERE name = 'max_index_keys'         | ?column? spcname: True pg_default
SELECT pg_relation_size('t1')                                                                         | pg_relation_size: -1
SELECT col_description('t1'::regclass::oid, 1)                                                        | col_description: None
SELECT (-3)::oid, (-3)::int2::oid, 4294967293::bigint::oid, 'pg_type'::regclass::oid::int > 0 | oid oid oid ?column?: 4294967293 4294967293 4294967293 True
SELECT (f1, f2) IN (TABLE t2), ROW(f1) IN (SELECT 3), ROW(f1) < ANY (SELECT 3), (3, 4) = ANY (TABLE t1), (3, 4) <> ALL (TABLE t1) FROM t1 | ?column? ?column? ?column? ?column? ?column?: False False True True False, True True False True False
SELECT (CASE WHEN f1 = 1 THEN t1 END)::text, coalesce(ROW('7', 8), t1)::text FROM t1                  | text coalesce: (1,2) (7,8), None (7,8)
SELECT '0e-88888888888888888888'::numeric, '0e88888888888888888888'::numeric, '4e-39'::numeric::text  | numeric numeric text: 0 0 0.000000000000000000000000000000000000004
SELECT (SELECT * FROM (SELECT 1 AS a) q)                                                      | a: 1
SELECT (TABLE t2 ORDER BY 1 LIMIT 0)                                                          | Expected subselect to return 1 column, got 2 columns
SELECT NULL::int / 0, NULL::int2 % -1, mod(f1 - NULL, 0), 7 % -1, (-32768)::int2 % -1::int2 FROM t1 LIMIT 1 | ?column? ?column? mod ?column? ?column?: None None None 0 0
SELECT count(*) FROM generate_series(1, NULL::int, 0)                                         | count: 0
SELECT count(*) FROM generate_series(1, 3, NULL::int) a, generate_series(NULL::timestamp, now()::timestamp, interval '0') b | count: 0
SELECT * FROM generate_series(1, 3, 0)                                                        | step size cannot equal zero
SELECT NULL::int[] @> ARRAY[1, NULL], LIST[1, NULL] <@ NULL::int list, '{}'::map[text=>int] ? NULL::text, ARRAY[1] @> ARRAY[NULL]::int[] | ?column? ?column? ?column? ?column?: None None None False
SELECT (f1 + 2147483647) IS NULL FROM t1                                                        | Evaluation error: numeric field overflow
SELECT count(f1 + 2147483647) FROM t1                                                         | Evaluation error: numeric field overflow
SELECT f1 FROM t1 WHERE f1 + 2147483647 > 0                                                   | Evaluation error: numeric field overflow
SELECT sum(6 / (f1 - 1)) FILTER (WHERE f1 > 1), count(6 / (f1 - 1)) FILTER (WHERE 6 / f1 < 3) FROM t1  | sum count: 3 1
SELECT 1 / 0 + NULL                                                                           | division by zero
SELECT NULL + 1 / 0                                                                           | division by zero
SELECT (1 + NULL)::bigint * (1 / 0)                                                           | division by zero
SELECT 1 / (f1 - f1) + NULL, NULL::numeric - 1.0 / (f1 - f1) FROM t1                          | ?column? ?column?: None None, None None
SELECT f1 + NULLIF(f1, f1) / 0 FROM t1                                                        | ?column?: None, None
SELECT f1 IN (1, 3, 'x') FROM t1                                                              | Evaluation error: invalid input syntax for type integer: invalid digit found in string: "x"
SELECT f1 IN (6 / (f1 - 1), (SELECT 1)), 6 / (f1 - 1) > 9 OR f1 IN (SELECT f1 FROM t1) FROM t1 | ?column? ?column?: True True, True True
SELECT (timestamp '99999-12-31 23:59' + interval '162143 years' - interval '0.5 s')::text, (interval '1 us' + timestamp '4714-12-31 BC')::text  | text text: 262142-12-31 23:58:59.5 4714-12-31 00:00:00.000001 BC
SELECT timestamp '99999-12-31' + interval '162143 years 1 day'                                | timestamp out of range
SELECT date '99999-12-31' + interval '162144 years' FROM t1                                   | Evaluation error: timestamp out of range
SELECT timestamptz '4714-12-31 BC' - interval '1 us'                                          | timestamp out of range
SELECT timestamp '4714-12-31 BC' - x FROM (VALUES (interval '1 us')) v (x)                    | timestamp out of range
SELECT date_trunc('year', timestamp '4714-12-31 BC')                                          | timestamp out of range
SELECT (date '4714-12-30 BC')::timestamp                                                      | timestamp out of range
SELECT make_timestamp(-4713, 12, 30, 0, 0, 0)                                                 | timestamp out of range
SELECT make_timestamp(262142, 12, 31, 23, 59, 59.9) AT TIME ZONE 'America/New_York'           | timestamp out of range
SELECT make_timestamp(262142, 12, 31, 23, 59, 59.9)::timestamp(0)                             | timestamp out of range
SELECT to_timestamp(8210266876800)                                                            | timestamp out of range
SELECT timestamp '4714-12-30 BC'                                                              | "4714-12-30 BC" is out of range for type timestamp
SELECT has_table_privilege(current_user, NULL::text, 'select'), has_schema_privilege(current_user, 'public', NULL) | has_table_privilege has_schema_privilege: None None
SELECT (1, 2) = ALL (SELECT 1, 2), (1, 2) < ANY (SELECT 1, 3), (2, NULL) > ALL (SELECT 2, 1)  | ?column? ?column? ?column?: True True None
SELECT 'ab' LIKE ANY (SELECT f1 || '%' FROM t1 UNION SELECT 'a_'), 'a' NOT LIKE ALL (SELECT NULL::text), 'a' LIKE ALL (SELECT 'b' WHERE false) | ?column? ?column? ?column?: True None True
SELECT f1, f2, rank() OVER (PARTITION BY f2 % 2 ORDER BY 10 / (f1 - 1) DESC) FROM t1 WHERE f1 <> 1 | f1 f2 rank: 3 4 1
SELECT row_number() OVER (ORDER BY 10 / (f1 - 1)) FROM t1                                     | Evaluation error: division by zero
SELECT f1, row_number() OVER (ORDER BY sum(f2) / count(*) DESC) FROM t1 GROUP BY f1 ORDER BY 1 | f1 row_number: 1 2, 3 1
SELECT CASE f1 + f1 * 2 + f1 * 3 + f1 * 4 WHEN 10 THEN 'a' WHEN 30 THEN 'b' END, CASE f1 + f1 * 2 + f1 * 3 + f1 * 4 WHEN (SELECT 30) THEN 'c' END FROM t1 ORDER BY 1 | case case: a None, b c
SELECT nullif(f1 + f1 * 2 + f1 * 3 + f1 * 4 + f1 * 5, 15) FROM t1 ORDER BY f1 | nullif: None, 45
SELECT pg_catalog.int4 '7', pg_catalog.interval '1 day' = interval '1 day'                    | int4 ?column?: 7 True
SELECT f1 FROM t1 JOIN days USING (f1)                                                        | NATURAL/USING join column "f1" types integer and date cannot be matched
SELECT * FROM t1 JOIN t1 b USING (f1, f2) JOIN t1 c USING (f1) JOIN t1 d USING (f2)           | common column name "f2" appears more than once in left table
SELECT q.a FROM (SELECT 1 AS a, 2 AS a) q                                                     | column reference "a" is ambiguous
SELECT f1 FROM t1 UNION SELECT f1 FROM t2 ORDER BY sum(f1)                                    | aggregate functions are not allowed in ORDER BY clause of a set expression (function pg_catalog.sum)
SELECT f1 FROM t1 UNION SELECT f1 FROM t2 ORDER BY lag(f1) OVER ()                            | window functions are not allowed in ORDER BY clause of a set expression (function pg_catalog.lag)
SELECT (SELECT count(t1.f1)) FROM t1                                                          | aggregate functions that refer exclusively to outer columns not yet supported
SELECT * FROM (SHOW timezone)                                                                 | SHOW variable in subqueries not yet supported
PREPARE p AS SELECT repeat($1, $1)                                                            | there are contradicting constraints for the type of parameter $1: should be both text and integer
INSERT INTO t1 VALUES (7, 8) RETURNING f1 IN (SELECT 1)                                       | RETURNING clause does not allow subqueries
INSERT INTO t1 VALUES (7, 8) RETURNING SELECT 1                                               | expected expression, but found reserved keyword: SELECT
SELECT generate_series(generate_series(1, 3), 3)                                              | table functions are not allowed in other table functions (function pg_catalog.generate_series)
SELECT * FROM t1 ORDER BY generate_series(1, 3)                                               | table functions are not allowed in ORDER BY clause (function pg_catalog.generate_series)
SELECT * FROM t1 HAVING generate_series(1, 3) < 3                                             | table functions are not allowed in HAVING clause (function pg_catalog.generate_series)
SELECT f1 FROM t1 GROUP BY f1 ORDER BY lag(f1) OVER (ORDER BY f1) NULLS LAST                  | f1: 3, 1
SELECT (1).x                                                                                  | column notation applied to type integer, which is not a composite type
SELECT ('a').*                                                                                | type text is not composite
SELECT (f1).* + 1 AS n, coalesce((t1).*, (5, 6))::text AS r, ((t1).*, 'z')::text AS q FROM t1 WHERE f1 = 3 | n r q: 4 (3,4) ("(3,4)",z)
SELECT * FROM information_schema._pg_expandarray(NULL)                                        | could not determine polymorphic type because input has type unknown
SELECT * FROM information_schema._pg_expandarray()                                            | function information_schema._pg_expandarray() does not exist
CREATE TABLE d (a text CHECK (Length(a)>0 and not a='x'))                                     | CREATE TABLE with column constraint: CHECK (pg_catalog.length(a) > 0 AND NOT a = 'x') not yet supported
CREATE TABLE d (a int references T1(F1,"B"))                                                  | CREATE TABLE with column constraint: REFERENCES t1 (f1, "B") not yet supported
SELECT count(attlen), count(*) > 0 FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE relname = 't1' | count ?column?: 0 True
SELECT count(typlen), count(*) > 9 FROM pg_type                                               | count ?column?: 0 True
CREATE TABLE d (a int DEFAULT false)                                                          | DEFAULT expression does not support casting from boolean to integer
CREATE MATERIALIZED VIEW m WITH (ASSERT NOT NULL f1, ASSERT NOT NULL f1) AS SELECT * FROM t1  | duplicate column "f1" in non-null assertions
CREATE MATERIALIZED VIEW m (a) WITH (ASSERT NOT NULL f1) AS SELECT f1 FROM t1                 | column "f1" in ASSERT NOT NULL option not found
INSERT INTO t1 VALUES (7, 8) RETURNING q.*                                                    | no table named 'q' in scope
SELECT (interval '1:2:3.4 5-6')::text, (interval '-1 -:.27')::text, (interval '02-01!1~1:')::text  | interval interval interval: 5 years 6 months 01:02:03.4 -1 days -00:00:00.27 2 years 1 month 1 day 01:00:00
SELECT (interval '1-2 3' HOUR)::text, (interval '3:4.5')::text, (interval '-1 y 1 d 1 s')::text  | interval interval interval: 1 year 2 months 03:00:00 00:03:04.5 -1 years +1 day 00:00:01
SELECT (interval '0.00000001 min 0.0006 ms 3.5 us')::text                                     | interval: 00:00:00.000006
SELECT (timestamptz '2020-03-08 02:59:59 America/New_York')::text                             | text: 2020-03-08 07:59:59+00
SELECT right('hello', -2147483648)                                                            | right: hello
SELECT count(*), (SELECT count(*) FROM (SELECT FROM t1) q) FROM bare                             | count count: 0 2
SELECT array_fill(1, ARRAY[2, 0])::text, array_fill(1, ARRAY[0, 2]) = array_fill(1, ARRAY[0])     | array_fill ?column?: {} True
SELECT ARRAY[ARRAY[1], ARRAY['3']]::int[]::text, ARRAY[[]]::int[]::text                           | array array: {{1},{3}} {}
SELECT LIST[LIST['1'], LIST[]]::int list list::text, MAP['a'=>MAP[]]::map[text=>map[text=>int]]::text  | list map: {{1},{}} {a=>{}}
SELECT date_part('hour', date '2026-01-01')                                                   | date_part: 0.0
SELECT sqrt('NaN'::numeric), log(2, 'NaN'::numeric), power('NaN'::numeric, 0)                     | sqrt log power: NaN NaN NaN
SELECT (timestamp '0001-01-01' - interval '1 s')::text, (timestamptz '0001-05-06 07:08+00' - interval '2 y')::text | text text: 0001-12-31 23:59:59 BC 0002-05-06 07:08:00+00 BC
SELECT ('0001-12-31 19:03:58 EST bc'::timestamp)::text, ('44-03-15BC'::date)::text, ('0001-01-01 00:30+01 BC '::timestamptz)::text | text text text: 0001-12-31 19:03:58 BC 0044-03-15 BC 0002-12-31 23:30:00+00 BC
SELECT to_char(timestamp '2018-03-02 12:34:56.78', 'FF1 MS|RM|FMRM|rm.')                               | to_char: FF1 780|III |III|iii .
SELECT exp(-50000::numeric)                                                                   | value out of range: underflow
SELECT exp('inf'::float8)                                                                      | value out of range: overflow
SELECT exp('-inf'::float8)                                                                     | value out of range: underflow
SELECT power('inf'::float8, 2)                                                                 | value out of range: overflow
SELECT power(2, '-inf'::float8)                                                                | value out of range: underflow
SELECT power(-2, 'inf'::float8)                                                                | function pow cannot return complex numbers
SELECT sinh(-1000), cosh(-1000), cosh(705) = sinh(705), atanh(1), atanh(-1)                    | sinh cosh ?column? atanh atanh: -inf inf True inf -inf
SELECT ARRAY[[[[[[[1]]]]]]]                                                                    | number of array dimensions (7) exceeds the maximum allowed (6)
SELECT array_fill(0, ARRAY[1, 1, 1, 1, 1, 1, 1])                                               | number of array dimensions (7) exceeds the maximum allowed (6)
SELECT to_jsonb(q)::text FROM (SELECT 1 AS b, 2 AS a, 3 AS "Z", 4 AS a, ROW(5) AS c) q         | to_jsonb: {"Z":3,"a":2,"b":1,"c":{"f1":5}}
SELECT 9e38::float4                                                                           | "inf" real out of range
SELECT f1, row_number() OVER (ORDER BY -row_number() OVER (ORDER BY f1)) FROM t1 ORDER BY 1 | f1 row_number: 1 2, 3 1
SELECT f1, rank() OVER (PARTITION BY 10 / count(*) OVER (PARTITION BY f1) ORDER BY f2 / f1 DESC) FROM t1 ORDER BY 1 | f1 rank: 1 1, 3 2
SELECT t1.f1, lag(sum(t2.f2) OVER (ORDER BY t2.f1)) OVER (ORDER BY t1.f1, t2.f1) FROM t1, t2 ORDER BY 1, 2 NULLS FIRST | f1 lag: 1 None, 1 8, 3 8, 3 20
SELECT f1, sum(f2), rank() OVER (ORDER BY sum(sum(f2)) OVER (ORDER BY f1) DESC) FROM t1 GROUP BY f1 ORDER BY 1 | f1 sum rank: 1 2 2, 3 4 1
SELECT array_agg(DISTINCT a ORDER BY b DESC, a), string_agg(DISTINCT a::text, ',' ORDER BY b) FROM (VALUES (2, 1), (1, 5), (2, 1), (2, 7)) v (a, b) | array_agg string_agg: [2, 1, 2] 2,1,2
SELECT f1, (SELECT sum(t2.f2 - t1.f1) FROM t2), (SELECT count(*) FILTER (WHERE t2.f1 > t1.f1) FROM t2) FROM t1 ORDER BY 1 | f1 sum count: 1 8 2, 3 4 1
SELECT f1 FROM t1 WHERE EXISTS (SELECT 1 FROM days AS t1 WHERE t1.f2 = 2) | WHERE clause error: column "t1.f2" does not exist
SELECT (SELECT t1 FROM (VALUES (0)) v) FROM t1 ORDER BY 1 LIMIT 1 | t1: ('1', '2')
SELECT (SELECT g FROM generate_series(7, 7) AS g (x)), (SELECT h FROM generate_series(8, 8) AS h (x)) FROM (SELECT 5 AS g) q | g h: 5 8
SELECT (SELECT count(*) AS k FROM t2 GROUP BY k) FROM (SELECT 0 AS k) q | k: 2
SELECT f1 AS k, f2 AS k FROM t1 GROUP BY k | column reference "k" is ambiguous
SELECT sum(f1) FILTER (WHERE max(f2) > 1) FROM t1 | aggregate functions are not allowed in FILTER (function pg_catalog.max)
SELECT count(*) FILTER (WHERE f1 > 0 AND count(*) > 1) FROM t1 | aggregate functions are not allowed in AND argument (function pg_catalog.count)
SELECT f1, count(*) FILTER (WHERE f2 > (SELECT min(t2.f2) FROM t2 WHERE t2.f1 > t1.f1 + 1)) FROM t1 GROUP BY f1 ORDER BY 1 | f1 count: 1 0, 3 0
SELECT * FROM max(1) | aggregate functions are not supported in functions in FROM
SELECT * FROM t1, ROWS FROM (rank(), generate_series(1, 2)) | window functions are not supported in functions in FROM
SELECT x::text, rank() OVER (ORDER BY x) FROM (SELECT ROW(f1, v::jsonb) AS x FROM (VALUES (3, '10'), (1, '{}'), (3, '9'), (3, NULL)) v (f1, v)) q ORDER BY q.x DESC | x rank: (3,) 4, (3,10) 3, (3,9) 2, (1,{}) 1
SELECT q.r::text FROM t1 LEFT JOIN (SELECT ROW('[1]'::jsonb, 1) AS r) q ON f1 = 3 ORDER BY q.r NULLS FIRST | r: None, ([1],1)
SELECT array_agg(f1 ORDER BY ROW(to_jsonb(f2), 1) DESC) FROM t1 | array_agg: [3, 1]
SELECT jsonb_each('{"b": 1, "a": null}')::text, jsonb_each('{"b": 1, "a": null}') IS NULL ORDER BY jsonb_each('{"b": 1, "a": null}') | jsonb_each ?column?: (a,null) False, (b,1) False
SELECT DISTINCT ON (f2 % 2) f1 FROM t1 WHERE f1 = 3 UNION ALL SELECT 1 ORDER BY 1 | f1: 1, 3
SELECT DISTINCT ON (f1) w, v FROM t1, (VALUES (5, 1), (2, 9)) t (v, w) ORDER BY f1, f2 | w v: 9 2, 9 2
SELECT DISTINCT ON (max(f1)) min(f2) FROM t1 | min: 2
SELECT DISTINCT ON (max(f1)) f2 FROM t1 | column "t1.f2" must appear in the GROUP BY clause or be used in an aggregate function
SELECT * FROM (SELECT w, v FROM t1, (VALUES (5, 1), (2, 9)) t (v, w) ORDER BY f1 LIMIT 2) q ORDER BY v | w v: 9 2, 1 5
SELECT * FROM (SELECT w, v FROM t1, (VALUES (5, 1), (2, 9)) t (v, w) ORDER BY f1 LIMIT 1) q | w v: 9 2
SELECT w, f1 FROM t1, (VALUES (5, 1), (2, 9)) t (v, w) ORDER BY f1 LIMIT 1 | w f1: 1 1
SELECT w, f1 FROM t1, (VALUES (5, 1), (2, 9)) t (v, w) ORDER BY f1 + 0 LIMIT 1 | w f1: 9 1
SELECT nope, sum(true) FROM t1                           | function sum(boolean) does not exist
SELECT f1 FROM t1 HAVING nope > avg(f2 = 1)              | function sum(boolean) does not exist
SELECT nope FROM t1 ORDER BY lead() OVER ()              | function lead() does not exist
SELECT nope FROM t1 QUALIFY nah                          | column "nah" does not exist
SELECT nope FROM t1 LIMIT -1                             | LIMIT must not be negative
VALUES (1, nope), (true, 2)                              | VALUES types integer and boolean cannot be matched
VALUES (1, nope), (nah, 2)                               | column "nah" does not exist
WITH a AS (SELECT nope), a AS (SELECT 1) SELECT 1        | WITH query name "a" specified more than once
WITH a (x) AS (SELECT 1, 2 AS y) SELECT * FROM a         | x y: 1 2
SELECT DISTINCT ON (f1, f1) f2 FROM t1 ORDER BY f1, f2   | SELECT DISTINCT ON expressions must match initial ORDER BY expressions
SELECT t1.f1 FROM t1 JOIN t2 USING (f1) AS t1            | table name "t1" specified more than once
SELECT 1 FROM t1, t2 AS t1                               | table name "t1" specified more than once
SELECT 1 FROM (SELECT 1) AS t1, t1                       | table name "t1" specified more than once
SELECT other.public.t.f1 FROM t1 AS t LIMIT 1            | f1: 1
SELECT a.b.c.t.f1 FROM t1 AS t                           | qualified name did not have between 1 and 3 components: a.b.c.t
SELECT t1.*, t2.* FROM t1 JOIN t2 USING (f2)             | f2 f1 f1 f2: 4 3 3 4
SELECT t1.*, t2.* FROM t1 RIGHT JOIN t2 USING (f2) ORDER BY 4 | f1 f2 f2 f1: 3 4 4 3, None None 6 5
SELECT t1, t2 FROM t1 JOIN t2 USING (f2)                 | t1 t2: ('4', '3') ('3', '4')
SELECT u.*, f1 FROM t1 FULL JOIN t2 USING (f1) AS u ORDER BY 2 | f1 f1: 1 1, 3 3, None 5
SELECT u.f1, f1 FROM t1 RIGHT JOIN t2 USING (f1) AS u ORDER BY 2 | f1 f1: 3 3, None 5
SELECT w FROM t1 JOIN t2 USING (f1), (VALUES (1, 5)) a (f1, v) NATURAL JOIN (VALUES (1, 6)) b (f1, w) | w: 6
SELECT bare FROM bare                                    | column "bare" does not exist
SELECT t1, count(*) FROM t1 GROUP BY f2 ORDER BY f2      | t1 count: ('2',) 1, ('4',) 1
SELECT t1 FROM t1 GROUP BY f2, f1 ORDER BY f2            | t1: ('2', '1'), ('4', '3')
SELECT t1, count(*) FROM t1                              | column "t1" does not exist
SELECT count(t1), t1 FROM t1 GROUP BY t1 ORDER BY 2      | count t1: 1 ('1', '2'), 1 ('3', '4')
SELECT f1, (SELECT t1 FROM t2 LIMIT 1) FROM t1 GROUP BY f1 ORDER BY 1 | f1 t1: 1 ('1',), 3 ('3',)
SELECT bare.* FROM bare                                  | no table named 'bare' in scope
DELETE FROM t1 USING t2 AS t1                            | table name "t1" specified more than once
INSERT INTO t1 (f1) DEFAULT VALUES                       | INSERT has more target columns than expressions
UPDATE t1 SET f1 = true                                  | SET clause does not support casting from boolean to integer
UPDATE t1 SET f1 = 1, f1 = nope                          | column "nope" does not exist
UPDATE t1 SET f1 = 1, f1 = 2                             | column f1 set twice
SELECT (SELECT t1.* FROM t2 LIMIT 1) FROM t1             | no table named 't1' in scope
SELECT abs(*) FROM t1                                    | * argument is invalid with non-aggregate function abs
SELECT rank(*) OVER () FROM t1                           | * argument is invalid with non-aggregate function pg_catalog.rank
SELECT lead(f1 ORDER BY f2) OVER () FROM t1              | ORDER BY specified, but pg_catalog.lead is not an aggregate function
SELECT * FROM generate_series(*)                         | pg_catalog.generate_series does not accept * as an argument
SELECT unnest(ARRAY[1] ORDER BY 1)                       | ORDER BY specified, but mz_catalog.unnest is not an aggregate function
SELECT max(f1) OVER (ORDER BY f1 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING) FROM t1 | mixed unbounded - offset frames not yet supported
SELECT f1, last_value(f1) OVER (ORDER BY f1 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING) FROM t1 ORDER BY 1 | f1 last_value: 1 3, 3 3
SELECT max(f1) OVER (ORDER BY f1 ROWS 1000001 PRECEDING) FROM t1 | Window frame offsets greater than 1000000 are currently not supported
SELECT f1 COLLATE "C" FROM t1                            | COLLATE not yet supported
SELECT f1 COLLATE pg_catalog.default, (SELECT 1)::text, CASE f1 WHEN 2 THEN true ELSE false END, (CASE f1 WHEN 2 THEN 3 END)::int8 FROM t1 LIMIT 1 | ?column? ?column? bool int8: 1 1 False None
SELECT MAP[f1 => 1] FROM t1                              | SELECT clause must have type text, not type integer
SELECT MAP['a'::varchar => 1]                            | SELECT clause must have type text, not type varchar
INSERT INTO t1 (f1, f2) VALUES (nope)                    | column "nope" does not exist
SELECT 1::numeric(5, 2, 1), 'a'::char(1, 2)              | type numeric supports at most two type modifiers
SELECT 'a'::varchar(1, 2)                                | type character varying supports at most one type modifier
SELECT f1 FROM t1 WHERE f1 AND true                      | WHERE clause error: AND argument must have type boolean, not type integer
SELECT f1 FROM t1 WHERE CASE WHEN f1 THEN true END       | WHERE clause error: WHERE clause must have type boolean, not type integer
SELECT f1 FROM t1 WHERE f1 IS UNKNOWN                    | WHERE clause error: WHERE clause must have type boolean, not type integer
SELECT f1 FROM t1 WHERE f1 IN (count(*), 2)              | WHERE clause error: aggregate functions are not allowed in OR argument (function pg_catalog.count)
SELECT f1 FROM t1 WHERE f1 BETWEEN 0 AND count(*)        | WHERE clause error: aggregate functions are not allowed in AND argument (function pg_catalog.count)
SELECT f1 FROM t1 WHERE NOT count(*) = 1                 | WHERE clause error: aggregate functions are not allowed in NOT argument (function pg_catalog.count)
SELECT 1 FROM t1 JOIN t2 ON t1.f1 AND true               | AND argument must have type boolean, not type integer
SELECT sum(CASE WHEN f1 THEN 1 END) FROM t1              | aggregate function must have type boolean, not type integer
SELECT sum(f1) FILTER (WHERE f1) FROM t1                 | aggregate function must have type boolean, not type integer
SELECT sum(f1) FILTER (WHERE rank() OVER () = 1) FROM t1 | window functions are not allowed in FILTER (function pg_catalog.rank)
SELECT generate_series(1, count(*)) FROM t1              | aggregate functions are not allowed in table function arguments (function pg_catalog.count)
SELECT * FROM generate_series(1, rank() OVER ())         | window functions are not allowed in table function arguments (function pg_catalog.rank)
SELECT * FROM generate_series(1, generate_series(1, 2))  | table functions are not allowed in table function arguments (function pg_catalog.generate_series)
SELECT map_build(LIST[ROW('a', 1), ROW(NULL, 2), ROW('a', 3)])::text, map_build(list_agg(ROW(f1::text, f2)))::text FROM t1 | map_build map_build: {a=>3} {1=>2,3=>4}
SELECT map_build(LIST[1])                                | function map_build(integer list) does not exist
SELECT 'a%c' LIKE 'aé%c' ESCAPE 'é', 'abc' LIKE 'aé%c' ESCAPE 'é', 'a%' ILIKE 'AA%' ESCAPE 'A', 'b%' ILIKE 'AA%' ESCAPE 'A' | ?column? ?column? ?column? ?column?: True False True False
SELECT 'aXc' LIKE p ESCAPE e, 'a_c' ILIKE p ESCAPE e FROM (VALUES ('A#_C', '#'), ('a_c', ''), ('a', NULL)) v (p, e) ORDER BY e | ?column? ?column?: True True, False True, None None
SELECT 1 ILIKE 'a'                                       | LIKE argument does not support implicitly casting from integer to text
SELECT 1 FROM t1 WHERE max(f1)::text LIKE '1'            | WHERE clause error: aggregate functions are not allowed in LIKE argument (function pg_catalog.max)
SELECT generate_series(1, 2) FILTER (WHERE true)         | table functions are not allowed in SELECT clause (function pg_catalog.generate_series)
SELECT generate_series(1, f1) OVER () FROM t1            | table functions are not allowed in SELECT clause (function pg_catalog.generate_series)
SELECT 1 = 1 AND generate_series(DISTINCT 1, 2) = 1      | table functions are not allowed in AND argument (function pg_catalog.generate_series)
SELECT mod((SELECT f2 FROM t1 WHERE f1 = 3), f1 * 10), numrange((SELECT 1), (SELECT 2), '[]') = '[1,2]', (SELECT 3) BETWEEN (SELECT 1) AND f2 FROM t1 ORDER BY f1 | mod ?column? ?column?: 4 True False, 4 True True
SELECT 'ab' ~ ANY (ARRAY['^a', f1::text]), 'ab' !~* ALL (LIST['A']), 'ab' ~ ALL (SELECT f1::text FROM t1), 1 != ALL (ARRAY[f1, 2]) FROM t1 ORDER BY f1 LIMIT 1 | ?column? ?column? ?column? ?column?: True False False False
SELECT '{"a":1}'::jsonb @> ANY (SELECT '{"a":1}'::jsonb), 1 != SOME (SELECT 2) | ?column? ?column?: True True
SELECT (SELECT 1) = ANY (ARRAY[f1, (SELECT 2)]), (SELECT 'a') LIKE ANY (ARRAY['b', (SELECT '%')]), array_to_string(ARRAY[1, (SELECT 2)], (SELECT '-')) FROM t1 ORDER BY f1 | ?column? ?column? array_to_string: True True 1-2, False True 1-2
SELECT array_agg(DISTINCT f1 ORDER BY f1 || '«sum»', f1 || '{0}') FROM t1 | array_agg: [1, 3]
SELECT f1 FROM t1 WHERE '~s' || (f1 + 1) || '~' || left('nothing of these forty letters and more is left', f1 - 100) BETWEEN '~s2~' AND '~s2~' | f1: 1
SELECT ARRAY['a' || chr(160) || 'b', chr(11), ' x']::text = '{a' || chr(160) || 'b,' || chr(11) || '," x"}', LIST[chr(160)]::text = '{' || chr(160) || '}', ROW(chr(160), E'\t')::text = '(' || chr(160) || E',"\t")' | ?column? ?column? ?column?: True True True
SELECT (' { ' || chr(8232) || ', "' || chr(160) || '" , x y } ')::text[] = ARRAY[chr(8232), chr(160), 'x y'], ('{' || chr(160) || '}')::text list = LIST[chr(160)] | ?column? ?column?: True True
SELECT stddev_pop(~x)::numeric(39,1) FROM (VALUES ('0'::uint8), ('18446744073709551608')) v(x) | stddev_pop: 9223372036854775804
SELECT variance(x) FROM (VALUES ('0'::uint8), ('18446744073709551615'), ('18446744073709551615')) v(x) | value out of range: overflow
SELECT sum(coalesce(1e30::float8 * 1e30::float8 * f1, mod(f1::float8, f1::float8))) FROM t1 | Evaluation error: numeric field overflow
SELECT stddev('1e-30'::numeric * f1) FROM t1 | Evaluation error: value out of range: underflow
SELECT variance(x), stddev_pop(x), var_pop(-x), stddev(y) FROM (VALUES ('Infinity'::float8, 'NaN'::float4), (2.5, 1)) v(x, y) | variance stddev_pop var_pop stddev: nan nan nan nan
SELECT variance(x), stddev(x), var_pop(x) FROM (VALUES ('Infinity'::float8), (NULL)) v(x) | variance stddev var_pop: None None nan
SELECT variance(x), stddev(x) FROM (VALUES ('NaN'::numeric), (1)) v(x) | variance stddev: NaN NaN
SELECT to_jsonb('5e-324'::float8) | value out of range: underflow
SELECT jsonb_build_array('1e39'::float8) | numeric field overflow
SELECT 'Τέλος' ILIKE 'τέλοΣ', 'ſo' ILIKE 'S_', 'STRAẞE' ILIKE 'straß%', 'straße' ILIKE 'STRASSE' | ?column? ?column? ?column? ?column?: True True True False
SELECT initcap('ΟΔΟΣ ΣΟΦΟΣ'), lower('ΟΔΟΣ'), initcap('ßA ŉO') | initcap lower initcap: Οδοσ Σοφοσ οδος SSa ʼNo
SELECT quote_ident('left'), quote_ident('null'), quote_ident('day'), quote_ident('a$'), quote_ident('as'), quote_ident('values') | quote_ident quote_ident quote_ident quote_ident quote_ident quote_ident: "left" "null" "day" "a$" as values
SELECT length('\\x83658358'::bytea, 'SJIS'), length('\\xd6d0ce'::bytea, 'GBK') | invalid byte sequence 'incomplete sequence' for encoding 'gbk'
SELECT length('\\x83658358'::bytea, 'SJIS'), length('\\xa4a4'::bytea, 'euc_jp'), length('\\xd83dde00'::bytea, 'utf-16be') | length length length: 2 1 1
SELECT ('7'::jsonb)[0]::text, ('[4, "5"]'::jsonb)['1']::text, ('[4, {"k": [true]}]'::jsonb)[-1]['k'][0::int8]::text, ('[4]'::jsonb)[NULL]::text | text text text text: None "5" true None
SELECT ROW() < ROW()                                     | cannot compare rows of zero length
SELECT (t1.*).* FROM t1 ORDER BY f1                      | f1 f2: 1 2, 3 4
SELECT ROW(1, 'a') = '(1,a)'                             | input of anonymous composite types is not implemented
SELECT 'x' IN (ROW(1, 2), ROW(3, 4))                     | input of anonymous composite types is not implemented
SELECT pg_typeof(LIST[1] || 2.5), pg_typeof(list_cat(LIST[1::int8], LIST[2])), (list_prepend(1, LIST[0.5]))::text, (list_append(NULL, NULL))::text | pg_typeof pg_typeof list_prepend list_append: numeric list bigint list {1,0.5} {NULL}
SELECT LIST[7][1][1]                                     | cannot index into 2 layers; list only has 1 layer
SELECT LIST[[7]][1][1][1]                                | cannot index into 3 layers; list only has 2 layers
SELECT LIST[7, 8][1:2][2][1:1]                           | cannot subscript type integer
SELECT LIST[7, 8][1:date '2026-01-01']                   | subscripting does not support casting from date to bigint
SELECT ARRAY[7, 8][date '2026-01-01']                    | subscripting does not support casting from date to bigint
SELECT ARRAY[7, 8][true], LIST[7, 8][1.6]                | array list: 7 8
SELECT '{"a":1}'::jsonb @> '{}'::text, '[1]'::text <@ '[1,2]'::jsonb, '1'::text @> '1'::jsonb, '{}'::jsonb <@ '[]'::text | ?column? ?column? ?column? ?column?: True True True False
SELECT '{"a":1}'::jsonb @> 'a'::text                     | invalid input syntax for type jsonb: expected value at line 1 column 1: "a"
SELECT ARRAY(SELECT ROW(f1, f2) FROM t1)::text           | row: {"(1,2)","(3,4)"}
SELECT ARRAY(SELECT ARRAY[f1] FROM t1)                   | cannot build array from subquery because return type integer[][] not yet supported
SELECT ARRAY(SELECT LIST[f1] FROM t1)                    | cannot build array from subquery because return type integer list[] not yet supported
SELECT ARRAY(SELECT 'a'::char(2))                        | cannot build array from subquery because return type char(2)[] not yet supported
SELECT list_agg('a'::char(2))                            | list_agg on char not yet supported
SELECT array_fill('a'::char(2), ARRAY[1])                | array_fill on char(2) not yet supported
SELECT array_fill(1, NULL, ARRAY[2])                     | dimension array or low bound array must not be null
SELECT array_fill(1, ARRAY[2, NULL], ARRAY[1])           | dimension values must not be null
SELECT current_schemas(true)[2]                          | current_schemas: pg_catalog
SELECT x::int list::text FROM (VALUES ('{5,b}')) v (x)    | invalid input syntax for type list: invalid input syntax for type integer: invalid digit found in string: "b": "{5,b}"
SELECT x::map[text=>date]::text FROM (VALUES ('{k=>u}')) v (x) | invalid input syntax for type map: invalid input syntax for type date: YEAR, MONTH, DAY are all required: "u": "{k=>u}"
SELECT x::int list list::text, x::text[] FROM (VALUES ('{{5},{6}}'), (NULL)) v (x) ORDER BY 1 | x x: {{5},{6}} [['5'], ['6']], None None
SELECT x::map[text=>map[text=>text]]::text, x::map[text=>int list]::text FROM (VALUES ('{k=>NULL}')) v (x) | x x: {k=>NULL} {k=>NULL}
SELECT x::int4range list::text, x::numrange[]::text FROM (VALUES ('{"[5,6]",NULL}')) v (x) | x x: {"[5,7)",NULL} {"[5,6]",NULL}
SELECT '{k=>wide}'::map[text=>varchar(3)]::text, '{{wide}}'::varchar(3) list list::text, (LIST[[1.28]]::numeric(5,1) list list)::text | text text list: {k=>wid} {{wid}} {{1.3}}
SELECT x::map[text=>varchar(3)]::text FROM (VALUES ('{k=>wide}')) v (x) | x: {k=>wid}
SELECT t1 = t2 FROM t1, t2 ORDER BY t1 = t2 LIMIT 1       | ?column?: False
SELECT v = w, v < w FROM (VALUES (1, NULL::int)) v, (VALUES (1, NULL::int)) w | ?column? ?column?: True False
SELECT v = w FROM (VALUES (1)) v, (VALUES (1::int8)) w    | operator does not exist: record(column1: integer) = record(column1: bigint)
SELECT count(*) FROM t1 WHERE t1 IN (SELECT t2 FROM t2)   | count: 1
SELECT count(*) FROM t1 WHERE t1 = ANY (SELECT ROW(3, 4)) | count: 1
SELECT (f1, f2) IN (SELECT t2.f1, t1.f2 FROM t2), (f1, 4) NOT IN (SELECT t1.f1, t2.f2 FROM t2 WHERE t2.f1 > t1.f1) FROM t1 ORDER BY f1 | ?column? ?column?: False False, True True
SELECT (f1, NULL) IN (SELECT t1.f1, t2.f2 FROM t2), (f1, 7) IN (SELECT t2.f1, NULL::int FROM t2 WHERE t2.f1 = t1.f1) FROM t1 ORDER BY f1 | ?column? ?column?: None False, None None
SELECT (1, 2) IN (SELECT f1 FROM t1)                      | subquery2 has 1 columns available but 2 columns specified
SELECT (1, 2) < ALL (SELECT 1, 2, 3)                      | subquery2 has 3 columns available but 2 columns specified
SELECT t1 IN (SELECT 1, 2) FROM t1                        | subquery1 has 2 columns available but 1 columns specified
SELECT (f1, f2) IN (SELECT f1, f2::text FROM t2) FROM t1  | operator does not exist: integer = text
SELECT count(t1.*), jsonb_agg(t1.* ORDER BY f1)::text, (max(f2) FILTER (WHERE t1.* = t1)) FROM t1 | count jsonb_agg max: 2 [{"f1":1,"f2":2},{"f1":3,"f2":4}] 4
SELECT (t1.*).f2, (t1.*)::text, t1.* IS NULL FROM t1 ORDER BY t1.* DESC | f2 text ?column?: 4 (3,4) False, 2 (1,2) False
SELECT (t1).*, count(*) FROM t1 GROUP BY t1 ORDER BY 1     | f1 f2 count: 1 2 1, 3 4 1
SELECT count(nope.*) FROM t1                             | column "nope" does not exist
SELECT ROW('x'::char(3), 1)::text, to_jsonb(v)::text, (v).c || '|' FROM (SELECT 'y'::char(2) AS c) v | row to_jsonb ?column?: ("x  ",1) {"c":"y "} y|
SELECT ARRAY['10'::jsonb] > ARRAY['9'::jsonb], ARRAY['10'::jsonb] <= ARRAY['9'::jsonb], ARRAY['10', NULL::jsonb] < ARRAY['10', '3'::jsonb], NULL < ARRAY['3'::jsonb] | ?column? ?column? ?column? ?column?: True False False None
WITH MUTUALLY RECURSIVE r (a int, b int) AS (SELECT * FROM t1 UNION SELECT b, a + b FROM r WHERE b < 20) SELECT * FROM r ORDER BY b, a | a b: 1 2, 2 3, 3 4, 3 5, 4 7, 5 8, 7 11, 8 13, 11 18, 13 21, 18 29
WITH MUTUALLY RECURSIVE a (i int) AS (SELECT count(j) FROM b UNION ALL SELECT 5), b (j numeric(4, 1)) AS (SELECT i FROM a WHERE i > 0) SELECT i, j FROM a, b ORDER BY i, j | i j: 2 2, 2 5, 5 2, 5 5
WITH MUTUALLY RECURSIVE (RETURN AT RECURSION LIMIT 3) a (i int) AS (SELECT 1 UNION ALL SELECT i + 1 FROM b), b (i int) AS (WITH c AS (SELECT i * 10 AS i FROM a) SELECT i FROM c) SELECT array_agg(a.i ORDER BY a.i) FROM a | array_agg: [1, 11, 111]
WITH MUTUALLY RECURSIVE (RECURSION LIMIT = 2) a (i int) AS (SELECT 1 UNION SELECT i + 1 FROM a WHERE i < 2) SELECT * FROM a | Evaluation error: Recursive query exceeded the recursion limit 2. (Use RETURN AT RECURSION LIMIT to not error, but return the current state as the final result when reaching the limit.)
WITH MUTUALLY RECURSIVE (ERROR AT RECURSION LIMIT 3) a (i int) AS (SELECT 1 UNION SELECT i + 1 FROM a WHERE i < 2) SELECT * FROM a ORDER BY i | i: 1, 2
WITH MUTUALLY RECURSIVE (RECURSION LIMIT 2, RETURN AT RECURSION LIMIT 2) a (i int) AS (SELECT 1) SELECT 1 | Invalid WITH MUTUALLY RECURSIVE recursion limit. More than one recursion limit given. Please give at most one of RECURSION LIMIT, ERROR AT RECURSION LIMIT, RETURN AT RECURSION LIMIT.
WITH MUTUALLY RECURSIVE (RECURSION LIMIT 0) a (i int) AS (SELECT 1) SELECT 1 | Invalid WITH MUTUALLY RECURSIVE recursion limit. Recursion limit has to be greater than 0.
WITH MUTUALLY RECURSIVE a (i int, t varchar) AS (SELECT 7::int8, 8 UNION SELECT i, t::int FROM a) SELECT * FROM a | i t: 7 8
WITH MUTUALLY RECURSIVE a (i int) AS (SELECT '7') SELECT * FROM a | WITH MUTUALLY RECURSIVE query "a" declared types (integer), but query returns types (text)
WITH MUTUALLY RECURSIVE a (i int) AS (SELECT 1), a (i int) AS (SELECT 1) SELECT 1 | WITH query name "a" specified more than once
WITH MUTUALLY RECURSIVE a (i jsonb, x text) AS (SELECT to_jsonb(f1), NULL FROM t1 UNION ALL SELECT i, 'x' FROM a WHERE x IS NULL) SELECT i::text, x, count(*) FROM a GROUP BY 1, 2 ORDER BY 1, 2 | i x count: 1 x 1, 1 None 1, 3 x 1, 3 None 1
WITH MUTUALLY RECURSIVE o (i int) AS (WITH MUTUALLY RECURSIVE p (k int) AS (SELECT 2 UNION SELECT k - 1 FROM p WHERE k > 0) SELECT k FROM p UNION SELECT i + 5 FROM o WHERE i < 5) SELECT array_agg(i ORDER BY i) FROM o | array_agg: [0, 1, 2, 5, 6, 7]
SELECT f1, (SELECT max(i) FROM (WITH MUTUALLY RECURSIVE a (i int) AS (SELECT 1 UNION SELECT i + 1 FROM a WHERE i < 4) SELECT * FROM a) q WHERE i <= f1) FROM t1 ORDER BY 1 | f1 max: 1 1, 3 3
WITH MUTUALLY RECURSIVE a (i int) AS (SELECT f1 FROM t1 UNION SELECT 1 / (9 - i) FROM a UNION SELECT i + 1 FROM a WHERE i < 20) SELECT count(*) FROM a | Evaluation error: division by zero
SELECT v < w, v >= w FROM (VALUES (1, '10'::jsonb)) v, (VALUES (1, '9'::jsonb)) w | ?column? ?column?: False True
SELECT greatest(LIST['10'::jsonb], LIST['9'::jsonb])::text, least(MAP['k' => '10'::jsonb], MAP['k' => '9'::jsonb])::text | greatest least: {10} {k=>9}
SELECT x::text FROM (VALUES ('10'::jsonb), ('9'), (NULL), ('"x"')) v (x) ORDER BY LIST[x] | x: "x", 9, 10, None
SELECT x::text FROM (VALUES ('10'::jsonb), ('9'), (NULL), ('"x"')) v (x) ORDER BY MAP['k' => ROW(1, ARRAY[x])] DESC | x: None, 10, 9, "x"
SELECT x::text, row_number() OVER (ORDER BY v DESC) FROM (VALUES ('10'::jsonb), ('9'), (NULL), ('"x"')) v (x) ORDER BY v | x row_number: "x" 4, 9 3, 10 2, None 1
"""  # noqa: E501


def test_answers(sql: psycopg.Connection) -> None:
    for each in SETUP.strip().splitlines():
        sql.execute(each)
    wrong = []
    for line in ANSWERS.strip().splitlines():
        statement, expected = (part.strip() for part in line.split(" | ", 1))
        try:
            cursor = sql.execute(statement)
            names = " ".join(column.name for column in cursor.description or ())
            found = f"{names}: " + ", ".join(" ".join(str(value) for value in row) for row in cursor)
        except psycopg.Error as error:
            found = error.diag.message_primary or ""
        if found != expected:
            wrong.append(f"{statement}\n  {found}\n  {expected}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "statement",
    [
        f"SELECT {'nullif(' * 30}2{', 1)' * 30}",
        f"SELECT {'CASE ' * 30}2{' WHEN 1 THEN 1 WHEN 2 THEN 2 END' * 30}",
    ],
)
def test_what_is_compared_stands_in_the_sql_once(sql: psycopg.Connection, statement: str) -> None:
    assert sql.execute(statement.encode()).fetchone() == (2,)


@pytest.mark.parametrize(
    ("before", "statement", "refusal"),
    [
        (["BEGIN READ ONLY", "BEGIN"], "INSERT INTO t VALUES (1)", "transaction in read-only mode"),
        (["BEGIN READ ONLY", "BEGIN READ WRITE"], "INSERT INTO t VALUES (1)", None),
        (
            ["BEGIN READ ONLY", "SELECT 1"],
            "BEGIN READ WRITE",
            "transaction read-write mode must be set before any query",
        ),
        (["BEGIN", "SELECT now()"], "INSERT INTO t VALUES (1)", None),
        (["BEGIN", "SELECT * FROM t"], "SELECT name FROM mz_clusters", "objects in the same timedomain"),
        (["BEGIN", "SELECT * FROM t, mz_clusters"], "SELECT count(*) FROM mz_cluster_replicas", None),
        (["BEGIN", "SELECT * FROM t"], "SELECT name FROM mz_tables", None),
        (["BEGIN", "SELECT mz_now()"], "INSERT INTO t VALUES (1)", "transaction in read-only mode"),
        (["BEGIN", "INSERT INTO t VALUES (1)"], "SELECT now()", None),
        (["BEGIN", "SELECT * FROM t"], "DECLARE c CURSOR FOR SUBSCRIBE t AS OF 18446744073709551615; FETCH 0 c", None),
        ([], "DECLARE c CURSOR FOR SELECT 1; FETCH 1 c", None),
        (["SET extra_float_digits = 2"], "SET LOCAL extra_float_digits = DEFAULT; SHOW extra_float_digits", None),
    ],
)
def test_what_a_transaction_may_do_after(
    sql: psycopg.Connection, before: list[str], statement: str, refusal: str | None
) -> None:
    sql.execute("CREATE TABLE t (n int)")
    for each in before:
        sql.execute(each)
    if refusal is None:
        sql.execute(statement)
    else:
        with pytest.raises(psycopg.Error, match=refusal):
            sql.execute(statement)
    sql.execute("ROLLBACK")


def test_a_default_set_locally_ends_with_the_transaction(sql: psycopg.Connection) -> None:
    sql.execute("SET extra_float_digits = 2")
    sql.execute("BEGIN; SET LOCAL extra_float_digits = DEFAULT")
    assert sql.execute("SHOW extra_float_digits").fetchone() == ("3",)
    sql.execute("COMMIT")
    assert sql.execute("SHOW extra_float_digits").fetchone() == ("2",)


def test_a_commit_to_a_dropped_table_fails(sql: psycopg.Connection, connect: Connect) -> None:
    sql.execute("CREATE TABLE t (n int)")
    sql.execute("BEGIN; INSERT INTO t VALUES (1)")
    connect().execute("DROP TABLE t")
    with pytest.raises(psycopg.Error, match=r"unknown catalog item 'u\d+'"):
        sql.execute("COMMIT")


def test_the_schema_shown_is_one_that_is_there(sql: psycopg.Connection) -> None:
    sql.execute("SET schema = nowhere")
    assert sql.execute("SHOW schema").fetchone() == (None,)


def test_assertions_name_the_columns_of_the_view(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int, b int)")
    sql.execute("CREATE MATERIALIZED VIEW m (x) WITH (ASSERT NOT NULL x, ASSERT NOT NULL b) AS SELECT * FROM t")
    sql.execute("INSERT INTO t VALUES (NULL, 1)")
    with pytest.raises(psycopg.Error, match='column "x" must not be null'):
        sql.execute("SELECT * FROM m")


@pytest.mark.parametrize(
    "user",
    [
        "CREATE TABLE u (n int DEFAULT (((1, 'a')::pair).n))",
        "CREATE VIEW u AS SELECT 1 AS one WHERE NULL::pair IS NOT NULL",
        "CREATE TYPE u AS (p pair)",
    ],
)
def test_a_type_stays_while_a_statement_names_it(sql: psycopg.Connection, user: str) -> None:
    sql.execute("CREATE TYPE pair AS (n int, t text)")
    sql.execute(user)
    with pytest.raises(psycopg.Error, match=r'cannot drop type "pair": still depended upon by \w+ "u"'):
        sql.execute("DROP TYPE pair")
    sql.execute("DROP TYPE pair CASCADE")


@pytest.mark.parametrize(
    "limit", ["x.n", "(SELECT count(*) FROM t z WHERE z.n <= x.n)", "nullif(x.n, 3)", "x.n + (SELECT 0)"]
)
def test_limit_by_outer_columns(sql: psycopg.Connection, limit: str) -> None:
    sql.execute("CREATE TABLE t (n int)")
    sql.execute("INSERT INTO t VALUES (1), (2), (3)")
    query = f"SELECT x.n, array_agg(y.n) FROM t x, LATERAL (SELECT n FROM t ORDER BY n DESC LIMIT {limit}) y GROUP BY 1"
    assert sql.execute(f"{query} ORDER BY 1").fetchall() == [(1, [3]), (2, [2, 3]), (3, [1, 2, 3])]
    with pytest.raises(psycopg.Error, match='column "n" does not exist'):
        sql.execute("SELECT (SELECT n FROM t LIMIT n)")


MEANT = """
SELECT nmae FROM people                             |
SELECT nam FROM people                              | name
SELECT frstnm FROM people                           | First_Nm
SELECT p.citi FROM people p, t1                     | p.city
SELECT corner.people.citi FROM corner.people        | people.city
SELECT t1.citi FROM people p, t1                    |
SELECT citi FROM people JOIN people q USING (city)  | city
SELECT (SELECT citi FROM t1) FROM people a, people b | city, city
SELECT name, max(citi) FROM people GROUP BY name    | city
SELECT * FROM people WHERE citi = 'x'               |
"""


def test_the_columns_that_may_be_meant(sql: psycopg.Connection) -> None:
    sql.execute("CREATE SCHEMA corner")
    sql.execute("CREATE TABLE t1 (f1 int)")
    for schema in ("", "corner."):
        sql.execute(f'CREATE TABLE {schema}people (name text, city text, "First_Nm" text)')
    for line in MEANT.strip().splitlines():
        query, names = (part.strip() for part in line.split("|"))
        with pytest.raises(psycopg.Error) as caught:
            sql.execute(query)
        quoted = ", ".join(f'"{name}"' for name in names.split(", "))
        told = f"The similarly named column {quoted} does exist."
        if "," in names:
            told = f"There are similarly named columns that do exist: {quoted}."
        hint = f"{told} Make sure to surround case sensitive names in double quotes." if names else None
        assert caught.value.diag.message_hint == hint, query


def test_zero_and_minus_zero_are_two_rows_where_they_are_stored(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE zeros (x float8, y float4)")
    sql.execute("INSERT INTO zeros VALUES (0, 1), ('-0', 1), ('-0', 1), (2, '-0')")
    for query, expected in {
        "SELECT x, count(*) FROM zeros WHERE x = 0 GROUP BY x": ["(-0,2)", "(0,1)"],
        "SELECT DISTINCT x, y FROM zeros WHERE x < 2": ["(-0,1)", "(0,1)"],
        "SELECT x FROM zeros UNION SELECT y FROM zeros": ["(-0)", "(0)", "(1)", "(2)"],
        "SELECT x FROM zeros EXCEPT SELECT 0::float8": ["(-0)", "(2)"],
        "SELECT DISTINCT x FROM (VALUES (0::float8), ('-0')) v (x)": ["(0)"],
    }.items():
        assert sorted(row for (row,) in sql.execute(f"SELECT q::text FROM ({query}) q".encode())) == expected, query


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("CREATE TABLE there (a int)", 'view "{schema}.there" already exists'),
        ("CREATE VIEW there AS SELECT 7 AS x", 'view "{schema}.there" already exists'),
        ("CREATE VIEW new AS SELECT y FROM there", 'column "y" does not exist'),
        ("CREATE INDEX ON there (y)", 'column "y" does not exist'),
        ("CREATE SCHEMA public", "schema 'public' already exists"),
    ],
)
def test_what_a_block_cannot_make_is_told_by_its_commit(sql: psycopg.Connection, statement: str, told: str) -> None:
    sql.execute("CREATE VIEW there AS SELECT 8 AS x")
    (schema,) = sql.execute("SELECT current_database() || '.' || current_schema()").fetchone() or ("",)
    sql.execute("BEGIN")
    made = sql.execute(statement.encode()).statusmessage
    assert made == " ".join(statement.split()[:2])
    with pytest.raises(psycopg.Error) as caught:
        sql.execute("COMMIT")
    assert caught.value.diag.message_primary == told.format(schema=schema)
    assert sql.execute("SELECT x FROM there").fetchall() == [(8,)]


def test_a_name_that_means_nothing_is_told_at_once_in_a_block_too(sql: psycopg.Connection) -> None:
    sql.execute("BEGIN")
    with pytest.raises(psycopg.Error, match="unknown catalog item 'nowhere'"):
        sql.execute("CREATE VIEW new AS SELECT 7 FROM nowhere")
