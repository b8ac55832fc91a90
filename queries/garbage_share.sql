-- Which share of the heap no root reaches: what waits for the collector, or stays because the collector is off.
SELECT service, date, count(*) AS snapshots,
    round(100.0 * sum(garbage_bytes) / sum(shallow_bytes), 2) AS garbage_percent,
    max(garbage_objects) AS most_garbage_objects
FROM snapshots
GROUP BY service, date
ORDER BY garbage_percent DESC, service, date
