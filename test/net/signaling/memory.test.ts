import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/net/clock.ts'
import { seededRandom } from '../../../src/net/random.ts'
import { MemorySignaling } from '../../../src/net/signaling/index.ts'
import { context, enter, Member, offer, thrown } from './support.ts'
import { runTransportSuite } from './transport-suite.ts'

runTransportSuite('MemorySignaling', async () => {
  const transport = new MemorySignaling()
  return { transport: () => transport, close: async () => {} }
})

describe('MemorySignaling', () => {
  it('keeps rooms apart, also when peers draw the same numbers', async () => {
    const transport = new MemorySignaling()
    const one = await enter(transport, { action: 'create', topology: 'mesh' }, context(seededRandom(5)))
    const two = await enter(transport, { action: 'create', topology: 'mesh' }, context(seededRandom(5)))
    expect(two.code).not.toBe(one.code)
    const guest = await enter(transport, { action: 'join', room: one.code }, context(seededRandom(5)))
    expect(guest.peers().map(({ id }) => id)).toEqual([one.id])
    expect(guest.id).not.toBe(one.id)
  })

  it('takes its latency in the time of the clock', async () => {
    const clock = new VirtualClock()
    const within = { clock, random: seededRandom(1) }
    const transport = new MemorySignaling({ latencyMs: 50 })
    const enterAfter = async (ms: number, room?: string) => {
      const opening = transport.open(room ? { action: 'join', room } : { action: 'create', topology: 'mesh' }, within)
      clock.advance(ms)
      return new Member(await opening)
    }
    const host = await enterAfter(50)
    const guest = await enterAfter(50, host.code)
    guest.session.send(host.id, offer('hello'))
    clock.advance(49)
    expect(host.events).toEqual([])
    clock.advance(1)
    expect(host.events.map(({ type }) => type)).toEqual(['peerJoined', 'signal'])
    expect(clock.pendingTimers).toBe(0)
  })

  it('refuses a latency that is none', () => {
    expect(thrown(() => new MemorySignaling({ latencyMs: -1 }))).toBe('ERR_INVALID_PARAMETER')
  })
})
