\set id random(1, :rows)
SELECT order_id, customer_id, status, total_cents, created_at FROM orders WHERE order_id = :id;
