-- Notes what a process says of itself, with the time by this clock: those of the processes may differ.
-- KEYS: processes. ARGV: id, JSON, milliseconds after which all is forgotten unless somebody says something.
local now = redis.call('TIME')
redis.call('HSET', KEYS[1], ARGV[1], now[1] .. string.format('%03d', math.floor(now[2] / 1000)) .. ':' .. ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
