-- DuckDB 1.3 and later. How many references lie between the roots and the objects of each type, in each heap: `USING KEY` keeps one row
-- for each object where a plain recursive query keeps all that were ever met.
WITH RECURSIVE reached(snapshot_id, address, depth) USING KEY (snapshot_id, address) AS (
    SELECT DISTINCT snapshot_id, address, 0
    FROM roots
    WHERE kind IN ('module', 'local', 'interpreter', 'thread')
    UNION
    SELECT held.snapshot_id, held.referent, min(reached.depth) + 1
    FROM reached
    JOIN "references" AS held ON held.snapshot_id = reached.snapshot_id AND held.referrer = reached.address
    LEFT JOIN recurring.reached AS known ON known.snapshot_id = held.snapshot_id AND known.address = held.referent
    WHERE held.strong AND known.address IS NULL
    GROUP BY held.snapshot_id, held.referent
)
SELECT reached.snapshot_id, types.full_name AS type, count(*) AS objects, min(depth) AS nearest, max(depth) AS farthest
FROM reached
JOIN objects ON objects.snapshot_id = reached.snapshot_id AND objects.address = reached.address
JOIN types ON types.snapshot_id = objects.snapshot_id AND types.type_id = objects.type_id
GROUP BY reached.snapshot_id, types.full_name
ORDER BY reached.snapshot_id, objects DESC, type
