ALTER TABLE walk_edges ADD COLUMN price_percent SMALLINT NOT NULL DEFAULT 100;
COMMENT ON COLUMN walk_edges.price_percent IS 'Price of choosing it, in percent of its walking time: more than 100 where walking is allowed but a last resort.';
