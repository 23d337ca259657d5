// A peer in a process of its own, made to be killed: joins the room that its arguments name and sends without end.
// Runs what users get, from dist/.

const [, , signaling, room] = process.argv

const root = new URL('../../dist/src/', import.meta.url)
await import(new URL('node.js', root).href)
const { joinRoom } = await import(new URL('index.js', root).href)

const joined = await joinRoom({ signaling, room, node: { bindAddress: '127.0.0.1' } })
joined.on('peerConnected', (/** @type {number} */ id) => joined.send('hello', { to: id }))
setInterval(() => joined.send('state', { mode: 0 }), 20)
