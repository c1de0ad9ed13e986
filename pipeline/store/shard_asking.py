"""What servers of vector sets are asked, in Lua: each script sees one shard, and changes nothing.

KEYS[1] is the shard's `state`; its other keys (see `keys`) share what is before that word.
"""

#: ARGV: of which writer and after which change the sets are known. The first of the reply is that.
DIRECTORY = """
local P = string.sub(KEYS[1], 1, -6)
local told = redis.call('HMGET', KEYS[1], 'changes', 'expired', 'token', 'behind')
local changes = (told[1] or '0') .. ':' .. string.match(told[3] or '', '^[^:]*')
local sets = false
if changes ~= ARGV[1] then sets = redis.call('HGETALL', P .. 'sets') end
return {changes, told[2] or '-9e15', told[3] or '', told[4] or '', sets}
"""

#: ARGV: an instant, then names of sets; how many shots of them expire later.
LIVING = """
local P, n = string.sub(KEYS[1], 1, -6), 0
for i = 2, #ARGV do n = n + redis.call('ZCOUNT', P .. 'x:' .. ARGV[i], '(' .. ARGV[1], '+inf') end
return n
"""

_ONE_SHOT = """
local P = string.sub(KEYS[1], 1, -6)
local function shot(name, element)
  local vector = redis.call('VEMB', P .. 'v:' .. name, element, 'RAW')
  if not vector then return false end
  return {
    name, element, redis.call('VGETATTR', P .. 'v:' .. name, element), vector[2], vector[3]
  }
end
"""

#: ARGV: name of a set and of a shot, in turns.
SHOTS = (
    _ONE_SHOT
    + """
local replies = {}
for i = 1, #ARGV, 2 do replies[#replies + 1] = shot(ARGV[i], ARGV[i + 1]) end
return replies
"""
)

#: ARGV: tracks.
OF_TRACKS = (
    _ONE_SHOT
    + """
local replies = {}
for _, track in ipairs(ARGV) do
  local fields = redis.call('HGETALL', P .. 't:' .. track)
  for f = 1, #fields, 2 do
    if string.sub(fields[f], 1, 1) ~= 'g' then
      local found = shot(fields[f + 1], track .. '/' .. fields[f])
      if found then replies[#replies + 1] = found end
    end
  end
end
return replies
"""
)
