// A process that is stopped takes nothing from SCTP, and says nothing: over real WebRTC.

import { afterEach, expect, it } from 'vitest'
import { createSignalingServer } from '../../server/signaling/server.ts'
import { TransferMode } from '../../src/multiplayer/types.ts'
import { startPeerProcess } from '../support/peer-process.ts'
import { atEnd, closeAll, join, Witness } from '../support/peers.ts'

const TICK_MS = 1000 / 60
const TICKS = 60
/** The machine is shared: of its worst moments, which the 99th of a hundred shows, a round may be free. */
const ROUNDS = 8
const BULK_BYTES = 1024 * 1024

afterEach(closeAll)

/** The 99th of a hundred. */
function p99(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * 0.99)]!
}

it('a peer that stops reading costs no more than what is sent to it, and the others nothing; then it goes on', async () => {
  const server = await createSignalingServer({ host: '127.0.0.1' })
  atEnd(() => server.close())
  const room = await join({ signaling: server.url })
  const witness = new Witness(room)
  const honest = await join({ signaling: server.url, room: room.code })
  const delays: number[] = []
  honest.on('packet', (value) => {
    if (typeof value === 'number') delays.push(performance.now() - value)
  })
  const child = startPeerProcess(server.url, room.code)
  await witness.until(() => witness.values().includes('state'))
  const stopped = room.peers.find((id) => id !== honest.id)!

  let kept = 0
  /** A game's second. Returns the p99 of what its states and its reliable packets took to the honest one, in ms. */
  const play = async () => {
    delays.length = 0
    for (let n = 0; n < TICKS; n++) {
      room.send(performance.now(), { mode: TransferMode.Unreliable })
      room.send(performance.now(), { mode: TransferMode.Reliable })
      await new Promise((resolve) => setTimeout(resolve, TICK_MS))
      kept = Math.max(kept, room.stats(stopped).bufferedBytes)
    }
    // Of the unreliable ones a few may get lost, and say nothing.
    await witness.until(() => delays.length > 1.9 * TICKS)
    return p99(delays)
  }
  let before = Number.POSITIVE_INFINITY
  for (let round = 0; round < 3; round++) before = Math.min(before, await play())
  child.kill('SIGSTOP')
  room.sendBytes(new Uint8Array(BULK_BYTES))
  let during = Number.POSITIVE_INFINITY
  // Two at least: after a second it is suspected.
  for (let round = 0; round < 2 || (round < ROUNDS && during >= before + TICK_MS); round++) {
    during = Math.min(during, await play())
  }
  expect(during - before).toBeLessThan(TICK_MS)
  expect(kept).toBeGreaterThan(BULK_BYTES / 2)
  expect(kept).toBeLessThan(2 * BULK_BYTES)
  const resumed = new Promise((resolve) => room.once('peerReconnected', resolve))
  child.kill('SIGCONT')
  await resumed
  await witness.until(() => room.stats(stopped).bufferedBytes === 0)
  expect(witness.disconnected).toEqual([])
}, 30_000)
