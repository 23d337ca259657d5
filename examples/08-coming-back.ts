// The network goes away for five seconds: a lift, a tunnel. What was sent reliably arrives afterwards, once and in order.
// Then it stays away. The network is a simulated one, in virtual time: the program takes no five seconds.
//
// Run it:   npm run example 08
// You see:  1 s: Ben is reconnecting
//           … s: Ben is back
//           Ben counted 0 to 99, nothing missing, nothing twice.
//           1 s: Ben is reconnecting
//           … s: Ben is gone: timeout
//           With his place he comes back as the same peer: true

import 'skein/node'
import { joinRoom } from 'skein'
import { createSignalingServer } from 'skein/server'
import { SimulatedNetwork } from 'skein/testing'

const network = new SimulatedNetwork({ seed: 7, latencyMs: 40, loss: 0.02 })
// In a real game these are `{ signaling: 'wss://…' }`.
const ann = await network.until(joinRoom({ ...network.peerOptions('ann'), suspicionMs: 1_000, graceMs: 15_000 }))
const ben = await network.until(joinRoom({ ...network.peerOptions('ben'), room: ann.code }))
await network.until(() => ann.peers.length === 1)

const counted: unknown[] = []
ben.on('packet', (value) => counted.push(value))

let start = network.clock.now()
const seconds = () => `${Math.round((network.clock.now() - start) / 1_000)} s`
ann.on('peerReconnecting', () => console.log(`${seconds()}: Ben is reconnecting`)) // Dim his ship.
ann.on('peerReconnected', () => console.log(`${seconds()}: Ben is back`))
ann.on('peerDisconnected', (_id, reason) => console.log(`${seconds()}: Ben is gone: ${reason}`))

network.interrupt(5_000)
for (let number = 0; number < 100; number++) {
  ann.send(number)
  await network.run(100)
}
await network.until(() => counted.length >= 100)
const whole = counted.every((value, index) => value === index) && counted.length === 100
console.log(`Ben counted 0 to 99, ${whole ? 'nothing missing, nothing twice' : `and got ${counted}`}.`)

start = network.clock.now()
network.kill('ben') // His battery is flat: nobody is told.
await network.until(() => ann.peers.length === 0)
await network.until(ann.leave())

// A page that is loaded anew, a process that is started again: with `room.place` it has the same id. See docs/rooms.md.
const server = await createSignalingServer()
const first = await joinRoom({ signaling: server.url, keepPlace: true })
const again = await joinRoom({ signaling: server.url, place: first.place })
console.log(`With his place he comes back as the same peer: ${again.id === first.id}`)
await again.leave()
await server.close()
