-- Moves a job to the delayed ones, if it is still the caller's. Its next run is due by the clock of Redis.
-- KEYS: stream, delayed, ids. ARGV: group, consumer, entry, delay in ms, job id, job.
local pending = redis.pcall('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[3], 1, ARGV[2])
if pending.err or #pending == 0 then
    return 0
end
local place = redis.call('HGET', KEYS[3], ARGV[5])
-- Whose id was lost may have been queued again meanwhile.
if place == ARGV[3] or not is_there(KEYS[1], KEYS[2], place) then
    local time = redis.call('TIME')
    local due = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[4]
    redis.call('ZADD', KEYS[2], due, ARGV[6])
    redis.call('HSET', KEYS[3], ARGV[5], ARGV[6])
end
redis.call('XACK', KEYS[1], ARGV[1], ARGV[3])
redis.call('XDEL', KEYS[1], ARGV[3])
return 1
