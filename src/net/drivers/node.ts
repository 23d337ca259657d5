// The driver for Node: node-datachannel's native API. That library aborts the process when `setLocalDescription` is called
// in the wrong state, so states are checked first; for the rest see node-native.ts.

import type * as ndc from 'node-datachannel'
import { type CancelTimer, systemClock } from '../clock.ts'
import { NetError } from '../errors.ts'
import { CLOSE_GRACE_MS, MAX_MESSAGE_SIZE, OFFERER_HEAD_START_MS, ROUTE_POLL_MS } from './constants.ts'
import {
  ChannelState,
  type ConnectionConfiguration,
  ConnectionState,
  type DataChannelOptions,
  type DriverChannel,
  type DriverConnection,
  type DriverConnectionEvents,
  GatheringState,
  type SelectedRoute,
  SignalingState,
  type WebRTCDriver,
} from './driver.ts'
import { NodeChannel } from './node-channel.ts'
import { toNativeIceServers } from './node-ice-servers.ts'
import { alive, guarded, loadNative } from './node-native.ts'
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

export const nodeDriver: WebRTCDriver = {
  name: 'node',
  createConnection: (configuration, events) => new NodeConnection(loadNative(), configuration, events),
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
  #cancelRoutePoll: CancelTimer = () => {}

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
        if (state === ConnectionState.Connecting || state === ConnectionState.Connected) this.#pollRoute()
        else this.#cancelRoutePoll()
        if (!this.#closed) events.connectionState(state)
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
    this.#cancelRoutePoll()
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

  /**
   * Asks when ICE has found a way. Not `onIceStateChange`: the library frees that callback while a thread of its own may
   * still be telling it that the connection closed, which took the process down (1 of 10,000 connections whose sides closed
   * at the same time).
   */
  #pollRoute(): void {
    this.#cancelRoutePoll()
    if (this.#closed) return
    const state = this.#pc.iceState()
    if (state === 'connected' || state === 'completed') this.#events.routed()
    else this.#cancelRoutePoll = systemClock.setTimeout(() => this.#pollRoute(), ROUTE_POLL_MS)
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
