// A host between two honest clients and one that says anything; and a client of a host that says anything. Whatever comes, the
// honest clients have nothing to hold against an honest host, and nobody is heard under a name that is not its own.

import { Relay, type RelayRole } from '../../../src/multiplayer/relay/relay.ts'
import {
  type Command,
  writeCommand,
  writeFromOther,
  writeRemove,
  writeToOthers,
} from '../../../src/multiplayer/relay/wire.ts'
import type { RemotePeer } from '../../../src/multiplayer/remote-peer.ts'
import { TransferMode } from '../../../src/multiplayer/types.ts'
import { VirtualClock } from '../../../src/net/clock.ts'
import type { OutgoingPacket } from '../../../src/net/link/lanes.ts'
import { Kind } from '../../../src/net/link/wire.ts'
import { hexOf } from '../../vectors/notation.ts'
import type { Target } from '../support/campaign.ts'
import type { Chance } from '../support/chance.ts'
import { mutated } from '../support/mutate.ts'
import { must, outcome } from '../support/oracles.ts'

const HOST = 1
const HONEST = [2, 3]
const HOSTILE = 9

interface Frame {
  /** From the hostile client, or from an honest one, which sends to whom it knows. */
  readonly from: number
  readonly port: number
  readonly mode: TransferMode
  readonly payload: Uint8Array
}

type Deliver = (port: number, mode: TransferMode, payload: Uint8Array) => void

/** The end of a connection that leads to `deliver`; bulk comes when `settle` is called. */
class Line {
  readonly #waiting: (() => void)[] = []
  readonly remote: RemotePeer
  failed = false

  constructor(id: number, deliver: Deliver) {
    const link = {
      stats: { roundTripTimeMs: 10 },
      sendReliable: (port: number, { payload, gone }: OutgoingPacket, lane: number) => {
        const go = () => {
          gone?.()
          deliver(port, TransferMode.Reliable, payload)
        }
        if (port === 0 && lane >= 2) this.#waiting.push(go)
        else go()
      },
      sendUnreliable: (port: number, { payload }: OutgoingPacket, ordered: boolean) =>
        deliver(port, ordered ? TransferMode.UnreliableOrdered : TransferMode.Unreliable, payload),
      fail: () => {
        this.failed = true
      },
    }
    this.remote = { id, link } as unknown as RemotePeer
  }

  settle(): void {
    for (const go of this.#waiting.splice(0)) go()
  }
}

function newRelay(id: number, role: RelayRole, heard: (from: number) => void, seals = false): Relay {
  const relay = new Relay({
    clock: new VirtualClock(),
    lanes: new Map(),
    seals,
    id: () => id,
    neighbours: () => [],
    wants: () => true,
    touch: () => {},
    joined: ({ id: joined }) => must(joined !== id, 'a peer meets itself'),
    left: () => {},
    packet: (from) => heard(from.id),
    rejected: () => {},
    released: () => {},
    replaced: () => {},
    broken: () => {},
  })
  relay.start(role, true)
  return relay
}

function frameOf(chance: Chance): Frame {
  const ids = [HOST, ...HONEST, HOSTILE, 77, chance.number() | 0]
  const id = () => chance.pick(ids)
  const packet = chance.bytes(chance.size(chance.oneIn(20) ? 20_000 : 40))
  const kind = chance.pick([Kind.Value, Kind.Bytes, Kind.Service])
  const lane = chance.oneIn(3) ? chance.below(16) : 1
  const payload = chance.pick([
    () => writeToOthers(kind, lane, chance.pick([0, id(), -id()]), packet, chance.oneIn(4)),
    () => writeToOthers(kind, lane, chance.list(1 + chance.size(5), id), packet),
    () => writeFromOther(kind, lane, id() >>> 0, packet, chance.oneIn(4)),
    () => writeFromOther(Kind.Service, 0, id() >>> 0, Uint8Array.of(1, ...chance.bytes(65)), true),
    () => writeCommand(chance.below(11) as Command, ...chance.list(chance.size(4), id)),
    () => writeRemove(id(), 'left', chance.size(10)),
    () => chance.bytes(chance.size(20)),
  ])()
  const mode = chance.pick([TransferMode.Reliable, TransferMode.Reliable, TransferMode.Unreliable])
  return {
    from: chance.oneIn(4) ? chance.pick(HONEST) : HOSTILE,
    port: mode === TransferMode.Reliable ? chance.pick([0, 0, 2]) : 1,
    mode,
    payload: chance.oneIn(4) ? mutated(chance, payload) : payload,
  }
}

const show = (frames: readonly Frame[]) =>
  frames.map(({ from, port, mode, payload }) => `${from} ${port} ${mode} ${hexOf(payload)}`).join('\n')

export const relayHostTarget: Target<readonly Frame[]> = {
  name: 'a client of a host that relays, which says things',
  rounds: 2_000,
  corpus: [],
  make: (chance) => chance.list(1 + chance.size(60), () => frameOf(chance)),
  show,
  run(frames) {
    const host = newRelay(HOST, 'host', (from) => must([...HONEST, HOSTILE].includes(from), `${from} is heard`))
    const lines = new Map<number, Line>([[HOSTILE, new Line(HOSTILE, () => {})]])
    const clients = new Map<number, Relay>()
    for (const id of HONEST) {
      const toHost = new Line(HOST, () => {})
      const client = newRelay(id, 'client', (from) =>
        must(from !== id && from !== HOST, `${from} is passed on to ${id}`),
      )
      clients.set(id, client)
      // What the host sends, an honest client understands: otherwise it would leave the host for what another one did.
      const understand: Deliver = (port, mode, payload) => {
        try {
          client.receive(toHost.remote, port, mode, payload)
        } catch (error) {
          throw new Error(`${id} does not understand its honest host`, { cause: error })
        }
      }
      lines.set(id, new Line(id, understand))
    }
    for (const { remote } of lines.values()) host.admit(remote)
    for (const [i, { from, port, mode, payload }] of frames.entries()) {
      const line = lines.get(from)!
      if (!line.failed) outcome(() => host.receive(line.remote, port, mode, payload), 'ERR_INVALID_DATA')
      if (i % 7 === 0) for (const each of lines.values()) each.settle()
    }
    host.lost(lines.get(HOSTILE)!.remote, 'left')
    for (const each of lines.values()) each.settle()
    for (const [id, client] of clients) {
      must(!client.peers.get(HOSTILE), `${id} still knows who is gone`)
    }
  },
}

export const relayClientTarget: Target<readonly Frame[]> = {
  name: 'a host that relays, which says things,',
  rounds: 2_000,
  corpus: [],
  make: (chance) => chance.list(1 + chance.size(60), () => frameOf(chance)),
  show,
  run(frames) {
    for (const [role, seals] of [
      ['client', false],
      ['member', false],
      ['client', true],
    ] as const) {
      const hear = (from: number) => must(from !== 2 && !seals, 'it is heard as itself, or without a seal')
      const relay = newRelay(2, role, hear, seals)
      const line = new Line(HOST, () => {})
      for (const { port, mode, payload } of frames) {
        outcome(() => relay.receive(line.remote, port, mode, payload), 'ERR_INVALID_DATA')
      }
      relay.lost(line.remote, 'left')
      must(relay.peers.all.length === 0, 'somebody is left behind')
      relay.stop()
    }
  },
}
