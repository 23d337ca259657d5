// What docs/godot.md says and no other test looks at.

import { afterEach, describe, expect, it } from 'vitest'
import type { WaitingPacket } from '../src/multiplayer/inbox.ts'
import { MultiplayerPeer } from '../src/multiplayer/multiplayer-peer.ts'
import { OfflineMultiplayerPeer } from '../src/multiplayer/offline-multiplayer-peer.ts'
import {
  ConnectionStatus,
  type PacketValue,
  type SendOptions,
  TARGET_PEER_BROADCAST,
  TARGET_PEER_SERVER,
  TransferMode,
} from '../src/multiplayer/types.ts'
import { WebRTCMultiplayerPeer } from '../src/multiplayer/webrtc-multiplayer-peer.ts'
import { encode } from '../src/net/codec/codec.ts'
import { WriteMode } from '../src/net/data-channel.ts'
import {
  ChannelState,
  ConnectionState,
  type DriverChannel,
  type DriverConnection,
  GatheringState,
  SignalingState,
} from '../src/net/drivers/driver.ts'
import { nodeDriver } from '../src/net/drivers/node.ts'
import { WebRTCPeerConnection } from '../src/net/peer-connection.ts'
import { thrown } from './support/net-errors.ts'
import { closeAll, crossWire, newConnection, until, Witness } from './support/peers.ts'

afterEach(closeAll)
afterEach(() => WebRTCPeerConnection.setDefaultExtension(nodeDriver))

describe('enums', () => {
  it('ConnectionState has the values of Godot', () => {
    expect(ConnectionState).toEqual({ New: 0, Connecting: 1, Connected: 2, Disconnected: 3, Failed: 4, Closed: 5 })
  })

  it('GatheringState has the values of Godot', () => {
    expect(GatheringState).toEqual({ New: 0, Gathering: 1, Complete: 2 })
  })

  it('SignalingState has the values of Godot', () => {
    expect(SignalingState).toEqual({
      Stable: 0,
      HaveLocalOffer: 1,
      HaveRemoteOffer: 2,
      HaveLocalPranswer: 3,
      HaveRemotePranswer: 4,
      Closed: 5,
    })
  })

  it('ChannelState has the values of Godot', () => {
    expect(ChannelState).toEqual({ Connecting: 0, Open: 1, Closing: 2, Closed: 3 })
  })

  it('WriteMode has the values of Godot', () => {
    expect(WriteMode).toEqual({ Text: 0, Binary: 1 })
  })

  it('ConnectionStatus has the values of Godot', () => {
    expect(ConnectionStatus).toEqual({ Disconnected: 0, Connecting: 1, Connected: 2 })
  })

  it('TransferMode has the values of Godot', () => {
    expect(TransferMode).toEqual({ Unreliable: 0, UnreliableOrdered: 1, Reliable: 2 })
  })

  it('the targets have the values of Godot', () => {
    expect([TARGET_PEER_BROADCAST, TARGET_PEER_SERVER]).toEqual([0, 1])
  })
})

describe('a data channel', () => {
  it('a data channel goes from Connecting to Open to Closed', async () => {
    const [a, b] = [newConnection(), newConnection()]
    crossWire(a, b)
    const options = { negotiated: true, id: 5 }
    const [near, far] = [a.createDataChannel('chat', options), b.createDataChannel('chat', options)]
    const states: number[] = [near.readyState]
    near.on('open', () => states.push(near.readyState))
    near.on('closed', () => states.push(near.readyState))
    a.createOffer()
    await until(() => near.readyState === ChannelState.Open && far.readyState === ChannelState.Open)
    far.close()
    expect([ChannelState.Closing, ChannelState.Closed]).toContain(far.readyState)
    await until(() => near.readyState === ChannelState.Closed && far.readyState === ChannelState.Closed)
    expect(states).toEqual([ChannelState.Connecting, ChannelState.Open, ChannelState.Closed])
  })

  it('poll of a data channel does nothing', () => {
    const channel = newConnection().createDataChannel('chat')
    channel.poll()
    expect(channel.readyState).toBe(ChannelState.Connecting)
    expect(channel.availablePacketCount).toBe(0)
  })

  it('a driver describes its channels', () => {
    const described: DriverChannel = {
      label: 'of a driver',
      protocol: 'chess',
      id: 7,
      negotiated: true,
      ordered: false,
      maxRetransmits: 3,
      maxPacketLifeTime: undefined,
      readyState: ChannelState.Connecting,
      bufferedAmount: 11,
      maxMessageSize: 1_000,
      drainThreshold: 0,
      events: undefined,
      send: () => {},
      close: () => {},
    }
    const nothing = () => {}
    const connection: DriverConnection = {
      createDataChannel: () => described,
      createOffer: nothing,
      setLocalDescription: nothing,
      setRemoteDescription: nothing,
      addIceCandidate: nothing,
      restartIce: () => false,
      selectedRoute: async () => undefined,
      close: nothing,
    }
    WebRTCPeerConnection.setDefaultExtension({ name: 'mine', createConnection: () => connection })
    const channel = new WebRTCPeerConnection().createDataChannel('of a driver', { negotiated: true, id: 7 })
    const { label, protocol, id, negotiated, ordered, maxRetransmits, maxPacketLifeTime, bufferedAmount } = channel
    expect({ label, protocol, id, negotiated, ordered, maxRetransmits, maxPacketLifeTime, bufferedAmount }).toEqual({
      label: 'of a driver',
      protocol: 'chess',
      id: 7,
      negotiated: true,
      ordered: false,
      maxRetransmits: 3,
      maxPacketLifeTime: 65_535,
      bufferedAmount: 11,
    })
  })
})

/** A peer whose packets come back to it. */
class Echo extends MultiplayerPeer {
  connectionStatus: ConnectionStatus = ConnectionStatus.Connected
  readonly uniqueId = 1
  readonly calls: string[] = []
  readonly sent: (SendOptions & { bytes: Uint8Array })[] = []
  readonly #waiting: WaitingPacket[] = []

  get availablePacketCount(): number {
    return this.#waiting.length
  }
  send(value: PacketValue, options: SendOptions = {}): boolean {
    return this.#take(Uint8Array.from(encode(value)), options, true)
  }
  sendBytes(bytes: Uint8Array, options: SendOptions = {}): boolean {
    return this.#take(bytes, options, false)
  }
  poll(): void {
    this.emit('peerConnected', 5)
  }
  async close(): Promise<void> {
    this.connectionStatus = ConnectionStatus.Disconnected
  }
  disconnectPeer(id: number, force = false): void {
    this.calls.push(`disconnect ${id} ${force}`)
  }
  protected peekPacket(): WaitingPacket | undefined {
    return this.#waiting[0]
  }
  protected takePacket(): WaitingPacket | undefined {
    return this.#waiting.shift()
  }

  #take(bytes: Uint8Array, options: SendOptions, isValue: boolean): boolean {
    this.sent.push({ ...options, bytes })
    const { mode = TransferMode.Reliable, channel = 0 } = options
    this.#waiting.push({ from: 5, mode, channel, isValue, payload: bytes })
    return true
  }
}

describe('a multiplayer peer', () => {
  it('a multiplayer peer of one’s own has to bring only the abstract methods', async () => {
    const peer = new Echo()
    const witness = new Witness(peer, { packets: false })
    expect(peer).toMatchObject({ targetPeer: 0, transferMode: 2, transferChannel: 0, refuseNewConnections: false })
    expect([peer.isServer, peer.connectionStatus]).toEqual([true, ConnectionStatus.Connected])
    peer.transferMode = TransferMode.Unreliable
    peer.putVar({ hello: 'there' })
    expect(peer.availablePacketCount).toBe(1)
    expect([peer.packetPeer, peer.packetMode, peer.packetChannel]).toEqual([5, TransferMode.Unreliable, 0])
    expect(peer.getVar()).toEqual({ hello: 'there' })
    expect(thrown(() => peer.getPacket()).code).toBe('ERR_UNAVAILABLE')
    peer.poll()
    expect(witness.connected).toEqual([5])
    peer.disconnectPeer(5, true)
    expect(peer.calls).toEqual(['disconnect 5 true'])
    await peer.close()
    expect(peer.connectionStatus).toBe(ConnectionStatus.Disconnected)
  })

  it('a server and a client of a star relay, and others do not', () => {
    const created = (create: (peer: WebRTCMultiplayerPeer) => void, serverRelay?: boolean) => {
      const peer = new WebRTCMultiplayerPeer(serverRelay === undefined ? {} : { serverRelay })
      create(peer)
      return peer
    }
    const relaying = [
      created((peer) => peer.createServer()),
      created((peer) => peer.createClient(2)),
      created((peer) => peer.createServer(), false),
      created((peer) => peer.createMesh(2)),
      new WebRTCMultiplayerPeer(),
      new OfflineMultiplayerPeer(),
    ].map((peer) => peer.isServerRelaySupported())
    expect(relaying).toEqual([true, true, false, false, false, false])
  })

  it('putPacket and putVar send by targetPeer, transferMode and transferChannel', () => {
    const peer = new Echo()
    const bytes = Uint8Array.of(1)
    peer.putPacket(bytes)
    Object.assign(peer, { targetPeer: 7, transferMode: TransferMode.UnreliableOrdered })
    peer.putPacket(bytes)
    Object.assign(peer, { targetPeer: -7, transferChannel: 2 })
    peer.putPacket(bytes)
    peer.putVar(null)
    expect(peer.sent).toEqual([
      { to: 0, mode: TransferMode.Reliable, channel: 0, bytes },
      { to: 7, mode: TransferMode.UnreliableOrdered, channel: 0, bytes },
      // A user channel has a mode of its own.
      { to: -7, channel: 2, bytes },
      { to: -7, channel: 2, bytes: Uint8Array.of(0xc0) },
    ])
  })
})
