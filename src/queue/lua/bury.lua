-- Moves a job to the dead ones, if it is still the caller's.
-- KEYS: stream, ids, dead. ARGV: group, consumer, entry, most dead jobs to keep, job id, kind, trace id, payload, runs, error.
local pending = redis.pcall('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[3], 1, ARGV[2])
if pending.err or #pending == 0 then
    return 0
end
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[4], '*',
    'id', ARGV[5], 'kind', ARGV[6], 'trace_id', ARGV[7], 'payload', ARGV[8], 'runs', ARGV[9], 'error', ARGV[10])
redis.call('XACK', KEYS[1], ARGV[1], ARGV[3])
redis.call('XDEL', KEYS[1], ARGV[3])
-- Whose id was lost may have been queued again meanwhile.
if redis.call('HGET', KEYS[2], ARGV[5]) == ARGV[3] then
    redis.call('HDEL', KEYS[2], ARGV[5])
end
return 1
