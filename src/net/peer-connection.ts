// One peer connection (Godot: WebRTCPeerConnection): checks every call against the state, and leaves the rest to a
// driver. It knows nothing of signaling: its user carries descriptions and candidates across.

import { checkChannelOptions } from './channel-options.ts'
import { ConnectionChannels } from './connection-channels.ts'
import { ConnectionHistory, type StateChange } from './connection-history.ts'
import { MAX_SDP_LENGTH } from './constants.ts'
import type { WebRTCDataChannel } from './data-channel.ts'
import { type Diagnosis, diagnose } from './diagnosis.ts'
import { clockFor, driverFor, setDefaultDriver } from './drivers/chosen-driver.ts'
import {
  type ConnectionConfiguration,
  ConnectionState,
  type DataChannelOptions,
  type DriverChannel,
  type DriverConnection,
  GatheringState,
  type IceServer,
  type SelectedRoute,
  SignalingState,
  type WebRTCDriver,
} from './drivers/driver.ts'
import { Emitter } from './emitter.ts'
import { NetError, toNetError } from './errors.ts'
import { fingerprintsOf } from './fingerprints.ts'
import { RemoteCandidates } from './remote-candidates.ts'
import { type ConnectionStats, routeStats, sumOf } from './statistics.ts'

/** What a peer connection tells. */
export type PeerConnectionEvents = {
  /** Pass it to `setLocalDescription`, and to the other side's `setRemoteDescription`. */
  sessionDescriptionCreated: (type: 'offer' | 'answer', sdp: string) => void
  /** Pass it to the other side's `addIceCandidate`. */
  iceCandidateCreated: (media: string, index: number, name: string) => void
  /** The remote opened a channel that is not negotiated. With no listener such channels are refused. */
  dataChannelReceived: (channel: WebRTCDataChannel) => void
  connectionStateChanged: (state: ConnectionState) => void
  error: (error: NetError) => void
}

/** One connection to one remote (Godot: WebRTCPeerConnection). Its user carries descriptions and candidates across. */
export class WebRTCPeerConnection extends Emitter<PeerConnectionEvents> {
  /** Chooses the implementation for all connections made afterwards. `undefined`: the platform's own. */
  static setDefaultExtension(driver: WebRTCDriver | undefined): void {
    setDefaultDriver(driver)
  }

  #configuration: ConnectionConfiguration = {}
  #driver: DriverConnection | undefined
  #channels = new ConnectionChannels()
  #remoteCandidates = new RemoteCandidates()
  #hasRemoteDescription = false
  /** The description that was announced and not yet passed to `setLocalDescription`. */
  #created: 'offer' | 'answer' | undefined
  /** An offer was passed to `setLocalDescription`, and no answer has come. */
  #awaitsAnswer = false
  /** `restartIce` was called, and the offer that it is for was not created yet. */
  #restarts = false
  /** It was connected once: an offer of the remote is an ICE restart. */
  #stood = false
  #connectionState: ConnectionState = ConnectionState.New
  #gatheringState: GatheringState = GatheringState.New
  #signalingState: SignalingState = SignalingState.Stable
  #history: ConnectionHistory | undefined
  #localFingerprints: readonly string[] = []
  #remoteFingerprints: readonly string[] = []

  get connectionState(): ConnectionState {
    return this.#connectionState
  }
  get gatheringState(): GatheringState {
    return this.#gatheringState
  }
  get signalingState(): SignalingState {
    return this.#signalingState
  }

  /**
   * The fingerprints of this side's certificate, as `sha-256 AB:CD:…`, from the description that was set; empty before. DTLS
   * lets only a remote in that was told one of them.
   */
  get localFingerprints(): readonly string[] {
    return this.#localFingerprints
  }
  /** The same of the remote's certificate: DTLS lets only a remote in that has one with such a fingerprint. */
  get remoteFingerprints(): readonly string[] {
    return this.#remoteFingerprints
  }

  /** What `initialize` was given. */
  get configuration(): ConnectionConfiguration {
    return this.#configuration
  }

  /**
   * Sets the connection up anew: closes what was open and goes back to New. Optional before the first use.
   * @throws {NetError} ERR_INVALID_PARAMETER, ERR_WEBRTC_UNSUPPORTED, ERR_DRIVER_MISSING
   */
  initialize(configuration: ConnectionConfiguration = {}): void {
    this.#shut()
    // A listener of a channel has begun anew already.
    if (this.#driver) return
    this.#configuration = configuration
    this.#history = undefined
    this.#channels = new ConnectionChannels()
    this.#remoteCandidates = new RemoteCandidates()
    this.#hasRemoteDescription = false
    this.#created = undefined
    this.#awaitsAnswer = false
    this.#localFingerprints = []
    this.#remoteFingerprints = []
    this.#restarts = false
    this.#stood = false
    this.#gatheringState = GatheringState.New
    this.#signalingState = SignalingState.Stable
    this.#connectionState = ConnectionState.New
    this.#connect()
  }

  /**
   * Creates a channel, before the connection is started. Negotiated channels must be created on both sides.
   * @throws {NetError} ERR_UNCONFIGURED: already connecting or closed. ERR_INVALID_PARAMETER: options that exclude
   * each other or are out of range. ERR_ALREADY_IN_USE: the id is taken.
   */
  createDataChannel(label: string, options: DataChannelOptions = {}): WebRTCDataChannel {
    this.#require(ConnectionState.New, 'create channels before createOffer or setRemoteDescription')
    checkChannelOptions(label, options)
    this.#channels.checkFree(options)
    let channel: DriverChannel
    try {
      channel = this.#connect().createDataChannel(label, options)
    } catch (cause) {
      throw toNetError(cause, 'ERR_INVALID_PARAMETER', `The channel "${label}" was refused: ${cause}`)
    }
    return this.#channels.adopt(channel, this.#told)
  }

  /** Starts connecting as the side that offers. @throws {NetError} ERR_UNCONFIGURED: already started, or no channel. */
  createOffer(): void {
    if (this.#restarts) {
      this.#restarts = false
      this.#connect().createOffer()
      return
    }
    this.#require(ConnectionState.New, 'createOffer is called once, and again after restartIce')
    if (this.#channels.count === 0) {
      throw new NetError('ERR_UNCONFIGURED', 'There is nothing to offer: create a data channel first.')
    }
    const driver = this.#connect()
    this.#told.offers = true
    this.#told.note('started')
    this.#setConnectionState(ConnectionState.Connecting)
    // A listener may have closed it.
    if (this.#driver === driver) driver.createOffer()
  }

  /**
   * Takes what `sessionDescriptionCreated` announced. Candidates follow.
   * @throws {NetError} ERR_UNCONFIGURED: no such description was created.
   */
  setLocalDescription(type: 'offer' | 'answer', sdp: string): void {
    if (this.#created !== type) {
      throw new NetError('ERR_UNCONFIGURED', `No ${type} was created: wait for sessionDescriptionCreated.`)
    }
    const driver = this.#connect()
    this.#created = undefined
    this.#awaitsAnswer = type === 'offer'
    this.#localFingerprints = fingerprintsOf(sdp)
    this.#told.local.addAll(sdp)
    this.#told.note('localSet')
    driver.setLocalDescription(type, sdp)
  }

  /**
   * Takes the other side's description. An offer starts connecting and is answered with `sessionDescriptionCreated`.
   * @throws {NetError} ERR_UNCONFIGURED: an offer when already started, or an answer to no offer.
   * ERR_INVALID_PARAMETER: the type. ERR_INVALID_DATA: not SDP. ERR_UNAUTHORIZED: another certificate at a restart of ICE.
   */
  setRemoteDescription(type: 'offer' | 'answer', sdp: string): void {
    if (type !== 'offer' && type !== 'answer')
      throw new NetError('ERR_INVALID_PARAMETER', `A description is an "offer" or an "answer", not "${type}".`)
    const again = this.#stood && this.restartsIce && this.#isAlive
    if (type === 'offer') {
      if (!again) this.#require(ConnectionState.New, 'one offer is taken by a connection that has not started')
    } else if (!this.#awaitsAnswer || !(again || this.#connectionState === ConnectionState.Connecting)) {
      throw new NetError('ERR_UNCONFIGURED', 'An answer was set, but no offer waits for one.')
    }
    if (typeof sdp !== 'string' || !sdp.startsWith('v=0') || sdp.length > MAX_SDP_LENGTH)
      throw new NetError('ERR_INVALID_DATA', `The remote ${type} is not SDP.`)
    const fingerprints = fingerprintsOf(sdp)
    // Some browsers would begin DTLS anew, with whoever has the other certificate, under the channels that stand.
    if (again && fingerprints.join() !== this.#remoteFingerprints.join()) {
      const message = `The remote ${type} for a restart of ICE names another certificate: it is not of the side that was there.`
      throw new NetError('ERR_UNAUTHORIZED', message)
    }
    const driver = this.#connect()
    driver.setRemoteDescription(type, sdp)
    this.#remoteFingerprints = fingerprints
    this.#told.note('started')
    this.#told.note('remoteSet')
    this.#told.remote.addAll(sdp)
    this.#hasRemoteDescription = true
    this.#awaitsAnswer = false
    if (again) {
      if (type === 'offer') this.#remoteCandidates.restart()
      return
    }
    this.#setConnectionState(ConnectionState.Connecting)
    // A listener may have closed it.
    if (this.#driver !== driver) return
    for (const candidate of this.#remoteCandidates.takeEarly()) driver.addIceCandidate(...candidate)
  }

  /**
   * Takes a candidate of the other side. One that comes before the description waits for it.
   * @throws {NetError} ERR_UNCONFIGURED: closed. ERR_OUT_OF_MEMORY: too many.
   */
  addIceCandidate(media: string, index: number, name: string): void {
    if (this.#connectionState === ConnectionState.Closed) {
      throw new NetError('ERR_UNCONFIGURED', 'The connection is closed: call initialize to use it again.')
    }
    const early = !this.#hasRemoteDescription
    this.#remoteCandidates.count(early)
    this.#told.remote.add(name)
    if (early) this.#remoteCandidates.keep([media, index, name])
    else this.#connect().addIceCandidate(media, index, name)
  }

  /** Does nothing: events come by themselves. For code that was written for Godot. */
  poll(): void {}

  /** Whether SCTP may acknowledge a single packet late on this platform: in browsers, not in Node. */
  get acknowledgesLate(): boolean {
    return this.#driver?.acknowledgesLate ?? false
  }

  /** Whether `restartIce` works on this platform: in browsers, not in Node. */
  get restartsIce(): boolean {
    return this.#driver?.restartsIce ?? false
  }

  /**
   * Gathers new candidates with the next offer, which `createOffer` then makes although the connection stands: the other
   * side answers it, and channels and what is under way on them outlive it. Returns false where the platform cannot (Node),
   * and for a connection that has not stood or is over.
   * @param iceServers Fresh ones.
   */
  restartIce(iceServers?: readonly IceServer[]): boolean {
    if (!this.#hasRemoteDescription || !this.#isAlive) return false
    const can = this.#driver?.restartIce(iceServers) ?? false
    if (can) {
      this.#restarts = true
      this.#remoteCandidates.restart()
    }
    return can
  }

  get #isAlive(): boolean {
    const state = this.#connectionState
    return state !== ConnectionState.New && state !== ConnectionState.Failed && state !== ConnectionState.Closed
  }

  /** The types of the candidates in use: `relay` means through TURN. `undefined` until connected. */
  selectedRoute(): Promise<SelectedRoute | undefined> {
    return this.#driver?.selectedRoute() ?? Promise.resolve(undefined)
  }

  /**
   * What became of it, in words: the phase it is in or failed in, how long each took, the candidates of both sides, and
   * the likely cause. At any time, also afterwards.
   */
  diagnose(): Diagnosis {
    return diagnose(this.#told, this.#configuration)
  }

  /** The changes of its states, with their times. The last 64 at most. */
  get history(): readonly StateChange[] {
    return [...this.#told.changes]
  }

  /** Figures about the connection and each of its channels. */
  async stats(): Promise<ConnectionStats> {
    const route = (await this.selectedRoute().catch(() => undefined)) ?? this.#told.route
    const channels = this.#channels.stats
    return {
      ...sumOf(channels),
      state: this.connectionState,
      history: this.history,
      route: route && routeStats(route),
      channels,
    }
  }

  /** Closes the channels and the connection. What was not sent yet is lost. */
  close(): void {
    if (this.#connectionState === ConnectionState.Closed) return
    this.#shut()
    // Not when a listener of a channel has begun anew.
    if (this.connectionState === ConnectionState.Closed) this.emit('connectionStateChanged', ConnectionState.Closed)
  }

  /** The driver's connection, made on first use. */
  #connect(): DriverConnection {
    if (this.#connectionState === ConnectionState.Closed) {
      throw new NetError('ERR_UNCONFIGURED', 'The connection is closed: call initialize to use it again.')
    }
    if (this.#driver) return this.#driver
    // A driver's events may still be on their way when this connection has moved on to another.
    const current = () => this.#driver === driver
    const driver: DriverConnection = driverFor(this.#configuration).createConnection(this.#configuration, {
      description: (type, sdp) => {
        if (!current()) return
        this.#created = type
        this.#told.note('described')
        this.emit('sessionDescriptionCreated', type, sdp)
      },
      candidate: (media, index, name) => {
        if (!current()) return
        this.#told.local.add(name)
        this.emit('iceCandidateCreated', media, index, name)
      },
      channel: (channel) => {
        if (!current() || this.listenerCount('dataChannelReceived') === 0) channel.close()
        else this.emit('dataChannelReceived', this.#channels.adopt(channel, this.#told))
      },
      connectionState: (state) => {
        if (!current()) return
        if (state === ConnectionState.Connected) this.#told.secured(driver.selectedRoute())
        // The remote closed, and the platform tells.
        if (state === ConnectionState.Closed) {
          this.#told.ended('closed by the other side')
          return this.close()
        }
        if (state === ConnectionState.Failed) {
          this.#told.ended('failed')
          this.#channels.end()
        }
        // New is where we were; Connecting is set when connecting is started.
        if (state !== ConnectionState.New) this.#setConnectionState(state)
      },
      gatheringState: (state) => {
        if (!current()) return
        this.#gatheringState = state
        this.#told.changed('gathering', state)
        if (state === GatheringState.Complete) this.#told.note('gathered')
      },
      signalingState: (state) => {
        if (!current()) return
        this.#signalingState = state
        this.#told.changed('signaling', state)
      },
      routed: () => {
        if (current()) this.#told.note('routed')
      },
      error: (error) => {
        if (!current()) return
        this.#told.lastError = error.message
        this.emit('error', error)
      },
    })
    this.#driver = driver
    return driver
  }

  /** Made on first use, as the driver is: in whose time it is kept. */
  get #told(): ConnectionHistory {
    this.#history ??= new ConnectionHistory(clockFor(this.#configuration))
    return this.#history
  }

  #require(state: ConnectionState, rule: string): void {
    if (this.#connectionState === state) return
    const now = this.#connectionState === ConnectionState.Closed ? 'closed' : 'already started'
    throw new NetError('ERR_UNCONFIGURED', `The connection is ${now}: ${rule}.`)
  }

  #setConnectionState(state: ConnectionState): void {
    if (this.#connectionState === state || this.#connectionState === ConnectionState.Closed) return
    this.#connectionState = state
    if (state === ConnectionState.Connected) this.#stood = true
    this.#told.changed('connection', state)
    this.emit('connectionStateChanged', state)
  }

  /** The states come first: what a listener of a channel calls meanwhile is refused. */
  #shut(): void {
    const driver = this.#driver
    this.#driver = undefined
    if (this.#connectionState !== ConnectionState.Closed) {
      this.#told.ended('closed')
      this.#told.changed('connection', ConnectionState.Closed)
    }
    this.#connectionState = ConnectionState.Closed
    this.#signalingState = SignalingState.Closed
    driver?.close()
    this.#channels.end()
  }
}
