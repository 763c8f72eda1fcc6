-- Ends an honest attempt to log in: nothing of it counts, and where it came from is known from now on.
-- KEYS: places known of the name; counters that counted the attempt.
-- ARGV: milliseconds until a name's places are forgotten, most places of a name, number of places, places; then for each
-- counter after how long a failure is forgotten, and until when it pauses because of this attempt.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local places = tonumber(ARGV[3])
for i = 1, places do
    redis.call('ZADD', KEYS[1], now, ARGV[3 + i])
end
if places > 0 then
    redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -ARGV[2] - 1)
    redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
for i = 2, #KEYS do
    local forget, pauses_until = unpack(ARGV, 2 * i + places, 2 * i + places + 1)
    local empty_at, free_at = unpack(redis.call('HMGET', KEYS[i], 'empty_at', 'free_at'))
    if empty_at then
        empty_at = empty_at - forget
        -- A pause that somebody else has earned since stays.
        if free_at == pauses_until then
            free_at = 0
        end
        redis.call('HSET', KEYS[i], 'empty_at', empty_at, 'free_at', free_at)
        redis.call('PEXPIREAT', KEYS[i], math.max(empty_at, free_at))
    end
end
