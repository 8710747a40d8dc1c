-- Functions, operators, casts and aggregates of every kind, as statements.
select sum(x), avg(x), min(x), max(x), count(x), count(*) from (values (1),(2),(null),(4)) t(x)
select sum(x), avg(x), stddev(x), variance(x), stddev_pop(x), var_pop(x) from (values (1.5),(2.25),(-3.75)) t(x)
select sum(x), avg(x), stddev(x), variance(x) from (values (1::float8),(2),(7.5)) t(x)
select sum(x), avg(x), stddev(x), variance(x) from generate_series(1,10) x
select sum(x::int8), avg(x::int8) from generate_series(1,10) x
select sum(x::float4), avg(x::float4) from generate_series(1,10) x
select corr(x,y), covar_pop(x,y), covar_samp(x,y), regr_slope(x,y), regr_intercept(x,y), regr_r2(x,y), regr_count(x,y), regr_avgx(x,y), regr_avgy(x,y), regr_sxx(x,y), regr_syy(x,y), regr_sxy(x,y) from (values (1::float8,2::float8),(2,3.5),(3,7)) t(x,y)
select string_agg(x, ', '), array_agg(x), jsonb_agg(x), json_agg(x) from (values ('a'),('b'),(null)) t(x)
select array_agg(x order by x desc) from (values (1),(3),(2)) t(x)
select array_agg(x) from (values (array[1,2]),(array[3,4])) t(x)
select jsonb_object_agg(k, v), json_object_agg(k, v) from (values ('a',1),('b',2)) t(k,v)
select bool_and(x), bool_or(x), every(x) from (values (true),(false),(null)) t(x)
select bit_and(x), bit_or(x), bit_xor(x) from (values (12),(10)) t(x)
select sum(x), avg(x), max(x) from (values ('1 day'::interval),('02:00:00')) t(x)
select max(x), min(x) from (values ('2024-01-01'::date),('2023-01-01')) t(x)
select count(distinct x), sum(distinct x) from (values (1),(1),(2)) t(x)
select sum(x) filter (where x > 1) from (values (1),(2),(3)) t(x)
select * from generate_series(1,3)
select * from generate_series(1::int8,10,4)
select * from generate_series(5,1,-2)
select * from generate_series(1.0,2.0,0.3)
select * from generate_series('2024-01-31'::timestamp,'2024-05-01','1 month')
select * from generate_series('2024-01-01'::timestamptz,'2024-01-03','1 day')
select * from generate_series('2024-01-01'::date,'2024-01-03','1 day')
select generate_series(1,3), generate_series(1,2)
select * from unnest(array[1,2,3]) with ordinality
select * from unnest(array['a','b'], array[1,2,3]) as t(a,b)
select unnest(array[[1,2],[3,4]])
select * from jsonb_each('{"a":1,"b":"x"}')
select * from jsonb_each_text('{"a":1,"b":"x"}')
select * from jsonb_array_elements('[1,"a",null]')
select * from jsonb_array_elements_text('[1,"a",null]')
select jsonb_object_keys('{"a":1,"b":2}')
select * from regexp_matches('foobarbequebaz', 'ba(.)', 'g')
select regexp_split_to_table('a b  c', '\s+')
select * from string_to_table('a,b,c', ',')
select generate_subscripts(array[10,20,30], 1)
select row_to_json(t) from (select 1 as a, 'x' as b, null as c) t
select to_jsonb(t), to_json(t) from (select 1 as a, array[1,2] as b, '2024-01-01'::date as d, now() is not null as e) t
select jsonb_agg(t) from (select x, x*2 as y from generate_series(1,2) x) t
select row(1,'a',null), row_to_json(row(1,'a'))
select (row(1,2) = row(1,2)), (row(1,2) < row(1,3)), row(1,null) is null
select jsonb_build_object('a',1,'b',array[1,2],'c',null,'d',true,'e','{"x":1}'::jsonb)
select json_build_object('a',1,'b',array[1,2]), json_build_array(1,'a',null,true)
select jsonb_build_array(1,'a',null,1.5,now() > now())
select to_jsonb('x'::text), to_jsonb(1.50), to_jsonb('2024-01-01 00:00:00'::timestamp), to_jsonb(array['a',null])
select concat('a',1,null,true,1.5), concat_ws(',','a',null,1,'b'), concat_ws(null,'a')
select format('%s %I %L %%', 'a', 'b c', 'it''s'), format('%2$s %1$s', 'a', 'b'), format('%-5s|%5s|', 'ab', 'cd')
select 'a' || 1, 1 || 'a', 'a' || true, 'x' || null, 'a' || 'b'::varchar, 'a'::name || 'b'
select array[1,2] || 3, 0 || array[1,2], array[1,2] || array[3], array[[1,2]] || array[3,4], null::int[] || 1, array[1] || null
select array[1,2]::text[], array['1','2']::int[], '{1,2}'::int8[]
select array_append(array[1,2],3), array_prepend(0,array[1]), array_cat(array[1],array[2]), array_remove(array[1,2,1],1), array_replace(array[1,2,1],1,9), array_position(array['a','b'],'b'), array_positions(array[1,2,1],1)
select array_length(array[1,2,3],1), cardinality(array[[1,2],[3,4]]), array_ndims(array[[1]]), array_dims(array[1,2]), array_upper(array[1,2],1), array_lower(array[1,2],1), array_to_string(array[1,null,3],',','*'), array_fill(7,array[2,2])
select (array[1,2,3])[2], (array[1,2,3])[5], (array[[1,2],[3,4]])[2][1], (array[1,2,3,4])[2:3], (array[1,2,3])[:2]
select 1 = any(array[1,2]), 3 = any('{1,2}'), 1 <> all(array[2,3]), null = any(array[1]), 1 = any(array[2,null])
select array[1,2] @> array[1], array[1] <@ array[1,2], array[1,2] && array[2,3], array[1,2] = array[1,2], array[1,2] < array[1,3]
select array[1,2,null], array[]::int[], array[1,2.5,3], array['a',null], array[row(1,2)]
select array(select x from generate_series(1,3) x)
select '{"a":{"b":[1,2,3]}}'::jsonb #> '{a,b,1}', '{"a":{"b":[1,2,3]}}'::jsonb #>> '{a,b,1}', '{"a":1}'::jsonb -> 'a', '{"a":"x"}'::jsonb ->> 'a', '[1,2]'::jsonb -> -1
select '{"a":1,"b":2}'::jsonb - 'a', '{"a":1,"b":2}'::jsonb - array['a','b'], '[1,2,3]'::jsonb - 1, '{"a":{"b":1}}'::jsonb #- '{a,b}', '{"a":1}'::jsonb || '{"b":2}', '{"a":1}'::jsonb @> '{"a":1}', '{"a":1}'::jsonb ? 'a', '{"a":1}'::jsonb ?| array['b','a'], '{"a":1}'::jsonb ?& array['b','a']
select jsonb_set('{"a":1}','{a}','2'), jsonb_set('{"a":[1]}','{a,0}','5'), jsonb_insert('[1,2]','{1}','9'), jsonb_strip_nulls('{"a":null,"b":1}'), jsonb_typeof('1'), jsonb_array_length('[1,2]')
select jsonb_pretty('{"a":[1,{"b":2}],"c":{}}')
select '{"b":1,"a":2}'::jsonb, '{"b":1,  "a":2}'::json, '{"a":1}'::json->'a', '{"a":1}'::json->>'a'
select '1'::jsonb::int, '1.5'::jsonb::numeric, 'true'::jsonb::bool, '"x"'::jsonb::text
select '"x"'::jsonb::int
select jsonb_extract_path('{"a":{"b":1}}','a','b'), jsonb_extract_path_text('{"a":{"b":1}}','a','b')
select 7/2, -7/2, 7%3, -7%3, 7.0/2, 1/3.0, 2^10, 2^0.5, 10/3::numeric, 1e10::numeric/3
select 1/0
select 1.0/0
select 1::float8/0
select 2147483647 + 1
select 9223372036854775807 + 1
select 32767::int2 + 1::int2
select 1e308::float8 * 10
select -(-2147483648)
select round(2.5::float8), round(3.5::float8), round(-0.5::float8), ceil(-0.5::float8), trunc(-1.5::float8)
select sqrt(-1)
select ln(0)
select greatest(1,2,3), least(1,null,2), greatest(1,2.5), coalesce(null,1), coalesce(null,'a'), nullif(1,1), nullif(1,2)
select length('héllo'), char_length('abc'), octet_length('é'), bit_length('a'), upper('é'), lower('ÀB'), initcap('hello wORLD'), reverse('abc'), repeat('ab',3), left('abc',2), left('abc',-1), right('abc',2), lpad('a',3,'xy'), rpad('a',3), trim('  a '), ltrim('xxa','x'), rtrim('axx','x'), btrim('xax','x'), trim(both 'x' from 'xax'), trim(leading from ' a')
select substring('hello' from 2 for 3), substring('hello', 2), substr('hello',2,2), substring('foobar' from 'o(.)b'), position('l' in 'hello'), strpos('hello','z'), overlay('hello' placing 'XX' from 2 for 3), replace('aaa','a','b'), split_part('a,b,c',',',2), split_part('a,b,c',',',-1), translate('12345','143','ax'), starts_with('abc','ab'), ascii('a'), chr(97), to_hex(255), md5('a'), quote_ident('A b'), quote_literal('it''s'), quote_nullable(null)
select substring('a' from 1 for -1)
select regexp_replace('foobar','o','x'), regexp_replace('foobar','o','x','g'), regexp_replace('foobar','(o+)','[\1]'), regexp_match('foobar','o(.)'), regexp_count('abcabc','b'), regexp_instr('abc','c'), regexp_substr('abc','b.'), regexp_like('Abc','a','i'), regexp_split_to_array('a1b2c','\d')
select 'abc' like 'a%', 'abc' ilike 'A_C', 'a%c' like 'a\%c', 'abc' not like 'b%', 'abc' ~ '^a', 'ABC' ~* 'b', 'abc' !~ 'z', 'abc' similar to '(a|b)%', 'abc' like 'a!%' escape '!'
select 'abc' ~ '('
select 'abc' like 'a\'
select 'abc' < 'abd', 'a' < 'B', 'é' > 'z', 'a'::char(3) = 'a', 'a ' = 'a', 'a '::char(2) = 'a'::text
select 'abc'::char(5) || '|', length('abc'::char(5)), 'abc'::char(5)::text || '|', 'abcdef'::varchar(3), 'x'::"char"
select cast('abc' as varchar(2)), 'a'::bpchar
select date '2024-01-15' + 5, date '2024-01-15' - date '2024-01-01', date '2024-01-15' + interval '1 month', timestamp '2024-01-31' + interval '1 month', timestamptz '2024-01-15 10:00:00+00' - interval '1 day 2 hours', timestamp '2024-01-15' - timestamp '2024-01-01 12:00', interval '1 day' * 2.5, interval '1 month' / 3, date '2024-01-15' + time '10:00', interval '1 day' + interval '2 hours', -interval '1 day'
select extract(second from timestamp '2024-01-01 10:00:05.123'), extract(century from date '2024-01-01'), extract(week from date '2024-12-30'), extract(isoyear from date '2024-12-30'), extract(quarter from date '2024-05-01'), extract(julian from date '2024-01-01'), extract(milliseconds from time '10:00:05.5')
select timestamptz '2024-01-15 10:00:00+00' at time zone 'America/New_York', timestamp '2024-01-15 10:00:00' at time zone 'America/New_York', timestamptz '2024-07-15 10:00:00+00' at time zone 'Europe/Berlin'
select timestamp '2024-01-15' < date '2024-01-16', date '2024-01-15' = timestamptz '2024-01-15 00:00:00+00', interval '1 month' = interval '30 days', time '10:00' < time '11:00'
select (timestamp '2024-01-01', timestamp '2024-02-01') overlaps (timestamp '2024-01-15', timestamp '2024-03-01')
select to_char(timestamp '2024-01-15 10:05:03','YYYY-MM-DD HH24:MI:SS'), to_char(1234.5,'9,999.99'), to_date('2024-01-15','YYYY-MM-DD'), to_timestamp('2024-01-15 10:00','YYYY-MM-DD HH24:MI'), to_timestamp(0), to_number('1,234.5','9,999.9')
select '2024-13-01'::date
select '2024-02-30'::timestamp
select 'x'::int
select '99999999999'::int4
select 'x'::uuid, 1
select 'x'::timestamptz
select '12:00'::date
select 'abc'::interval
select 'abc'::numeric
select 'tru'::bool, 'yes'::bool, 'off'::bool
select 1 + 'a'
select 1 + '2', '3' * 4, '1.5' + 1
select 'a' + 'b'
select 1 = 'a'::text
select abs('x')
select nosuch(1, 'a')
select length(1)
select upper(1)
select sum('a')
select max(true)
select round('1.5')
select round(1.5::float8, 1)
select 1 union select 'a'
select 1 union select 2.5 order by 1
select null union select 1
select case when true then 1 else 'a' end
select case when true then 1 else 2.5 end
select coalesce(1, 'a')
select greatest(1, 'a')
select array[1, 'a']
select 1 in (1, '2'), 1 in ('x')
select 1::bool, true::int, 1.5::int, 2.5::int, -2.5::int, 1.5::float8::int, 2.5::float8::int, '1e3'::float8, 1e3::int8, 123.456::numeric(5,1), 'infinity'::float8, 'NaN'::numeric
select 99999.5::numeric(5,0)
select 1e400::numeric::float8
select 70000::int2
select 3000000000::int4
select 'NaN'::float8::int
select 'integer'::regtype, 'varchar'::regtype::oid, 23::regtype, format_type(1043, 14), format_type(1700, 655366)
select 5 & 3, 5 | 3, 5 # 3, ~5, 1 << 3, 8 >> 1, |/ 4.0, @ -5, 5 !~ 3
select '\x0102'::bytea || '\x03', encode('\x0102','hex'), decode('AQI=','base64'), length('\x0102'::bytea), get_byte('\x0102',1), sha256('a'), substring('\x010203'::bytea from 2 for 1), 'abc'::bytea
select gen_random_uuid() is not null, 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid, '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}'::uuid < 'b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'
select 1.10 + 2.200, 1.5 * 1.25, 1.0 / 3, 10.00 / 4, 0.1 + 0.2, 0.1::float8 + 0.2::float8, 1e-5::float8, 1e15::float8, 1e16::float8, 123456789.123::float4, 1::float4/3
select 1.0 = 1.00, 'NaN'::float8 = 'NaN'::float8, 'NaN'::numeric > 1, -0.0::float8 = 0
select x, row_number() over (order by x), rank() over (order by x), dense_rank() over (order by x), percent_rank() over (order by x), cume_dist() over (order by x), ntile(2) over (order by x), lag(x) over (order by x), lead(x,2,0) over (order by x), first_value(x) over (order by x), last_value(x) over (order by x), nth_value(x,2) over (order by x) from (values (1),(2),(2),(4)) t(x) order by x
select x, sum(x) over (order by x), avg(x) over (), count(*) over (partition by x%2) from generate_series(1,4) x order by x
select distinct x from (values (1.0),(1.00),(2)) t(x) order by x
select x, count(*) from (values ('a'),('b'),('a')) t(x) group by x order by x
select x from (values ('b'),('A'),('a'),(null),('é'),('Z')) t(x) order by x collate "C"
select x from (values (null::int),(2),(1)) t(x) order by x desc nulls last
select x from (values ('1 day'::interval),('23 hours'),('1 mon')) t(x) order by x
select x from (values ('{"a":1}'::jsonb),('[1]'),('1'),('"a"'),('null'),('true'),('[]'),('{}')) t(x) order by x
select x from (values (array[1,2]),(array[1]),(array[2]),(array[1,null])) t(x) order by x
select current_date = now()::date, localtimestamp = now()::timestamp, current_user = session_user, current_database() is not null, current_schema() is not null, version() like 'PostgreSQL%'
select num_nulls(1,null), num_nonnulls(1,null)
select lower('ABC')::varchar(2), 'abc'::text::varchar, 5::text || 'x', 1.50::text, true::text, '{1,2}'::int[]::text, now()::text is not null
select cast(null as int), null::text || 'a', null + 1, not null, null and false, null or true
select 'a' between 'a' and 'b', 1 not between 2 and 3, 5 between symmetric 10 and 1
select (1,2) in ((1,2),(3,4)), (1,'a') = (1,'a')
select true and 'true', not 'false', 'yes'::bool is true, null is not true, (1 = 1) is distinct from null
select is_true from (select true as is_true) t where is_true
select date '2024-01-15' - interval '1 day', date 'today' = current_date, timestamp 'epoch', 'infinity'::timestamp + '1 day'
select timestamp '2024-01-15 10:00:00.123456'::timestamp(3), timestamptz '2024-01-15 10:00:00.9+00'::timestamptz(0), time '10:00:00.55'::time(1), interval '1.23456 seconds'::interval(2), interval '1' year, interval '1-2' year to month, interval '10' minute
select extract(timezone from timestamptz '2024-01-01 00:00:00+00'), date_part('epoch', interval '1 day'), extract(foo from now())
select string_to_array('a,b,,c', ','), string_to_array('a,b,NULL', ',', 'NULL'), string_to_array('abc', null), string_to_array('', ',')
select bit_count('\x0f'::bytea), trim_array(array[1,2,3],1), array_sample(array[1],1)
select cot(1), sind(30), cosd(60), tand(45), atan2d(1,1), asinh(1), erf(1)
select scale(1.50), min_scale(1.50), trim_scale(1.50), log10(100)
select ceiling(1.5), pow(2,2), char_length('a'), octet_length('a'::char(3)), substr('abc',0,2), ltrim('  a'), to_hex(-1), chr(0)
select json_typeof('1'), json_array_length('[1]'), json_object_keys('{"a":1}'), json_extract_path('{"a":1}','a'), json_strip_nulls('{"a":null}'), jsonb_object('{a,1,b,2}'), json_object('{a,1}'), array_to_json(array[1,2])
select * from json_each('{"a":  1}')
select format('%s', variadic array['x','y']), concat(variadic array['x','y'])
