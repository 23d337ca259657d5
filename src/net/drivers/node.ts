// The driver for Node: node-datachannel's native API. That library aborts the process when a callback throws, when
// `setLocalDescription` is called in the wrong state, and may crash when a connection or channel that is still alive is
// garbage collected. So here every callback is guarded, states are checked first, and everything is held until closed.

import { createRequire } from 'node:module'
import type * as ndc from 'node-datachannel'
import { systemClock } from '../clock.ts'
import { reportUncaught } from '../emitter.ts'
import { NetError } from '../errors.ts'
import {
  CLOSE_GRACE_MS,
  MAX_MESSAGE_SIZE,
  OFFERER_HEAD_START_MS,
  SCTP_INITIAL_WINDOW,
  SCTP_SEND_BUFFER_SIZE,
} from './constants.ts'
import {
  ChannelState,
  type ConnectionConfiguration,
  ConnectionState,
  type DataChannelOptions,
  type DriverChannel,
  type DriverChannelEvents,
  type DriverConnection,
  type DriverConnectionEvents,
  GatheringState,
  type SelectedRoute,
  SignalingState,
  type WebRTCDriver,
} from './driver.ts'
import { toNativeIceServers } from './node-ice-servers.ts'
import { mayBeTried, toldCandidate, toldDescription, triedDescription } from './relay-only.ts'

const CONNECTION_STATES: Record<string, ConnectionState> = {
  new: ConnectionState.New,
  connecting: ConnectionState.Connecting,
  connected: ConnectionState.Connected,
  disconnected: ConnectionState.Disconnected,
  failed: ConnectionState.Failed,
  closed: ConnectionState.Closed,
}

const GATHERING_STATES: Record<string, GatheringState> = {
  new: GatheringState.New,
  'in-progress': GatheringState.Gathering,
  gathering: GatheringState.Gathering,
  complete: GatheringState.Complete,
}

// The native library sets a local description as it makes it, and tells its own signaling state too early. These are the
// states after the caller's steps, as in a browser.
const AFTER_LOCAL = { offer: SignalingState.HaveLocalOffer, answer: SignalingState.Stable } as const
const AFTER_REMOTE = { offer: SignalingState.HaveRemoteOffer, answer: SignalingState.Stable } as const

/** Everything that is not closed yet: what the native library needs to be kept from garbage collection. */
const alive = new Set<object>()

let native: typeof ndc | undefined

function loadNative(): typeof ndc {
  if (native) return native
  try {
    native = createRequire(import.meta.url)('node-datachannel') as typeof ndc
  } catch (cause) {
    throw new NetError(
      'ERR_DRIVER_MISSING',
      'WebRTC in Node needs the package node-datachannel: run `npm install node-datachannel`.',
      { cause },
    )
  }
  // Global to the process, and only for connections made afterwards.
  native.setSctpSettings({ sendBufferSize: SCTP_SEND_BUFFER_SIZE, initialCongestionWindow: SCTP_INITIAL_WINDOW })
  return native
}

export const nodeDriver: WebRTCDriver = {
  name: 'node',
  createConnection: (configuration, events) => new NodeConnection(loadNative(), configuration, events),
}

/** What a native callback runs: nothing may be thrown into the native library. */
function guarded<Args extends unknown[]>(callback: (...args: Args) => void): (...args: Args) => void {
  return (...args) => {
    try {
      callback(...args)
    } catch (error) {
      reportUncaught(error)
    }
  }
}

class NodeConnection implements DriverConnection {
  readonly #pc: ndc.PeerConnection
  readonly #events: DriverConnectionEvents
  readonly #channels = new Set<NodeChannel>()
  /** Gathering is told only after the caller's setLocalDescription, as in a browser: until then it waits here. */
  #early: (() => void)[] | undefined = []
  /** Own candidates that the native library has told. */
  #candidates = 0
  #isGathered = false
  readonly #relayOnly: boolean
  /** This side answers a peer of the same library, which is to check first. */
  #checksSecond = false
  #toldConnected = false
  #closed = false

  constructor(library: typeof ndc, configuration: ConnectionConfiguration, events: DriverConnectionEvents) {
    this.#events = events
    const { iceTransportPolicy, node = {} } = configuration
    this.#relayOnly = iceTransportPolicy === 'relay'
    try {
      this.#pc = new library.PeerConnection('skein', {
        iceServers: toNativeIceServers(configuration),
        disableAutoNegotiation: true,
        maxMessageSize: MAX_MESSAGE_SIZE,
        ...(iceTransportPolicy && { iceTransportPolicy }),
        ...node,
      })
    } catch (cause) {
      if (cause instanceof NetError) throw cause
      throw new NetError('ERR_INVALID_PARAMETER', `node-datachannel refused the configuration: ${cause}`, { cause })
    }
    const pc = this.#pc
    alive.add(this)
    pc.onStateChange(
      guarded((name) => {
        const state = CONNECTION_STATES[name] ?? ConnectionState.New
        if (state === ConnectionState.Closed) alive.delete(this)
        if (state === ConnectionState.Connected && this.#toldConnected) return
        this.#toldConnected = state === ConnectionState.Connected
        if (!this.#closed) events.connectionState(state)
      }),
    )
    pc.onIceStateChange(
      guarded((state) => {
        if (!this.#closed && (state === 'connected' || state === 'completed')) events.routed()
      }),
    )
    pc.onGatheringStateChange(
      guarded((name) => {
        if (name === 'complete') this.#isGathered = true
        else this.#tellGathering(() => events.gatheringState(GATHERING_STATES[name] ?? GatheringState.New))
        this.#completeGathering()
      }),
    )
    pc.onLocalDescription(
      guarded((sdp, type) => {
        if (this.#closed || (type !== 'offer' && type !== 'answer')) return
        events.description(type, this.#relayOnly ? toldDescription(sdp) : sdp)
      }),
    )
    pc.onLocalCandidate(
      guarded((name, media) => {
        if (name === '') return
        this.#candidates += 1
        const told = this.#relayOnly ? toldCandidate(name) : name
        if (told) this.#tellGathering(() => events.candidate(media, 0, withoutPrefix(told)))
        this.#completeGathering()
      }),
    )
    pc.onDataChannel(
      guarded((channel) => {
        const wrapped = this.#track(new NodeChannel(channel, { negotiated: false }))
        if (this.#closed) wrapped.close()
        else events.channel(wrapped)
      }),
    )
  }

  createDataChannel(label: string, options: DataChannelOptions): DriverChannel {
    const { ordered, ...rest } = options
    const channel = this.#pc.createDataChannel(label, { ...rest, unordered: ordered === false })
    return this.#track(new NodeChannel(channel, options))
  }

  createOffer(): void {
    // The native library sets and announces the description in one step; with no channel it would abort the process.
    if (this.#channels.size > 0 && this.#pc.signalingState() === 'stable') this.#pc.setLocalDescription('offer')
  }

  setLocalDescription(type: 'offer' | 'answer'): void {
    const early = this.#early ?? []
    this.#early = undefined
    this.#later(() => this.#events.signalingState(AFTER_LOCAL[type]))
    for (const tell of early) this.#later(tell)
  }

  setRemoteDescription(type: 'offer' | 'answer', sdp: string): void {
    this.#checksSecond = type === 'offer' && sdp.includes('o=rtc ')
    try {
      this.#pc.setRemoteDescription(this.#relayOnly ? triedDescription(sdp) : sdp, type)
    } catch (cause) {
      const error = new NetError('ERR_INVALID_DATA', `The remote ${type} could not be understood: ${cause}`, { cause })
      this.#later(() => {
        this.#events.error(error)
        this.#events.connectionState(ConnectionState.Failed)
      })
      return
    }
    this.#later(() => this.#events.signalingState(AFTER_REMOTE[type]))
    if (type === 'offer' && this.#pc.signalingState() === 'have-remote-offer') this.#pc.setLocalDescription('answer')
  }

  addIceCandidate(media: string, _index: number, name: string): void {
    if (this.#relayOnly && !mayBeTried(name)) return
    if (this.#checksSecond) systemClock.setTimeout(() => this.#addCandidate(media, name), OFFERER_HEAD_START_MS)
    else this.#addCandidate(media, name)
  }

  restartIce(): boolean {
    return false
  }

  async selectedRoute(): Promise<SelectedRoute | undefined> {
    const pair = this.#closed ? null : this.#pc.getSelectedCandidatePair()
    return pair ? { local: pair.local.type, remote: pair.remote.type } : undefined
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    // Closing only the connection leaves the channels of one that never connected alive for ever. Those that are open it
    // closes itself; closing them here as well, while the remote may be closing them, can lose the event that they are
    // closed: then they, and the process, live on for ever (1 of 50 connections whose sides closed at the same time).
    for (const channel of this.#channels) if (channel.readyState === ChannelState.Connecting) channel.close()
    this.#pc.close()
    systemClock.setTimeout(() => {
      for (const channel of this.#channels) channel.close()
    }, CLOSE_GRACE_MS)
  }

  #addCandidate(media: string, name: string): void {
    if (this.#closed) return
    try {
      this.#pc.addRemoteCandidate(name, media)
    } catch (cause) {
      const error = new NetError('ERR_INVALID_DATA', `A candidate could not be understood: ${cause}`, { cause })
      this.#later(() => this.#events.error(error))
    }
  }

  /** The native library may tell the end of gathering before the candidates, all of which its description has by then. */
  #completeGathering(): void {
    if (!this.#isGathered || this.#closed) return
    const all = this.#pc.localDescription()?.sdp.split('a=candidate:').length ?? 1
    if (this.#candidates < all - 1) return
    this.#isGathered = false
    this.#tellGathering(() => this.#events.gatheringState(GatheringState.Complete))
  }

  #tellGathering(tell: () => void): void {
    if (this.#early) this.#early.push(tell)
    else if (!this.#closed) tell()
  }

  /** A driver calls its events only asynchronously, and none after `close`. */
  #later(tell: () => void): void {
    void Promise.resolve().then(() => {
      if (!this.#closed) tell()
    })
  }

  #track(channel: NodeChannel): NodeChannel {
    this.#channels.add(channel)
    channel.onEnd = () => this.#channels.delete(channel)
    // The library tells both from threads of its own, and may tell the channel first.
    channel.onOpening = () => {
      if (!this.#closed && !this.#toldConnected) this.#events.connectionState(ConnectionState.Connected)
      this.#toldConnected = true
    }
    return channel
  }
}

function withoutPrefix(candidate: string): string {
  return candidate.startsWith('a=') ? candidate.slice(2) : candidate
}

class NodeChannel implements DriverChannel {
  readonly #channel: ndc.DataChannel
  readonly negotiated: boolean
  readonly ordered: boolean
  readonly maxRetransmits: number | undefined
  readonly maxPacketLifeTime: number | undefined
  readonly label: string
  readonly protocol: string
  readyState: ChannelState
  events: DriverChannelEvents | undefined
  onEnd: (() => void) | undefined
  onOpening: (() => void) | undefined
  /** The native library may deliver messages before it tells that the channel is open: they wait for that. */
  #early: (Uint8Array | string)[] | undefined = []
  #drainThreshold = 0
  #lastId: number
  #lastMaxMessageSize: number
  /** The library said that it queued something. Until then there is nothing to ask it: a native call costs time. */
  #queued = false

  constructor(channel: ndc.DataChannel, options: DataChannelOptions) {
    this.#channel = channel
    // What the remote chose for a channel that it opened cannot be read back.
    this.negotiated = options.negotiated ?? false
    this.ordered = options.ordered ?? true
    this.maxRetransmits = options.maxRetransmits
    this.maxPacketLifeTime = options.maxPacketLifeTime
    this.label = channel.getLabel()
    this.protocol = channel.getProtocol()
    this.#lastId = channel.getId()
    this.#lastMaxMessageSize = channel.maxMessageSize()
    this.readyState = channel.isOpen() ? ChannelState.Open : ChannelState.Connecting
    alive.add(this)
    // The native library tells of one that the remote opened only when it is open already.
    if (this.readyState === ChannelState.Open) void Promise.resolve().then(() => this.#tellOpen())
    // All at once: a channel that nobody reads blocks the native library's shared workers after 1,024 messages.
    // Written out instead of `guarded`, because this one runs for every message.
    channel.onMessage((data) => {
      try {
        if (typeof data === 'string') this.#receive(data)
        else if (data instanceof ArrayBuffer) this.#receive(new Uint8Array(data))
        else this.#receive(new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength))
      } catch (error) {
        reportUncaught(error)
      }
    })
    channel.onOpen(
      guarded(() => {
        if (this.readyState !== ChannelState.Connecting) return
        this.readyState = ChannelState.Open
        this.#remember()
        this.onOpening?.()
        this.#tellOpen()
      }),
    )
    channel.onClosed(
      guarded(() => {
        alive.delete(this)
        this.onEnd?.()
        if (this.readyState === ChannelState.Closed) return
        this.readyState = ChannelState.Closed
        this.events?.closed()
      }),
    )
    channel.onError(
      guarded((message) => {
        this.events?.error(new NetError('ERR_CONNECTION_ERROR', `The data channel failed: ${message}`))
      }),
    )
    channel.onBufferedAmountLow(
      guarded(() => {
        // It may have filled again meanwhile; then another event follows.
        if (this.bufferedAmount <= this.#drainThreshold) this.events?.drained()
      }),
    )
  }

  get id(): number | undefined {
    const id = this.#isLive() ? this.#channel.getId() : this.#lastId
    return id === 65_535 ? undefined : id
  }

  get bufferedAmount(): number {
    if (!this.#queued || this.readyState !== ChannelState.Open) return 0
    const amount = this.#channel.bufferedAmount()
    this.#queued = amount > 0
    return amount
  }

  get maxMessageSize(): number {
    // Settled once the channel is open.
    return this.readyState === ChannelState.Connecting ? this.#channel.maxMessageSize() : this.#lastMaxMessageSize
  }

  get drainThreshold(): number {
    return this.#drainThreshold
  }
  set drainThreshold(bytes: number) {
    this.#drainThreshold = bytes
    if (this.#isLive()) this.#channel.setBufferedAmountLowThreshold(bytes)
  }

  send(data: Uint8Array | string): void {
    try {
      const sent = typeof data === 'string' ? this.#channel.sendMessage(data) : this.#channel.sendMessageBinary(data)
      // `false` means "queued", not "lost".
      if (!sent) this.#queued = true
    } catch (cause) {
      // The core has checked the size, and the library's buffer has no limit: what is left is a connection that ended,
      // and the event that says so is still on its way.
      throw new NetError('ERR_UNCONFIGURED', `The channel "${this.label}" is closed.`, { cause })
    }
  }

  close(): void {
    if (this.readyState === ChannelState.Closing || this.readyState === ChannelState.Closed) return
    this.readyState = ChannelState.Closing
    this.#channel.close()
  }
  /** A native channel that was closed takes no more questions. */
  #isLive(): boolean {
    return this.readyState === ChannelState.Connecting || this.readyState === ChannelState.Open
  }

  #receive(data: Uint8Array | string): void {
    if (this.#early) this.#early.push(data)
    else this.events?.message(data)
  }

  #tellOpen(): void {
    if (this.readyState !== ChannelState.Open || !this.#early) return
    this.events?.open()
    const early = this.#early
    this.#early = undefined
    for (const data of early) this.events?.message(data)
  }

  #remember(): void {
    this.#lastId = this.#channel.getId()
    this.#lastMaxMessageSize = this.#channel.maxMessageSize()
  }
}
