// A player as a process of its own: joins a room, plays, and reports what happens. Runs the compiled library.
//
// Its parent starts it with the options of `joinRoom` as JSON. It sends events and takes the commands below. While it
// plays it sends, 30 times a second, one packet with a number reliably and one unreliably.

/** @type {typeof import('../../src/index.ts')} */
const { joinRoom, TransferMode } = await import(String(new URL('../../dist/src/index.js', import.meta.url)))
await import(String(new URL('../../dist/src/node.js', import.meta.url)))

/**
 * @typedef {{ packets: number, reliable: number, broken: number, longestGapMs: number, last: number }} Received
 * `packets`: all of them; `reliable`: those that came reliably; `broken`: how many of these came out of order or twice;
 * `longestGapMs`: the longest time in which nothing came, since `last`.
 */

const TICK_MS = 33

/** @param {string} event @param {...unknown} details */
function report(event, ...details) {
  process.send?.({ event, details, at: Date.now() })
}

const room = await joinRoom({ ...JSON.parse(process.argv[2] ?? '{}'), node: { bindAddress: '127.0.0.1' } })

/** @type {Map<number, Received>} */
const received = new Map()
let sent = 0

room.on('packet', (value, from, mode) => {
  const now = performance.now()
  const counts = received.get(from) ?? { packets: 0, reliable: 0, broken: 0, longestGapMs: 0, last: now }
  received.set(from, counts)
  counts.packets += 1
  counts.longestGapMs = Math.max(counts.longestGapMs, now - counts.last)
  counts.last = now
  if (mode !== TransferMode.Reliable) return
  // The first one shows where the sender was when this peer came.
  const [number, first] = /** @type {[number, number]} */ (value)
  if (number !== first + counts.reliable) counts.broken += 1
  counts.reliable += 1
})
/** @type {Map<number, number>} */
const firstSent = new Map()
room.on('peerConnected', (id) => {
  firstSent.set(id, sent + 1)
  report('peerConnected', id)
})
room.on('peerReconnecting', (id) => report('peerReconnecting', id))
room.on('peerReconnected', (id) => report('peerReconnected', id))
room.on('peerDisconnected', (id, reason) => report('peerDisconnected', id, reason))
room.on('connectionFailed', (id, error) => report('connectionFailed', id, error.code, error.message))
room.on('signalingInterrupted', (error) => report('signalingInterrupted', error.code))
room.on('signalingRestored', () => report('signalingRestored'))
room.on('signalingLost', (error) => report('signalingLost', error.code))
room.on('error', (error) => report('error', error.code, error.message))
room.on('closed', (error) => report('closed', error?.code))

let playing = true
const ticks = setInterval(() => {
  if (!playing) return
  sent += 1
  for (const id of room.peers) {
    room.send([sent, firstSent.get(id) ?? 0], { to: id })
    room.send([sent], { to: id, mode: TransferMode.Unreliable })
  }
}, TICK_MS)

/** @type {Record<string, () => unknown>} */
const commands = {
  /** No packets from here on but those of the library itself. */
  pause: () => {
    playing = false
  },
  state: () => ({
    peers: room.peers,
    sent: Object.fromEntries([...firstSent].map(([id, first]) => [id, sent - first + 1])),
    received: Object.fromEntries(received),
  }),
  leave: async () => {
    clearInterval(ticks)
    await room.leave()
    // Nothing keeps the process alive now but what the library may have left behind.
    setImmediate(() => process.disconnect())
  },
}
process.on('message', async (/** @type {string} */ name) => {
  report(`done ${name}`, await commands[name]?.())
})

report('joined', room.id, room.code)
