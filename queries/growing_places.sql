-- Places whose containers had more entries in each snapshot of a process than in the one before: leaks come first.
-- A cache that is warm stopped growing and is not here; what goes up and down is not either.
WITH steps AS (
    SELECT service, host, pid, name, element_type, time, elements, shallow_bytes,
        lag(elements) OVER (PARTITION BY service, host, pid, name ORDER BY time) AS elements_before
    FROM census
    WHERE counted = 'place' AND containers > 0
), processes AS (
    SELECT service, host, pid, name,
        max_by(element_type, time) AS element_type,
        count(elements_before) AS steps,
        count(CASE WHEN elements > elements_before THEN 1 END) AS steps_up,
        max_by(elements, time) - min_by(elements, time) AS more_elements,
        max_by(shallow_bytes, time) - min_by(shallow_bytes, time) AS more_bytes
    FROM steps
    GROUP BY service, host, pid, name
)
SELECT service, name AS place, max(element_type) AS element_type,
    count(DISTINCT host) AS hosts, count(*) AS processes,
    sum(more_elements) AS more_elements, sum(more_bytes) AS more_bytes
FROM processes
WHERE steps >= 2 AND steps_up = steps
GROUP BY service, name
ORDER BY more_bytes DESC, service, place
LIMIT 20
