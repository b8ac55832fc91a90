-- Types that a service has today and had in none of its snapshots of the days before.
WITH last_day AS (
    SELECT service, max(date) AS date
    FROM census
    GROUP BY service
), first_seen AS (
    SELECT service, name, min(date) AS date, max(objects) AS most_objects, max(shallow_bytes) AS most_bytes
    FROM census
    WHERE counted = 'type'
    GROUP BY service, name
)
SELECT first_seen.service, name AS type, most_objects, most_bytes
FROM first_seen JOIN last_day ON first_seen.service = last_day.service AND first_seen.date = last_day.date
ORDER BY most_bytes DESC, first_seen.service, type
