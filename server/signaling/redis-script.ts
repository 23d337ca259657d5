// The change of a record in Redis, as one script: nobody sees half of it, and its announcement is sent if and only if it
// is stored.

/** What the script answers first. */
export const CONFLICT = 0
export const CHANGED = 1

/**
 * KEYS: the record; the index of what is due. ARGV: what the record has to be now ('': not there); what it becomes ('':
 * deleted); its channel; the announcement ('': none); its key; when it is due ('': never); how many records there may be;
 * how many of the following indices it leaves; those indices; those that it enters.
 */
export const CHANGE_SCRIPT = `
local found = redis.call('GET', KEYS[1]) or ''
if found ~= ARGV[1] then return {0, found} end
if ARGV[2] == '' then
  redis.call('DEL', KEYS[1])
  redis.call('ZREM', KEYS[2], ARGV[5])
else
  if found == '' and redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[7]) then return {2, ''} end
  redis.call('SET', KEYS[1], ARGV[2])
  if ARGV[6] == '' then redis.call('ZREM', KEYS[2], ARGV[5])
  else redis.call('ZADD', KEYS[2], ARGV[6], ARGV[5]) end
end
local leaves = tonumber(ARGV[8])
for i = 9, #ARGV do
  if i < 9 + leaves then redis.call('ZREM', ARGV[i], ARGV[5])
  else redis.call('ZADD', ARGV[i], 0, ARGV[5]) end
end
if ARGV[4] ~= '' then redis.call('PUBLISH', ARGV[3], ARGV[4]) end
return {1, ''}
`
