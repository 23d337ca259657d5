// The channels of a link: a reliable one, an unreliable one, then those of the user.

import type { ReliablePort } from './reliable-port.ts'
import type { UnreliablePort } from './unreliable-port.ts'

export type Port = ReliablePort | UnreliablePort

export class Ports {
  readonly all: readonly Port[]
  /** For greeting, control and gameplay, and for the stream while that has no connection of its own. */
  readonly first: ReliablePort
  readonly unreliable: UnreliablePort

  constructor(all: readonly Port[]) {
    this.all = all
    this.first = all[0] as ReliablePort
    this.unreliable = all[1] as UnreliablePort
  }

  /** Open on this side. */
  get areOpen(): boolean {
    return this.all.every(({ open }) => open)
  }

  get reliable(): ReliablePort[] {
    return this.all.filter((port) => port.reliable)
  }
}
