// A process that is stopped takes nothing from SCTP, and says nothing: over real WebRTC.

import { afterEach, expect, it } from 'vitest'
import { createSignalingServer } from '../../server/signaling/server.ts'
import { GameRounds, TICK_MS } from '../support/game-rounds.ts'
import { startPeerProcess } from '../support/peer-process.ts'
import { atEnd, closeAll, join, Witness } from '../support/peers.ts'

const BULK_BYTES = 1024 * 1024

afterEach(closeAll)

it('a peer that stops reading costs no more than what is sent to it, and the others nothing; then it goes on', async () => {
  const server = await createSignalingServer({ host: '127.0.0.1' })
  atEnd(() => server.close())
  const room = await join({ signaling: server.url })
  const witness = new Witness(room)
  const honest = await join({ signaling: server.url, room: room.code })
  const child = startPeerProcess(server.url, room.code)
  await witness.until(() => witness.values().includes('state'))
  const stopped = room.peers.find((id) => id !== honest.id)!

  const rounds = new GameRounds(room, honest, [stopped])
  const before = await rounds.bestP99(3)
  child.kill('SIGSTOP')
  room.sendBytes(new Uint8Array(BULK_BYTES))
  // Two at least: after a second it is suspected.
  const during = await rounds.bestP99(2, before + TICK_MS)
  expect(during - before).toBeLessThan(TICK_MS)
  expect(rounds.kept).toBeGreaterThan(BULK_BYTES / 2)
  expect(rounds.kept).toBeLessThan(2 * BULK_BYTES)
  const resumed = new Promise((resolve) => room.once('peerReconnected', resolve))
  child.kill('SIGCONT')
  await resumed
  await witness.until(() => room.stats(stopped).bufferedBytes === 0)
  expect(witness.disconnected).toEqual([])
}, 30_000)
