-- How much the objects of each type and at each place grew from one day to the next, as a mean over the processes of a service.
WITH days AS (
    SELECT service, date, counted, name,
        avg(objects) AS objects, avg(shallow_bytes) AS shallow_bytes
    FROM census
    WHERE counted IN ('type', 'place')
    GROUP BY service, date, counted, name
), growth AS (
    SELECT *,
        objects - lag(objects) OVER (PARTITION BY service, counted, name ORDER BY date) AS more_objects,
        shallow_bytes - lag(shallow_bytes) OVER (PARTITION BY service, counted, name ORDER BY date) AS more_bytes
    FROM days
)
SELECT service, date, counted, name, round(more_objects) AS more_objects, round(more_bytes) AS more_bytes
FROM growth
WHERE more_bytes > 0
ORDER BY more_bytes DESC, service, date, counted, name
LIMIT 50
