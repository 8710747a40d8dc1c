\set id random(1, 2 * :rows)
\set customer random(1, 10000)
\set cents random(100, 100000)
INSERT INTO orders (order_id, customer_id, status, total_cents, created_at) VALUES (:id, :customer, 'new', :cents, clock_timestamp()) ON CONFLICT (order_id) DO UPDATE SET customer_id = excluded.customer_id, total_cents = excluded.total_cents, created_at = excluded.created_at;
