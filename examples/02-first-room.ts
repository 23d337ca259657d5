// The same in Node: a signaling server brings two peers together, and then they talk to each other alone. Here all three
// are in one process; each of them could be on another machine.
//
// Run it:   npm run example 02
// You see:  Ann opened a room.
//           Ben hears: hello from Ann
//           Ann hears: {"hello":"from Ben"}
//           Ann hears that Ben is gone: left

import 'skein/node' // Makes Skein run in Node. Beside it: npm install node-datachannel ws
import { joinRoom } from 'skein'
import { createSignalingServer } from 'skein/server'

const server = await createSignalingServer()

const ann = await joinRoom({ signaling: server.url })
console.log('Ann opened a room.')
ann.on('peerConnected', (id) => ann.send('hello from Ann', { to: id }))
ann.on('packet', (value) => {
  console.log(`Ann hears: ${JSON.stringify(value)}`)
  void ben.leave()
})

// Whoever has the code may join.
const ben = await joinRoom({ signaling: server.url, room: ann.code })
ben.on('packet', (value, from) => {
  console.log(`Ben hears: ${value}`)
  ben.send({ hello: 'from Ben' }, { to: from })
})

ann.on('peerDisconnected', async (_id, reason) => {
  console.log(`Ann hears that Ben is gone: ${reason}`)
  await ann.leave()
  await server.close()
})
