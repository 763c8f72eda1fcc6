-- Takes or gives back a permit to ask Overpass. All workers share these keys; the clock is Redis' own.
-- KEYS: state (hash), leases (sorted set: permit -> end of its lease in ms)
-- ARGV: 'take', permit, at_once, spacing_ms, lease_ms, requests_a_day, bytes_a_day -> {refusal or 'granted', wait_ms}
--       'give', permit, bytes, 'ok'|'failed', wait_ms, failures_to_open, open_ms, longest_open_ms -> {'given', 0}
local state, leases, permit = KEYS[1], KEYS[2], ARGV[2]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local day_ms = 86400000

local function number(field)
    return tonumber(redis.call('HGET', state, field) or '0')
end

local day = math.floor(now / day_ms)
if number('day') ~= day then
    redis.call('HSET', state, 'day', day, 'requests', 0, 'bytes', 0)
end
redis.call('PEXPIRE', state, 2 * day_ms)

if ARGV[1] == 'take' then
    local at_once, spacing, lease = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
    local open_until = number('open_until')
    if open_until > now then
        return {'circuit_open', open_until - now}
    end
    if number('requests') >= tonumber(ARGV[6]) or number('bytes') >= tonumber(ARGV[7]) then
        return {'quota_used_up', (day + 1) * day_ms - now}
    end
    redis.call('ZREMRANGEBYSCORE', leases, '-inf', now)
    if redis.call('ZCARD', leases) >= at_once then
        return {'busy', spacing}
    end
    local next_start = number('next_start')
    if next_start > now then
        return {'busy', next_start - now}
    end
    redis.call('ZADD', leases, now + lease, permit)
    redis.call('PEXPIRE', leases, lease)
    redis.call('HINCRBY', state, 'requests', 1)
    redis.call('HSET', state, 'next_start', now + spacing)
    return {'granted', 0}
end

redis.call('ZREM', leases, permit)
redis.call('HINCRBY', state, 'bytes', ARGV[3])
if ARGV[4] == 'ok' then
    redis.call('HSET', state, 'failures', 0)
    return {'given', 0}
end
local failures = redis.call('HINCRBY', state, 'failures', 1)
local wait = tonumber(ARGV[5])
local to_open = tonumber(ARGV[6])
if failures >= to_open then
    wait = math.max(wait, math.min(tonumber(ARGV[7]) * 2 ^ (failures - to_open), tonumber(ARGV[8])))
end
if wait > 0 then
    redis.call('HSET', state, 'open_until', math.max(number('open_until'), now + math.floor(wait)))
end
return {'given', 0}
