-- Moves jobs whose next run is due to the stream, a bounded number at once.
-- KEYS: stream, delayed. ARGV: most jobs to move.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local due = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, ARGV[1])
for _, member in ipairs(due) do
    local job = cjson.decode(member)
    redis.call('XADD', KEYS[1], '*', 'id', job.id, 'kind', job.kind, 'trace_id', job.trace_id,
        'payload', job.payload, 'runs', job.runs, 'waits', job.waits or 0)
    redis.call('ZREM', KEYS[2], member)
end
return #due
