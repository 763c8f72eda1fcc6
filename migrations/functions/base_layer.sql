CREATE OR REPLACE FUNCTION base_layer(class text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE class
        WHEN 'path' THEN 'paths'
        WHEN 'steps' THEN 'steps'
        WHEN 'rail' THEN 'rails'
        WHEN 'tram' THEN 'rails'
        WHEN 'water' THEN 'water'
        WHEN 'river' THEN 'water'
        WHEN 'stream' THEN 'water'
        WHEN 'building' THEN 'buildings'
        WHEN 'wood' THEN 'woods'
        WHEN 'park' THEN 'parks'
        WHEN 'pitch' THEN 'parks'
        WHEN 'grass' THEN 'parks'
        WHEN 'cemetery' THEN 'parks'
        WHEN 'beach' THEN 'parks'
        WHEN 'square' THEN 'squares'
        WHEN 'pier' THEN 'squares'
        WHEN 'wall' THEN 'walls'
        ELSE 'streets'
    END
$$;
COMMENT ON FUNCTION base_layer(text) IS 'The layer of the base tiles in which a class of lines or areas is.';
