-- Forgets consumers that have been silent for long and hold nothing, and ids that belong to no job.
-- KEYS: stream, delayed, ids. ARGV: group, silence in ms.
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
if redis.call('XLEN', KEYS[1]) == 0 and redis.call('ZCARD', KEYS[2]) == 0 then
    redis.call('DEL', KEYS[3])
end
