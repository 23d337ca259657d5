// Peers with clocks over a simulated network: the real link beneath, each machine with a clock of its own that may be wrong.

import { SyncedClock } from '../../../src/multiplayer/time/room-clock.ts'
import { type SendOptions, TransferMode } from '../../../src/multiplayer/types.ts'
import { WebRTCMultiplayerPeer } from '../../../src/multiplayer/webrtc-multiplayer-peer.ts'
import type { CancelTimer, Clock } from '../../../src/net/clock.ts'
import { WebRTCPeerConnection } from '../../../src/net/peer-connection.ts'
import type { SimulatedNetwork } from '../../../src/testing.ts'
import { meet } from '../../support/meet.ts'

/** A machine's clock that runs from another time, too fast or too slow, and may stand still. */
export class WrongClock implements Clock {
  readonly #base: Clock
  readonly #rate: number
  #offset: number

  constructor(base: Clock, { offsetMs = 0, ppm = 0 }: { readonly offsetMs?: number; readonly ppm?: number } = {}) {
    this.#base = base
    this.#offset = offsetMs
    this.#rate = 1 + ppm * 1e-6
  }

  now(): number {
    return this.#base.now() * this.#rate + this.#offset
  }

  setTimeout(callback: () => void, delayMs: number): CancelTimer {
    return this.#base.setTimeout(callback, delayMs / this.#rate)
  }

  /** It shows so much less than it would have: the machine slept, and its clock with it. */
  loses(ms: number): void {
    this.#offset -= ms
  }
}

export class Member {
  readonly peer: WebRTCMultiplayerPeer
  readonly machineClock: WrongClock
  readonly clock: SyncedClock
  readonly steps: number[] = []
  readonly #connections: WebRTCPeerConnection[] = []
  readonly #network: SimulatedNetwork
  readonly #name: string
  host: number

  constructor(
    network: SimulatedNetwork,
    id: number,
    host: number,
    wrong?: { readonly offsetMs?: number; readonly ppm?: number },
  ) {
    this.#network = network
    this.#name = `machine ${id}`
    this.host = host
    const { clock, random } = network.peerOptions(this.#name)
    this.machineClock = new WrongClock(clock, wrong)
    const peer = new WebRTCMultiplayerPeer({ clock: this.machineClock })
    this.peer = peer
    peer.createMesh(id)
    const self = this
    const courier = {
      id,
      clock: this.machineClock,
      autoPoll: true,
      get host() {
        return self.host
      },
      get peers() {
        return peer.connectedPeers
      },
      send: (message: Uint8Array, options?: SendOptions) => peer.sendService(message, options),
      flush: () => peer.flush(),
    }
    this.clock = new SyncedClock(courier, random).want()
    this.clock.on('stepped', (byMs) => this.steps.push(byMs))
    peer.on('peerConnected', () => this.clock.update())
    peer.on('peerDisconnected', () => this.clock.update())
    peer.on('service', (message, from) => this.clock.receive(message, from))
  }

  get id(): number {
    return this.peer.uniqueId
  }

  follow(host: number): void {
    this.host = host
    this.clock.update()
  }

  connect(other: Member): void {
    const [mine, its] = [this.#connection(other.id), other.#connection(this.id)]
    meet(mine, its)
  }

  /** Sends as a game does, to everyone. */
  play(hz: number): CancelTimer {
    let cancel: CancelTimer
    const tick = () => {
      cancel = this.machineClock.setTimeout(tick, 1_000 / hz)
      this.peer.sendBytes(new Uint8Array(100), { mode: TransferMode.Unreliable })
    }
    tick()
    return () => cancel()
  }

  async close(): Promise<void> {
    this.clock.close()
    const closing = this.peer.close()
    for (const connection of this.#connections) connection.close()
    await closing
  }

  #connection(id: number): WebRTCPeerConnection {
    const connection = new WebRTCPeerConnection()
    connection.initialize({ driver: this.#network.peerOptions(this.#name).driver })
    this.#connections.push(connection)
    this.peer.addPeer(connection, id)
    return connection
  }
}

/** How far two clocks are apart, in ms. */
export function apart(a: Member, b: Member): number {
  return Math.abs(a.clock.now() - b.clock.now())
}

/** Runs for `ms`, and calls `look` every so often. */
export async function watch(network: SimulatedNetwork, ms: number, everyMs: number, look: () => void): Promise<void> {
  for (let passed = 0; passed < ms; passed += everyMs) {
    await network.run(everyMs)
    look()
  }
}
