-- Resets the idle time of the caller's running jobs, so that nobody takes them for orphans.
-- Returns the entries that are no longer the caller's.
-- KEYS: stream. ARGV: group, consumer, entries…
local lost = {}
for i = 3, #ARGV do
    local pending = redis.pcall('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1, ARGV[2])
    if pending.err or #pending == 0 then
        lost[#lost + 1] = ARGV[i]
    else
        redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'JUSTID')
    end
end
return lost
