-- Adds a job unless one with its id waits or runs.
-- KEYS: stream, delayed, ids. ARGV: id, kind, trace id, payload.
if is_there(KEYS[1], KEYS[2], redis.call('HGET', KEYS[3], ARGV[1])) then
    return 0
end
local entry = redis.call('XADD', KEYS[1], '*',
    'id', ARGV[1], 'kind', ARGV[2], 'trace_id', ARGV[3], 'payload', ARGV[4], 'runs', '0')
redis.call('HSET', KEYS[3], ARGV[1], entry)
return 1
