-- Which jobs wait, run, or wait for their next run, as a list of 1 and 0.
-- KEYS: stream, delayed, ids. ARGV: ids of jobs…
local found = {}
for i, place in ipairs(redis.call('HMGET', KEYS[3], unpack(ARGV))) do
    found[i] = is_there(KEYS[1], KEYS[2], place) and 1 or 0
end
return found
