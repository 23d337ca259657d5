// The driver for pages: a thin layer over the browser's RTCPeerConnection.

import { NetError } from '../errors.ts'
import { MAX_BROWSER_MESSAGE_SIZE } from './constants.ts'
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
  type IceServer,
  type SelectedRoute,
  SignalingState,
  type WebRTCDriver,
} from './driver.ts'
import { toldCandidate, toldDescription } from './relay-only.ts'

const CONNECTION_STATES: Record<RTCPeerConnectionState, ConnectionState> = {
  new: ConnectionState.New,
  connecting: ConnectionState.Connecting,
  connected: ConnectionState.Connected,
  disconnected: ConnectionState.Disconnected,
  failed: ConnectionState.Failed,
  closed: ConnectionState.Closed,
}

const GATHERING_STATES: Record<RTCIceGatheringState, GatheringState> = {
  new: GatheringState.New,
  gathering: GatheringState.Gathering,
  complete: GatheringState.Complete,
}

const SIGNALING_STATES: Record<RTCSignalingState, SignalingState> = {
  stable: SignalingState.Stable,
  'have-local-offer': SignalingState.HaveLocalOffer,
  'have-remote-offer': SignalingState.HaveRemoteOffer,
  'have-local-pranswer': SignalingState.HaveLocalPranswer,
  'have-remote-pranswer': SignalingState.HaveRemotePranswer,
  closed: SignalingState.Closed,
}

const CHANNEL_STATES: Record<RTCDataChannelState, ChannelState> = {
  connecting: ChannelState.Connecting,
  open: ChannelState.Open,
  closing: ChannelState.Closing,
  closed: ChannelState.Closed,
}

/** RFC 9260, 3.3.10.12. */
const USER_INITIATED_ABORT = 12

/** The browser's own WebRTC. It is the default there. */
export const browserDriver: WebRTCDriver = {
  name: 'browser',
  createConnection(configuration, events) {
    if (typeof RTCPeerConnection !== 'function') {
      throw new NetError(
        'ERR_WEBRTC_UNSUPPORTED',
        'This browser has no WebRTC, or it is switched off: use a current Chromium, Firefox or Safari and allow WebRTC.',
      )
    }
    return new BrowserConnection(configuration, events)
  },
}

class BrowserConnection implements DriverConnection {
  readonly #pc: RTCPeerConnection
  readonly #events: DriverConnectionEvents
  readonly #relayOnly: boolean
  readonly acknowledgesLate = true
  readonly restartsIce = true
  /** The newest description, as the browser made it. */
  #created = ''
  /** The browser's calls are asynchronous: each waits for the one before it. */
  #queue: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(configuration: ConnectionConfiguration, events: DriverConnectionEvents) {
    const { iceServers, iceTransportPolicy } = configuration
    this.#relayOnly = iceTransportPolicy === 'relay'
    try {
      this.#pc = new RTCPeerConnection({
        ...(iceServers && { iceServers: iceServers as RTCIceServer[] }),
        ...(iceTransportPolicy && { iceTransportPolicy }),
      })
    } catch (cause) {
      throw new NetError('ERR_INVALID_PARAMETER', `The browser refused the configuration: ${cause}`, { cause })
    }
    this.#events = events
    const pc = this.#pc
    pc.onicecandidate = ({ candidate }) => {
      // The empty candidate marks the end of gathering, which the gathering state tells already.
      if (!candidate?.candidate || this.#closed) return
      const told = this.#relayOnly ? toldCandidate(candidate.candidate) : candidate.candidate
      if (told) events.candidate(candidate.sdpMid ?? '', candidate.sdpMLineIndex ?? 0, told)
    }
    pc.onconnectionstatechange = () => {
      if (!this.#closed) events.connectionState(CONNECTION_STATES[pc.connectionState])
    }
    pc.oniceconnectionstatechange = () => {
      const { iceConnectionState: state } = pc
      if (!this.#closed && (state === 'connected' || state === 'completed')) events.routed()
    }
    pc.onicegatheringstatechange = () => {
      if (!this.#closed) events.gatheringState(GATHERING_STATES[pc.iceGatheringState])
    }
    pc.onsignalingstatechange = () => {
      if (!this.#closed) events.signalingState(SIGNALING_STATES[pc.signalingState])
    }
    pc.ondatachannel = ({ channel }) => {
      if (this.#closed) channel.close()
      else events.channel(new BrowserChannel(channel, pc))
    }
  }

  createDataChannel(label: string, options: DataChannelOptions): DriverChannel {
    return new BrowserChannel(this.#pc.createDataChannel(label, options), this.#pc)
  }

  createOffer(): void {
    this.#enqueue(async () => {
      const { sdp } = await this.#pc.createOffer()
      if (!this.#closed) this.#tell('offer', sdp ?? '')
    }, this.#ends('The browser could not create an offer'))
  }

  setLocalDescription(type: 'offer' | 'answer', sdp: string): void {
    this.#enqueue(
      // Its own, to the letter: browsers may refuse one that was changed.
      () => this.#pc.setLocalDescription({ type, sdp: this.#relayOnly ? this.#created : sdp }),
      this.#ends('The browser refused the local description'),
    )
  }

  setRemoteDescription(type: 'offer' | 'answer', sdp: string): void {
    this.#enqueue(
      async () => {
        await this.#pc.setRemoteDescription({ type, sdp })
        if (type === 'answer') return
        const answer = await this.#pc.createAnswer()
        if (!this.#closed) this.#tell('answer', answer.sdp ?? '')
      },
      this.#ends(`The browser refused the remote ${type}`),
    )
  }

  addIceCandidate(media: string, index: number, name: string): void {
    this.#enqueue(
      () => this.#pc.addIceCandidate({ candidate: name, sdpMid: media, sdpMLineIndex: index }),
      (cause) => this.#fail('The browser refused a candidate', cause),
    )
  }

  restartIce(iceServers?: readonly IceServer[]): boolean {
    const pc = this.#pc
    if (iceServers) pc.setConfiguration({ ...pc.getConfiguration(), iceServers: iceServers as RTCIceServer[] })
    pc.restartIce()
    return true
  }

  async selectedRoute(): Promise<SelectedRoute | undefined> {
    const stats = await this.#pc.getStats()
    let pairId: string | undefined
    let fallback: RTCIceCandidatePairStats | undefined
    for (const entry of stats.values()) {
      if (entry.type === 'transport') pairId ??= entry.selectedCandidatePairId
      if (entry.type === 'candidate-pair' && entry.nominated && entry.state === 'succeeded') fallback = entry
    }
    const pair = (pairId && stats.get(pairId)) ?? fallback
    const local = pair && stats.get(pair.localCandidateId)
    const remote = pair && stats.get(pair.remoteCandidateId)
    if (!local || !remote) return undefined
    return { local: local.candidateType, remote: remote.candidateType }
  }

  close(): void {
    this.#closed = true
    this.#pc.close()
  }

  #tell(type: 'offer' | 'answer', sdp: string): void {
    this.#created = sdp
    this.#events.description(type, this.#relayOnly ? toldDescription(sdp) : sdp)
  }

  #enqueue(operation: () => Promise<unknown>, fail: (cause: unknown) => void): void {
    this.#queue = this.#queue.then(async () => {
      if (this.#closed) return
      try {
        await operation()
      } catch (cause) {
        if (!this.#closed) fail(cause)
      }
    })
  }

  #fail(what: string, cause: unknown): void {
    this.#events.error(new NetError('ERR_INVALID_DATA', `${what}: ${cause}`, { cause }))
  }

  /** Without its descriptions a connection cannot go on. */
  #ends(what: string): (cause: unknown) => void {
    return (cause) => {
      this.#fail(what, cause)
      if (!this.#closed) this.#events.connectionState(ConnectionState.Failed)
    }
  }
}

class BrowserChannel implements DriverChannel {
  readonly #channel: RTCDataChannel
  readonly #pc: RTCPeerConnection
  events: DriverChannelEvents | undefined
  /** One side closes the channel. */
  #isClosing = false

  constructor(channel: RTCDataChannel, pc: RTCPeerConnection) {
    this.#channel = channel
    this.#pc = pc
    channel.onclosing = () => {
      this.#isClosing = true
    }
    channel.binaryType = 'arraybuffer'
    channel.onopen = () => this.events?.open()
    channel.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) =>
      this.events?.message(typeof data === 'string' ? data : new Uint8Array(data))
    channel.onbufferedamountlow = () => this.events?.drained()
    channel.onclose = () => this.events?.closed()
    channel.onerror = (event) => {
      const cause = (event as RTCErrorEvent).error
      // Chromium: the remote closed its connection, or both sides the channel at once. That is no failure; `closed` follows.
      if (cause?.sctpCauseCode === USER_INITIATED_ABORT || this.#isClosing) return
      this.events?.error(new NetError('ERR_CONNECTION_ERROR', `The data channel failed: ${cause?.message}`, { cause }))
    }
  }

  get label(): string {
    return this.#channel.label
  }
  get protocol(): string {
    return this.#channel.protocol
  }
  get id(): number | undefined {
    return this.#channel.id ?? undefined
  }
  get negotiated(): boolean {
    return this.#channel.negotiated
  }
  get ordered(): boolean {
    return this.#channel.ordered
  }
  get maxRetransmits(): number | undefined {
    return this.#channel.maxRetransmits ?? undefined
  }
  get maxPacketLifeTime(): number | undefined {
    return this.#channel.maxPacketLifeTime ?? undefined
  }
  get readyState(): ChannelState {
    return CHANNEL_STATES[this.#channel.readyState]
  }
  get bufferedAmount(): number {
    return this.#channel.bufferedAmount
  }
  get maxMessageSize(): number {
    return Math.min(this.#pc.sctp?.maxMessageSize ?? 65_536, MAX_BROWSER_MESSAGE_SIZE)
  }
  get drainThreshold(): number {
    return this.#channel.bufferedAmountLowThreshold
  }
  set drainThreshold(bytes: number) {
    this.#channel.bufferedAmountLowThreshold = bytes
  }

  send(data: Uint8Array | string): void {
    // The union is spelt out because the DOM's overloads do not take it.
    if (typeof data === 'string') this.#channel.send(data)
    else this.#channel.send(data as Uint8Array<ArrayBuffer>)
  }

  close(): void {
    this.#isClosing = true
    this.#channel.close()
  }
}
