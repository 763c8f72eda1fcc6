-- Queues a dead job again, as if it were new; one that is back already is only taken off the dead.
-- KEYS: stream, ids, dead. ARGV: entry of the dead job.
local found = redis.call('XRANGE', KEYS[3], ARGV[1], ARGV[1])
if #found == 0 then
    return 0
end
local job = {}
for i = 1, #found[1][2], 2 do
    job[found[1][2][i]] = found[1][2][i + 1]
end
if redis.call('SADD', KEYS[2], job.id) == 1 then
    redis.call('XADD', KEYS[1], '*', 'id', job.id, 'kind', job.kind, 'trace_id', job.trace_id,
        'payload', job.payload, 'runs', '0')
end
redis.call('XDEL', KEYS[3], ARGV[1])
return 1
