-- One attempt. KEYS: its counter. ARGV: how many are free, first pause and longest pause in seconds.
-- Returns the seconds to wait, or 0 if the attempt may be made. Each one that is not free doubles the pause after it.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local free_at = tonumber(redis.call('HGET', KEYS[1], 'free_at') or 0)
if now < free_at then
    return math.ceil((free_at - now) / 1000)
end
local count = redis.call('HINCRBY', KEYS[1], 'count', 1)
local over = count - ARGV[1]
local pause = 0
if over >= 0 then
    pause = math.min(ARGV[2] * 2 ^ math.min(over, 30), ARGV[3])
    redis.call('HSET', KEYS[1], 'free_at', now + pause * 1000)
end
redis.call('EXPIRE', KEYS[1], ARGV[3] + pause)
return 0
