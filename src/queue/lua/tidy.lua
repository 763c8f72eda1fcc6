-- Forgets consumers that have been silent for long and hold nothing, and some of the ids that belong to no job.
-- Returns where the next look at the ids begins.
-- KEYS: stream, delayed, ids. ARGV: group, silence in ms, where to begin, how many ids to look at.
local consumers = redis.pcall('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])
if not consumers.err then
    for _, consumer in ipairs(consumers) do
        local field = {}
        for i = 1, #consumer, 2 do
            field[consumer[i]] = consumer[i + 1]
        end
        if field.pending == 0 and field.idle > tonumber(ARGV[2]) then
            redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], field.name)
        end
    end
end
local next, ids = unpack(redis.call('HSCAN', KEYS[3], ARGV[3], 'COUNT', ARGV[4]))
for i = 1, #ids, 2 do
    if not is_there(KEYS[1], KEYS[2], ids[i + 1]) then
        redis.call('HDEL', KEYS[3], ids[i])
    end
end
return tonumber(next)
