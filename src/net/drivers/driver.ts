// What a WebRTC implementation must offer: the seam between WebRTCPeerConnection and a platform. Implemented by
// browser.ts and node.ts; users bring their own with WebRTCPeerConnection.setDefaultExtension
// (Godot: WebRTCPeerConnectionExtension, WebRTCDataChannelExtension).
//
// The core above checks the state and the arguments of every call first, so a driver may trust them. A driver calls
// its events only asynchronously, never from inside a call that the core makes, and never after `close`.

import type { Clock } from '../clock.ts'
import type { NetError } from '../errors.ts'

/** Godot: WebRTCPeerConnection.ConnectionState. */
export const ConnectionState = { New: 0, Connecting: 1, Connected: 2, Disconnected: 3, Failed: 4, Closed: 5 } as const
export type ConnectionState = (typeof ConnectionState)[keyof typeof ConnectionState]

/** Godot: WebRTCPeerConnection.GatheringState. */
export const GatheringState = { New: 0, Gathering: 1, Complete: 2 } as const
export type GatheringState = (typeof GatheringState)[keyof typeof GatheringState]

/** Godot: WebRTCPeerConnection.SignalingState. */
export const SignalingState = {
  Stable: 0,
  HaveLocalOffer: 1,
  HaveRemoteOffer: 2,
  HaveLocalPranswer: 3,
  HaveRemotePranswer: 4,
  Closed: 5,
} as const
export type SignalingState = (typeof SignalingState)[keyof typeof SignalingState]

/** Godot: WebRTCDataChannel.ChannelState. */
export const ChannelState = { Connecting: 0, Open: 1, Closing: 2, Closed: 3 } as const
export type ChannelState = (typeof ChannelState)[keyof typeof ChannelState]

/** A STUN or TURN server (W3C: RTCIceServer). */
export interface IceServer {
  readonly urls: string | readonly string[]
  readonly username?: string | undefined
  readonly credential?: string | undefined
}

/** What `initialize` takes. */
export interface ConnectionConfiguration {
  /** The implementation for this connection. Default: that of `setDefaultExtension`, or the platform's own. */
  readonly driver?: WebRTCDriver
  readonly iceServers?: readonly IceServer[]
  /** `relay`: only TURN routes, so that no address is told to the other side. Default `all`. */
  readonly iceTransportPolicy?: 'all' | 'relay'
  /** In whose time the history for `diagnose` and `stats` is kept. Default: the driver's, or the machine's. */
  readonly clock?: Clock
  /** Options of the Node driver; others ignore them. */
  readonly node?: NodeConfiguration
}

/** What only Node can be told. Browsers pay no heed to it. */
export interface NodeConfiguration {
  /** The local address to use. Loopback addresses are used only when named here. */
  readonly bindAddress?: string
  /** UDP ports to use, 1025 to 65535. */
  readonly portRangeBegin?: number
  readonly portRangeEnd?: number
  /** One UDP port for all connections: set both ends of the range to it. */
  readonly enableIceUdpMux?: boolean
  /** Path MTU in bytes, 576 to 65535. Default 1280. */
  readonly mtu?: number
}

/** What `createDataChannel` takes (W3C: RTCDataChannelInit). */
export interface DataChannelOptions {
  /** Both sides create the channel with the same `id` before connecting; nothing is announced. Default false. */
  readonly negotiated?: boolean
  /** 0 to 1023; required with `negotiated`, and not allowed without. */
  readonly id?: number
  /** Default true. */
  readonly ordered?: boolean
  /** How often a lost message is sent again, 0 to 65535. Left out: until it arrives. Not with `maxPacketLifeTime`. */
  readonly maxRetransmits?: number
  /** For how many ms a lost message is sent again, 0 to 65535. Not with `maxRetransmits`. */
  readonly maxPacketLifeTime?: number
  /** A name for what is spoken on the channel. */
  readonly protocol?: string
}

/** What a driver says of a channel. */
export interface DriverChannelEvents {
  open(): void
  /** Text as a string, binary as bytes that nobody else holds. */
  message(data: Uint8Array | string): void
  /** `bufferedAmount` fell to `drainThreshold` or below. */
  drained(): void
  error(error: NetError): void
  closed(): void
}

/** A data channel as a driver brings it (Godot: WebRTCDataChannelExtension). */
export interface DriverChannel {
  readonly label: string
  readonly protocol: string
  /** `undefined` until the transport has chosen one. */
  readonly id: number | undefined
  readonly negotiated: boolean
  readonly ordered: boolean
  readonly maxRetransmits: number | undefined
  readonly maxPacketLifeTime: number | undefined
  readonly readyState: ChannelState
  /** Bytes accepted by `send` that wait on this side, as far as the platform tells. */
  readonly bufferedAmount: number
  /** The largest message in bytes. */
  readonly maxMessageSize: number
  drainThreshold: number
  /** Set once, by the core, before anything can happen. */
  events: DriverChannelEvents | undefined
  /** Hands over a message; the bytes may be reused afterwards. @throws {Error} when the platform refuses it. */
  send(data: Uint8Array | string): void
  close(): void
}

/** What a driver says of a connection. */
export interface DriverConnectionEvents {
  description(type: 'offer' | 'answer', sdp: string): void
  candidate(media: string, index: number, name: string): void
  channel(channel: DriverChannel): void
  connectionState(state: ConnectionState): void
  gatheringState(state: GatheringState): void
  signalingState(state: SignalingState): void
  /** ICE found a way, and DTLS follows. Only for `diagnose`: a driver that cannot tell leaves it out. */
  routed(): void
  /** Something that failed later. When the connection cannot go on, `connectionState` with Failed follows. */
  error(error: NetError): void
}

/** A connection as a driver brings it (Godot: WebRTCPeerConnectionExtension). */
export interface DriverConnection {
  createDataChannel(label: string, options: DataChannelOptions): DriverChannel
  /** Answers with the `description` event. */
  createOffer(): void
  setLocalDescription(type: 'offer' | 'answer', sdp: string): void
  /** An offer is answered with the `description` event. */
  setRemoteDescription(type: 'offer' | 'answer', sdp: string): void
  /** Called only after `setRemoteDescription`. */
  addIceCandidate(media: string, index: number, name: string): void
  /** SCTP here acknowledges a single packet only after 200 ms (RFC 9260, 6.2), unless something is sent: so does Chromium's. */
  readonly acknowledgesLate?: boolean
  /** Whether `restartIce` works here. */
  readonly restartsIce?: boolean
  /** The next offer gathers anew, with these ICE servers where they are given. `false`: this platform cannot. */
  restartIce(iceServers?: readonly IceServer[]): boolean
  /** The route in use, once there is one. */
  selectedRoute(): Promise<SelectedRoute | undefined>
  close(): void
}

/** Types of the candidates in use (RFC 8445): `relay` on either side means that traffic goes through TURN. */
export interface SelectedRoute {
  readonly local: string
  readonly remote: string
}

/** A WebRTC implementation: of a platform, simulated, or one of your own, for `setDefaultExtension`. */
export interface WebRTCDriver {
  readonly name: string
  /** The time in which its connections live, where that is not the machine's. */
  readonly clock?: Clock
  /** @throws {NetError} ERR_WEBRTC_UNSUPPORTED, ERR_DRIVER_MISSING, ERR_INVALID_PARAMETER */
  createConnection(configuration: ConnectionConfiguration, events: DriverConnectionEvents): DriverConnection
}
