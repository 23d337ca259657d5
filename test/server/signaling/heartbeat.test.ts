import { expect, it } from 'vitest'
import { PING_PERIOD_MS } from '../../../server/signaling/constants.ts'
import { Heartbeat } from '../../../server/signaling/heartbeat.ts'
import { VirtualClock } from '../../../src/net/clock.ts'

it('beats each once a period, not all at once, with one timer, until it is taken out', () => {
  const clock = new VirtualClock()
  const heartbeat = new Heartbeat(clock)
  const beats = new Map<number, number[]>()
  const members = Array.from({ length: 20 }, (_, n) => ({
    beat: () => void beats.set(n, [...(beats.get(n) ?? []), clock.now()]),
  }))
  for (const member of members) {
    heartbeat.add(member)
    clock.advance(PING_PERIOD_MS / members.length)
  }
  expect(clock.pendingTimers).toBe(1)
  clock.advance(2 * PING_PERIOD_MS)
  for (const times of beats.values()) {
    for (const [n, at] of times.slice(1).entries()) expect(at - times[n]!).toBe(PING_PERIOD_MS)
  }
  expect(beats.size).toBe(members.length)
  expect(new Set([...beats.values()].map((times) => times[0]! % PING_PERIOD_MS)).size).toBeGreaterThan(5)
  for (const member of members) heartbeat.delete(member)
  beats.clear()
  clock.advance(2 * PING_PERIOD_MS)
  expect(beats.size).toBe(0)
  heartbeat.close()
  expect(clock.pendingTimers).toBe(0)
})
