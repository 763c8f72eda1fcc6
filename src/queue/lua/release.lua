-- Makes the caller's jobs look long idle, so that the next worker takes them at once.
-- KEYS: stream. ARGV: group, consumer, entries…
local released = 0
for i = 3, #ARGV do
    local pending = redis.pcall('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1, ARGV[2])
    if not pending.err and #pending == 1 then
        -- A run that the worker itself broke off does not count.
        local deliveries = math.max(pending[1][4] - 1, 0)
        redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i],
            'IDLE', 86400000, 'RETRYCOUNT', deliveries, 'JUSTID')
        released = released + 1
    end
end
return released
