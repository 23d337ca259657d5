// A signaling server as a process of its own, with its rooms in Redis. Prints its port.

/** @type {typeof import('../../../server/index.ts')} */
const { createSignalingServer, RedisAdapter } = await import(
  String(new URL('../../../dist/server/index.js', import.meta.url))
)

const [, , url = '', graceMs = '30000'] = process.argv
const many = 100_000
const server = await createSignalingServer({
  host: '127.0.0.1',
  adapter: new RedisAdapter({ url }),
  places: { resumeGraceMs: Number(graceMs) },
  // All players of the test come from one address.
  limits: {
    connectionsPerAddress: many,
    connectsPerSecondPerAddress: many,
    failedEntriesPerMinutePerAddress: many,
    messagesPerSecondPerAddress: many,
  },
})
process.on('SIGTERM', () => void server.drain(2_000).then(() => process.exit(0)))
console.log(server.port)
