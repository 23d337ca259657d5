import { once } from 'node:events'
import { afterEach, expect, it } from 'vitest'
import { createSignalingServer } from '../../server/signaling/server.ts'
import { startPeerProcess } from '../support/peer-process.ts'
import { atEnd, closeAll, join, Witness } from '../support/peers.ts'

afterEach(closeAll)

it('a peer whose process was killed is suspected within 2 s, and given up when the grace is over', async () => {
  const server = await createSignalingServer({ host: '127.0.0.1' })
  atEnd(() => server.close())
  const room = await join({ signaling: server.url, graceMs: 3_000 })
  const witness = new Witness(room)
  const child = startPeerProcess(server.url, room.code)
  await witness.until(() => witness.values().includes('state') && witness.values().includes('hello'))
  const suspected: number[] = []
  room.on('peerReconnecting', () => suspected.push(performance.now()))
  const [id] = witness.connected as [number]
  const killed = performance.now()
  child.kill('SIGKILL')
  await once(child, 'exit')
  await witness.until(() => suspected.length > 0)
  expect(suspected[0]! - killed).toBeLessThan(2_500)
  expect(['timeout', 'connection_lost']).toContain(await witness.lost(id))
  expect(performance.now() - killed).toBeLessThan(7_000)
  expect(room.peers).toEqual([])
}, 30_000)
