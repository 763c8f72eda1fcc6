-- Counts a sign-up, unless there were as many as may be within the window.
-- KEYS: times of the latest ones, newest first. ARGV: how many may be, window in milliseconds.
-- Returns the seconds until the oldest of them leaves the window, or 0.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local oldest = redis.call('LINDEX', KEYS[1], ARGV[1] - 1)
if oldest and oldest + ARGV[2] > now then
    return math.ceil((oldest + ARGV[2] - now) / 1000)
end
redis.call('LPUSH', KEYS[1], now)
redis.call('LTRIM', KEYS[1], 0, ARGV[1] - 1)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 0
