DELETE FROM poi_interest_themes AS old
USING staged_pois
WHERE
    old.poi_id = staged_pois.id
    AND NOT EXISTS (SELECT 1 FROM staged_themes AS new WHERE new.poi_id = old.poi_id AND new.theme_id = old.theme_id);

INSERT INTO poi_interest_themes (poi_id, theme_id, weight)
SELECT poi_id, theme_id, weight FROM staged_themes
ON CONFLICT (poi_id, theme_id) DO UPDATE SET weight = excluded.weight
WHERE poi_interest_themes.weight <> excluded.weight;
