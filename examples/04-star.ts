// A star: a host without a screen decides what is true, clients say what they want and show what they are told. They know
// each other, too: the host passes their packets on.
//
// Run it:   npm run example 04
// You see:  Ann may not say where ships are: ERR_UNAUTHORIZED
//           Ben hears Ann: gl hf
//           Ann is at 5, says the host.
//           Ben is at -5, says the host.

import 'skein/node'
import { hostRoom, joinRoom, MemorySignaling, NetError, type Room, rpc } from 'skein'

type World = Record<number, number>
// Shared by host and clients. The host's word: what it calls comes from nobody else.
const shared = {
  steer: rpc.reliable<[direction: number]>('any_peer'),
  world: rpc.unreliableOrdered<[world: World]>('authority'),
  chat: rpc.reliable<[text: string]>('any_peer'),
}

const signaling = new MemorySignaling()
const host = await hostRoom({ signaling }) // Its id is 1.
const steering = new Map<number, number>()
const world: World = {}
const server = host.rpcs({
  ...shared,
  // Who it is, the connection says. What it wants may be anything: the host makes of it what the rules allow.
  steer: shared.steer.handle(({ sender }, direction) => steering.set(sender, Math.sign(Number(direction)))),
})
const timer = setInterval(() => {
  for (const [id, direction] of steering) world[id] = Math.max(-5, Math.min(5, (world[id] ?? 0) + direction))
  server.world(world)
}, 20)

function play(room: Room, name: string) {
  let mine: number | undefined
  const calls = room.rpcs({
    ...shared,
    world: shared.world.handle((_context, { [room.id]: position }) => {
      mine = position
    }),
    chat: shared.chat.handle((_context, text) => console.log(`${name} hears Ann: ${text}`)),
  })
  return { room, calls, at: (wanted: number) => until(() => mine === wanted) }
}
const until = async (test: () => boolean) => {
  while (!test()) await new Promise((resolve) => setTimeout(resolve, 10))
}

const ann = play(await joinRoom({ signaling, room: host.code }), 'Ann')
const ben = play(await joinRoom({ signaling, room: host.code }), 'Ben')
try {
  ann.calls.world({ [ann.room.id]: 1_000_000 })
} catch (error) {
  if (error instanceof NetError) console.log(`Ann may not say where ships are: ${error.code}`)
}
await until(() => ann.room.peers.includes(ben.room.id)) // By way of the host.
ann.calls.chat.to(ben.room.id)('gl hf')
ann.calls.steer.toHost()(1)
ben.calls.steer.toHost()(-99)
await Promise.all([ann.at(5).then(() => console.log('Ann is at 5, says the host.')), ben.at(-5)])
console.log('Ben is at -5, says the host.')
clearInterval(timer)
for (const room of [ann.room, ben.room, host]) await room.leave()
