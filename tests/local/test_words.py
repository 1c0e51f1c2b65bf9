"""What statements say that are not quite right: the siblings of those that were recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

WORDS = r"""
PREPARE p AS CREATE TABLE x (a int)                 | 42601 unpreparable statement @14
PREPARE p (int) AS SELECT 1                         | 42601 Expected AS, found left parenthesis @11
PREPARE p AS                                        | 42601 Expected SQL statement, found EOF @13
EXECUTE nope                                        | XX000 unknown prepared statement "nope"
DECLARE c CURSOR WITH x FOR SELECT 1                | 42601 Expected HOLD, found identifier "x" @23
DECLARE c CURSOR FOR SELECT 1 +                     | 42601 Unexpected EOF @32
FETCH 1.5 c                                         | 42601 Expected identifier, found number "1.5" @7
SELECT array                                        | 42601 Expected left square bracket, found EOF @13
WITH MUTUALLY RECURSIVE a AS (SELECT 1) SELECT 1     | 42601 Expected left parenthesis, found AS @27
WITH MUTUALLY RECURSIVE (LIMIT 2) a (i int) AS (SELECT 1) TABLE a | 42601 Expected one of RECURSION or RETURN or ERROR, found LIMIT @26
SELECT array, 2                                     | 42601 Expected left square bracket, found comma @13
SELECT * FROM [DELETE FROM t]                       | 42601 expected id @16
SELECT 2 OPERATOR                                   | 42601 Expected left parenthesis, found EOF @18
SELECT 2 OPTIONS (EXPECTED GROUP = 3)               | 42601 Expected SIZE, found equals sign @34
SELECT 2 OPTIONS (DISTINCT INPUT GROUP SIZE = 3)    | 42601 Expected ON, found INPUT @28
SELECT 2 OPTIONS (SIZE = 3)                         | 42601 Expected one of EXPECTED or AGGREGATE or DISTINCT or LIMIT, found SIZE @19
SELECT 3e-                                          | 42601 missing required exponent @10
SELECT .5E+x                                        | 42601 missing required exponent @11
SELECT $18446744073709551616                        | 42601 invalid parameter number @8
SELECT 7 WHERE != 7                                 | 42601 Expected an expression, found operator "<>" @16
SELECT 2 AS l’été ’x’                               | 42601 Expected end of statement, found identifier "’x’" @19
SELECT E'\u12zz'                                    | 42601 invalid unicode escape @10
SELECT E'open\'                                     | 42601 unterminated quoted string @9
SELECT x'ab                                         | 42601 unterminated quoted string @9
INSERT INTO words VALUES (1) RETURNING rank()       | XX000 window functions are not allowed in RETURNING clause (function pg_catalog.rank)
SELECT 1 FROM words WHERE lag(a) > 1                | XX000 WHERE clause error: window functions are not allowed in WHERE clause (function pg_catalog.lag)
SET standard_conforming_strings = maybe             | 22023 parameter "standard_conforming_strings" requires a "boolean" value
SET integer_datetimes = f                           | 22023 parameter "integer_datetimes" can only be set to "on"
CREATE TABLE x (a int, "" text)                     | 42601 zero-length delimited identifier @24
SELECT * FROM words AS w ("")                       | 42601 zero-length delimited identifier @27
COPY words FROM STDIN (QUOTE '"')                   | XX000 COPY quote available only in CSV mode
COPY words FROM STDIN (FORMAT csv, HEADER maybe)    | XX000 invalid HEADER: cannot use value as boolean
COPY words FROM STDIN (NULL 'a', NULL 'b')          | XX000 NULL specified more than once
COPY (SELECT 1) FROM STDIN                          | 42601 queries not allowed in COPY FROM @17
COPY (SELECT 1) TO STDOUT (DELIMITER '|')           | XX000 COPY TO does not support DELIMITER option yet
COPY words TO 's3://x'                              | XX000 COPY TO <expr> requires a FORMAT option
COPY mz_tables FROM STDIN                           | XX000 cannot insert into system table 'mz_catalog.mz_tables'
SELECT [a]                                          | 42601 Expected AS, found right square bracket @10
SELECT 1 = ANY                                      | 42601 Expected left parenthesis, found EOF @15
SELECT CASE WHEN true THEN generate_series(1, 2) END | XX000 table functions are not allowed in CASE (function pg_catalog.generate_series)
SELECT a.b.c.d.e FROM words                         | XX000 qualified name did not have between 1 and 3 components: a.b.c.d
WITH c AS (SELECT 1) INSERT INTO words TABLE c      | 42601 Expected SELECT, VALUES, or a subquery in the query body, found INSERT @22
INSERT INTO words VALUES (1) RETURNING              | 42601 Unexpected EOF @39
SUBSCRIBE words ENVELOPE NONE                       | 42601 Expected one of UPSERT or DEBEZIUM, found NONE @26
SUBSCRIBE words UP TO 5 AS OF 6                     | 42601 Expected end of statement, found AS @25
SUBSCRIBE (INSERT INTO words VALUES (1))            | 42601 Expected SELECT, VALUES, or a subquery in the query body, found INSERT @12
SELECT 1 AS OF                                      | 42601 Expected a timestamp value after 'AS OF', found EOF @15
SHOW TABLES WHERE                                   | 42601 Unexpected EOF @18
EXPLAIN ANALYZE SELECT 1                            | 42601 Expected one of CPU or MEMORY, found SELECT @17
ALTER SCHEMA words_of SWAP WITH words_of             | XX000 schema 'words_of' already exists
DROP VIEW words                                     | XX000 words is a table not a view
ALTER VIEW nowhere OWNER TO nobody                  | XX000 unknown role 'nobody'
GRANT USAGE ON TABLE words TO nobody                | XX000 unknown role 'nobody'
DROP TABLE words CASCADE RESTRICT                   | 42601 Cannot specify both CASCADE and RESTRICT in DROP @26
CREATE OR REPLACE TABLE x (a int)                   | 42601 Expected [TEMPORARY] VIEW, or MATERIALIZED VIEW after CREATE OR REPLACE, found TABLE @19
CREATE TEMPORARY TABLE public.x (a int)             | XX000 cannot create temporary item in non-temporary schema
ALTER TABLE words DROP COLUMN a                     | 42601 Expected one of SET or RENAME or OWNER or RESET or ADD, found DROP @19
COMMENT ON TABLE words IS 1                         | 42601 Expected NULL or literal string, found number "1" @27
SELECT 1 LIMIT 1 LIMIT 2                            | 42601 multiple LIMIT/FETCH clauses not allowed @18
SELECT * FROM words JOIN words w                    | 42601 Expected ON, or USING after JOIN, found EOF @33
SELECT * FROM words JOIN words w USING (a, a)       | XX000 column name "a" appears more than once in USING clause not yet supported
SELECT interval '1-2 3-4'                            | XX000 invalid input syntax for type interval: YEAR or MONTH field set twice: "1-2 3-4"
SELECT interval '1-2 3:4 5'                          | XX000 invalid input syntax for type interval: SECOND field set twice: "1-2 3:4 5"
SELECT interval '9-13'                               | XX000 invalid input syntax for type interval: MONTH must be [-12, 12], got 13: "9-13"
SELECT interval '1+2:3'                              | XX000 invalid input syntax for type interval: Cannot determine format of all parts: "1+2:3"
SELECT interval '1:2:3:4'                            | XX000 invalid input syntax for type interval: have unprocessed tokens 4: "1:2:3:4"
SELECT interval '1day2hours'                         | XX000 invalid input syntax for type interval: have unprocessed tokens 2Hour: "1day2hours"
SELECT interval '1week'                              | XX000 invalid input syntax for type interval: unsupported unit week: "1week"
SELECT interval '１ day'                             | XX000 invalid input syntax for type interval: Invalid character at offset 0 in １ day: '１': "１ day"
SELECT interval '99999999999999999999 days'          | XX000 invalid input syntax for type interval: Unable to parse value as a number at index 20: number too large to fit in target type: "99999999999999999999 days"
SELECT time '9::60.1'                                | XX000 invalid input syntax for type time: NANOSECOND must be [0, 1_000_000_000], got 1100000000: "9::60.1"
SELECT timezone('WEST', now())                       | XX000 invalid time zone 'WEST'
SELECT timestamptz '2024-01-05 10:00 +2 ü'            | XX000 invalid input syntax for type timestamp with time zone: Error tokenizing timezone string ('+2 ü'): invalid character 'ü' at offset 3: "2024-01-05 10:00 +2 ü"
SELECT timezone_offset('CEST', now())                | XX000 invalid IANA Time Zone Database identifier: 'CEST'
SELECT '1969-12-31 12:00'::mz_timestamp              | XX000 invalid input syntax for type mz_timestamp: could not parse mz_timestamp: out of range for mz_timestamp: "1969-12-31 12:00"
SELECT interval '3 days' hour to day                 | 42601 Expected end of statement, found string literal "3 days" @17
SELECT interval '3 days' day to week                 | 42601 Expected end of statement, found string literal "3 days" @17
SELECT interval '9223372036854.77' second(1)         | XX000 interval field value out of range: "2562047788:00:54.7"
SELECT interval '1' hour - interval '-2147483648 days' | XX000 "01:00:00 - -2147483648 days" interval out of range
SELECT (4, 5) = 6                                    | XX000 operator does not exist: record(f1: integer,f2: integer) = integer
SELECT 4 IN (SELECT (4, 5))                          | XX000 operator does not exist: integer = record(f1: integer,f2: integer)
SELECT 4 / 0 + 'x'::int                              | XX000 division by zero
SELECT 'x'::int + 4 / 0                              | XX000 invalid input syntax for type integer: invalid digit found in string: "x"
SELECT '1e-60'::float8::float4                       | XX000 value out of range: underflow
SELECT '3e-1234567'::numeric                         | XX000 "3e-1234567" is out of range for type numeric: exceeds maximum precision 39
SELECT 3e-777                                        | XX000 "3E-777" is out of range for type numeric: exceeds maximum precision 39
SELECT '3e88888888888888888888'::numeric             | XX000 "3e88888888888888888888" is out of range for type numeric: exceeds maximum precision 39
SELECT '3e-88888888888888888888'::jsonb              | XX000 invalid input syntax for type jsonb: "3e-88888888888888888888" is out of range for type numeric: exceeds maximum precision 39 at line 1 column 23: "3e-88888888888888888888"
SELECT 3::numeric(39,41)                             | XX000 scale for type numeric must be between 0 and precision 39
SELECT (-3)::bigint::oid                             | XX000 "-3" OID out of range
SELECT '1969-12-31 23:59'::mz_timestamp              | XX000 invalid input syntax for type mz_timestamp: could not parse mz_timestamp: out of range for mz_timestamp: "1969-12-31 23:59"
SELECT 3::mz_catalog.int4                            | XX000 type "mz_catalog.int4" does not exist
SELECT '3'::materialize.pg_catalog.uint8             | XX000 type "materialize.pg_catalog.uint8" does not exist
SELECT 'max'::regproc                                | XX000 more than one function named "max"
SELECT 'of_word'::regtype                            | XX000 type "of_word" does not exist
SELECT 'mz_catalog.bool'::regtype                    | XX000 type "mz_catalog.bool" does not exist
SELECT has_table_privilege('word', 'SELECT')         | XX000 relation "word" does not exist
SELECT has_schema_privilege('nobody', 'public', 'USAGE') | XX000 role "nobody" does not exist
SELECT 'pg_type'::regclass::int                      | XX000 CAST does not support casting from regclass to integer
SELECT 'a' = 3 IS NOT DISTINCT FROM 4.5              | XX000 operator does not exist: boolean <> numeric
SELECT a IS DISTINCT FROM false FROM words           | XX000 operator does not exist: integer <> boolean
SELECT 4 OPERATOR(mz_catalog.*) 5                    | XX000 operator does not exist: mz_catalog.*
SELECT 4 OPERATOR(x.pg_catalog.-) 5                  | XX000 operator does not exist: x.pg_catalog.-
SELECT (4, a) IN (SELECT 4) FROM words               | XX000 subquery2 has 1 columns available but 2 columns specified
SELECT (4, 5, 6) > ALL (SELECT 4, 5)                 | XX000 subquery3 has 2 columns available but 3 columns specified
SELECT words IN (SELECT 4, 5) FROM words             | XX000 subquery1 has 2 columns available but 1 columns specified
SELECT coalesce(ROW(4, 'x'), 5)                      | XX000 coalesce could not convert type record(f1: integer,f2: text) to integer
SELECT CASE WHEN a = 4 THEN ROW(4, 5.5) END FROM words | XX000 CASE could not convert type record(f1: integer,f2: numeric) to text
SELECT greatest(ROW(4), ROW(4, 5))                   | XX000 greatest could not convert type record(f1: integer) to text
SELECT '{1}{2}'::int[]                               | XX000 invalid input syntax for type array: Junk after closing right brace.: "{1}{2}"
SELECT '{{1},2}'::int[]                              | XX000 invalid input syntax for type array: Unexpected array element.: "{{1},2}"
SELECT '{a{b}'::text[]                               | XX000 invalid input syntax for type array: malformed literal; must escape special character '{': "{a{b}"
SELECT '{"a"b}'::text[]                              | XX000 invalid input syntax for type array: Unexpected array element.: "{\"a\"b}"
SELECT '{'::int[]                                    | XX000 invalid input syntax for type array: Unexpected end of input.: "{"
SELECT '{{1},{2}'::int[]                             | XX000 invalid input syntax for type array: Unexpected end of input.: "{{1},{2}"
SELECT '{{{{{{{1}}}}}}}'::int[]                      | XX000 number of array dimensions (7) exceeds the maximum allowed (6)
SELECT '[1'::int4range                               | XX000 invalid input syntax for type range: Missing comma after lower bound.: "[1"
SELECT '[1,'::int4range                              | XX000 invalid input syntax for type range: Unexpected end of input.: "[1,"
SELECT '[1,2'::int4range                             | XX000 invalid input syntax for type range: Missing left parenthesis or bracket.: "[1,2"
SELECT '-999999999999999999999999999999999999999'::jsonb::float4 | XX000 "-inf" real out of range
SELECT justify_days(interval '2147483647 months 30 days') | XX000 "178956970 years 7 months 30 days" interval out of range
SELECT decode('YWJj=', 'base64')                     | XX000 unexpected "=" while decoding base64 sequence
SELECT decode('Y=Jj', 'base64')                      | XX000 unexpected "=" while decoding base64 sequence
SELECT decode('====', 'base64')                      | XX000 invalid symbol "=" found while decoding base64 sequence
SELECT decode('6é', 'hex')                           | XX000 invalid hexadecimal digit: "\u{c3}"
SELECT decode('\x61', 'escape')                      | XX000 invalid input syntax for type bytea: invalid escape sequence: "\x61"
SELECT '\x6 1'::bytea                                | XX000 invalid input syntax for type bytea: invalid hexadecimal digit: " ": "\x6 1"
SELECT ('[1]'::jsonb)[0:1]                           | XX000 jsonb subscript does not support slices
SELECT array_fill(1, array[2], NULL)                 | XX000 dimension array or low bound array must not be null
SELECT array_fill(1, array[2], array[1, 1])          | XX000 wrong number of array subscripts
SELECT array_fill(1, array[2], array[0])             | 0A000 an array that does not begin at 1 is not supported by the embedded engine
SELECT date ''                                       | XX000 invalid input syntax for type date: timestamp string is empty: ""
SELECT date 'EPOCH'                                  | XX000 invalid input syntax for type date: YEAR, MONTH, DAY are all required: "EPOCH"
SELECT date '0000203'                                | XX000 invalid input syntax for type date: YEAR cannot be zero: "0000203"
SELECT date '-123456789'                             | XX000 invalid input syntax for type date: MONTH must be [1, 12], got 123456789: "-123456789"
SELECT date '13/45/2024'                             | XX000 invalid input syntax for type date: MONTH must be [1, 12], got 45: "13/45/2024"
SELECT date '2024-01-01+02'                          | XX000 invalid input syntax for type date: have unprocessed tokens +2: "2024-01-01+02"
SELECT date '2024.01.01'                             | XX000 invalid input syntax for type date: have unprocessed tokens .10000000.10000000: "2024.01.01"
SELECT timestamp '2001-01-02 04'                     | XX000 invalid input syntax for type timestamp: have unprocessed tokens 4: "2001-01-02 04"
SELECT timestamptz '2001-01-02 01:23 +25:45'         | XX000 invalid input syntax for type timestamp with time zone: Invalid timezone string (+25:45): timezone hour invalid 25: "2001-01-02 01:23 +25:45"
SELECT timestamptz '2001-01-02 01:23 +15:61'         | XX000 invalid input syntax for type timestamp with time zone: Invalid timezone string (+15:61): timezone minute invalid 61: "2001-01-02 01:23 +15:61"
SELECT timestamptz '2001-01-02 01:23 4'              | XX000 invalid input syntax for type timestamp with time zone: Cannot parse timezone offset 4: "2001-01-02 01:23 4"
SELECT time '03.456'                                 | XX000 invalid input syntax for type time: have unprocessed tokens 3.456000000: "03.456"
SELECT time '10:00:00+02'                            | XX000 invalid input syntax for type time: have unprocessed tokens +2: "10:00:00+02"
SELECT time '-10:00'                                 | XX000 invalid input syntax for type time: Invalid syntax at offset 0: provided Dash but expected Colon: "-10:00"
SELECT time '10:00 UTC'                              | XX000 invalid input syntax for type time: unknown units UTC: "10:00 UTC"
CREATE MATERIALIZED VIEW x WITH (REFRESH = ON COMMIT, REFRESH ON COMMIT) AS SELECT 1 | XX000 REFRESH ON COMMIT cannot be specified multiple times
CREATE TYPE x AS MAP (KEY TYPE = text)               | XX000 VALUE TYPE option is required
SELECT '{}'::map[int => text]                        | XX000 map key type must be text, got integer
SELECT mz_catalog.abs(1)                             | XX000 function "mz_catalog.abs" does not exist
SELECT * FROM mz_catalog.generate_series(1, 2)       | XX000 function "mz_catalog.generate_series" does not exist
SELECT every(true)                                  | XX000 function "every" does not exist
SELECT now() OVER ()                                | XX000 OVER clause not allowed on pg_catalog.now. The OVER clause can only be used with window functions (including aggregations).
SELECT NULL ?& 'a'                                  | XX000 could not determine polymorphic type because input has type unknown
SELECT NULL::record                                 | XX000 cannot reference pseudo type pg_catalog.record
SELECT array_fill(LIST[1], ARRAY[2])                | XX000 array_fill on integer list not yet supported
SELECT '1e300'::float8::numeric                     | XX000 numeric field overflow
SELECT array_fill(1, NULL)                          | XX000 dimension array or low bound array must not be null
SELECT ARRAY[date '2026-01-01']::int[]              | XX000 ARRAY could not convert type date to integer
SELECT LIST[1]::int list list                       | XX000 LIST could not convert type integer to integer list
SELECT '['::jsonb                                   | XX000 invalid input syntax for type jsonb: EOF while parsing a list at line 1 column 1: "["
SELECT '1.'::jsonb                                  | XX000 invalid input syntax for type jsonb: EOF while parsing a value at line 1 column 2: "1."
SELECT '[1ex]'::jsonb                               | XX000 invalid input syntax for type jsonb: invalid number at line 1 column 4: "[1ex]"
SELECT '[nulx]'::jsonb                              | XX000 invalid input syntax for type jsonb: expected ident at line 1 column 5: "[nulx]"
SELECT '[é,x]'::jsonb                               | XX000 invalid input syntax for type jsonb: expected value at line 1 column 2: "[é,x]"
SELECT '["é",1e99,'::jsonb                          | XX000 invalid input syntax for type jsonb: "1e+99" is out of range for type numeric: exceeds maximum precision 39 at line 1 column 10: "[\"é\",1e99,"
SELECT '"\udc00"'::jsonb                            | XX000 invalid input syntax for type jsonb: lone leading surrogate in hex escape at line 1 column 7: "\"\udc00\""
SELECT '"\u12'::jsonb                               | XX000 invalid input syntax for type jsonb: EOF while parsing a string at line 1 column 5: "\"\u12"
SELECT pg_catalog.nope.abs(1)                       | XX000 unknown database 'pg_catalog'
SELECT nope.abs(1)                                  | XX000 unknown schema 'nope'
SELECT 1::nope.pg_catalog.int4                      | XX000 unknown database 'nope'
SELECT * FROM nope.pg_catalog.pg_class              | XX000 unknown database 'nope'
SELECT sum('a'::varchar(3))                         | XX000 function sum(varchar(3)) does not exist
SELECT 'a'::char(3) + 'a'::varchar                  | XX000 operator does not exist: char(3) + varchar
SELECT coalesce('a'::varchar(3), 1)                 | XX000 coalesce types varchar(3) and integer cannot be matched
SELECT coalesce('a'::"char", 'a'::char)             | XX000 coalesce could not convert type char(1) to "char"
SELECT coalesce('a'::varchar, 'a'::"char")          | XX000 coalesce could not convert type "char" to varchar
SELECT CASE WHEN true THEN date '2026-01-01' ELSE time '10:00' END | XX000 CASE could not convert type time to date
SELECT ARRAY['{}'::jsonb, '\x00'::bytea]            | XX000 ARRAY could not convert type bytea to jsonb
SELECT '{1}'::int[] UNION SELECT '{a}'::text[]      | XX000 UNION types integer[] and text[] cannot be matched
SELECT greatest(mz_now(), now())                    | XX000 greatest types mz_timestamp and timestamp with time zone cannot be matched
SELECT 200::"char"                                  | XX000 "char" out of range
SELECT * FROM VALUES (1) v                          | XX000 VALUES expression in FROM clause must be surrounded by parentheses
SELECT values(1)                                    | XX000 function "values" does not exist
CREATE VIEW x AS SELECT * FROM (SHOW TABLES)        | XX000 SHOW commands are not allowed in views
SELECT * FROM (SHOW TABLES FROM nope)               | XX000 unknown schema 'nope'
CREATE INDEX x ON words ((SELECT 1))                | XX000 CREATE INDEX does not allow subqueries
SELECT pg_has_role('a', 'USAGE')                    | XX000 role "a" does not exist
SELECT has_cluster_privilege('word', 'USAGE')       | XX000 cluster "word" does not exist
SELECT has_schema_privilege('word', 'USAGE')        | XX000 schema "word" does not exist
SELECT has_type_privilege('word', 'USAGE')          | XX000 type "word" does not exist
SELECT has_secret_privilege('word', 'USAGE')        | XX000 secret "word" does not exist
SELECT mz_internal.mz_normalize_object_name('k.l.m.n') | XX000 improper relation name (too many dotted names): k.l.m.n
SELECT mz_internal.mz_normalize_schema_name('k.l.m')   | XX000 improper schema name (too many dotted names): k.l.m
SELECT mz_normalize_object_name('k')                | XX000 function "mz_normalize_object_name" does not exist
SELECT to_regclass('words')                         | XX000 function "to_regclass" does not exist
SELECT mz_internal.sqrt(4)                          | XX000 function "mz_internal.sqrt" does not exist
SELECT pg_catalog.seahash('a')                      | XX000 function "pg_catalog.seahash" does not exist
SUBSCRIBE (SELECT current_role)                     | XX000 internal error: internal error in optimizer: cannot materialize call to current_user
SUBSCRIBE (SELECT pg_catalog.version())             | XX000 internal error: internal error in optimizer: cannot materialize call to version
CREATE MATERIALIZED VIEW x AS SELECT pg_backend_pid() | 0A000 cannot materialize call to pg_backend_pid
CREATE VIEW x AS SELECT current_user                | 0A000 a view of what each session answers otherwise is not supported by the embedded engine
CREATE VIEW x AS SELECT pg_get_viewdef(a::oid) FROM words | 0A000 a view of what each session answers otherwise is not supported by the embedded engine
CREATE VIEW x AS SELECT current_setting('application_name') | 0A000 a view of what each session answers otherwise is not supported by the embedded engine
CREATE VIEW x AS SELECT 'words'::regclass           | 0A000 a view of what each session answers otherwise is not supported by the embedded engine
CREATE VIEW x AS SELECT a::oid::regclass::text FROM words | 0A000 a view of what each session answers otherwise is not supported by the embedded engine
SELECT '{}'::int list[]                             | XX000 type "int4 list[]" does not exist
SELECT '{}'::map[text=>numeric(5,2)][]              | XX000 type "map[text=>numeric(5, 2)][]" does not exist
SELECT '{}'::of_words[]                             | XX000 type "of_words[]" does not exist
CREATE TABLE x (a of_words[])                       | XX000 type "of_words[]" does not exist
CREATE TYPE x AS LIST (ELEMENT TYPE = int list[])   | XX000 type "int4 list[]" does not exist
SET extra_float_digits = x                          | 22023 parameter "extra_float_digits" requires a "integer" value
SHOW ROLE                                           | 42601 Expected MEMBERSHIP, found EOF @10
SET statement_timeout = '100000000000000000000'     | 22023 parameter "statement_timeout" requires a "duration" value
SET statement_timeout = '٣s'                        | 22023 parameter "statement_timeout" requires a "duration" value
SET statement_timeout = ' 18446744073709551615 h '  | 22023 parameter "statement_timeout" cannot have value "18446744073709551615 h": expected value to fit in u64
RESET mz_version                                    | 55P02 parameter "mz_version" cannot be changed
SET is_superuser TO DEFAULT                         | 55P02 parameter "is_superuser" cannot be changed
RESET max_identifier_length                         | 55P02 parameter "max_identifier_length" cannot be changed
SELECT 1 LIMIT 9223372036854775808                  | XX000 "9223372036854775808" bigint out of range
CREATE INDEX x IN CLUSTER mz_catalog_server ON words (a) | 42501 permission denied for CLUSTER "mz_catalog_server"
CREATE MATERIALIZED VIEW x IN CLUSTER mz_catalog_server AS SELECT 1 AS a | 42501 permission denied for CLUSTER "mz_catalog_server"
PREPARE p AS SHOW TABLES                            | 42601 unpreparable statement @14
EXECUTE of_int (count(*))                           | XX000 aggregate functions are not allowed in EXECUTE (function pg_catalog.count)
EXECUTE of_int (row_number() OVER ())               | XX000 window functions are not allowed in EXECUTE (function pg_catalog.row_number)
EXECUTE of_int (generate_series(1, 2))              | XX000 table functions are not allowed in EXECUTE (function pg_catalog.generate_series)
EXECUTE of_int ($1)                                 | 42P02 there is no parameter $1
EXECUTE of_int (now())                              | XX000 unable to cast given parameter $1: expected integer, got timestamp with time zone
CREATE INDEX ON words (2)                           | XX000 column reference 2 in CREATE INDEX is out of range (1 - 1)
CREATE INDEX ON words (words.a)                     | XX000 column "words.a" does not exist
CREATE INDEX ON words (generate_series(1, 2))       | XX000 table functions are not allowed in CREATE INDEX (function pg_catalog.generate_series)
CREATE INDEX ON words (now())                       | 0A000 cannot materialize call to current_timestamp
CREATE INDEX ON words ($1)                          | 42P02 there is no parameter $1
CREATE INDEX ON mz_tables (id)                      | 0A000 mz_tables in this statement is not supported by the embedded engine
COMMENT ON COLUMN mz_tables.id IS 'x'               | 0A000 mz_tables in this statement is not supported by the embedded engine
ALTER TABLE mz_tables RENAME TO x                   | 0A000 mz_tables in this statement is not supported by the embedded engine
EXPLAIN                                             | 42601 Expected SELECT, VALUES, or a subquery in the query body, found EOF @8
EXPLAIN CREATE DEFAULT INDEX ON words               | 0A000 EXPLAIN CREATE DEFAULT INDEX is not supported by the embedded engine
SUBSCRIBE words AS OF 5 WITH (PROGRESS)             | 42601 Expected end of statement, found WITH @25
SUBSCRIBE words AS OF 5 6                           | 42601 Expected end of statement, found number "6" @25
SUBSCRIBE words AS OF 5 +                           | 42601 Expected a timestamp value after 'AS OF', found EOF @26
SUBSCRIBE words UP TO 5 6                           | 42601 Expected end of statement, found number "6" @25
SUBSCRIBE words AS OF (SELECT 1)                    | XX000 AS OF or UP TO does not allow subqueries
SUBSCRIBE words UP TO count(*)                      | XX000 aggregate functions are not allowed in AS OF or UP TO (function pg_catalog.count)
SELECT 1 AS OF 5 LIMIT 1                            | 42601 Expected end of statement, found LIMIT @18
SELECT 1 + ANY (ARRAY[1])                           | 0A000 + before ANY or ALL is not supported by the embedded engine
CREATE TABLE x (a int DEFAULT $1)                   | 42P02 there is no parameter $1
SELECT ((TABLE words) UNION SELECT 1) + 3, (4 UNION SELECT 5) | 42601 Expected right parenthesis, found UNION @47
SELECT position('a' || 'b' IN 'c' x)                | 42601 Expected right parenthesis, found identifier "x" @35
SELECT 2 'a "b" c'                                  | 42601 Expected end of statement, found string literal "a \"b\" c" @10
SELECT 2 1.5e+07                                    | 42601 Expected end of statement, found number "1.5E07" @10
SELECT 2 $007                                       | 42601 Expected end of statement, found parameter "$7" @10
SELECT 2::map                                       | 42601 Expected left square bracket, found EOF @14
SELECT 2::[u1 AS text]                              | 42601 table name in square brackets must be fully qualified @18
SELECT 2::case                                      | 42601 Expected a data type name, found CASE @11
SELECT coalesce 1                                   | 42601 Expected end of statement, found number "1" @17
SELECT trim, extract + substring nullif greatest    | 42601 Expected end of statement, found GREATEST @41
SELECT [list AS a.b]                                | 42601 expected id @9
SELECT [u1 AS a] FROM words                         | 42601 table name in square brackets must be fully qualified @15
SELECT count(*, 1) FROM words                       | 42601 Expected right parenthesis, found comma @15
SELECT sum(a) RESPECT FROM words                    | 42601 Expected OVER, found RESPECT @15
SELECT nullif(1, 2, 3)                              | 42601 Expected right parenthesis, found comma @19
SELECT * FROM unnest(ALL list[1]) WITH ORDINALITY   | 42601 Expected right parenthesis, found LIST @26
SELECT 1 NULLS AS ordinal                           | 42601 Expected OF, found identifier "ordinal" @19
(SELECT 1) AS OF 5                                  | 42601 Expected end of statement, found AS @12
SELECT 1 OPERATOR(pg_catalog.=) 2                   | 42601 Expected operator, found equals sign @30
SELECT '1'::numeric(2.5)                            | 42601 Could not parse '2.5' as i64: invalid digit found in string @21
SELECT '1'::float(-1)                               | 42601 Expected literal unsigned integer, found operator "-" @19
SELECT '1'::numeric(99999999999999999999)           | 42601 Could not parse '99999999999999999999' as i64: number too large to fit in target type @21
SELECT sum(a) OVER (ROWS 1.5 PRECEDING) FROM words  | 42601 Could not parse '1.5' as u64: invalid digit found in string @26
COPY (                                              | 42601 Expected SQL statement, found EOF @7
COPY INTO words TO STDOUT                           | 42601 Expected identifier, found INTO @6
COPY (SELECT 1 2) TO STDOUT                         | 42601 Expected right parenthesis, found number "2" @16
COPY words FROM SELECT                              | 42601 expected expression, but found reserved keyword: SELECT @17
SUBSCRIBE words UP 5                                | 42601 Expected TO, found number "5" @20
SUBSCRIBE (SELECT AS x)                             | 42601 Expected right parenthesis, found AS @19
CREATE INDEX ON words ((a DESC)                     | 42601 Expected right parenthesis, found DESC @27
CREATE TABLE x (a map)                              | 42601 Expected left square bracket, found right parenthesis @22
SET datestyle = - 'iso'                             | 42601 Expected variable value, found operator "-" @17
SHOW TABLES WHERE name = 'a' 'b'                    | 42601 Expected end of statement, found string literal "b" @30
EXECUTE p (1, SELECT 2)                             | 42601 expected expression, but found reserved keyword: SELECT @15
SELECT 1 IS DISTINCT FROM 2 AND true                | XX000 AND argument must have type boolean, not type integer
SELECT 1; SELECT (2; 3)                             | 42601 Expected right parenthesis, found semicolon @20
SELECT ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1)))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))) | 42601 statement exceeds nested expression limit of 128 @1
RAISE LOUD                                          | 42601 Expected severity level, found identifier "loud" @7
REASSIGN OWNED BY a, b                              | 42601 Expected TO, found EOF @23
EXPLAIN LOCALLY PLAN FOR SELECT 1                   | 42601 Expected OPTIMIZED, found PLAN @17
EXPLAIN OPTIMIZED PLAN SELECT 1                     | 42601 Expected FOR, found SELECT @24
EXPLAIN PLAN AS FOR SELECT 1                        | 42601 expected a format @4
EXPLAIN PLAN AS VERBOSE FOR SELECT 1                | 42601 Expected TEXT, found FOR @25
EXPLAIN VIEW words                                  | 42601 EXPLAIN statement for a view needs an explicit stage @9
SUBSCRIBE words AS OF <> 5                          | 42601 Expected a timestamp value after 'AS OF', found number "5" @23
SUBSCRIBE words AS OF FROM                          | 42601 Expected a timestamp value after 'AS OF', found EOF @23
"""  # noqa: E501


def test_words(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE words (a int)")
    sql.execute("CREATE SCHEMA words_of")
    sql.execute("CREATE TYPE of_words AS (a int)")
    sql.execute("PREPARE of_int AS SELECT $1::int")
    wrong = []
    for line in WORDS.strip().splitlines():
        statement, expected = (part.strip() for part in line.split(" | ", 1))
        found = _error(sql, statement)
        if found != expected:
            wrong.append(f"{statement}\n  {found}\n  {expected}")
    assert not wrong, "\n".join(wrong)


def _error(connection: psycopg.Connection, statement: str) -> str:
    with pytest.raises(psycopg.Error) as caught:
        _ask(connection, statement)
    told = caught.value.diag
    at = f" @{told.statement_position}" if told.statement_position else ""
    return f"{told.sqlstate} {told.message_primary}{at}"


def _ask(connection: psycopg.Connection, statement: str) -> None:
    with connection.cursor() as cursor:
        if statement.startswith("COPY"):
            with cursor.copy(statement.encode()) as copy:
                copy.write("")
        else:
            cursor.execute(statement.encode())


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("alter table words rename to other", "ALTER TABLE words RENAME TO other"),
        ("ALTER SCHEMA public SWAP WITH x", "ALTER SCHEMA public SWAP WITH x"),
        ("ALTER TABLE words OWNER TO materialize", "ALTER TABLE words OWNER TO materialize"),
        ("create index on words (type)", "CREATE INDEX ON words (type)"),
        ("CREATE SCHEMA x", "CREATE SCHEMA x"),
        ("CREATE ROLE x", "CREATE ROLE x"),
        ("discard all", "DISCARD ALL"),
        ("create temp view x as select value from words", "CREATE TEMPORARY VIEW x AS SELECT value FROM words"),
        ("CREATE TYPE x AS LIST (ELEMENT TYPE = int)", "CREATE TYPE x AS LIST (ELEMENT TYPE = int4)"),
        ("DROP TABLE words RESTRICT", "DROP TABLE words"),
        ("DROP TABLE IF EXISTS words CASCADE", "DROP TABLE IF EXISTS words CASCADE"),
        ("DROP DATABASE x CASCADE", "DROP DATABASE x"),
        ("COMMENT ON TABLE words IS 'x'", "COMMENT ON TABLE words IS 'x'"),
        ("update words set type = 1 where value is null", "UPDATE words SET type = 1 WHERE value IS NULL"),
    ],
)
def test_what_no_block_may_hold_is_spelt(sql: psycopg.Connection, statement: str, told: str) -> None:
    sql.execute("CREATE TABLE words (type int, value int)")
    message = f"25001 {told} cannot be run inside a transaction block"
    assert _error(sql, f"{statement}; SELECT 1") == message


def test_a_type_is_made_in_a_block(sql: psycopg.Connection) -> None:
    sql.execute("BEGIN; CREATE TYPE ty AS LIST (ELEMENT TYPE = int4); COMMIT")
    assert sql.execute("SELECT '{1}'::ty").fetchone() == ("{1}",)


def test_the_key_of_an_index_may_be_a_columns_place(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int, b text)")
    sql.execute('CREATE INDEX ON t (2, (a), upper("b"))')
    assert sql.execute("SHOW INDEXES ON t").fetchall() == [
        ("t_b_a_expr_idx", "t", "quickstart", ["b", "a", "pg_catalog.upper(b)"], "")
    ]


def test_of_several_statements_none_runs_if_one_cannot_be_read(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int)")
    with pytest.raises(psycopg.errors.SyntaxError) as caught:
        sql.execute("INSERT INTO t VALUES (1); SELECT 1 +; SELECT 2")
    assert caught.value.diag.statement_position == "37"
    assert sql.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_a_syntax_error_is_told_in_a_failed_transaction_too(sql: psycopg.Connection) -> None:
    sql.execute("BEGIN")
    refused = "WITH MUTUALLY RECURSIVE n (a int) AS (SELECT 1) SELECT a FROM n"
    told = [("SELECT 1 / 0", "XX000"), ("SELECT 1 +", "42601"), ("SELECT 1", "25P02"), (refused, "25P02")]
    for statement, state in told:
        with pytest.raises(psycopg.Error) as caught:
            sql.execute(statement)
        assert caught.value.sqlstate == state
    sql.execute("ROLLBACK")


def test_explain_says_whose_plan_it_is(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int)")
    sql.execute("CREATE MATERIALIZED VIEW m AS SELECT * FROM t")
    for what in ("SELECT * FROM t", "PLAN FOR SELECT * FROM t", "MATERIALIZED VIEW m"):
        ((text,),) = sql.execute(f"EXPLAIN {what}").fetchall()
        assert text.startswith("Plan of mzwidget's embedded engine, not of Materialize:\n  reads materialize.")
    ((text,),) = sql.execute("EXPLAIN VALUES (1), (2)").fetchall()
    assert "Constant (2 rows)" in text


def test_the_default_index_of_a_grouped_view_is_over_its_groups(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (k text, n int)")
    sql.execute("CREATE VIEW v AS SELECT sum(n) AS s, upper(k) AS u, k FROM t GROUP BY 3, u")
    sql.execute("CREATE VIEW w AS SELECT sum(n) AS s, max(n) AS m FROM t GROUP BY k")
    for view, key in [("v", ["u", "k"]), ("w", ["s", "m"]), ("t", ["k", "n"])]:
        sql.execute(f"CREATE DEFAULT INDEX ON {view}")
        assert sql.execute(f"SHOW INDEXES ON {view}").fetchall() == [
            (f"{view}_primary_idx", view, "quickstart", key, "")
        ]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("SELECT a::text s, CAST(a + 1 AS bigint)", "SELECT a::pg_catalog.text AS s, (a + 1)::pg_catalog.int8"),
        ("SELECT cast(a AS numeric(5, 2)) n, 'x' o", "SELECT a::pg_catalog.numeric(5, 2) AS n, 'x' AS o"),
        ('SELECT DISTINCT ON (a) a, (b) AS "left"', 'SELECT DISTINCT ON (a) a, (b) AS "left"'),
        ("SELECT -a AS m, a IN (1,2), NULLIF(a,1) AS f", "SELECT - a AS m, a IN ( 1, 2 ), NULLIF (a, 1) AS f"),
        ("SELECT coalesce(b, 'x'), date '2020-01-01'", "SELECT COALESCE(b, 'x'), '2020-01-01'::pg_catalog.date"),
        ("SELECT extract(day FROM now()), true", "SELECT pg_catalog.extract('day', pg_catalog.now()), true"),
        ("SELECT (t).*, '{1}'::int[] AS i", "SELECT (t).*, '{1}'::pg_catalog._int4 AS i"),
        (
            "SELECT interval '1' second s, interval '2.34' minute to second(1)",
            "INTERVAL '1' AS s, INTERVAL '2.34' SECOND (1)",
        ),
        (
            "SELECT interval '1' year to month s, interval '1 2:3' days to hours",
            "MONTH AS s, INTERVAL '1 2:3' DAY TO HOUR",
        ),
        ('SELECT a AS "case", b AS "all$"', 'SELECT a AS "case", b AS "all$"'),
        (
            "with mutually recursive (return at recursion limit 5) r(X int) AS (SELECT 1) SELECT a",
            "WITH MUTUALLY RECURSIVE (RETURN AT RECURSION LIMIT = 5) r (x pg_catalog.int4) AS (SELECT 1) SELECT a",
        ),
        ("WITH t (a) AS (SELECT 1), u AS (SELECT * FROM t) SELECT a", "u AS (SELECT * FROM t) SELECT a FROM t;"),
        ("SELECT trim(b), a > 1 IS NOT true", "SELECT pg_catalog.btrim(b), a > 1 IS NOT TRUE"),
    ],
)
def test_show_create_view_spells_in_full(sql: psycopg.Connection, query: str, shown: str) -> None:
    sql.execute("CREATE TABLE t (a int, b text)")
    sql.execute(f"CREATE VIEW v AS {query} FROM t")
    ((_, statement),) = sql.execute("SHOW CREATE VIEW v").fetchall()
    assert shown in " ".join(statement.split())
    sql.execute("DROP VIEW v")
    sql.execute(statement)  # it can be run again
    assert sql.execute("SHOW CREATE VIEW v").fetchall()[0][1] == statement


def test_show_create_view_breaks_lines(sql: psycopg.Connection, schema: str) -> None:
    sql.execute("CREATE TABLE t (a int, b text)")
    sql.execute(
        "CREATE VIEW v (a, n) AS WITH w AS (SELECT a FROM t) SELECT w.a, count(*) FILTER (WHERE t.b = 'words') AS n"
        " FROM w JOIN t USING (a) CROSS JOIN w t2 WHERE t.a > 1 AND (t.b = 'x' OR t.b LIKE 'a pattern of letters%')"
        " GROUP BY 1 ORDER BY n DESC, 1 LIMIT 3"
    )
    ((_, statement),) = sql.execute("SHOW CREATE VIEW v").fetchall()
    at = f"materialize.{schema}"
    assert statement.splitlines() == [
        "CREATE VIEW",
        f"    {at}.v",
        "    (a, n)",
        "    AS",
        f"        WITH w AS (SELECT a FROM {at}.t)",
        "        SELECT w.a, pg_catalog.count(*) FILTER (WHERE t.b = 'words') AS n",
        f"        FROM w JOIN {at}.t USING(a)  CROSS JOIN w AS t2",
        "        WHERE t.a > 1 AND (t.b = 'x' OR t.b LIKE 'a pattern of letters%')",
        "        GROUP BY 1",
        "        ORDER BY n DESC, 1",
        "        LIMIT 3;",
    ]


def test_show_create_type(sql: psycopg.Connection, schema: str) -> None:
    for definition, shown in [
        ("LIST (ELEMENT TYPE int)", "LIST (ELEMENT TYPE = pg_catalog.int4)"),
        (
            "MAP (KEY TYPE = text, VALUE TYPE = real)",
            "MAP (KEY TYPE = pg_catalog.text, VALUE TYPE = pg_catalog.float4)",
        ),
        ('(x int, "Y" text)', '(x pg_catalog.int4, "Y" pg_catalog.text)'),
    ]:
        sql.execute(f"CREATE TYPE ty AS {definition}")
        name = f"materialize.{schema}.ty"
        assert sql.execute("SHOW CREATE TYPE ty").fetchall() == [(name, f"CREATE TYPE {name} AS {shown};")]
        sql.execute("DROP TYPE ty")


def test_rows_without_columns_are_copied(sql: psycopg.Connection) -> None:
    with sql.cursor().copy("COPY (SELECT) TO STDOUT") as copy:
        assert b"".join(copy) == b"\n"


def test_notices_of_transactions_are_warnings(connect: Callable[..., psycopg.Connection]) -> None:
    told: list[tuple[str | None, str | None]] = []
    connection = connect()
    connection.add_notice_handler(lambda found: told.append((found.severity, found.sqlstate)))
    for statement in ("ROLLBACK", "BEGIN", "BEGIN", "COMMIT"):
        connection.execute(statement)
    assert told == [("WARNING", "25P01"), ("WARNING", "25001")]


ODD_TEXTS = r"""
date '2001 02 03', date '0010203'       | 2001-02-03 0001-02-03
date '000203', date '690203', date '700203' | 2000-02-03 2069-02-03 1970-02-03
time '02:03.456', time '9::5'           | 00:02:03.456 09:00:05
timestamp '2001-02-03 02:03.456'        | 2001-02-03 00:02:03.456
timestamptz '2001-02-03 04:05 z'        | 2001-02-03 04:05:00+00
timestamptz '2001-02-03 04:05-1445'     | 2001-02-03 18:50:00+00
to_char(timestamp '2024-08-05', '<b>')  | <b>
to_char(timestamp '2024-08-05', 'fmDDth FMfxMM "FM\"DD" Dayth.') | 5th 08 FM"DD Monday   .
to_char(timestamp '2024-08-05', 'xFM Yyyy OF of TH ddd') | x 4024 +00 of  218
to_char(timestamp '0044-03-15 BC', 'CC IYYYth Y,YYYTH bc "a\b" x\z') | -01 0044th 0,044TH bc ab x\z
length(encode(repeat('a', 57)::bytea, 'base64')), decode('YR==', 'base64'), '\x61 62'::bytea | 77 \x61 \x6162
jsonb_build_object(array[1], 1, list['a b'], 2, row(1, 'x'), 3) | {"(1,x)":3,"{\"a b\"}":2,"{1}":1}
array_fill(7, array[2, 1], array[1, 1]) | {{7},{7}}
interval '3 MILLISECONS 4 microsecon', date_trunc('microsecons', interval '1 us') | 00:00:00.003004 00:00:00.000001
interval '5' year to month, interval '9' day to hour | 5 months 09:00:00
interval '-8 7:6' day to hour           | -8 days +07:00:00
interval '26:40:50' hour to minute, interval '-15-7 3' month to day | 02:40:00 -7 months +3 days
interval '-1.26' second(1), interval '-1.24' seconds (1) | -00:00:01.3 -00:00:01.2
to_timestamp(3.0000005), to_timestamp(5.0000015) | 1970-01-01 00:00:03.000001+00 1970-01-01 00:00:05.000001+00
timestamptz '2024-01-05 10:00 AEST', timestamptz '2024-07-05 (msk)' | 2024-01-05 00:00:00+00 2024-07-04 21:00:00+00
timestamp '2001-01-02' AT TIME ZONE ' UTC' | 2001-01-02 00:00:00+00
timestamptz '2024-01-05 10:00' AT TIME ZONE '+ 3' | 2024-01-05 07:00:00
timezone('Nzst', timestamp '2024-01-05') | 2024-01-04 12:00:00+00
timezone_offset('europe/LISBON', '2024-07-05'), timezone_offset(null, now()) | (WEST,00:00:00,01:00:00)
(timezone_offset('Asia/Kolkata', timestamp '2024-07-05')).base_utc_offset | 05:30:00
interval '- 1:2:3', interval '3-', interval '-1 2:3:4.5' | 01:02:03 3 years -1 days +02:03:04.5
"""


def test_odd_texts_are_read_and_written_by_the_patterns_that_they_fit(sql: psycopg.Connection) -> None:
    for line in ODD_TEXTS.strip().splitlines():
        expressions, expected = (part.strip() for part in line.split(" | ", 1))
        row = sql.execute(f"SELECT concat_ws(' ', {expressions})".encode()).fetchone()
        assert row == (expected,), expressions


def test_a_name_that_is_too_long_to_be_quoted(sql: psycopg.Connection) -> None:
    with pytest.raises(psycopg.Error) as caught:
        sql.execute("""SELECT quote_ident('"' || repeat('é', 128))""")
    shown = '"\\"' + "é" * 128 + '"'
    assert caught.value.diag.message_primary == f"string is not a valid identifier: {shown}"
    assert caught.value.diag.message_detail == f"identifier too long (len: 257, max: 255, value: {shown})"


def test_what_a_column_takes_that_an_expression_does_not(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE taken (a int list, b mz_timestamp, c text)")
    sql.execute("INSERT INTO taken VALUES (list[1.5, 2], '5'::text, int4range(1, 2))")
    assert sql.execute("SELECT a::text, b::text, c FROM taken").fetchone() == ("{2,2}", "5", "[1,2)")
    for expression in ("3::oid", "3::regtype"):
        with pytest.raises(psycopg.Error, match='column "c" is of type text but expression is of type'):
            sql.execute(f"INSERT INTO taken (c) VALUES ({expression})".encode())
