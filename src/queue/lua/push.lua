-- Adds a job unless one with its id waits or runs.
-- KEYS: stream, ids. ARGV: id, kind, trace id, payload.
if redis.call('SADD', KEYS[2], ARGV[1]) == 0 then
    return 0
end
redis.call('XADD', KEYS[1], '*',
    'id', ARGV[1], 'kind', ARGV[2], 'trace_id', ARGV[3], 'payload', ARGV[4], 'runs', '0')
return 1
