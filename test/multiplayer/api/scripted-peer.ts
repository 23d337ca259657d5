// A peer whose events are the test's: what MultiplayerAPI does with them is looked at without a network.

import { MultiplayerPeer } from '../../../src/multiplayer/multiplayer-peer.ts'
import {
  ConnectionStatus,
  type DisconnectReason,
  type PacketValue,
  type SendOptions,
  TransferMode,
} from '../../../src/multiplayer/types.ts'

export class ScriptedPeer extends MultiplayerPeer {
  connectionStatus: ConnectionStatus = ConnectionStatus.Connected
  uniqueId = 1
  isClientOfStar = false
  readonly availablePacketCount = 0
  readonly sent: { readonly what: PacketValue; readonly to: SendOptions['to'] }[] = []
  readonly services: { readonly bytes: readonly number[]; readonly to: SendOptions['to'] }[] = []
  readonly disconnected: number[] = []
  readonly rejections: string[] = []
  polls = 0

  override get isClient(): boolean {
    return this.isClientOfStar
  }

  arrive(id: number): void {
    this.emit('peerConnected', id)
  }
  depart(id: number, reason: DisconnectReason = 'left'): void {
    this.emit('peerDisconnected', id, reason)
  }
  hear(from: number, ...bytes: number[]): void {
    this.emit('service', Uint8Array.from(bytes), from, TransferMode.Reliable, 0)
  }
  /** The same over the unreliable channel, which may overtake. */
  hearEarly(from: number, ...bytes: number[]): void {
    this.emit('service', Uint8Array.from(bytes), from, TransferMode.Unreliable, 0)
  }
  packet(from: number, value: string, mode: TransferMode = TransferMode.Reliable): void {
    const packet = { from, mode, channel: 0, isValue: true, payload: new TextEncoder().encode(value) }
    if (this.accepts?.(packet) !== false) this.redeliver(packet)
  }

  override redeliver(packet: { from: number; mode: TransferMode; channel: number; payload: Uint8Array }): void {
    this.emit('packet', new TextDecoder().decode(packet.payload), packet.from, packet.mode, packet.channel)
  }
  override reject(id: number, error: Error): void {
    this.rejections.push(`${id}: ${error.message}`)
  }
  send(what: PacketValue, { to }: SendOptions = {}): boolean {
    this.sent.push({ what, to })
    return true
  }
  sendBytes(bytes: Uint8Array, options?: SendOptions): boolean {
    return this.send(bytes, options)
  }
  override sendService(bytes: Uint8Array, { to }: SendOptions = {}): boolean {
    this.services.push({ bytes: [...bytes], to })
    return true
  }
  poll(): void {
    this.polls += 1
  }
  async close(): Promise<void> {
    this.connectionStatus = ConnectionStatus.Disconnected
  }
  disconnectPeer(id: number): void {
    this.disconnected.push(id)
  }
  protected peekPacket(): undefined {}
  protected takePacket(): undefined {}
}
