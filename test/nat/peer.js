// A player on a host of the laboratory: enters a room, waits until it is connected with one peer or the library gives up,
// and says how that went. Runs the compiled library.
//
// node peer.js '<options of joinRoom as JSON>'

const { joinRoom } = await import(String(new URL('../../dist/src/index.js', import.meta.url)))
const { nodeDriver } = await import(String(new URL('../../dist/src/net/drivers/node.js', import.meta.url)))
await import(String(new URL('../../dist/src/node.js', import.meta.url)))

/** @type {import('../../src/net/drivers/driver.ts').DriverConnection[]} */
const connections = []
/** @type {import('../../src/net/drivers/driver.ts').WebRTCDriver} */
const driver = {
  name: 'node',
  createConnection(configuration, events) {
    const connection = nodeDriver.createConnection(configuration, events)
    connections.push(connection)
    return connection
  },
}

// The laboratory is gone.
process.on('disconnect', () => process.exit())

const startedAt = performance.now()
/** @type {import('../../src/index.ts').Room} */
const room = await joinRoom({ ...JSON.parse(process.argv[2] ?? '{}'), driver })
process.send?.({ event: 'joined', code: room.code })

room.on('peerConnected', async (id) => {
  const ms = performance.now() - startedAt
  process.send?.({ event: 'connected', ms, route: await connections.at(-1)?.selectedRoute() })
  room.send('through', { to: id })
})
room.on('packet', (value) => process.send?.({ event: 'packet', value }))
room.on('connectionFailed', (_, error) => {
  const { code, message } = error
  process.send?.({ event: 'failed', ms: performance.now() - startedAt, code, message })
})
