-- The first release of a service in which a place was there: those that the oldest release has not, the largest first.
WITH oldest AS (
    SELECT service, min_by(release, time) AS release
    FROM census
    GROUP BY service
), places AS (
    SELECT service, name AS place, min_by(release, time) AS first_release, min(time) AS first_seen,
        max(elements) AS most_elements, max(shallow_bytes) AS most_bytes
    FROM census
    WHERE counted = 'place' AND containers > 0
    GROUP BY service, name
)
SELECT places.service, place, first_release, first_seen, most_elements, most_bytes
FROM places JOIN oldest ON places.service = oldest.service
WHERE first_release <> oldest.release
ORDER BY most_bytes DESC, places.service, place
LIMIT 20
