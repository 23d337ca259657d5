// A receiver whose SCTP lies about its window or about what it has: over real WebRTC, against another implementation of it.

import { once } from 'node:events'
import { afterEach, expect, it } from 'vitest'
import { createSignalingServer } from '../../server/signaling/server.ts'
import { MAX_RELIABLE_PACKET } from '../../src/net/link/constants.ts'
import { GameRounds, TICK_MS } from '../support/game-rounds.ts'
import { startPeerProcess } from '../support/peer-process.ts'
import { atEnd, closeAll, join, Witness } from '../support/peers.ts'

/** What lying-peer.js knows. */
const LIES = ['closed', 'endless', 'ahead']
const BULK_BYTES = 1024 * 1024

afterEach(closeAll)

it('one has a window of nothing for ever, one takes nothing into its 4 GiB, one acknowledges what was never sent: they alone suffer', async () => {
  const server = await createSignalingServer({ host: '127.0.0.1' })
  atEnd(() => server.close())
  const room = await join({ signaling: server.url })
  const witness = new Witness(room)
  const honest = await join({ signaling: server.url, room: room.code })
  const children = LIES.map(() => startPeerProcess(server.url, room.code, 'lying-peer.js'))
  const said = (word: string) => witness.values().filter((value) => value === word).length
  await witness.until(() => said('hello') === LIES.length)
  const liars = room.peers.filter((id) => id !== honest.id)
  room.send('ping', { to: -honest.id })
  await witness.until(() => said('pong') === LIES.length)

  const rounds = new GameRounds(room, honest, liars)
  const before = await rounds.bestP99(2)
  for (const [i, child] of children.entries()) child.send(LIES[i]!)
  await Promise.all(children.map((child) => once(child, 'message')))
  room.sendBytes(new Uint8Array(BULK_BYTES), { to: -honest.id })
  const during = await rounds.bestP99(2, before + TICK_MS)
  expect(during - before).toBeLessThan(TICK_MS)
  expect(rounds.kept).toBeLessThan(2 * BULK_BYTES)

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
