-- Moves jobs whose next run is due to the stream, a bounded number at once.
-- KEYS: stream, delayed, ids. ARGV: most jobs to move.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local due = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, ARGV[1])
for _, member in ipairs(due) do
    local job = cjson.decode(member)
    local place = redis.call('HGET', KEYS[3], job.id)
    -- Whose id was lost may have been queued again meanwhile.
    if place == member or not is_there(KEYS[1], KEYS[2], place) then
        local entry = redis.call('XADD', KEYS[1], '*', 'id', job.id, 'kind', job.kind, 'trace_id', job.trace_id,
            'payload', job.payload, 'runs', job.runs, 'waits', job.waits or 0)
        redis.call('HSET', KEYS[3], job.id, entry)
    end
    redis.call('ZREM', KEYS[2], member)
end
return #due
