-- Begins an attempt to log in: counted as a failure until it turns out to be honest.
-- KEYS: places known of the name; counters of name and address, of the name, of the address, of name and device.
-- ARGV: the address and the device, as places; then for each counter how many failures are free (0: any number), after
-- how long one is forgotten, first pause and longest pause, in milliseconds.
-- Returns the seconds to wait, or 0; then, of each counter that counted, its index and until when it pauses.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- Whoever logged in from here before is not kept out by strangers: only what fails from this device, or at this name from
-- this address, counts.
local counters = {2, 3, 4}
if redis.call('ZSCORE', KEYS[1], ARGV[2]) then
    counters = {5}
elseif redis.call('ZSCORE', KEYS[1], ARGV[1]) then
    counters = {2}
end

local free_at = now
for _, i in ipairs(counters) do
    free_at = math.max(free_at, tonumber(redis.call('HGET', KEYS[i], 'free_at')) or 0)
end
if free_at > now then
    return {math.ceil((free_at - now) / 1000)}
end

local answer = {0}
for _, i in ipairs(counters) do
    local limit, forget, first, longest = unpack(ARGV, 4 * i - 5, 4 * i - 2)
    if tonumber(limit) > 0 then
        -- When all failures will be forgotten; so many there are now.
        local empty_at = math.max(tonumber(redis.call('HGET', KEYS[i], 'empty_at')) or 0, now) + forget
        local over = math.floor((empty_at - now) / forget - limit + 0.5)
        local pause = 0
        if over >= 0 then
            pause = math.min(first * 2 ^ math.min(over, 30), longest)
        end
        redis.call('HSET', KEYS[i], 'empty_at', empty_at, 'free_at', now + pause)
        redis.call('PEXPIREAT', KEYS[i], math.max(empty_at, now + pause))
        answer[#answer + 1] = i
        answer[#answer + 1] = now + pause
    end
end
return answer
