-- On how many hosts of a service the same place takes a tenth of the heap and more than when the process was young: one host
-- is an accident, all of them are the code.
WITH heaps AS (
    SELECT service, snapshot_id, shallow_bytes AS heap_bytes
    FROM census
    WHERE counted = 'heap'
), places AS (
    SELECT census.service, host, pid, name, census.time, shallow_bytes, elements, heap_bytes
    FROM census JOIN heaps ON census.service = heaps.service AND census.snapshot_id = heaps.snapshot_id
    WHERE counted = 'place' AND containers > 0
), processes AS (
    SELECT service, host, pid, name,
        max_by(shallow_bytes, time) AS bytes_now, min_by(shallow_bytes, time) AS bytes_then,
        max_by(heap_bytes, time) AS heap_bytes
    FROM places
    GROUP BY service, host, pid, name
), all_hosts AS (
    SELECT service, count(DISTINCT host) AS hosts
    FROM census
    GROUP BY service
)
SELECT processes.service, name AS suspect, count(DISTINCT host) AS hosts, max(all_hosts.hosts) AS of_hosts,
    max(bytes_now) AS most_bytes
FROM processes JOIN all_hosts ON processes.service = all_hosts.service
WHERE bytes_now * 10 >= heap_bytes AND bytes_now > bytes_then * 2
GROUP BY processes.service, name
ORDER BY most_bytes DESC, processes.service, suspect
