// In what the drivers differ, as data: a case asks here what it has to expect, so that none is left out anywhere.

import { ConnectionState } from '../../src/net/drivers/driver.ts'

export interface DriverFacts {
  readonly name: string
  /** What `restartIce` returns. */
  readonly restartsIce: boolean
  /** The other side reads what was chosen for an in-band channel, and not the defaults. */
  readonly readsRemoteOptions: boolean
  /** The largest packet that it takes from another, in bytes. */
  readonly maxPacketSize: number
  /** The connection state in the end when the remote has closed. That the channels close is the same everywhere. */
  readonly afterRemoteClose: ConnectionState
  /** It learns the remote's address from the remote's checks; otherwise it needs a candidate of it. */
  readonly learnsFromChecks: boolean
  /** Its candidates are names that only programs on the same machine may resolve (mDNS). */
  readonly hidesAddresses: boolean
}

export const NODE: DriverFacts = {
  name: 'node',
  restartsIce: false,
  readsRemoteOptions: false,
  maxPacketSize: 65_536,
  afterRemoteClose: ConnectionState.Closed,
  hidesAddresses: false,
  learnsFromChecks: true,
}

export const CHROMIUM: DriverFacts = {
  name: 'chromium',
  restartsIce: true,
  readsRemoteOptions: true,
  maxPacketSize: 262_144,
  afterRemoteClose: ConnectionState.Disconnected,
  hidesAddresses: true,
  learnsFromChecks: true,
}

export const FIREFOX: DriverFacts = {
  name: 'firefox',
  restartsIce: true,
  readsRemoteOptions: true,
  maxPacketSize: 262_144,
  afterRemoteClose: ConnectionState.Connected,
  hidesAddresses: true,
  learnsFromChecks: true,
}

/** It is modelled on Node's. */
export const SIMULATED: DriverFacts = {
  ...NODE,
  name: 'simulated',
  readsRemoteOptions: true,
  maxPacketSize: 262_144,
  learnsFromChecks: false,
}
