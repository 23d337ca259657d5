// RPCs over real WebRTC, between peers of one process.

import { afterEach, expect, it } from 'vitest'
import { rpc } from '../../../src/multiplayer/rpc/definition.ts'
import { MemorySignaling } from '../../../src/net/signaling/memory.ts'
import { atEnd, closeAll, joinMany, until } from '../../support/peers.ts'

afterEach(closeAll)

it('three peers call, ask and answer each other over real connections', async () => {
  const members = await joinMany(3, { signaling: new MemorySignaling() })
  const heard: string[] = []
  const players = members.map(([room], i) =>
    room.rpcs({
      chat: rpc.reliable('any_peer', (_context, text: string) => heard.push(`${i}: ${text}`)),
      move: rpc.unreliable('any_peer', { numbers: 'float32' }, (_context, x: number) => heard.push(`${i} at ${x}`)),
      host: rpc.request('authority', ({ sender }) => [i, sender]),
      level: rpc.request('any_peer', (_context, bytes: Uint8Array) => bytes.toReversed()),
    }),
  )
  players[1]!.chat('hello')
  await until(() => heard.length === 2)
  expect(heard.sort()).toEqual(['0: hello', '2: hello'])
  const [[first], [second]] = members as [(typeof members)[0], (typeof members)[0]]
  expect(await players[1]!.host.toHost()()).toEqual([0, second.id])
  const level = Uint8Array.from({ length: 300_000 }, (_, i) => i & 0xff)
  const answer = await players[2]!.level.to(first.id)(level)
  // Element by element it would take vitest seconds.
  expect(Buffer.compare(answer, level.toReversed())).toBe(0)
  // Nothing loses them here, and they are sent until one arrives all the same.
  const moving = setInterval(() => players[0]!.move(0.5), 5)
  atEnd(() => clearInterval(moving))
  await until(() => heard.includes('1 at 0.5') && heard.includes('2 at 0.5'))
})
