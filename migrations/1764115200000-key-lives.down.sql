ALTER TABLE keys DROP COLUMN active_from;
