import { describe, expect, it } from 'vitest'
import {
  MAX_PENDING_ERRORS,
  MAX_PENDING_EVENTS,
  MAX_ROOM_WAITING_BYTES,
  MAX_WAITING_BYTES,
  MAX_WAITING_PACKETS,
} from '../../src/multiplayer/constants.ts'
import { joinRoom } from '../../src/multiplayer/join-room.ts'
import { PendingEvents } from '../../src/multiplayer/pending-events.ts'
import { type PacketOwner, WaitingBudget } from '../../src/multiplayer/waiting-budget.ts'
import { NetError } from '../../src/net/errors.ts'
import { MAX_RELIABLE_PACKET } from '../../src/net/link/constants.ts'
import { SimulatedNetwork } from '../../src/testing.ts'

const MIB = 1024 * 1024
const mebibyte = new Uint8Array(MIB)

function owners(budget: WaitingBudget<PacketOwner>, count: number): PacketOwner[] {
  return Array.from({ length: count }, () => {
    const owner = { waiting: { packets: 0, bytes: 0 } }
    budget.join(owner)
    return owner
  })
}

/** How many of `mebibyte` it takes. */
function fill(budget: WaitingBudget<PacketOwner>, owner: PacketOwner): number {
  let taken = 0
  while (budget.add(owner, mebibyte)) taken += 1
  return taken
}

describe('what waits to be read', () => {
  it('is bounded for each peer, in packets and in bytes', () => {
    const budget = new WaitingBudget()
    const [one, other] = owners(budget, 2)
    expect(fill(budget, one!)).toBe(MAX_WAITING_BYTES / MIB)
    const empty = new Uint8Array(0)
    for (let i = 0; i < MAX_WAITING_PACKETS; i++) expect(budget.add(other!, empty)).toBe(true)
    expect(budget.add(other!, empty)).toBe(false)
    budget.remove(other!, empty)
    expect(budget.add(other!, empty)).toBe(true)
  })

  it('takes one packet beyond the limit for each peer, whatever waits before and after it', () => {
    const budget = new WaitingBudget()
    const [one] = owners(budget, 1)
    const largest = new Uint8Array(MAX_RELIABLE_PACKET)
    expect(budget.add(one!, mebibyte)).toBe(true)
    expect(budget.add(one!, largest)).toBe(true)
    expect(budget.add(one!, mebibyte)).toBe(true)
    expect(budget.add(one!, new Uint8Array(MAX_RELIABLE_PACKET))).toBe(false)
    budget.remove(one!, mebibyte)
    budget.remove(one!, largest)
    expect(budget.add(one!, largest)).toBe(true)
    expect(fill(budget, one!)).toBe(MAX_WAITING_BYTES / MIB - 1)
  })

  it('is bounded in all, and a flood of some does not take the part of the others', () => {
    const budget = new WaitingBudget()
    const peers = owners(budget, 16)
    const flood = peers.slice(0, 8).reduce((sum, peer) => sum + fill(budget, peer), 0)
    // Four of them filled the room; each of the others still has an equal part, and one packet that reaches over it.
    const part = MAX_ROOM_WAITING_BYTES / MIB / 16
    expect(flood).toBe(MAX_ROOM_WAITING_BYTES / MIB + 4 * (part + 1))
    for (const quiet of peers.slice(8)) expect(fill(budget, quiet)).toBe(part + 1)
  })

  it('of peers that are gone is bounded together: what the first of them left is dropped', () => {
    const budget = new WaitingBudget()
    const dropped: PacketOwner[] = []
    const visitors = Array.from({ length: 5 }, () => {
      const [visitor] = owners(budget, 1)
      for (let i = 0; i < 3; i++) expect(budget.add(visitor!, mebibyte)).toBe(true)
      dropped.push(...budget.leave(visitor!))
      return visitor!
    })
    expect(dropped).toEqual(visitors.slice(0, 3))
    // A packet of one that was dropped while it was being read does not count twice.
    budget.remove(visitors[0]!, mebibyte)
    const rest = owners(budget, 4).map((peer) => fill(budget, peer))
    expect(rest.reduce((sum, each) => sum + each)).toBeGreaterThanOrEqual((MAX_ROOM_WAITING_BYTES - 6 * MIB) / MIB)
  })
})

describe('events that wait for poll', () => {
  const error = new NetError('ERR_INVALID_DATA', 'x')

  it('keep the first errors only', () => {
    const events = new PendingEvents()
    for (let i = 0; i < 1000; i++) events.add({ type: 'error', error })
    events.add({ type: 'connected', id: 2 })
    expect(events.take()).toHaveLength(MAX_PENDING_ERRORS + 1)
    events.add({ type: 'error', error })
    expect(events.take()).toHaveLength(1)
  })

  it('do not grow with peers that come and go, and those who are there are told', () => {
    const events = new PendingEvents()
    events.add({ type: 'connected', id: 1 })
    for (let id = 2; id < 10_000; id++) {
      events.add({ type: 'connected', id })
      events.add({ type: 'disconnected', id, reason: 'left' })
      events.add({ type: 'failed', id, error })
    }
    events.add({ type: 'connected', id: 10_000 })
    events.add({ type: 'disconnected', id: 1, reason: 'left' })
    const all = events.take()
    expect(all.length).toBeLessThan(MAX_PENDING_EVENTS + 10)
    expect(all.at(-1)).toEqual({ type: 'connected', id: 10_000 })
    // Of every visit both ends are told, or none.
    const of = (type: string) => all.flatMap((event) => (event.type === type && 'id' in event ? [event.id] : []))
    expect(of('disconnected').every((id) => of('connected').includes(id))).toBe(true)
    expect(of('connected').filter((id) => !of('disconnected').includes(id))).toEqual([10_000])
  })
})

it('a game that does not poll holds a bounded part of what visitors leave, and is told what was dropped', async () => {
  const network = new SimulatedNetwork()
  const host = await network.until(joinRoom({ ...network.peerOptions('host'), autoPoll: false }))
  const visits = 12
  for (let visit = 0; visit < visits; visit++) {
    const guest = await network.until(joinRoom({ ...network.peerOptions(`guest ${visit}`), room: host.code }))
    await network.until(() => guest.peers.length === 1)
    for (let i = 0; i < 2; i++) guest.sendBytes(new Uint8Array(MIB).fill(visit))
    await network.run(3000)
    await network.until(guest.leave())
    await network.run(1000)
  }
  const log: string[] = []
  const fills = new Set<number>()
  let bytes = 0
  host.on('peerConnected', () => log.push('connected'))
  host.on('peerDisconnected', () => log.push('disconnected'))
  host.on('error', ({ message }) => log.push(message))
  host.on('packet', (value) => {
    bytes += (value as Uint8Array).length
    fills.add((value as Uint8Array)[0]!)
  })
  host.poll()
  expect(bytes).toBe(MAX_WAITING_BYTES)
  expect([...fills]).toEqual([8, 9, 10, 11])
  expect(log.filter((what) => what === 'connected')).toHaveLength(visits)
  expect(log.filter((what) => what === 'disconnected')).toHaveLength(visits)
  expect(log.filter((what) => what.includes('which is gone, were dropped'))).toHaveLength(8)
  await network.until(host.leave())
})
