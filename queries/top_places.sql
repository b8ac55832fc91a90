-- The largest places of each service, in the last snapshot of each of its processes.
WITH last AS (
    SELECT service, host, pid, max(time) AS time
    FROM census
    GROUP BY service, host, pid
), sums AS (
    SELECT census.service, census.name AS place, max(element_type) AS element_type,
        count(*) AS processes, sum(elements) AS elements, sum(shallow_bytes) AS shallow_bytes
    FROM census JOIN last
        ON census.service = last.service AND census.pid = last.pid AND census.time = last.time
        AND coalesce(census.host, '') = coalesce(last.host, '')
    WHERE counted = 'place' AND containers > 0
    GROUP BY census.service, census.name
), ranked AS (
    SELECT *, row_number() OVER (PARTITION BY service ORDER BY shallow_bytes DESC, place) AS rank
    FROM sums
)
SELECT service, rank, place, element_type, processes, elements, shallow_bytes
FROM ranked
WHERE rank <= 10
ORDER BY service, rank
