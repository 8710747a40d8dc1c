create table orders (order_id bigint primary key, customer_id bigint, status text, total_cents bigint, created_at timestamptz default '2024-01-01 00:00:00+00')
create table customers (id int primary key, name varchar(20) not null, city text default 'Oslo', rating numeric(4,1), unique (name))
create table items (order_id bigint, line int, sku text not null, qty int check (qty > 0), price numeric(10,2), primary key (order_id, line))
create table nokey (a int, b text)
insert into customers values (1,'Ann','Oslo',4.5),(2,'Bob',default,3.0),(3,'Cyd','Rome',null)
insert into customers(id,name) values (4,'Dan') returning *
insert into orders select g, g % 4 + 1, case g % 3 when 0 then 'new' when 1 then 'paid' else 'sent' end, g * 100 from generate_series(1, 20) g
insert into items select o, l, 'sku' || l, l, o * 1.5 from generate_series(1, 20) o, generate_series(1, 3) l where (o + l) % 2 = 0
insert into nokey values (1,'x'),(2,'y'),(2,'z'),(null,null)
select 1
select 1 as a, 'x' b, null, true, 1.5, 1e10, -5, 9223372036854775807, 99999999999999999999
select * from orders where order_id = 5
select order_id, status from orders where order_id in (3, 1, 2) order by order_id desc
select * from orders where order_id between 5 and 7 order by 1
select status, count(*), sum(total_cents), avg(total_cents), min(order_id), max(order_id) from orders group by status order by status
select status, count(*) from orders group by 1 having count(*) > 6 order by 2 desc, 1
select c.name, o.order_id from customers c join orders o on o.customer_id = c.id where o.order_id < 5 order by 2
select c.name, count(o.order_id) from customers c left join orders o on o.customer_id = c.id and o.status = 'new' group by c.id order by c.id
select c.id, c.name, c.city, count(*) from customers c join orders o on o.customer_id = c.id group by c.id order by 1
select * from customers c natural join (select 1 as id, 'z' as extra) s
select * from customers join (values (1, 'q'), (5, 'r')) v(id, w) using (id)
select * from customers full join (values (1, 'q'), (5, 'r')) v(id, w) using (id) order by id
select * from customers c right join (values (1, 'q'), (5, 'r')) v(id, w) on v.id = c.id order by v.id
select c.name from customers c where exists (select 1 from orders o where o.customer_id = c.id and o.total_cents > 1900) order by 1
select c.name from customers c where not exists (select 1 from orders o where o.customer_id = c.id and o.total_cents > 1900) order by 1
select name from customers where id in (select customer_id from orders where status = 'paid') order by 1
select name from customers where id not in (select customer_id from orders where order_id < 3) order by 1
select name, (select max(total_cents) from orders o where o.customer_id = c.id) from customers c order by 1
select name, (select count(*) from orders o where o.customer_id = c.id and exists (select 1 from items i where i.order_id = o.order_id and i.qty > 1)) n from customers c order by 1
select * from (select order_id, row_number() over (order by order_id desc) rn from orders) s where rn <= 3 order by rn
select status, order_id, sum(total_cents) over (partition by status order by order_id) from orders order by order_id
select order_id, lag(total_cents) over w, lead(total_cents, 2, 0::bigint) over w, first_value(order_id) over w from orders window w as (order by order_id) order by 1 limit 5
select distinct status from orders order by 1
select distinct on (status) status, order_id from orders order by status, order_id desc
select order_id from orders order by order_id limit 3 offset 2
select total_cents / 1000 as k from orders order by k fetch first 3 rows with ties
select 1 union select 2 union all select 2 order by 1
select order_id from orders where order_id < 5 intersect select order_id from orders where order_id > 2 order by 1
select order_id from orders where order_id < 5 except select 3 order by 1
select 'a' union select 'b' order by 1
select 1 union select 2.5 order by 1
values (1,'a'),(2,'b')
values (1),(2.5),(null) order by 1
with t as (select * from orders where status = 'new') select count(*) from t
with a as (select 1 x), b as (select x + 1 y from a) select * from a, b
with recursive t(n) as (values (1) union all select n + 1 from t where n < 5) select sum(n) from t
with recursive t as (select 1 as n, 1 as f union all select n+1, f*(n+1) from t where n < 6) select * from t order by n
with ins as (insert into nokey values (9, 'w') returning a, b) select * from ins
select * from nokey order by a, b
with d as (delete from nokey where a = 9 returning *) select count(*) from d
select a, b from nokey order by b desc nulls last
update orders set status = 'gone', total_cents = total_cents + 1 where order_id = 3 returning order_id, status, total_cents
update orders o set status = c.name from customers c where c.id = o.customer_id and o.order_id < 3 returning o.order_id, o.status, c.id
update orders set (status, total_cents) = ('multi', 7) where order_id = 4 returning *
update orders set (status, total_cents) = (select name, id from customers where id = 2) where order_id = 5 returning status, total_cents
update customers set city = default where id = 3 returning *
delete from items using orders o where o.order_id = items.order_id and o.order_id = 20 returning items.*
delete from nokey where a is null returning a
insert into customers (id, name) values (1, 'Zed') on conflict (id) do update set name = excluded.name, rating = customers.rating + 1 returning *
insert into customers (id, name) values (1, 'Zed'), (7, 'New') on conflict do nothing returning id
insert into customers (id, name) values (8, 'Zed') on conflict (name) do update set city = 'X' where customers.id > 100 returning *
insert into customers (id, name) values (8, 'Zed') on conflict on constraint customers_name_key do update set city = 'Y' returning *
insert into customers (id, name) values (8, 'Zed')
insert into customers (id, name) values (8, null)
insert into items values (1, 1, 's', 0, 1)
select coalesce(null, 1, 2), nullif(1, 1), nullif(1, 2), greatest(1, 2, null), least(3, 2.5)
select case when 1 > 2 then 'a' end, case 3 when 3 then 'three' else 'other' end
select array[1,2,3], array[[1,2],[3,4]], (array[1,2,3])[2], (array[1,2,3])[2:3], array['a','b']
select 1 = any(array[1,2]), 3 = all(array[3,3]), 2 in (1, null), 1 not in (2, 3)
select row(1,'a'), (1,2) = (1,2), (1,2) < (1,3), (1,null) = (1,2), row(1,2) <> row(1,2)
select 1 is distinct from null, null is not distinct from null, 1 is not null, (null::int) is null
select 'abc' like 'a%', 'abc' ilike 'A%', 'abc' similar to '(a|b)%', 'abc' not like 'x%', 'abc' ~ '^a'
select 5 between 1 and 10, 5 between symmetric 10 and 1, 5 not between 1 and 4
select true and null, true or null, not null::bool, true is true, null is unknown
select cast('12' as int), '12'::int + 1, 12::text || 'x', '2024-01-15'::date, 3.7::int, 'abc'::varchar(2), 'x'::char(3)
select extract(year from timestamp '2024-05-06 07:08:09'), date_trunc('month', timestamp '2024-05-06 07:08:09'), timestamp '2024-05-06' at time zone 'UTC'
select date '2024-01-31' + 1, date '2024-03-01' - date '2024-02-01', timestamp '2024-01-01' + interval '1 month 2 days'
select position('b' in 'abc'), substring('abcdef' from 2 for 3), trim(both 'x' from 'xax'), overlay('abcdef' placing 'Z' from 2 for 2), upper('a'), length('abc')
select generate_series(1, 3), 'k'
select generate_series(1, 3), generate_series(1, 2)
select generate_series(1,3) + 10 as g order by g desc
select * from generate_series(1, 3) with ordinality
select * from generate_series(1, 2) a, generate_series(a, 3) b order by 1, 2
select * from rows from (generate_series(1,2), generate_series(1,3)) as t(x, y)
select * from unnest(array[1,2], array['a','b','c']) u(n, s)
select c.name, s.order_id from customers c cross join lateral (select order_id from orders o where o.customer_id = c.id order by order_id desc limit 1) s order by 1
select c.name, s.n from customers c left join lateral (select count(*) n from orders o where o.customer_id = c.id) s on true order by 1
select status, customer_id, count(*) from orders group by rollup (status, customer_id) order by 1 nulls last, 2 nulls last
select status, customer_id, count(*), grouping(status, customer_id) from orders group by cube (status, customer_id) order by 4, 1, 2
select status, count(*) from orders group by grouping sets ((status), ()) order by 1 nulls last
select count(*) filter (where total_cents > 1000), count(distinct status), string_agg(status, ',' order by order_id) from orders where order_id > 15
select array_agg(order_id order by order_id desc) from orders where order_id < 4
select count(*), sum(qty) from items where false
select sum(total_cents) from orders where false group by status
select o.order_id, i.line from orders o left join items i on i.order_id = o.order_id where i.line = 2 order by 1, 2
select (o).b from nokey o where a = 1
select count(o) from nokey o
select t.* from nokey t where t.a = 2 order by b
select max(order_id), min(total_cents) from orders
select max(order_id) from orders
select coalesce(max(order_id), 0) + 1 from orders
select * from orders order by customer_id desc, order_id limit 4
select exists (select 1 from orders where false), array(select order_id from orders order by 1 limit 3)
select (select 1 where false), (select order_id from orders where order_id = 2)
select (select order_id from orders)
select x.a, y.a from nokey x, nokey y where x.a = y.a order by 1, 2
select sum(a) s, b from nokey group by b order by s nulls first, b
select current_date is not null, now() = current_timestamp, current_user is not null
select 1 where 1 = 0
select
select count(*) from (select 1) s
select 10 % 3, 2 ^ 10, |/ 16, @ -5, 5 & 3, 5 | 3, 5 # 3, ~5, 1 << 4
select '{"a": {"b": [1,2]}}'::jsonb -> 'a' -> 'b' ->> 1, '{"a":1}'::jsonb @> '{"a":1}', ('{"a":5}'::jsonb)['a']
select interval '1 day' * 2, '1 day'::interval, interval '2' hour
select 'a' || null || 'b', concat('a', null, 'b'), format('%s-%s', 1, 'x')
