// What the services of MultiplayerAPI (RPC, authentication, clock) stand on, and what they have to be.

import type { Clock } from '../../net/clock.ts'
import type { NetError } from '../../net/errors.ts'
import type { ConnectionStatus, DisconnectReason, SendOptions, TransferMode } from '../types.ts'

/** Carries the messages of the services between the peers. */
export interface Courier {
  /** This peer's id; 0 while disconnected. */
  readonly id: number
  readonly status: ConnectionStatus
  /** The peer whose word counts: 1 in a star, the room's host in a mesh. */
  readonly host: number
  /** The peers that are admitted, ascending, without this one. */
  readonly peers: readonly number[]
  readonly clock: Clock
  /** False: nothing may reach the game but during `poll`. */
  readonly autoPoll: boolean
  /**
   * Sends a message to the peers that `to` means: admitted ones only. The first byte says whose it is (wire.ts). It must not
   * change any more.
   * @throws {NetError} As MultiplayerPeer.sendBytes.
   */
  send(message: Uint8Array, options?: SendOptions): boolean
  /** Counts something bad that a peer sent, and reports it; after a few the connection to that peer ends. */
  reject(from: number, error: NetError): void
  /** Reports something that is not fatal. */
  report(error: NetError): void
}

/** A service: hears of admitted peers only. */
export interface ServicePart {
  /** A message, with its first byte. What this throws as NetError is the sender's fault: it is rejected. */
  receive(message: Uint8Array, from: number, mode: TransferMode, channel: number): void
  /** A peer was admitted; before `peerConnected`. */
  joined?(id: number): void
  /** It is gone; before `peerDisconnected`. */
  left?(id: number, reason: DisconnectReason): void
  /** With `autoPoll: false`: within each `poll`, after the packets. */
  poll?(): void
  /** Nothing follows. */
  close?(): void
}
