// A player on a host of the laboratory that plays with one or more others: it sends numbers reliably to all of them all the
// time, and says through whom it reaches them, what it is told and what came.
//
// node player.js '<JSON: how many others, and options of joinRoom>'

/** @type {typeof import('../../src/index.ts')} */
const { joinRoom } = await import(String(new URL('../../dist/src/index.js', import.meta.url)))
await import(String(new URL('../../dist/src/node.js', import.meta.url)))

// The laboratory is gone.
process.on('disconnect', () => process.exit())

const { others, ...options } = JSON.parse(process.argv[2] ?? '{}')
const room = await joinRoom(options)

let sent = 0
let playing = true
let hasMet = false
let isDirect = false
/** @type {Record<number, unknown[]>} */
const heard = {}
/** @type {string[]} */
const words = []
for (const event of /** @type {const} */ ([
  'peerConnected',
  'peerReconnecting',
  'peerReconnected',
  'peerDisconnected',
  'connectionFailed',
])) {
  room.on(event, (/** @type {number} */ id) => {
    words.push(`${event} ${id}`)
    process.send?.({ event })
  })
}
room.on('packet', (value, from) => {
  heard[from] ??= []
  heard[from].push(value)
})
process.send?.({ event: 'joined', code: room.code })
setInterval(() => {
  if (room.peers.length < others) return
  const vias = Object.fromEntries(room.peers.map((id) => [id, room.stats(id).via]))
  if (!hasMet) process.send?.({ event: 'met', vias })
  hasMet = true
  if (!isDirect && Object.values(vias).every((via) => via === undefined)) {
    isDirect = true
    process.send?.({ event: 'direct' })
  }
  if (playing) room.send(sent++)
}, 50)
process.on('message', (name) => {
  if (name === 'pause') playing = false
  else process.send?.({ event: 'account', id: room.id, sent, heard, words })
})
