-- Whether a job is where its id says: an entry of the stream, or a member of the delayed ones. What Redis lost of one
-- key must not keep a job out that is in none.
local function is_there(stream, delayed, place)
    if not place then
        return false
    end
    if string.sub(place, 1, 1) == '{' then
        return redis.call('ZSCORE', delayed, place) ~= false
    end
    return #redis.call('XRANGE', stream, place, place) > 0
end

