// Does your game survive a bad line? Skein's simulated network has latency, jitter and loss, all from one seed and in virtual
// time: two minutes of play take a moment, and a run that failed can be run again. In a test runner this is one test.
//
// Run it:   npm run example 12
// You see:  Seed 1: … of 1200 positions came, 20 of 20 hits.
//           Seed 2: … of 1200 positions came, 20 of 20 hits.
//           Seed 3: … of 1200 positions came, 20 of 20 hits.
//           Seed 3 again: the same, to the byte.

import assert from 'node:assert/strict'
import { joinRoom, type Room, rpc } from 'skein'
import { presets, SimulatedNetwork } from 'skein/testing'

/** What is tested: the game's own code. */
function joinGame(room: Room) {
  const seen = { positions: 0, hits: [] as number[] }
  const calls = room.rpcs({
    move: rpc.unreliable('any_peer', (_context, _x: number, _y: number) => void seen.positions++),
    hit: rpc.reliable('any_peer', (_context, number: number) => void seen.hits.push(number)),
  })
  return { calls, seen }
}

async function run(seed: number) {
  const network = new SimulatedNetwork({ seed, ...presets['3G'], loss: 0.1 })
  const ann = await network.until(joinRoom(network.peerOptions('ann')))
  const ben = await network.until(joinRoom({ ...network.peerOptions('ben'), room: ann.code }))
  const [{ calls }, { seen }] = [joinGame(ann), joinGame(ben)]
  await network.until(() => ann.peers.length === 1 && ben.peers.length === 1)
  await network.run(1_000)

  for (let tick = 0; tick < 1_200; tick++) {
    calls.move(tick, 0)
    if (tick % 60 === 0) calls.hit(tick / 60)
    if (tick === 600) network.interrupt(500) // Half a second without any network, too.
    await network.run(1000 / 60)
  }
  await network.run(5_000)
  // Reliable: all of them, once, in order. Unreliable: most of them.
  assert.deepEqual(seen.hits, [...Array(20).keys()])
  assert.ok(seen.positions > 900 && seen.positions < 1_200)
  await network.until(Promise.all([ann.leave(), ben.leave()]))
  return { text: `${seen.positions} of 1200 positions came, ${seen.hits.length} of 20 hits.`, trace: network.traceHash }
}

let trace: unknown
for (const seed of [1, 2, 3]) {
  const result = await run(seed)
  console.log(`Seed ${seed}: ${result.text}`)
  trace = result.trace
}
console.log(`Seed 3 again: ${(await run(3)).trace === trace ? 'the same, to the byte' : 'something else'}.`)
