// A player on a host of the laboratory that sends numbers reliably all the time, and says what it is told and what came.
//
// node mover.js '<options of joinRoom as JSON>'

/** @type {typeof import('../../src/index.ts')} */
const { joinRoom } = await import(String(new URL('../../dist/src/index.js', import.meta.url)))
await import(String(new URL('../../dist/src/node.js', import.meta.url)))

// The laboratory is gone.
process.on('disconnect', () => process.exit())

const room = await joinRoom(JSON.parse(process.argv[2] ?? '{}'))
process.send?.({ event: 'joined', code: room.code })

let sent = 0
let playing = true
/** @type {unknown[]} */
const heard = []
/** @type {string[]} */
const words = []
for (const event of /** @type {const} */ ([
  'peerConnected',
  'peerReconnecting',
  'peerReconnected',
  'peerDisconnected',
])) {
  room.on(event, () => words.push(event))
}
room.on('peerConnected', () => process.send?.({ event: 'connected' }))
room.on('peerReconnected', () => process.send?.({ event: 'reconnected' }))
room.on('packet', (value) => heard.push(value))
setInterval(() => {
  if (playing && room.peers.length > 0) room.send(sent++)
}, 50)
process.on('message', (name) => {
  if (name === 'pause') playing = false
  else process.send?.({ event: 'tally', sent, heard, words })
})
