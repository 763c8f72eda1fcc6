DROP TABLE enrichments;
