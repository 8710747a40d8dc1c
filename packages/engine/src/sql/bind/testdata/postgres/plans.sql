create table a (id int primary key, x int, y text, z numeric)
create table b (id int, aid int, v text, primary key (id, aid))
create table c (k text primary key, n bigint not null, d date, u uuid)
insert into a select g, g % 5, 'y' || (g % 3), g * 1.5 from generate_series(1, 30) g
insert into a values (31, null, null, null)
insert into b select g, (g * 7) % 35, 'v' || (g % 4) from generate_series(1, 40) g
insert into c select 'k' || g, g, date '2024-01-01' + g, ('00000000-0000-0000-0000-0000000000' || lpad(g::text, 2, '0'))::uuid from generate_series(1, 12) g
create index a_x on a (x)
create unique index c_n on c (n)
select * from a where x = 3 order by id
select * from a where x is null
select id from a where x = 3 and id > 10 order by x, id
select id from a where x in (1, 2) order by id limit 4
select a.id, b.id from a join b on b.aid = a.id where a.x = 2 order by 1, 2
select a.id, b.v from a left join b on b.aid = a.id and b.v = 'v1' where a.id < 6 order by 1, 2
select a.id, b.v from a left join b on b.aid = a.id where b.v is null order by 1
select a.id, b.id from a right join b on b.aid = a.id where b.id < 8 order by 2
select a.id, b.id from a full join b on b.aid = a.id where coalesce(a.id, 99) > 25 order by 1 nulls first, 2
select a.id from a where a.x > (select avg(x) from a) order by 1
select a.id from a where a.x = (select max(x) from a a2 where a2.y = a.y) order by 1
select y, (select count(*) from b where b.aid = a.id) from a where id < 5 order by id
select id from a where exists (select 1 from b join c on c.n = b.id where b.aid = a.id) order by 1
select id from a where id in (select aid from b where v in ('v1', 'v2')) and x <> 0 order by 1
select id from a where (id, x) in (select aid, 1 from b) order by 1
select id from a where x not in (select n from c where n < 3) order by 1
select id from a where x >= all (select n from c where n < 4) order by 1
select id from a where x > any (select n from c where n > 2) order by 1
select id from a where not exists (select from b where b.aid = a.id and b.id > a.x) order by 1
select k from c where n = 5
select k from c where k = 'k3' or n = 4 order by 1
select k from c where k >= 'k2' and k < 'k5' order by k desc
select k from c order by n desc limit 3
select min(n), max(n) from c
select max(k) from c where n < 5
select min(x) from a
select d, count(*) from c group by d having d > '2024-01-10' order by d
select date_trunc('month', d) m, sum(n) from c group by m order by m
select x, y, count(*) from a group by x, y having count(*) > 2 order by x, y
select x + 1 as xx, sum(z) from a group by x + 1 order by xx nulls last
select count(*) over (), x from a where id < 4
select x, rank() over (order by x), dense_rank() over (order by x desc nulls last) from a where id < 8 order by id
select id, sum(z) over (order by id rows between 1 preceding and current row) from a where id < 6 order by id
select y, array_agg(distinct x order by x) from a group by y order by y
select * from (select x, count(*) n from a group by x) s where n > 5 and x = 1
select s.x, b.v from (select distinct x from a) s join b on b.id = s.x order by 1
select * from (select id from a union all select id from b) u where id > 28 order by 1
select * from (select id, x from a order by id limit 10) s where x = 1 order by 1
select * from (values (1, 'a'), (2, 'b')) v(i, s) join a on a.id = v.i order by 1
with q as (select * from a where x = 1), r as (select * from q where id > 10) select r.id, q.id from r, q where r.id = q.id order by 1
with q as materialized (select * from a) select count(*) from q where x = 2
with q as (select random() r) select count(distinct r) from (select r from q union all select r from q) s
with recursive r(id, depth) as (select id, 0 from a where id = 1 union all select b.aid, depth + 1 from r join b on b.id = r.id where depth < 5) select * from r order by depth
with recursive r(n) as (select 1 union select (n * 2) % 11 from r) select count(*) from r
select a.id, s.v from a, lateral (select v from b where b.aid = a.id order by v limit 1) s order by 1
select a.id, g from a, generate_series(1, a.x) g where a.id < 5 order by 1, 2
select a.id, t.* from a cross join lateral (values (a.x), (a.x * 2)) t(q) where a.id < 3 order by 1, 2
select (select array_agg(v order by v) from b where b.aid = a.id) from a where id = 7
select case when exists (select 1 from b where aid = a.id) then 'yes' else 'no' end, count(*) from a group by 1 order by 1
select coalesce((select v from b where b.aid = a.id limit 1), 'none') from a where id > 28 order by id
select sum(case when x = 1 then 1 else 0 end), count(*) filter (where x = 1) from a
select x, (select count(*) from b where b.id = a.x) from a group by x order by x nulls last
select a.y, count(b.id) from a join b on a.id = b.aid group by a.y order by 1
select a1.id, a2.id from a a1 join a a2 on a1.x = a2.x and a1.id < a2.id where a1.id < 4 order by 1, 2
select count(*) from a, b, c where a.id = b.aid and b.id = c.n
select count(*) from a natural join (select id, x from a) q
select count(*) from a join b using (id) join c on c.n = id
select id, b.aid, a.x from a left join b using (id) where id < 4 order by id
update a set x = x + 1 where id < 4 returning id, x
update a set y = s.v from (select aid, max(v) v from b group by aid) s where s.aid = a.id and a.id < 10 returning a.id, a.y
update a set x = (select count(*) from b where b.aid = a.id) where id between 5 and 8 returning id, x
update b set v = 'up' where (id, aid) = (1, 7) returning *
update b set v = 'up2' where id = 2 returning *
delete from b where aid in (select id from a where x = 4) returning id
delete from a using b where b.aid = a.id and b.v = 'up' returning a.id
insert into c (k, n) select 'k' || g, g from generate_series(10, 15) g on conflict (k) do update set n = excluded.n + 100 returning k, n
insert into c values ('zz', 5) on conflict (n) do nothing returning *
insert into b select id, x, y from a where id < 3 on conflict (id, aid) do update set v = b.v || excluded.v returning *
with moved as (delete from b where id > 38 returning *) insert into a (id, x, y) select id + 1000, aid, v from moved returning *
with up as (update a set z = 0 where id = 9 returning id, z) select up.id, up.z, a.z from up join a on a.id = up.id
select id, x from a where id > 999 order by id
select k from c where d between date '2024-01-03' and date '2024-01-05' order by k
select k from c where u = '00000000-0000-0000-0000-000000000003'
select k from c where n::text like '1%' order by 1
select distinct x, y from a order by y desc nulls last, x limit 5
select distinct on (x) x, id from a order by x, id desc
select x from a group by x order by count(*) desc, x limit 3
select id from a order by x desc nulls last, id limit 5
select id from a order by x nulls first, id desc limit 5
select id from a order by -id limit 2
select id from a where x = 1 order by y, id desc limit 3
select id from a order by id limit 0
select id from a order by id limit null offset 28
select 1 from a limit 1
select true where exists (select 1 from a where id = 1) and not exists (select 1 from a where id = -1)
select upper(y) u from a group by u order by u
select x as y, count(*) from a group by y order by 2
select a.* from a where a.id = 1
select a.id as "ID", "a"."x" from a where id = 1
select count(*) from (select 1 from a union select 2 from b) s
select x from a intersect all select id from b order by 1
select x from a except all select x from a where id < 10 order by 1
(select id from a order by id limit 2) union all (select id from b order by id desc limit 2) order by 1
select * from (select 1 a, 2 b) t where (a, b) = (1, 2)
select sum(s) from (select sum(x) s from a group by y) q
select string_agg(y, '-' order by id) filter (where x = 1) from a
select id from a where y like 'y1%' and x = 1 order by id
select id from a where id = any (array[1, 5, 99]) order by id
select id from a where id <> all (array[1, 2, 3]) and id < 6 order by id
select id from a where id = 1 or id = 2 or x = 4 order by 1 limit 4
select id from a where not (x = 1 or x = 2) and id < 8 order by 1
select id from a where (x = 1) is not true and id < 5 order by 1
select id from a where x between 1 and 2 and not id between 5 and 25 order by 1
select nullif(x, 1), greatest(x, id, 3), least(x, 2) from a where id < 4 order by id
select id::text || '-' || coalesce(y, '?') from a where id > 29 order by id
select row_number() over () from a limit 2
select ntile(3) over (order by id), id from a where id < 7 order by id
select percent_rank() over (order by id) from a where id < 4 order by id
select id, last_value(id) over (partition by x order by id rows between unbounded preceding and unbounded following) from a where id < 9 order by id
select y, sum(count(*)) over (order by y) from a group by y order by y
select x, sum(x) over w, avg(x) over w from a where id < 5 window w as (partition by y) order by id
select grouping(x), x, count(*) from a where id < 10 group by rollup(x) order by x nulls last
select generate_series(1, x) from a where id < 4 order by 1
select id, unnest(array[x, id]) from a where id < 3 order by 1, 2
select count(*) from generate_series(1, 10) g where g % 2 = 0
select * from generate_series(timestamp '2024-01-01', timestamp '2024-01-03', interval '1 day') t
select jsonb_build_object('a', x, 'b', y) from a where id = 3
select current_setting('timezone'), 1
select (select max(id) from a) - (select min(id) from a)
select * from a where id = (select 3) and x = (select x from a where id = 3)
select * from a where id = 1 and 1 = 2
select count(*) from a where null
select a.id from a where a.id in (1, 2, 2, null) order by 1
select id from a where id in (select 1 union select 2) order by 1
select id from a where x = all (select 1 where false) and id < 3 order by 1
select id, first_value(id) over w, last_value(id) over w, nth_value(id, 2) over w from a where id between 10 and 16 window w as (order by id rows between unbounded preceding and unbounded following exclude current row) order by id
select x, sum(id) over w, count(*) over w from a where id between 10 and 16 window w as (order by x groups between 1 preceding and current row exclude group) order by x, 2
select id, first_value(id) over w, last_value(id) over w, nth_value(id, 3) over w from a where id between 10 and 16 window w as (order by id groups between 2 preceding and 1 following exclude group) order by id
select x, sum(id) over (order by x range between unbounded preceding and current row exclude ties) from a where id between 12 and 16 order by x, 2
