-- Takes a finished job out of the queue, if it is still the caller's.
-- KEYS: stream, ids. ARGV: group, consumer, entry, job id.
local pending = redis.pcall('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[3], 1, ARGV[2])
if pending.err or #pending == 0 then
    return 0
end
redis.call('XACK', KEYS[1], ARGV[1], ARGV[3])
redis.call('XDEL', KEYS[1], ARGV[3])
-- Whose id was lost may have been queued again meanwhile.
if redis.call('HGET', KEYS[2], ARGV[4]) == ARGV[3] then
    redis.call('HDEL', KEYS[2], ARGV[4])
end
return 1
