-- Users with their interests.
-- $1 users.
SELECT users.*,
       ARRAY(SELECT theme_id FROM user_interest_themes WHERE user_id = users.id ORDER BY theme_id) AS interest_theme_ids
-- These are all, but the planner expects few: the plan goes by the index, though it is made while the table is small.
FROM (SELECT unnest($1) AS id LIMIT cardinality($1)) AS wanted
JOIN users USING (id)
