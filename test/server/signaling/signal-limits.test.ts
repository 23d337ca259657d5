import { describe, expect, it } from 'vitest'
import {
  DESCRIPTIONS_PER_SECOND_PER_PEER,
  MAX_CANDIDATES_PER_DESCRIPTION,
  MAX_DESCRIPTIONS_PER_PEER,
  MAX_PEERS_REMEMBERED,
  MAX_SDP_LINE_LENGTH,
  MAX_SDP_LINES,
} from '../../../server/signaling/constants.ts'
import { SignalQuota } from '../../../server/signaling/signal-quota.ts'
import { checkSignalText } from '../../../server/signaling/signal-text.ts'
import { VirtualClock } from '../../../src/net/clock.ts'
import { thrown } from '../../support/net-errors.ts'
import { withServer } from './support.ts'

const OFFER = { kind: 'description', type: 'offer', sdp: 'v=0\r\n' } as const
const CANDIDATE = { kind: 'candidate', media: '0', index: 0, name: 'candidate:1 1 UDP 1 10.0.0.1 9 typ host' } as const

const offer = (sdp: string) => () => checkSignalText({ ...OFFER, sdp })
const candidate =
  (name: string, media = '0') =>
  () =>
    checkSignalText({ ...CANDIDATE, name, media })

describe('a session description', () => {
  it('may have as many lines, and as long ones, as the limits say', () => {
    offer('a=x\r\n'.repeat(MAX_SDP_LINES))()
    offer('a=x\n'.repeat(MAX_SDP_LINES))()
    offer(`v=0\n${'x'.repeat(MAX_SDP_LINE_LENGTH)}\n`)()
    offer('')()
  })

  it.each([
    ['too many lines', '\n'.repeat(MAX_SDP_LINES + 1)],
    ['16,384 lines', '\n'.repeat(16_384)],
    ['a line that is too long', `v=0\n${'x'.repeat(MAX_SDP_LINE_LENGTH + 1)}\n`],
    ['a zero byte', 'v=0\0\n'],
    ['an escape character', 'v=0\u001b[2J\n'],
  ])('is refused with %s', (_, sdp) => {
    expect(thrown(offer(sdp)).code).toBe('ERR_INVALID_DATA')
  })
})

describe('a candidate', () => {
  it.each(['', 'candidate:1 1 UDP 1 x.local 9 typ host', 'a=candidate:1 1 UDP 1 10.0.0.1 9 typ host'])(
    'may be "%s"',
    (name) => candidate(name)(),
  )

  it.each([
    ['a line break that smuggles in another line', 'candidate:1\r\na=ice-lite'],
    ['another attribute', 'a=fingerprint:sha-256 00'],
    ['any text', 'hello'],
    ['a zero byte', 'candidate:1\0'],
  ])('is refused with %s', (_, name) => {
    expect(thrown(candidate(name)).code).toBe('ERR_INVALID_DATA')
  })

  it('is refused with a media name of two lines', () => {
    expect(thrown(candidate('candidate:1', '0\na=x')).code).toBe('ERR_INVALID_DATA')
  })
})

describe('signals to one peer', () => {
  it('are so many candidates after each description, and so many descriptions', () => {
    const clock = new VirtualClock()
    const quota = new SignalQuota(clock)
    for (let n = 0; n < MAX_DESCRIPTIONS_PER_PEER; n++) expect(quota.allows(2, OFFER)).toBe(true)
    for (let n = 0; n < MAX_CANDIDATES_PER_DESCRIPTION; n++) expect(quota.allows(2, CANDIDATE)).toBe(true)
    expect(quota.allows(2, CANDIDATE)).toBe(false)
    expect(quota.allows(2, OFFER)).toBe(false)
    expect(quota.allows(3, OFFER)).toBe(true)
    clock.advance(1_000)
    for (let n = 0; n < DESCRIPTIONS_PER_SECOND_PER_PEER; n++) expect(quota.allows(2, OFFER)).toBe(true)
    expect(quota.allows(2, OFFER)).toBe(false)
  })

  it('are enough for a pair that never connects and tries again twice a minute for a day', () => {
    const clock = new VirtualClock()
    const quota = new SignalQuota(clock)
    for (let n = 0; n < 24 * 60 * 2; n++) {
      for (let attempt = 0; attempt < 3; attempt++) expect(quota.allows(2, OFFER)).toBe(true)
      clock.advance(30_000)
    }
  })

  it('are counted anew for a peer that entered anew: whoever answers it each time is not to blame', () => {
    const quota = new SignalQuota(new VirtualClock())
    for (let life = 0; life < 2 * MAX_DESCRIPTIONS_PER_PEER; life++) expect(quota.allows(2, OFFER, life)).toBe(true)
    for (let n = 0; n < MAX_DESCRIPTIONS_PER_PEER; n++) expect(quota.allows(3, OFFER, 7)).toBe(true)
    expect(quota.allows(3, OFFER, 7)).toBe(false)
    expect(quota.allows(3, OFFER, 8)).toBe(true)
  })

  it('are counted for as many peers as two full rooms have', () => {
    const quota = new SignalQuota(new VirtualClock())
    for (let n = 0; n <= MAX_CANDIDATES_PER_DESCRIPTION; n++) quota.allows(1, CANDIDATE)
    for (let peer = 2; peer <= MAX_PEERS_REMEMBERED; peer++) quota.allows(peer, OFFER)
    expect(quota.allows(1, CANDIDATE)).toBe(false)
  })

  it('close their sender when 10,000 candidates come', async () => {
    await withServer({ limits: { messageBurst: 100_000 } }, async (connect) => {
      const [host, guest] = [await connect(), await connect()]
      const { room, id } = await host.create()
      await guest.join(room.code)
      for (let n = 0; n < 10_000; n++) guest.say({ type: 'signal', to: id, signal: CANDIDATE })
      expect(await guest.closed).toEqual({ code: 1008, reason: 'ERR_RATE_LIMITED' })
      await host.settled()
      expect(host.messages.filter(({ type }) => type === 'signal')).toHaveLength(MAX_CANDIDATES_PER_DESCRIPTION)
    })
  })
})
