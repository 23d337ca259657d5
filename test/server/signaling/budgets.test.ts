import { describe, expect, it } from 'vitest'
import { addressKey, KeyedBuckets } from '../../../server/signaling/budgets.ts'
import { ADDRESSES_OF_NETWORK } from '../../../server/signaling/constants.ts'
import { VirtualClock } from '../../../src/net/clock.ts'
import { withServer } from './support.ts'

describe('an address', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['unknown', 'unknown'],
  ])('%s counts as %s', (address, key) => {
    expect(addressKey(address)).toBe(key)
  })
})

describe('buckets by key', () => {
  it('are separate, fill with time, and take back what was not used', () => {
    const clock = new VirtualClock()
    const buckets = new KeyedBuckets(clock, 2, 1)
    expect([buckets.take('a', 2), buckets.take('a', 1), buckets.take('b', 1)]).toEqual([true, false, true])
    buckets.giveBack('a', 1)
    expect([buckets.take('a', 1), buckets.take('a', 1)]).toEqual([true, false])
    clock.advance(1_000)
    expect([buckets.take('a', 1), buckets.take('a', 1)]).toEqual([true, false])
  })

  it('never hold more than they should, however much is given back', () => {
    const buckets = new KeyedBuckets(new VirtualClock(), 2, 1)
    buckets.take('a', 1)
    for (let n = 0; n < 5; n++) buckets.giveBack('a', 1)
    buckets.giveBack('never asked for', 1)
    expect([buckets.take('a', 2), buckets.take('a', 1)]).toEqual([true, false])
  })

  it('forget the key that was not asked for longest', () => {
    const buckets = new KeyedBuckets(new VirtualClock(), 1, 1, 2)
    buckets.take('busy', 1)
    for (let n = 0; n < 100; n++) {
      buckets.take(`passing ${n}`, 1)
      expect(buckets.take('busy', 1)).toBe(false)
    }
    expect(buckets.keyCount).toBe(2)
  })
})

describe('a budget that is shared', () => {
  it('of failed entries is also that of an IPv6 customer, who has many networks', async () => {
    const clock = new VirtualClock()
    const addressOf = (request: { headers: Record<string, unknown> }) => String(request.headers['x-address'])
    const limits = { failedEntriesPerMinutePerAddress: 1 }
    await withServer({ clock, addressOf, limits }, async (connect) => {
      const guess = async (address: string) => {
        const client = await connect({ headers: { 'x-address': address } })
        client.say({ type: 'join', version: 2, room: 'AAA-AAA-AAA' })
        return (await client.heard('error')).code
      }
      for (let n = 0; n < ADDRESSES_OF_NETWORK; n++) {
        expect(await guess(`2001:db8:7:${n.toString(16)}::1`)).toBe('ERR_ROOM_NOT_FOUND')
      }
      expect(await guess('2001:db8:7:ffff::1')).toBe('ERR_RATE_LIMITED')
      expect(await guess('2001:db8:8::1')).toBe('ERR_ROOM_NOT_FOUND')
      expect(await guess('10.0.0.1')).toBe('ERR_ROOM_NOT_FOUND')
    })
  })

  const signal = { kind: 'description', type: 'offer', sdp: 'v=0' } as const

  it('of an address refuses without closing, and leaves other addresses alone', async () => {
    const clock = new VirtualClock()
    const addressOf = (request: { headers: Record<string, unknown> }) => String(request.headers['x-address'])
    const limits = { messagesPerSecondPerAddress: 1 }
    await withServer({ clock, addressOf, limits }, async (connect) => {
      const busy = await connect({ headers: { 'x-address': '10.0.0.1' } })
      const neighbour = await connect({ headers: { 'x-address': '10.0.0.1' } })
      const stranger = await connect({ headers: { 'x-address': '10.0.0.2' } })
      for (let n = 0; n < 16; n++) busy.say({ type: 'ping' })
      await busy.heard('pong', 15)
      neighbour.say({ type: 'create', version: 2, topology: 'mesh' })
      expect((await neighbour.heard('error')).code).toBe('ERR_RATE_LIMITED')
      await stranger.create()
      clock.advance(1_000)
      await neighbour.create()
    })
  })

  it('of a room refuses without closing, and leaves other rooms alone', async () => {
    await withServer({ clock: new VirtualClock(), limits: { messagesPerSecondPerRoom: 1 } }, async (connect) => {
      const rooms = await Promise.all(
        [0, 1].map(async () => {
          const [host, guest] = [await connect(), await connect()]
          const { room, id } = await host.create()
          await guest.join(room.code)
          return { host, guest, id }
        }),
      )
      const [loud, calm] = rooms as [(typeof rooms)[0], (typeof rooms)[0]]
      for (let n = 0; n < 20; n++) loud.guest.say({ type: 'signal', to: loud.id, signal })
      await loud.guest.settled()
      await loud.host.settled()
      expect(loud.host.messages.filter(({ type }) => type === 'signal')).toHaveLength(16)
      expect(loud.guest.codes()).toEqual(Array(4).fill('ERR_RATE_LIMITED'))
      calm.guest.say({ type: 'signal', to: calm.id, signal })
      await calm.host.heard('signal')
    })
  })
})
