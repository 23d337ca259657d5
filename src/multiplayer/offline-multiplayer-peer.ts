// A peer for single-player games (Godot: OfflineMultiplayerPeer): always connected, the server, and alone.

import { MultiplayerPeer } from './multiplayer-peer.ts'
import { ConnectionStatus } from './types.ts'

/** For single-player games (Godot: OfflineMultiplayerPeer): always connected, the server, and alone. */
export class OfflineMultiplayerPeer extends MultiplayerPeer {
  readonly connectionStatus = ConnectionStatus.Connected
  readonly uniqueId = 1
  readonly availablePacketCount = 0

  /** Nobody is there: the value goes nowhere. */
  send(): boolean {
    return true
  }
  sendBytes(): boolean {
    return true
  }
  override sendService(): boolean {
    return true
  }
  poll(): void {}
  close(): Promise<void> {
    return Promise.resolve()
  }
  disconnectPeer(): void {}
  protected peekPacket(): undefined {}
  protected takePacket(): undefined {}
}
