create table orders (order_id bigint primary key, customer_id bigint, status text, total_cents bigint, created_at timestamptz default '2024-01-01 00:00:00+00')
create table customers (id int primary key, name varchar(20) not null, city text default 'Oslo', rating numeric(4,1), j json, unique (name))
create table t (a int, b text, c boolean)
select x
select * from nosuch
select * from nosuch.t
select nocol from orders
select o.nocol from orders o
select orders.status from orders o
select z.status from orders o
select status from orders, customers where id = order_idd
select id from customers a, customers b
select * from orders o, customers o
select custmer_id from orders
select ordersid from orders
select * from orders join customers using (nocol)
select * from orders join customers using (id)
select * from orders a join orders b using (order_id) join orders c using (status)
select status, count(*) from orders
select status from orders group by customer_id
select status from orders having count(*) > 1
select count(*) from orders where count(*) > 1
select sum(count(*)) from orders
select count(*) from orders group by count(*)
select 1 group by 5
select status from orders group by 2
select status from orders group by 'x'
select status from orders order by 5
select status from orders order by 'x'
select status s, customer_id s from orders order by s
select distinct status from orders order by customer_id
select distinct on (status) customer_id from orders order by customer_id
select * from orders limit 'x'
select * from orders limit status
select * from orders limit true
select * from orders limit -1
select 1 + 'a'
select 1 + true
select 'a' + 'b'
select 'a' || 1
select 1 || 2
select true + 1
select - 'a'
select nofunc(1)
select lower(1)
select lower('a', 'b')
select length()
select round('x', 1, 2)
select substr(1)
select count(1, 2)
select sum('a')
select sum(status) from orders
select max(c) from t
select * from orders where status
select * from orders where 1
select * from orders where 'x'
select not 1
select 1 and true
select case when 1 then 2 end
select case when true then 1 else 'a' end
select case when true then 1 else true end
select coalesce(1, 'a')
select coalesce(1, true)
select greatest(1, 'x')
select 1 in ('a')
select 1 in (true)
select array[1, 'a']
select array[1, true]
select array[]
select (1)[1]
select 1 = any(5)
select 1 = any(array['a'])
select 1 union select 'a'
select 1 union select true
select 1, 2 union select 1
select 1 union select 2 order by x
select 1 as a union select 2 order by a + 1
values (1), (1,2)
values (1), ('a')
select cast('x' as int)
select 'x'::boolean
select '2024-13-01'::date
select 1::date
select true::date
select 1::nosuchtype
select 'a'::varchar(0)
select (select 1, 2)
select 1 = (select 1, 2)
select 1 in (select 1, 2)
select (1,2) in (select 1)
select (1,2) = (1,2,3)
select row(1,2) < row(1)
select * from (select 1 as a) s where b = 1
select * from (select 1) s(a, b)
select * from generate_series(1,2) g(a,b)
select s.a from (select 1 as a) as s, lateral (select x.a) y
select * from orders o join customers c on o.x = c.id
select * from orders o join customers c on c.id
select * from customers c, (select c.id) s
select generate_series(1,2) from orders where generate_series(1,2) = 1
select count(generate_series(1,2))
select row_number() from orders
select row_number() over () from orders where row_number() over () = 1
select sum(1) over w
select lower('a') over ()
select count(distinct order_id) over () from orders
select string_agg(distinct status, ',' order by order_id) from orders
select lower(distinct 'a')
select lower('a') filter (where true)
select count(*) filter (where 1) from orders
select lower(*)
insert into orders values (1,2,3,4,5,6)
insert into orders (order_id, nocol) values (1, 2)
insert into orders (order_id, order_id) values (1, 2)
insert into orders (order_id, status) values (1)
insert into orders (order_id) values (1, 2)
insert into orders values ('x')
insert into orders values (1, 2, 3)
insert into orders (order_id) values (true)
insert into orders (created_at) values (1)
insert into orders (order_id) select status from orders
insert into orders (order_id) select 'x'
insert into orders select 1, 2, 3, 4, 5, 6
insert into nosuch values (1)
insert into orders (order_id) values (default), (1) on conflict (status) do nothing
insert into orders values (1) on conflict do update set status = 'x'
insert into orders values (1) on conflict (nocol) do nothing
insert into orders values (1) on conflict on constraint nosuch do nothing
insert into orders values (1) on conflict (order_id) do update set status = status || 'x'
insert into orders values (1) on conflict (order_id) do update set nocol = 1
insert into orders values (1) returning nocol
insert into orders values (1, 2), (3)
update orders set nocol = 1
update orders set status = 1
update orders set total_cents = 'x'
update orders set total_cents = true
update orders set status = 'a', status = 'b'
update orders set (status, total_cents) = (1)
update orders set (status, total_cents) = (select 1)
update orders set total_cents = count(*)
update nosuch set a = 1
update orders set status = 'a' where nocol = 1
update orders o set o.status = 'x'
delete from nosuch
delete from orders where nocol = 1
delete from orders where count(*) > 1
delete from orders returning nocol
select * from orders where order_id = 'abc'
select * from orders where created_at > 'yesterdayish'
select order_id::text + 1 from orders
select customer_id = status from orders
select a.* from orders
select *
select nosuch.* from orders
with x as (select 1), x as (select 2) select * from x
with x(a, b) as (select 1) select * from x
with recursive t as (select 1 union all select * from t, t) select 1
with recursive t as (select 1 as n intersect select n from t) select 1
with recursive t(n) as (select 1 union all select n + 1.5 from t) select * from t
with x as (insert into orders values (1)) select * from x
select * from (with x as (insert into orders values (1) returning *) select * from x) s
select sel from
sel 1
select 'abc
select 1 limit 1 limit 2
select * from orders order by order_id nulls first last
select 1 as
create table t2 (a int, a text)
create table t2 (a nosuch)
create table orders (a int)
create table t2 (a int primary key, b int primary key)
create table t2 (a int, primary key (b))
create table t2 (a int, unique (a, a))
create table t2 (a int default 'x')
create table t2 (a int default b)
create table t2 (a int default (select 1))
create table t2 (a int default true)
create table t2 (a int check (a))
create table t2 (a int check (b > 0))
create table t2 (a int check (a > (select 1)))
create table t2 (a int check (count(a) > 0))
create table t2 (a json primary key)
create table t2 (a int not null null)
create table nosuch.t2 (a int)
create table t2 (a varchar(0))
create table t2 (a numeric(2000))
create table t2 (xmin int)
drop table nosuch
drop table nosuch.t
drop index nosuch
drop index orders_pkey
drop table orders_pkey
drop schema nosuch
alter table nosuch add column a int
alter table orders add column status text
alter table orders drop column nocol
alter table orders rename column nocol to x
alter table orders rename column status to order_id
alter table orders rename to customers
alter table orders alter column nocol set default 1
alter table orders alter column order_id drop not null
alter table orders add primary key (status)
alter table orders drop constraint nosuch
alter table orders add constraint orders_pkey unique (status)
create index on nosuch (a)
create index on orders (nocol)
create unique index orders_pkey on orders (status)
truncate nosuch
comment on table nosuch is 'x'
comment on column orders.nocol is 'x'
select order_id from orders where order_id = any('{1,x}')
select extract(nosuch from now())
select 'a' collate "nosuch"
select 1 collate "C"
select date '2024-01-01' + date '2024-01-01'
select interval 'x'
select '{bad'::jsonb
select '{1,2'::int[]
select 'a' < 1
select row(1) = row('a')
select (orders).nocol from orders
select (1).a
select j from customers order by j
select distinct j from customers
select j, count(*) from customers group by j
select j from customers union select j from customers
select 1 from orders group by rollup(nocol)
select grouping(status) from orders
select grouping(customer_id) from orders group by status
select (select count(o.order_id) from customers) from orders o group by status
select (select o.customer_id) from orders o group by status
select a from t where a = 1 for update
select * from t order by a using <
select nullif(1, 'a')
select nullif(1, true)
select 1 is distinct from 'a'
select 1 is distinct from true
select 5 is true
select 1 between 'a' and 2
select 'abc' like 1
select 1 like 'a'
select overlaps(1,2)
select current_date(1)
select cast(1 as record)
select null::unknown
select a b c from t
select count(orders.*) from orders
select count(nosuch.*) from orders
select 2 ^ any (select 1)
select 33 * any ('{1,2,3}')
select 'a' like any (select 'b' union select 'a')
select (row(1, 2.0)).f2
select (row(1, 2.0)).nosuch
declare foo cursor for select 1 into x
insert into orders as excluded values (1) on conflict (order_id) do update set status = 'x'
select E'\u00zz'
select U&'\00zz'
