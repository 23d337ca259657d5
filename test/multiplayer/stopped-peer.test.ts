// A process that is stopped takes nothing from SCTP, and says nothing: over real WebRTC.

import { afterEach, expect, it } from 'vitest'
import { createSignalingServer } from '../../server/signaling/server.ts'
import { TransferMode } from '../../src/multiplayer/types.ts'
import { startPeerProcess } from '../support/peer-process.ts'
import { atEnd, closeAll, join, Witness } from '../support/peers.ts'

const TICK_MS = 1000 / 60
const TICKS = 120
const BULK_BYTES = 1024 * 1024

afterEach(closeAll)

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!
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

  /** A game's second or two. Returns how long its states took to the honest one, and the most that was kept for the other. */
  const play = async () => {
    delays.length = 0
    let kept = 0
    for (let n = 0; n < TICKS; n++) {
      room.send(performance.now(), { mode: TransferMode.Unreliable })
      room.send(performance.now(), { mode: TransferMode.Reliable })
      if (n === 0) room.sendBytes(new Uint8Array(BULK_BYTES))
      await new Promise((resolve) => setTimeout(resolve, TICK_MS))
      kept = Math.max(kept, room.stats(stopped).bufferedBytes)
    }
    await witness.until(() => delays.length > 1.9 * TICKS)
    return { delayMs: median(delays), kept }
  }
  const before = await play()
  child.kill('SIGSTOP')
  const during = await play()
  // The machine may be busy: the median, and not the last of a hundred, which virtual time looks at.
  expect(during.delayMs - before.delayMs).toBeLessThan(TICK_MS)
  expect(during.kept).toBeGreaterThan(BULK_BYTES / 2)
  expect(during.kept).toBeLessThan(2 * BULK_BYTES)
  const resumed = new Promise((resolve) => room.once('peerReconnected', resolve))
  child.kill('SIGCONT')
  await resumed
  await witness.until(() => room.stats(stopped).bufferedBytes === 0)
  expect(witness.disconnected).toEqual([])
}, 30_000)
