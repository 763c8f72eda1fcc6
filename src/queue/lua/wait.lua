-- How long the job that will be taken next has waited, in ms; 0 if none waits.
-- KEYS: stream. ARGV: group.
local taken = '0-0'
local groups = redis.pcall('XINFO', 'GROUPS', KEYS[1])
if not groups.err then
    for _, group in ipairs(groups) do
        local field = {}
        for i = 1, #group, 2 do
            field[group[i]] = group[i + 1]
        end
        if field.name == ARGV[1] then
            taken = field['last-delivered-id']
        end
    end
end
local next = redis.call('XRANGE', KEYS[1], '(' .. taken, '+', 'COUNT', 1)
if #next == 0 then
    return 0
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return math.max(now - tonumber(string.match(next[1][1], '^%d+')), 0)
