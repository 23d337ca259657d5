// Peers on a simulated network that are connected by hand, and one that says what it likes.

import { RemotePeer } from '../../../src/multiplayer/remote-peer.ts'
import type { DisconnectReason, PacketValue, TransferMode } from '../../../src/multiplayer/types.ts'
import { Way } from '../../../src/multiplayer/way.ts'
import { WebRTCMultiplayerPeer } from '../../../src/multiplayer/webrtc-multiplayer-peer.ts'
import type { WebRTCMultiplayerPeerOptions } from '../../../src/multiplayer/webrtc-multiplayer-peer-types.ts'
import { UnfinishedBudget } from '../../../src/net/link/joiner.ts'
import { CONTROL_LANE } from '../../../src/net/link/lane-table.ts'
import type { LinkEnd } from '../../../src/net/link/link-types.ts'
import { Kind } from '../../../src/net/link/wire.ts'
import { WebRTCPeerConnection } from '../../../src/net/peer-connection.ts'
import { seededRandom } from '../../../src/net/random.ts'
import { type LinkConditions, SimulatedNetwork } from '../../../src/testing.ts'
import { meet } from '../../support/meet.ts'

export type Heard = readonly [value: PacketValue, from: number, mode: TransferMode, channel: number]

/** A peer and what it was told. */
export class Player {
  readonly peer: WebRTCMultiplayerPeer
  readonly heard: Heard[] = []
  readonly joined: number[] = []
  readonly gone: [id: number, reason: DisconnectReason][] = []
  readonly errors: string[] = []

  constructor(peer: WebRTCMultiplayerPeer) {
    this.peer = peer
    peer.on('packet', (...packet) => this.heard.push(packet))
    peer.on('peerConnected', (id) => this.joined.push(id))
    peer.on('peerDisconnected', (id, reason) => this.gone.push([id, reason]))
    peer.on('error', ({ message }) => this.errors.push(message))
  }

  /** The values that came from a peer. */
  from(id: number): PacketValue[] {
    return this.heard.filter(([, from]) => from === id).map(([value]) => value)
  }
}

export function connectionOn(network: SimulatedNetwork, name: string): WebRTCPeerConnection {
  const connection = new WebRTCPeerConnection()
  connection.initialize({ driver: network.peerOptions(name).driver })
  return connection
}

/** A star of a host, 1, and clients from 2 on. The machines are called by their ids. */
export class Star {
  readonly network: SimulatedNetwork
  readonly host: Player
  readonly clients: Player[] = []
  readonly #channels: readonly TransferMode[]
  readonly #options: WebRTCMultiplayerPeerOptions

  constructor(
    conditions: LinkConditions,
    channels: readonly TransferMode[] = [],
    options: WebRTCMultiplayerPeerOptions = {},
  ) {
    this.network = new SimulatedNetwork(conditions)
    this.#channels = channels
    this.#options = options
    this.host = new Player(this.#peer('1'))
    this.host.peer.createServer(channels)
  }

  static async of(
    clients: number,
    conditions: LinkConditions = { latencyMs: 10 },
    ...rest: [channels?: TransferMode[], options?: WebRTCMultiplayerPeerOptions]
  ) {
    const star = new Star(conditions, ...rest)
    for (let i = 0; i < clients; i++) star.join()
    await star.settled()
    return star
  }

  /** Every client knows all others. */
  settled(): Promise<void> {
    const all = [this.host, ...this.clients]
    return this.network.until(() => all.every(({ peer }) => peer.connectedPeers.length === all.length - 1))
  }

  join(id = this.clients.length + 2): Player {
    const player = new Player(this.#peer(String(id)))
    player.peer.createClient(id, this.#channels)
    this.clients.push(player)
    const [mine, its] = [connectionOn(this.network, String(id)), connectionOn(this.network, '1')]
    player.peer.addPeer(mine, 1)
    this.host.peer.addPeer(its, id)
    meet(mine, its)
    return player
  }

  /** One that looks like a client. */
  forger(id: number): Forger {
    const forger = new Forger(this.network, id, this.#channels)
    const its = connectionOn(this.network, '1')
    this.host.peer.addPeer(its, id)
    meet(forger.remote.connection, its)
    return forger
  }

  async close(): Promise<void> {
    await this.network.until(Promise.all([this.host, ...this.clients].map(({ peer }) => peer.close())))
    // What is under way on the slowest link arrives.
    await this.network.run(10_000)
  }

  #peer(name: string): WebRTCMultiplayerPeer {
    return new WebRTCMultiplayerPeer({ clock: this.network.peerOptions(name).clock, ...this.#options })
  }
}

/** The bare end of a connection: it sends RELAY frames as a test wants them. */
export class Forger {
  readonly id: number
  readonly remote: RemotePeer
  /** The RELAY frames that came. */
  readonly heard: number[][] = []
  connected = false
  ended: LinkEnd | undefined

  constructor(network: SimulatedNetwork, id: number, userModes: readonly TransferMode[] = []) {
    this.id = id
    const way = new Way(connectionOn(network, String(id)), userModes)
    const settings = {
      localId: id,
      userModes,
      lanes: new Map(),
      budget: new UnfinishedBudget(),
      offersBulk: undefined,
      suspicionMs: 1000,
      graceMs: 3000,
      repairs: false,
      random: seededRandom(id),
      iceServers: () => undefined,
    }
    this.remote = new RemotePeer(1, way, settings, network.peerOptions(String(id)).clock, {
      connected: () => {
        this.connected = true
      },
      packet: (_channel, kind, _ordered, payload) => {
        if (kind === Kind.Relay) this.heard.push([...payload])
      },
      drained: () => {},
      progress: () => {},
      rejected: () => {},
      reconnecting: () => {},
      reconnected: () => {},
      replaced: () => {},
      ended: (reason) => {
        this.ended = reason
      },
      failed: () => {},
    })
  }

  say(payload: Uint8Array, port = 0, lane: number = CONTROL_LANE): void {
    if (port === 1) this.remote.link.sendUnreliable(1, { kind: Kind.Relay, payload }, false)
    else this.remote.link.sendReliable(port, { kind: Kind.Relay, payload }, lane)
    this.remote.link.flush()
  }
}
