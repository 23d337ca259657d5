// What this side is: the server of a star, one of its clients or a member of a mesh; under which id, with which user channels,
// and how far it has come.

import { NetError } from '../net/errors.ts'
import { checkId, checkMode } from './checks.ts'
import { MAX_USER_CHANNELS } from './constants.ts'
import { ConnectionStatus, TARGET_PEER_SERVER, TransferMode } from './types.ts'

export type RoleKind = 'server' | 'client' | 'mesh'

export class Role {
  #kind: RoleKind | 'none' = 'none'
  #id = 0
  #status: ConnectionStatus = ConnectionStatus.Disconnected
  #channelModes: readonly TransferMode[] = []

  get kind(): RoleKind | 'none' {
    return this.#kind
  }
  /** 0 while there is none. */
  get id(): number {
    return this.#id
  }
  get status(): ConnectionStatus {
    return this.#status
  }
  /** The mode of each user channel. */
  get channelModes(): readonly TransferMode[] {
    return this.#channelModes
  }

  /** @throws {NetError} ERR_ALREADY_IN_USE: there is one. ERR_INVALID_PARAMETER: an id or channels that cannot be. */
  take(kind: RoleKind, id: number, channels: readonly TransferMode[]): void {
    if (this.#kind !== 'none') throw new NetError('ERR_ALREADY_IN_USE', 'This peer is in use: close it first.')
    checkId(id)
    if (channels.length > MAX_USER_CHANNELS) {
      throw new NetError(
        'ERR_INVALID_PARAMETER',
        `${channels.length} user channels; ${MAX_USER_CHANNELS} are possible.`,
      )
    }
    for (const each of channels) checkMode(each)
    this.#channelModes = [...channels]
    this.#kind = kind
    this.#id = id
    this.#status = kind === 'client' ? ConnectionStatus.Connecting : ConnectionStatus.Connected
  }

  giveUp(): void {
    this.#kind = 'none'
    this.#id = 0
    this.#status = ConnectionStatus.Disconnected
  }

  /** @throws {NetError} ERR_UNCONFIGURED: it has not begun. ERR_INVALID_PARAMETER: nobody whom it connects to. */
  checkRemote(id: number): void {
    if (this.#kind === 'none')
      throw new NetError('ERR_UNCONFIGURED', 'Call createServer, createClient or createMesh first.')
    checkId(id)
    if (this.#kind === 'client' && id !== TARGET_PEER_SERVER) {
      throw new NetError('ERR_INVALID_PARAMETER', `A client connects to the server, id 1, not to ${id}.`)
    }
    if (id === this.#id) throw new NetError('ERR_INVALID_PARAMETER', `${id} is this peer's own id.`)
  }

  /** @throws {NetError} ERR_UNCONFIGURED: it has not begun, or the server is gone. */
  requireActive(): void {
    if (this.#status === ConnectionStatus.Disconnected) {
      throw new NetError('ERR_UNCONFIGURED', 'This peer is not connected: create or join something first.')
    }
  }

  /** How it is with the server of this client; of no account to others, whose status is their own. */
  serverIs(status: ConnectionStatus): void {
    if (this.#kind === 'client') this.#status = status
  }

  /** @param channel -1: the default reliable one; 0: the default unreliable one; n: the n-th user channel. */
  modeOf(channel: number, ordered: boolean): TransferMode {
    if (channel > 0) return this.#channelModes[channel - 1]!
    if (channel < 0) return TransferMode.Reliable
    return ordered ? TransferMode.UnreliableOrdered : TransferMode.Unreliable
  }
}
