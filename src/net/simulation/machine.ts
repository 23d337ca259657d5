// One simulated machine: an address, sockets on it, and a process that can freeze or die.

import type { Clock } from '../clock.ts'
import { SOCKET_BUFFER } from './constants.ts'
import type { Datagram } from './datagram.ts'
import { MachineClock } from './machine-clock.ts'

/** Where a datagram goes. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** Who sends for a machine. */
export type Transmit = (from: Machine, to: Address, datagram: Datagram) => void

/** One UDP port, used by one connection. */
export interface Socket {
  readonly address: Address
  send(to: Address, datagram: Datagram): void
  close(): void
}

const FIRST_PORT = 49_152

export class Machine {
  readonly name: string
  readonly host: string
  readonly clock: MachineClock
  readonly #transmit: Transmit
  readonly #sockets = new Map<number, (datagram: Datagram) => void>()
  #nextPort = FIRST_PORT
  /** What came while the process was frozen. */
  #waiting: [port: number, datagram: Datagram][] = []
  #waitingBytes = 0

  constructor(name: string, host: string, clock: Clock, transmit: Transmit) {
    this.name = name
    this.host = host
    this.clock = new MachineClock(clock)
    this.#transmit = transmit
  }

  get sockets(): number {
    return this.#sockets.size
  }

  open(receive: (datagram: Datagram) => void): Socket {
    const port = this.#nextPort++
    this.#sockets.set(port, receive)
    return {
      address: { host: this.host, port },
      send: (to, datagram) => {
        if (this.#sockets.has(port) && this.clock.state === 'running') this.#transmit(this, to, datagram)
      },
      close: () => this.#sockets.delete(port),
    }
  }

  /** A datagram arrived. */
  receive(port: number, datagram: Datagram): void {
    if (this.clock.state === 'running') this.#sockets.get(port)?.(datagram)
    else if (this.clock.state === 'frozen' && this.#waitingBytes + datagram.bytes <= SOCKET_BUFFER) {
      this.#waiting.push([port, datagram])
      this.#waitingBytes += datagram.bytes
    }
  }

  freeze(): void {
    this.clock.freeze()
  }

  /** Timers that are late run first, as they do in Node and in browsers; then what came. */
  thaw(): void {
    if (this.clock.state !== 'frozen') return
    this.clock.thaw()
    const waiting = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    for (const [port, datagram] of waiting) this.receive(port, datagram)
  }

  kill(): void {
    this.clock.kill()
    this.#sockets.clear()
    this.#waiting = []
  }
}
