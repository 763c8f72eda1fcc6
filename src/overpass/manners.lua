-- Takes or gives back a permit to ask an Overpass server. All workers share these keys; the clock is Redis' own.
-- Each server has its own circuit and pause between requests; the rest counts for all servers together.
-- KEYS: state (hash), leases (sorted set: permit -> end of its lease in ms)
-- ARGV: 'take', server, permit, at_once, spacing_ms, lease_ms, requests_a_day, bytes_a_day
--           -> {refusal or 'granted', wait_ms}
--       'give', server, permit, bytes, 'ok'|'failed', wait_ms, failures_to_open, open_ms, longest_open_ms
--           -> {'given', 0}
local state, leases, server, permit = KEYS[1], KEYS[2], ARGV[2], ARGV[3]
local failures_of, open_until_of, next_start_of = 'failures ' .. server, 'open_until ' .. server, 'next_start ' .. server
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
    local at_once, spacing, lease = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
    local open_until = number(open_until_of)
    if open_until > now then
        return {'circuit_open', open_until - now}
    end
    if number('requests') >= tonumber(ARGV[7]) or number('bytes') >= tonumber(ARGV[8]) then
        return {'quota_used_up', (day + 1) * day_ms - now}
    end
    redis.call('ZREMRANGEBYSCORE', leases, '-inf', now)
    if redis.call('ZCARD', leases) >= at_once then
        return {'busy', spacing}
    end
    local next_start = number(next_start_of)
    if next_start > now then
        return {'busy', next_start - now}
    end
    redis.call('ZADD', leases, now + lease, permit)
    redis.call('PEXPIRE', leases, lease)
    redis.call('HINCRBY', state, 'requests', 1)
    redis.call('HSET', state, next_start_of, now + spacing)
    return {'granted', 0}
end

redis.call('ZREM', leases, permit)
redis.call('HINCRBY', state, 'bytes', ARGV[4])
if ARGV[5] == 'ok' then
    redis.call('HDEL', state, failures_of)
    return {'given', 0}
end
local failures = redis.call('HINCRBY', state, failures_of, 1)
local wait = tonumber(ARGV[6])
local to_open = tonumber(ARGV[7])
if failures >= to_open then
    wait = math.max(wait, math.min(tonumber(ARGV[8]) * 2 ^ (failures - to_open), tonumber(ARGV[9])))
end
if wait > 0 then
    redis.call('HSET', state, open_until_of, math.max(number(open_until_of), now + math.floor(wait)))
end
return {'given', 0}
