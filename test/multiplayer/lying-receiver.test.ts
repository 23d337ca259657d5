// A receiver whose SCTP lies about its window or about what it has: over real WebRTC, against another implementation of it.

import { once } from 'node:events'
import { afterEach, expect, it } from 'vitest'
import { createSignalingServer } from '../../server/signaling/server.ts'
import { TransferMode } from '../../src/multiplayer/types.ts'
import { MAX_RELIABLE_PACKET } from '../../src/net/link/constants.ts'
import { startPeerProcess } from '../support/peer-process.ts'
import { atEnd, closeAll, join, Witness } from '../support/peers.ts'

const TICK_MS = 1000 / 60
const TICKS = 60
/** The machine is shared: of its worst moments, which the 99th of a hundred shows, a round may be free. */
const ROUNDS = 8
/** What lying-peer.js knows. */
const LIES = ['closed', 'endless', 'ahead']
const BULK_BYTES = 1024 * 1024

afterEach(closeAll)

/** The 99th of a hundred. */
function p99(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * 0.99)]!
}

it('one has a window of nothing for ever, one takes nothing into its 4 GiB, one acknowledges what was never sent: they alone suffer', async () => {
  const server = await createSignalingServer({ host: '127.0.0.1' })
  atEnd(() => server.close())
  const room = await join({ signaling: server.url })
  const witness = new Witness(room)
  const honest = await join({ signaling: server.url, room: room.code })
  const delays: number[] = []
  honest.on('packet', (value) => {
    if (typeof value === 'number') delays.push(performance.now() - value)
  })
  const children = LIES.map(() => startPeerProcess(server.url, room.code, 'lying-peer.js'))
  const said = (word: string) => witness.values().filter((value) => value === word).length
  await witness.until(() => said('hello') === LIES.length)
  const liars = room.peers.filter((id) => id !== honest.id)
  room.send('ping', { to: -honest.id })
  await witness.until(() => said('pong') === LIES.length)

  let kept = 0
  /** A game's second. Returns the p99 of what its states and its reliable packets took to the honest one, in ms. */
  const play = async () => {
    delays.length = 0
    for (let n = 0; n < TICKS; n++) {
      room.send(performance.now(), { mode: TransferMode.Unreliable })
      room.send(performance.now(), { mode: TransferMode.Reliable })
      await new Promise((resolve) => setTimeout(resolve, TICK_MS))
      kept = Math.max(kept, ...liars.map((id) => room.stats(id).bufferedBytes))
    }
    await witness.until(() => delays.length > 1.9 * TICKS)
    return p99(delays)
  }
  let before = Number.POSITIVE_INFINITY
  for (let round = 0; round < 2; round++) before = Math.min(before, await play())
  for (const [i, child] of children.entries()) child.send(LIES[i]!)
  await Promise.all(children.map((child) => once(child, 'message')))
  room.sendBytes(new Uint8Array(BULK_BYTES), { to: -honest.id })
  let during = Number.POSITIVE_INFINITY
  for (let round = 0; round < 2 || (round < ROUNDS && during >= before + TICK_MS); round++) {
    during = Math.min(during, await play())
  }
  expect(during - before).toBeLessThan(TICK_MS)
  expect(kept).toBeLessThan(2 * BULK_BYTES)

  // A sender that does not heed what `send` answers.
  for (const liar of liars) {
    for (let n = 0; n < 3 && room.peers.includes(liar); n++) {
      room.sendBytes(new Uint8Array(MAX_RELIABLE_PACKET), { to: liar })
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  await witness.until(() => witness.disconnected.length === liars.length)
  expect(witness.disconnected).toEqual(liars.map((id) => [id, 'buffer_overflow']))
}, 30_000)
