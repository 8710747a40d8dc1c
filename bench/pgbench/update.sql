\set id random(1, :rows)
\set cents random(1, 500)
UPDATE orders SET status = CASE WHEN status = 'new' THEN 'paid' WHEN status = 'paid' THEN 'shipped' ELSE 'new' END, total_cents = total_cents + :cents, created_at = clock_timestamp() WHERE order_id = :id;
