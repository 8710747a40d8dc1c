-- A recursive query read twice stands for all its rows both times.
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4) SELECT a.i, b.i FROM n a, n b ORDER BY 1, 2;
WITH RECURSIVE n(i) AS MATERIALIZED (SELECT 1 UNION SELECT i * 2 FROM n WHERE i < 100) SELECT count(*), sum(a.i * b.i) FROM n a JOIN n b ON a.i < b.i;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3), m(j) AS (SELECT i FROM n UNION ALL SELECT j + 10 FROM m WHERE j < 30) SELECT count(*), sum(j), (SELECT sum(i) FROM n) FROM m;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT n.i + (SELECT count(*) FROM (WITH RECURSIVE k(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM k WHERE v < 2) SELECT * FROM k) q)::int FROM n WHERE n.i < 9) SELECT * FROM n ORDER BY 1;
-- Windows that build on windows.
SELECT count(*) OVER w FROM (VALUES (1), (2), (3)) AS t(a) WINDOW base AS (ORDER BY a), w AS (base) ORDER BY a;
SELECT sum(a) OVER w, sum(a) OVER (base ROWS 1 PRECEDING) FROM (VALUES (1), (2), (3)) AS t(a) WINDOW base AS (ORDER BY a DESC), w AS (base ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) ORDER BY a;
SELECT sum(a) OVER (w) FROM (VALUES (1), (2)) AS t(a) WINDOW w AS (ORDER BY a ROWS 1 PRECEDING);
SELECT sum(a) OVER w FROM (VALUES (1), (2)) AS t(a) WINDOW w AS (v), v AS (ORDER BY a);
SELECT sum(a) OVER w FROM (VALUES (1), (2)) AS t(a) WINDOW w AS (w);
-- Targets that say the same are groups of their own.
SELECT g AS one, g AS two, count(*) FROM generate_series(1, 3) g GROUP BY one, ROLLUP (two) ORDER BY 1, 2 NULLS LAST;
SELECT 7 AS x, a, sum(b) FROM (VALUES (1, 10), (1, 20), (2, 5)) t(a, b) GROUP BY GROUPING SETS (1, 2) ORDER BY 2;
SELECT a, a AS b, count(*) FROM (VALUES (1), (1), (2)) t(a) GROUP BY 1, 2 ORDER BY 1;
SELECT a, b, count(*) FROM (VALUES (1, 2), (1, 3)) t(a, b) GROUP BY DISTINCT ROLLUP (a), ROLLUP (a, b) ORDER BY 1, 2, 3;
SELECT a, b, count(*) FROM (VALUES (1, 2), (1, 3)) t(a, b) GROUP BY ROLLUP (a), ROLLUP (a, b) ORDER BY 1, 2, 3;
-- Arrays of arrays.
SELECT ARRAY(SELECT ARRAY[i, i * i] FROM generate_series(1, 3) i);
SELECT ARRAY(SELECT ARRAY[i] FROM generate_series(1, 0) i);
SELECT ARRAY(SELECT NULL::int[] FROM generate_series(1, 2));
SELECT ARRAY(SELECT '{}'::int[] FROM generate_series(1, 2));
SELECT ARRAY(SELECT array_fill(0, ARRAY[i]) FROM generate_series(1, 2) i);
SELECT ARRAY[NULL::int[], NULL], ARRAY['{}'::int[], '{}'];
SELECT ARRAY[ARRAY[1], NULL];
SELECT pg_typeof(ARRAY['1 2'::int2vector]), ARRAY(SELECT '1 2'::int2vector);
SELECT ARRAY['1 2'::int2vector], unnest(ARRAY['1 2'::oidvector]);
SELECT array_fill(1, ARRAY[2], ARRAY[1, 1]);
SELECT array_fill(1, ARRAY[2], NULL);
-- VARIADIC over no array at all.
SELECT num_nulls(VARIADIC NULL::text[]), concat(VARIADIC NULL::int[]), concat_ws(',', VARIADIC NULL::int[]), format('x', VARIADIC NULL::text[]);
SELECT concat_ws(',', VARIADIC 10);
SELECT json_object('{{a},{b}}');
SELECT json_object('{{{a,b}}}');
SELECT normalize('e', 'nfq');
SELECT CASE WHEN i > 0 THEN generate_series(1, 2) END FROM (VALUES (1)) t(i);
SELECT coalesce(generate_series(1, 2), 0);
-- Hours east as a time zone.
SET TIME ZONE -3;
SHOW TIME ZONE;
SELECT '2020-01-01 12:00+00'::timestamptz;
SET timezone TO '5.5';
SHOW timezone;
SELECT '2020-01-01 12:00+00'::timestamptz;
SET timezone TO '+05:30';
SELECT '2020-01-01 12:00+00'::timestamptz;
SET TIME ZONE 1000;
RESET timezone;
CREATE TABLE ctas_empty AS SELECT 1 AS a WITH NO DATA;
SELECT repeat('[', 50000)::json;
