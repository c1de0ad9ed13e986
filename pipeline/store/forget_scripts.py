"""What Redis does as a whole where a shot, a waiting crop or a track is forgotten, in Lua."""

from pipeline.store.tracks import CHOOSE_THUMBNAIL_LUA

FORGET_SHOT = (
    CHOOSE_THUMBNAIL_LUA
    + """
local removed = redis.call('XDEL', KEYS[1], ARGV[1])
if redis.call('HDEL', KEYS[2], 'shot:' .. ARGV[2]) == 1 then choose_thumbnail(KEYS[2]) end
return removed
"""
)

FORGET_CROP = """
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
return redis.call('XDEL', KEYS[1], ARGV[2])
"""

# A track that was seen again since we looked is not forgotten.
FORGET_TRACK = """
local now = redis.call('HMGET', KEYS[1], 'last', 'shots')
if now[1] and (now[1] ~= ARGV[2] or now[2] ~= '0') then return 0 end
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('SREM', KEYS[3], ARGV[1])
redis.call('DEL', KEYS[1])
return 1
"""
