import { describe, expect, it } from 'vitest'
import { candidatesInWords } from '../../src/net/candidates.ts'
import { VirtualClock } from '../../src/net/clock.ts'
import { ConnectionHistory, type Milestone } from '../../src/net/connection-history.ts'
import { MAX_REMOTE_CANDIDATES, MAX_STATE_CHANGES, SLOW_PHASE_MS } from '../../src/net/constants.ts'
import { type Diagnosis, diagnose } from '../../src/net/diagnosis.ts'
import { type ConnectionConfiguration, ConnectionState } from '../../src/net/drivers/driver.ts'
import { SimulatedNetwork } from '../../src/testing.ts'
import { meet } from '../support/meet.ts'
import { close, end, RELIABLE } from './simulation/support.ts'

const candidate = (type: string, address = '192.0.2.1', port = 1, protocol = 'UDP') =>
  `candidate:1 1 ${protocol} 1 ${address} ${port} typ ${type}`

interface Story {
  readonly offers?: boolean
  readonly moments?: readonly Milestone[]
  readonly local?: readonly string[]
  readonly remote?: readonly string[]
  readonly configuration?: ConnectionConfiguration
  readonly end?: ConnectionHistory['end']
  readonly lastError?: string
}

/** The diagnosis of a connection to which that happened, a moment each 10 ms, and then nothing for long. */
function told({
  offers = true,
  moments = [],
  local = [],
  remote = [],
  configuration = {},
  end,
  lastError,
}: Story): Diagnosis {
  const clock = new VirtualClock(1000)
  const history = new ConnectionHistory(clock)
  history.offers = offers
  for (const moment of moments) {
    history.note(moment)
    if (moment === 'opened') history.openChannels = 1
    clock.advance(10)
  }
  for (const name of local) history.local.add(name)
  for (const name of remote) history.remote.add(name)
  history.lastError = lastError
  clock.advance(SLOW_PHASE_MS)
  if (end) history.ended(end)
  clock.advance(60_000)
  return diagnose(history, configuration)
}

const CHECKED = ['started', 'described', 'localSet', 'remoteSet', 'gathered'] as const
const HOST = [candidate('host')]
const TURN: ConnectionConfiguration = { iceServers: [{ urls: 'turn:turn.example', username: 'u', credential: 'c' }] }

const CASES: readonly [what: string, story: Story, phase: Diagnosis['phase'], cause: string][] = [
  ['nothing', {}, undefined, 'Nothing was begun'],
  ['candidates without an offer', { remote: HOST }, undefined, 'No offer came, although candidates'],
  ['an offer that the platform never made', { moments: ['started'] }, 'signaling', 'has not made the offer'],
  [
    'an offer that was not set',
    { moments: ['started', 'described'] },
    'signaling',
    'not passed to setLocalDescription',
  ],
  [
    'an answer that never came',
    { moments: ['started', 'described', 'localSet'] },
    'signaling',
    'lost the offer or the answer',
  ],
  [
    'an answer that was lost while candidates came',
    { moments: ['started', 'described', 'localSet'], remote: HOST },
    'signaling',
    'so it is there and did answer',
  ],
  [
    'a description that is refused',
    { moments: ['started'], offers: false, end: 'failed', lastError: 'The remote offer could not be understood.' },
    'signaling',
    'The remote offer could not be understood.',
  ],
  ['no network', { moments: CHECKED }, 'gathering', 'no network that may be used'],
  [
    'addresses that are still looked for',
    { moments: ['started', 'localSet', 'remoteSet'] },
    'gathering',
    'still looking',
  ],
  [
    'relay only, without a relay',
    { moments: CHECKED, configuration: { ...TURN, iceTransportPolicy: 'relay' } },
    'gathering',
    'no TURN server gave a candidate',
  ],
  ['no remote candidates', { moments: CHECKED, local: HOST }, 'checks', 'No candidates of the other side arrived'],
  [
    'hosts only',
    { moments: CHECKED, local: HOST, remote: HOST, end: 'failed' },
    'checks',
    'Only host candidates on both sides and no relay: the two can meet only in one network. Add',
  ],
  [
    'hosts behind mDNS names, and a STUN server that is silent',
    {
      moments: CHECKED,
      local: HOST,
      remote: [candidate('host', '4c3b-aa.local')],
      configuration: { iceServers: [{ urls: ['stun:stun.example'] }] },
    },
    'checks',
    'since no STUN server answered: the two can meet only in one network (its addresses are hidden behind mDNS names)',
  ],
  [
    'a TURN server that gives nothing',
    { moments: CHECKED, local: HOST, remote: HOST, configuration: TURN },
    'checks',
    'the TURN server gave no candidate',
  ],
  [
    'two NATs',
    { moments: CHECKED, local: [...HOST, candidate('srflx')], remote: HOST },
    'checks',
    'the address translation (NAT) of one of the networks',
  ],
  [
    'a relay that does not relay',
    {
      moments: CHECKED,
      local: [...HOST, candidate('relay')],
      remote: [...HOST, candidate('srflx')],
      configuration: TURN,
    },
    'checks',
    'Not even the way through the TURN relay',
  ],
  [
    'a network here that blocks UDP',
    { moments: CHECKED, local: HOST, remote: [...HOST, candidate('srflx')], configuration: TURN },
    'checks',
    'its network seems to block UDP. A browser gets out',
  ],
  [
    'a network there that blocks UDP',
    { moments: CHECKED, local: [...HOST, candidate('srflx')], remote: HOST, configuration: TURN },
    'checks',
    'The other side has only addresses of its own',
  ],
  [
    'IPv4 against IPv6',
    { moments: CHECKED, local: HOST, remote: [candidate('host', '2001:db8::1')] },
    'checks',
    'only IPv4 and the other only IPv6',
  ],
  [
    'a handshake that does not finish',
    { moments: [...CHECKED, 'routed'], local: HOST, end: 'failed' },
    'dtls',
    'agree on keys',
  ],
  ['channels that differ', { moments: [...CHECKED, 'routed', 'secured'] }, 'sctp', 'must be made on both sides'],
  [
    'an end before a channel opened',
    { moments: [...CHECKED, 'routed', 'secured'], end: 'closed by the other side' },
    'sctp',
    'the other side closed it',
  ],
  [
    'a way that was lost',
    { moments: [...CHECKED, 'secured', 'opened'], end: 'failed' },
    undefined,
    'the way was lost after 2010 ms',
  ],
]

describe('the cause of a connection that does not get on is told for', () => {
  it.each(CASES)('%s', (_what, story, phase, cause) => {
    const diagnosis = told(story)
    expect(diagnosis.cause).toContain(cause)
    expect(diagnosis.phase).toBe(phase)
    expect(diagnosis.text).toContain(diagnosis.cause)
    if (story.end && phase) expect(diagnosis.phases[phase].state).toBe('failed')
  })
})

describe('a diagnosis', () => {
  it('tells how long each phase took, and ends with the connection', () => {
    const diagnosis = told({ moments: CHECKED, local: HOST, remote: HOST, end: 'failed' })
    expect(diagnosis.outcome).toBe('failed')
    expect(diagnosis.phases).toEqual({
      signaling: { state: 'done', tookMs: 30 },
      gathering: { state: 'done', tookMs: 20 },
      checks: { state: 'failed', tookMs: SLOW_PHASE_MS + 20 },
      dtls: { state: 'waiting', tookMs: undefined },
      sctp: { state: 'waiting', tookMs: undefined },
    })
    expect(diagnosis.tookMs).toBe(SLOW_PHASE_MS + 50)
    expect(diagnosis.text).toContain('Failed in ICE checks after 2050 ms.')
  })

  it('does not cry before a phase has taken long', () => {
    const clock = new VirtualClock()
    const history = new ConnectionHistory(clock)
    history.note('started')
    clock.advance(SLOW_PHASE_MS - 1)
    expect(diagnose(history, {}).cause).toContain('Nothing is wrong so far: signaling')
    clock.advance(1)
    expect(diagnose(history, {}).cause).not.toContain('Nothing is wrong')
  })

  it('counts candidates by kind, each once, and keeps no addresses', () => {
    const names = [
      candidate('host'),
      `a=${candidate('host')}`,
      candidate('host', '192.0.2.2'),
      candidate('host', 'fe80::1', 9, 'tcp'),
      candidate('relay', '198.51.100.7'),
      'nonsense',
      '',
    ]
    const diagnosis = told({ local: names })
    expect(diagnosis.local).toEqual([
      { type: 'host', protocol: 'udp', family: 'IPv4', count: 2 },
      { type: 'host', protocol: 'tcp', family: 'IPv6', count: 1 },
      { type: 'relay', protocol: 'udp', family: 'IPv4', count: 1 },
    ])
    expect(candidatesInWords(diagnosis.local)).toBe('2 host udp IPv4, 1 host tcp IPv6, 1 relay udp IPv4')
    expect(diagnosis.text).not.toMatch(/192\.0|198\.51|fe80/)
  })

  it('stays small, whatever a remote sends and however often states change', () => {
    const history = new ConnectionHistory(new VirtualClock())
    for (let port = 1; port <= 1000; port++) history.remote.add(candidate('host', '192.0.2.1', port))
    for (let i = 0; i < 1000; i++) history.changed('connection', ConnectionState.Disconnected)
    expect(diagnose(history, {}).remote[0]!.count).toBe(MAX_REMOTE_CANDIDATES)
    expect(history.changes.length).toBeLessThanOrEqual(MAX_STATE_CHANGES)
  })
})

describe('a simulated connection', () => {
  it('that stands tells its phases in virtual time, its route and its states', async () => {
    const network = new SimulatedNetwork({ latencyMs: 100 })
    const [a, b] = [end(network, 'a', [RELIABLE]), end(network, 'b', [RELIABLE])]
    await network.run(5000)
    expect(a.connection.diagnose().outcome).toBe('new')
    meet(a.connection, b.connection)
    await network.until(() => [a, b].every(({ channels }) => channels[0]!.readyState === 1))
    for (const { connection } of [a, b]) {
      const { outcome, phase, phases, route, history } = connection.diagnose()
      expect([outcome, phase, route]).toEqual(['connected', undefined, { local: 'host', remote: 'host' }])
      // One round trip for the check, two for DTLS, two for SCTP; the side that answers asks.
      expect(phases.dtls).toEqual({ state: 'done', tookMs: 400 })
      expect(phases.sctp.tookMs).toBe(400)
      expect(history.map(({ of, state }) => `${of} ${state}`)).toContain('connection Connected')
      expect(history[0]).toEqual({ of: 'connection', state: 'New', atMs: expect.any(Number) })
    }
    a.connection.close()
    await network.run(1000)
    expect(a.connection.diagnose()).toMatchObject({ outcome: 'closed', phase: undefined })
    expect(b.connection.diagnose()).toMatchObject({ outcome: 'lost', phase: undefined })
  })

  it('over a link that is cut is told in each phase in which it can get stuck', async () => {
    for (const [phase, cutAfterMs] of [
      ['checks', 0],
      ['dtls', 250],
      ['sctp', 700],
    ] as const) {
      const network = new SimulatedNetwork({ latencyMs: 100 })
      const [a, b] = [end(network, 'a', [RELIABLE]), end(network, 'b', [RELIABLE])]
      if (cutAfterMs === 0) network.set({ outage: true })
      meet(a.connection, b.connection)
      await network.run(cutAfterMs)
      network.set({ outage: true })
      await network.run(10_000)
      expect(a.connection.diagnose()).toMatchObject({ outcome: 'connecting', phase })
      await network.run(60_000)
      expect(a.connection.diagnose().outcome).toBe('failed')
      expect(a.connection.diagnose().phase).toBe(phase)
      expect(a.connection.diagnose().phases[phase].state).toBe('failed')
      close(a, b)
    }
  })

  it('that is initialized anew begins a new history', async () => {
    const network = new SimulatedNetwork()
    const a = end(network, 'a', [RELIABLE])
    a.connection.createOffer()
    await network.run(10)
    const { driver } = network.peerOptions('a')
    a.connection.initialize({ driver })
    expect(a.connection.diagnose()).toMatchObject({ outcome: 'new', tookMs: 0, local: [] })
    close(a)
  })
})
