// The driver for Node: node-datachannel's native API. That library aborts the process when a callback throws, when
// `setLocalDescription` is called in the wrong state, and may crash when a connection or channel that is still alive is
// garbage collected. So here every callback is guarded, states are checked first, and everything is held until closed.

import { createRequire } from 'node:module'
import type * as ndc from 'node-datachannel'
import { systemClock } from '../clock.ts'
import { reportUncaught } from '../emitter.ts'
import { NetError } from '../errors.ts'
import { ANSWERER_HEAD_START_MS, MAX_MESSAGE_SIZE, SCTP_SEND_BUFFER_SIZE } from './constants.ts'
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

const SIGNALING_STATES: Record<string, SignalingState> = {
  stable: SignalingState.Stable,
  'have-local-offer': SignalingState.HaveLocalOffer,
  'have-remote-offer': SignalingState.HaveRemoteOffer,
  'have-local-pranswer': SignalingState.HaveLocalPranswer,
  'have-remote-pranswer': SignalingState.HaveRemotePranswer,
}

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
  native.setSctpSettings({ sendBufferSize: SCTP_SEND_BUFFER_SIZE })
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
  /** Own candidates wait for the caller's setLocalDescription, as they do in a browser. */
  #earlyCandidates: [media: string, name: string][] | undefined = []
  /** This side offered to a peer of the same library: it is the DTLS client, see `asDtlsServer`. */
  #isDtlsClient = false
  #closed = false

  constructor(library: typeof ndc, configuration: ConnectionConfiguration, events: DriverConnectionEvents) {
    this.#events = events
    const { iceTransportPolicy, node = {} } = configuration
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
        if (!this.#closed) events.connectionState(state)
      }),
    )
    pc.onGatheringStateChange(
      guarded((name) => {
        if (!this.#closed) events.gatheringState(GATHERING_STATES[name] ?? GatheringState.New)
      }),
    )
    pc.onSignalingStateChange(
      guarded((name) => {
        if (!this.#closed) events.signalingState(SIGNALING_STATES[name] ?? SignalingState.Stable)
      }),
    )
    pc.onLocalDescription(
      guarded((sdp, type) => {
        if (!this.#closed && (type === 'offer' || type === 'answer')) events.description(type, sdp)
      }),
    )
    pc.onLocalCandidate(
      guarded((name, media) => {
        if (this.#closed || name === '') return
        if (this.#earlyCandidates) this.#earlyCandidates.push([media, name])
        else events.candidate(media, 0, withoutPrefix(name))
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

  setLocalDescription(): void {
    const early = this.#earlyCandidates ?? []
    this.#earlyCandidates = undefined
    // Later, because a driver calls its events only asynchronously.
    void Promise.resolve().then(() => {
      for (const [media, name] of early) {
        if (!this.#closed) this.#events.candidate(media, 0, withoutPrefix(name))
      }
    })
  }

  setRemoteDescription(type: 'offer' | 'answer', sdp: string): void {
    const sameLibrary = sdp.includes('o=rtc ')
    this.#isDtlsClient = sameLibrary && type === 'answer'
    try {
      this.#pc.setRemoteDescription(sameLibrary && type === 'offer' ? asDtlsServer(sdp) : sdp, type)
    } catch (cause) {
      throw new NetError('ERR_INVALID_DATA', `The remote ${type} could not be understood: ${cause}`, { cause })
    }
    if (type === 'offer' && this.#pc.signalingState() === 'have-remote-offer') this.#pc.setLocalDescription('answer')
  }

  addIceCandidate(media: string, _index: number, name: string): void {
    if (this.#isDtlsClient) systemClock.setTimeout(() => this.#addCandidate(media, name), ANSWERER_HEAD_START_MS)
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
    // Channels first: closing only the connection leaves the channels of one that never connected alive for ever.
    for (const channel of this.#channels) channel.close()
    this.#pc.close()
  }

  #addCandidate(media: string, name: string): void {
    if (this.#closed) return
    try {
      this.#pc.addRemoteCandidate(name, media)
    } catch (cause) {
      const error = new NetError('ERR_INVALID_DATA', `A candidate could not be understood: ${cause}`, { cause })
      void Promise.resolve().then(() => {
        if (!this.#closed) this.#events.error(error)
      })
    }
  }

  #track(channel: NodeChannel): NodeChannel {
    this.#channels.add(channel)
    channel.onEnd = () => this.#channels.delete(channel)
    return channel
  }
}

/**
 * Between two peers of this library, the answerer becomes the DTLS server. Left to itself it would be the client; its
 * first hello often comes before the offerer is ready, is lost, and is repeated only a second later (15 to 50 % of the
 * connections on loopback). The offerer is ready last, because the answer travels one way more and its checks start
 * ANSWERER_HEAD_START_MS later; so its hello is heard.
 */
function asDtlsServer(offer: string): string {
  return offer.replace('a=setup:actpass', 'a=setup:active')
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
  #drainThreshold = 0

  constructor(channel: ndc.DataChannel, options: DataChannelOptions) {
    this.#channel = channel
    // What the remote chose for a channel that it opened cannot be read back.
    this.negotiated = options.negotiated ?? false
    this.ordered = options.ordered ?? true
    this.maxRetransmits = options.maxRetransmits
    this.maxPacketLifeTime = options.maxPacketLifeTime
    this.label = channel.getLabel()
    this.protocol = channel.getProtocol()
    this.readyState = channel.isOpen() ? ChannelState.Open : ChannelState.Connecting
    alive.add(this)
    // All at once: a channel that nobody reads blocks the native library's shared workers after 1,024 messages.
    channel.onMessage(
      guarded((data) => {
        if (typeof data === 'string') this.events?.message(data)
        else if (data instanceof ArrayBuffer) this.events?.message(new Uint8Array(data))
        else this.events?.message(new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength))
      }),
    )
    channel.onOpen(
      guarded(() => {
        if (this.readyState !== ChannelState.Connecting) return
        this.readyState = ChannelState.Open
        this.events?.open()
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
    channel.onBufferedAmountLow(guarded(() => this.events?.drained()))
  }

  get id(): number | undefined {
    const id = this.#channel.getId()
    return id === 65_535 ? undefined : id
  }

  get bufferedAmount(): number {
    return this.readyState === ChannelState.Open ? this.#channel.bufferedAmount() : 0
  }

  get maxMessageSize(): number {
    return this.#channel.maxMessageSize()
  }

  get drainThreshold(): number {
    return this.#drainThreshold
  }
  set drainThreshold(bytes: number) {
    this.#drainThreshold = bytes
    this.#channel.setBufferedAmountLowThreshold(bytes)
  }

  send(data: Uint8Array | string): void {
    // `false` means "buffered", not "lost".
    if (typeof data === 'string') this.#channel.sendMessage(data)
    else this.#channel.sendMessageBinary(data)
  }

  close(): void {
    if (this.readyState === ChannelState.Closing || this.readyState === ChannelState.Closed) return
    this.readyState = ChannelState.Closing
    this.#channel.close()
  }
}
