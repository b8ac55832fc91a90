-- The objects that keep most memory alive in each heap, with their place: retained sizes are columns, so no engine has to find dominators.
WITH ranked AS (
    SELECT objects.snapshot_id, objects.address, types.full_name AS type, places.place, objects.retained_bytes,
        row_number() OVER (PARTITION BY objects.snapshot_id ORDER BY objects.retained_bytes DESC, objects.address) AS rank
    FROM objects
    JOIN types ON types.snapshot_id = objects.snapshot_id AND types.type_id = objects.type_id
    JOIN places ON places.snapshot_id = objects.snapshot_id AND places.place_id = objects.place_id
)
SELECT snapshot_id, rank, type, place, retained_bytes, address
FROM ranked
WHERE rank <= 10
ORDER BY snapshot_id, rank
