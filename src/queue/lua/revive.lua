-- Queues a dead job again, as if it were new; one that is back already is only taken off the dead.
-- KEYS: stream, delayed, ids, dead. ARGV: entry of the dead job.
local found = redis.call('XRANGE', KEYS[4], ARGV[1], ARGV[1])
if #found == 0 then
    return 0
end
local job = {}
for i = 1, #found[1][2], 2 do
    job[found[1][2][i]] = found[1][2][i + 1]
end
if not is_there(KEYS[1], KEYS[2], redis.call('HGET', KEYS[3], job.id)) then
    local entry = redis.call('XADD', KEYS[1], '*', 'id', job.id, 'kind', job.kind, 'trace_id', job.trace_id,
        'payload', job.payload, 'runs', '0')
    redis.call('HSET', KEYS[3], job.id, entry)
end
redis.call('XDEL', KEYS[4], ARGV[1])
return 1
