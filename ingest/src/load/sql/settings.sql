-- Compiling the few large statements of a load costs more than it saves; sorting in memory is worth having.
SET jit = off;
SET work_mem = '128MB';
SET maintenance_work_mem = '128MB';
-- What a walk or a tile asks for is answered by the same indexes whatever finer statistics say.
SET default_statistics_target = 30;
