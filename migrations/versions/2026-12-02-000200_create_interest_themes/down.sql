DROP TABLE user_interest_themes;
DROP TABLE interest_themes;
