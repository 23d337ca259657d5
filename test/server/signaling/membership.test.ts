import { expect, it } from 'vitest'
import { Membership, type MembershipParts } from '../../../server/signaling/membership.ts'
import { admit, openState, renew } from '../../../server/signaling/room-state.ts'
import { seededRandom } from '../../../src/net/random.ts'
import type { ServerMessage } from '../../../src/net/signaling/messages.ts'
import { createRoom } from '../../../src/net/signaling/room.ts'

it('is told of no change before it is told who is there, and then of what has become of the room', () => {
  const arrival = { secret: '', holder: '', until: 60_000 }
  const room = createRoom({ code: 'A', topology: 'mesh' }, seededRandom(1))
  const entered = admit(openState(room, arrival), 7, {}, arrival)
  const told: ServerMessage[] = []
  const client = { connection: 1, tell: (message: ServerMessage) => told.push(message), relay() {}, expelled() {} }
  const channel = { publish: () => undefined, close() {} }
  const parts = { places: { graceMs: 30_000 } } as unknown as MembershipParts
  const membership = new Membership({ id: 7, state: entered, channel, secret: '', listen() {} }, parts, client)
  const mended = renew(entered, new Map([[7, membership.link]]), 60_000, { mended: true })
  membership.catchUp(admit(mended, 8, {}, arrival))
  expect(told).toEqual([])
  const { peers } = membership.joined([], '')
  expect(peers.map(({ id }) => id).sort()).toEqual([8, room.host].sort())
  membership.catchUp(renew(membership.state, new Map([[7, membership.link]]), 60_000, { mended: true }))
  expect(told.map(({ type }) => type)).toEqual(['peer_back', 'peer_back'])
})
