// Two honest links, between which somebody puts messages of his own: scripts of everything that can happen to them.

import { BULK_LANE, GAMEPLAY_LANE } from '../../../src/net/link/lane-table.ts'
import { type Goodbye, Kind } from '../../../src/net/link/wire.ts'
import { type End, LinkPair } from '../../support/link-pair.ts'
import {
  goodbye,
  hello,
  packet,
  piece,
  reliable,
  resume,
  streamed,
  unreliable,
  unreliablePiece,
} from '../../support/wire.ts'
import { hexOf } from '../../vectors/notation.ts'
import type { Target } from '../support/campaign.ts'
import type { Chance } from '../support/chance.ts'
import { mutated } from '../support/mutate.ts'
import { clocked, must } from '../support/oracles.ts'

const MODES = [2, 0, 1]
const PORTS = 2 + MODES.length

type Side = 'a' | 'b'

type Step =
  | { readonly do: 'open'; readonly side: Side; readonly port: number }
  | { readonly do: 'inject'; readonly to: Side; readonly port: number; readonly message: Uint8Array }
  | {
      readonly do: 'repeat'
      readonly to: Side
      readonly port: number
      readonly which: number
      readonly message: Uint8Array
    }
  | {
      readonly do: 'send'
      readonly side: Side
      readonly port: number
      readonly size: number
      readonly ordered: boolean
    }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'block' | 'release' | 'break' | 'drain'; readonly side: Side; readonly port: number }
  | { readonly do: 'goodbye'; readonly side: Side; readonly reason: Goodbye }
  | { readonly do: 'close' | 'reject'; readonly side: Side }
  | { readonly do: 'redial' }

export const linkTarget: Target<readonly Step[]> = {
  name: 'a link',
  rounds: 4_000,
  corpus: [
    [
      { do: 'inject', to: 'a', port: 0, message: hello(MODES) },
      { do: 'inject', to: 'a', port: 0, message: goodbye(0) },
    ],
    [
      ...Array.from(
        { length: 2 * PORTS },
        (_, i): Step => ({ do: 'open', side: i % 2 === 0 ? 'a' : 'b', port: i >> 1 }),
      ),
      { do: 'wait', ms: 30 },
      { do: 'redial' },
      { do: 'inject', to: 'a', port: 0, message: resume({ messages: [0, 0], stream: 0 }) },
      { do: 'wait', ms: 500 },
    ],
    [
      { do: 'inject', to: 'b', port: 1, message: unreliable(0, undefined, { asks: true }) },
      { do: 'goodbye', side: 'b', reason: 1 },
      { do: 'goodbye', side: 'a', reason: 0 },
    ],
  ],
  make(chance) {
    const steps: Step[] = []
    // Most scripts play on links that stand.
    const opened = chance.oneIn(4) ? chance.below(2 * PORTS) : 2 * PORTS
    for (let i = 0; i < opened; i++) steps.push({ do: 'open', side: i % 2 === 0 ? 'a' : 'b', port: i >> 1 })
    steps.push({ do: 'wait', ms: 30 })
    const badOnes = chance.oneIn(2)
    return steps.concat(chance.list(1 + chance.size(60), () => stepOf(chance, badOnes)))
  },
  run(steps) {
    const pair = new LinkPair({ modes: MODES })
    for (const end of [pair.a, pair.b]) end.react = () => judge(end)
    for (const step of steps) clocked(() => play(pair, step))
    pair.clock.advance(10_000)
    for (const end of [pair.a, pair.b]) {
      judge(end)
      end.link.close()
      const told = end.told.length
      end.link.receive(0, packet('late'))
      must(end.told.length === told, 'something is told after the end')
    }
    pair.clock.advance(20_000)
    must(pair.clock.pendingTimers === 0, `${pair.clock.pendingTimers} timers run on`)
  },
  show: (steps) =>
    JSON.stringify(steps, (_, value: unknown) => (value instanceof Uint8Array ? hexOf(value) : value)).replaceAll(
      '},{',
      '},\n{',
    ),
  afterwards() {
    const pair = LinkPair.connected({ modes: MODES })
    pair.a.send('reliable')
    pair.b.sendUnreliable('unreliable', { ordered: true })
    pair.clock.advance(60_000)
    must(pair.b.texts.join() === 'reliable' && pair.a.texts.join() === 'unreliable', 'honest packets do not arrive')
    must(pair.a.link.connected && pair.b.link.connected, 'an honest link does not last')
  },
}

function stepOf(chance: Chance, badOnes: boolean): Step {
  const side = chance.pick(['a', 'b'] as const)
  const port = chance.below(PORTS)
  switch (chance.below(16)) {
    case 0:
      return { do: 'open', side, port }
    case 1:
    case 2:
    case 3:
      return {
        do: 'inject',
        to: side,
        port,
        message: badOnes ? chance.bytes(chance.size(40)) : goodMessage(chance, port),
      }
    case 4:
    case 5:
      return { do: 'inject', to: side, port, message: goodMessage(chance, port) }
    case 6:
      return {
        do: 'inject',
        to: side,
        port,
        message: badOnes ? mutated(chance, goodMessage(chance, port)) : goodMessage(chance, port),
      }
    case 7:
      return { do: 'repeat', to: side, port, which: chance.below(100), message: chance.bytes(2) }
    case 8:
    case 9:
    case 10:
      return {
        do: 'send',
        side,
        port,
        size: chance.oneIn(20) ? chance.size(100_000) : chance.size(500),
        ordered: chance.oneIn(2),
      }
    case 11:
    case 12:
      return { do: 'wait', ms: chance.size(chance.oneIn(10) ? 100_000 : 1_000) }
    case 13:
      return { do: chance.pick(['block', 'release', 'drain', 'release', 'drain']), side, port }
    case 14:
      if (chance.oneIn(8)) return { do: 'redial' }
      if (chance.oneIn(4)) return { do: 'break', side, port }
      return chance.oneIn(2) ? { do: 'goodbye', side, reason: chance.pick([0, 1]) } : { do: 'wait', ms: 0 }
    default:
      return chance.oneIn(4) ? { do: chance.pick(['close', 'reject']), side } : { do: 'wait', ms: 500 }
  }
}

/** One that somebody may send at some moment. */
function goodMessage(chance: Chance, port: number): Uint8Array {
  const content = chance.bytes(chance.size(60))
  const lane = chance.pick([undefined, undefined, 0, 1, 2, 77])
  if (port === 0 || MODES[port - 2] === 2) {
    const total = chance.pick([undefined, content.length, content.length + 5, 100, 1_000_000, 0xffff_ffff])
    const part = piece(content, { last: chance.oneIn(2), ...(total && { total }), ...(lane && { lane }) })
    return chance.pick([
      packet('x', lane),
      reliable(Kind.Value, content, lane),
      part,
      part,
      hello(MODES),
      reliable(Kind.Proof, chance.bytes(32)),
      resume({ messages: [chance.below(3), chance.below(3)], stream: chance.below(3) }),
      goodbye(chance.below(2), chance.below(3)),
      reliable(Kind.GoodbyeAck),
      reliable(Kind.Signal, '{"kind":"wanted"}'),
      streamed(chance.below(5), chance.pick([part, packet('x', lane)])),
      streamed(chance.below(2 ** 32), packet('far')),
    ])
  }
  const sequence = chance.below(256) | chance.pick([0, 0, 0, 0x7f00, 0x8000, 0xff00])
  if (chance.oneIn(3)) {
    const place = { packet: chance.below(4), index: chance.below(3), count: 1 + chance.below(4) }
    return unreliablePiece(sequence, place, content)
  }
  return unreliable(sequence, chance.oneIn(3) ? undefined : content, {
    ordered: chance.oneIn(2),
    asks: chance.oneIn(4),
    ...(chance.oneIn(3) && {
      acknowledges: { newest: chance.size(100), history: chance.pick([0, 0xffff_ffff]), heldFor: chance.below(256) },
    }),
    ...(chance.oneIn(4) && { progress: { reliable: chance.size(20), stream: chance.size(20) } }),
  })
}

function play(pair: LinkPair, step: Step): void {
  switch (step.do) {
    case 'open':
      pair[step.side].link.opened(step.port)
      return
    case 'inject':
      pair[step.to].link.receive(step.port, step.message)
      return
    case 'repeat': {
      // Something that the other side did say, again.
      const sent = pair[step.to === 'a' ? 'b' : 'a'].channels[step.port]!.sent
      pair[step.to].link.receive(step.port, sent[step.which % (sent.length || 1)] ?? step.message)
      return
    }
    case 'send': {
      const text = 'x'.repeat(step.size)
      const isReliable = step.port === 0 || MODES[step.port - 2] === 2
      if (isReliable) pair[step.side].send(text, step.port, step.port === 0 && step.ordered ? BULK_LANE : GAMEPLAY_LANE)
      else pair[step.side].sendUnreliable(text.slice(0, 16_000), { ordered: step.ordered, port: step.port })
      return
    }
    case 'wait':
      pair.clock.advance(step.ms)
      return
    case 'block':
      pair[step.side].channels[step.port]!.blocked = true
      return
    case 'release':
      pair[step.side].channels[step.port]!.release()
      return
    case 'break':
      pair[step.side].channels[step.port]!.broken = true
      return
    case 'drain':
      pair[step.side].link.drained(step.port)
      return
    case 'goodbye':
      void pair[step.side].link.goodbye(step.reason)
      return
    case 'redial':
      pair.breakChannels()
      pair.redial()
      return
    case 'close':
      pair[step.side].link.close()
      return
    case 'reject':
      pair[step.side].link.fail('connection_lost')
  }
}

/** What a link may tell, in which order, and what its figures say. */
function judge({ told, link }: End): void {
  const types = told.map(({ type }) => type)
  const connected = types.indexOf('connected')
  const firstPacket = types.indexOf('packet')
  const ended = types.indexOf('ended')
  must(connected === types.lastIndexOf('connected'), 'connected twice')
  must(firstPacket < 0 || (connected >= 0 && connected < firstPacket), 'a packet before connected')
  must(ended < 0 || ended === types.length - 1, 'something after ended')
  const rejected = types.filter((type) => type === 'rejected').length
  must(rejected <= 9, `${rejected} bad messages and no end`)
  const { lossIn, lossOut, roundTripTimeMs = 0, bufferedBytes, ...counts } = link.stats
  for (const share of [lossIn, lossOut]) must(share >= 0 && share <= 1, `a loss of ${share}`)
  must(roundTripTimeMs >= 0 && bufferedBytes >= 0, 'a figure below 0')
  for (const [name, count] of Object.entries(counts)) must(count === undefined || count >= 0, `${name} is ${count}`)
}
