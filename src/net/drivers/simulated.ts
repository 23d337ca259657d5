// The driver for connections over a SimulatedNetwork: descriptions and states as in Node, datagrams in memory.

import type { Clock } from '../clock.ts'
import { NetError } from '../errors.ts'
import { fingerprintsOf } from '../fingerprints.ts'
import type { Random } from '../random.ts'
import { type ChannelHost, resetStream, SimulatedChannel } from '../simulation/channel.ts'
import { Consent } from '../simulation/consent.ts'
import { closeNotice, consentAnswer, type Datagram, sctpDatagram } from '../simulation/datagram.ts'
import { Handshake } from '../simulation/handshake.ts'
import { checkIceServers } from '../simulation/ice-servers.ts'
import type { Machine, Socket } from '../simulation/machine.ts'
import { Association } from '../simulation/sctp/association.ts'
import type { Payload, Persistence } from '../simulation/sctp/types.ts'
import {
  type Candidate,
  certificateOf,
  describe,
  formatCandidate,
  isDescription,
  parseCandidate,
} from '../simulation/session-description.ts'
import {
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

export interface SimulatedDriverOptions {
  /** Called for every connection: the machine that it runs on. */
  readonly machineFor: () => Machine
  readonly random: Random
  readonly clock: Clock
  readonly persistence: Persistence
}

export function createSimulatedDriver(options: SimulatedDriverOptions): WebRTCDriver {
  return {
    name: 'simulated',
    clock: options.clock,
    createConnection: (configuration, events) => new SimulatedConnection(options, configuration, events),
  }
}

class SimulatedConnection implements DriverConnection, ChannelHost {
  readonly #machine: Machine
  readonly #random: Random
  readonly #persistence: Persistence
  readonly #events: DriverConnectionEvents
  readonly #socket: Socket
  /** The type of this side's only candidate; `undefined`: it has none. */
  readonly #candidateType: 'host' | 'relay' | undefined
  readonly #channels = new Set<SimulatedChannel>()
  readonly #byStream = new Map<number, SimulatedChannel>()
  #localType: 'offer' | 'answer' | undefined
  #hasRemoteDescription = false
  /** What the remote's certificate may be; empty where its description was written by hand, without one. */
  #certificates: readonly string[] = []
  #remote: Candidate | undefined
  #handshake: Handshake | undefined
  #consent: Consent | undefined
  #association: Association | undefined
  /** Closed by this side, or failed: nothing more is sent. */
  #over = false
  /** Closed by this side: nothing more is told. */
  #closed = false

  /** @throws {NetError} ERR_INVALID_PARAMETER */
  constructor(
    { machineFor, random, persistence }: SimulatedDriverOptions,
    { iceTransportPolicy, iceServers = [] }: ConnectionConfiguration,
    events: DriverConnectionEvents,
  ) {
    const hasRelay = checkIceServers(iceServers)
    this.#machine = machineFor()
    this.#random = random
    this.#persistence = persistence
    this.#events = events
    this.#socket = this.#machine.open((datagram) => this.#receive(datagram))
    this.#candidateType = iceTransportPolicy !== 'relay' ? 'host' : hasRelay ? 'relay' : undefined
  }

  createDataChannel(label: string, options: DataChannelOptions): DriverChannel {
    const channel = new SimulatedChannel(this, label, options)
    this.#channels.add(channel)
    if (channel.id !== undefined) this.#byStream.set(channel.id, channel)
    return channel
  }

  createOffer(): void {
    this.later(() => this.#events.description('offer', describe('offer', this.#socket.address)))
  }

  setLocalDescription(type: 'offer' | 'answer'): void {
    this.#localType = type
    this.later(() => {
      this.#events.signalingState(type === 'offer' ? SignalingState.HaveLocalOffer : SignalingState.Stable)
      if (!this.#over) this.#gather()
    })
    this.#start()
  }

  setRemoteDescription(type: 'offer' | 'answer', sdp: string): void {
    if (!isDescription(sdp)) {
      const error = new NetError('ERR_INVALID_DATA', `The remote ${type} could not be understood.`)
      this.later(() => this.#end([ConnectionState.Failed], error))
      return
    }
    this.#hasRemoteDescription = true
    this.#certificates = fingerprintsOf(sdp)
    this.later(() => {
      this.#events.signalingState(type === 'offer' ? SignalingState.HaveRemoteOffer : SignalingState.Stable)
      if (type === 'offer' && !this.#over) {
        this.#events.description('answer', describe('answer', this.#socket.address))
      }
    })
    this.#start()
  }

  addIceCandidate(_media: string, _index: number, name: string): void {
    const candidate = parseCandidate(name)
    if (candidate) {
      this.#remote ??= candidate
      this.#start()
    } else if (name !== '') {
      const error = new NetError('ERR_INVALID_DATA', `A candidate could not be understood: ${name}`)
      this.later(() => this.#events.error(error))
    }
  }

  restartIce(): boolean {
    return false
  }

  async selectedRoute(): Promise<SelectedRoute | undefined> {
    if (this.#over || !this.#consent || !this.#remote || !this.#candidateType) return undefined
    return { local: this.#candidateType, remote: this.#remote.type }
  }

  close(): void {
    this.#closed = true
    if (this.#over) return
    // Two datagrams, as in reality: SCTP's ABORT and DTLS's close_notify. With both lost the other side sees silence.
    if (this.#consent) for (let i = 0; i < 2; i++) this.#transmit(closeNotice)
    this.#stop()
    for (const channel of this.#channels) channel.silence()
  }

  later(action: () => void): void {
    this.#machine.clock.setTimeout(() => {
      if (!this.#over) action()
    }, 0)
  }

  ended(channel: SimulatedChannel): void {
    this.#channels.delete(channel)
    if (channel.id !== undefined && this.#byStream.get(channel.id) === channel) this.#byStream.delete(channel.id)
  }

  #gather(): void {
    const type = this.#candidateType
    this.#events.gatheringState(GatheringState.Gathering)
    if (type && !this.#over) this.#events.candidate('0', 0, formatCandidate({ ...this.#socket.address, type }))
    if (!this.#over) this.#events.gatheringState(GatheringState.Complete)
  }

  /** Both descriptions and a way to the other side are needed. */
  #start(): void {
    if (this.#over || this.#handshake || !this.#localType || !this.#hasRemoteDescription || !this.#remote) return
    if (!this.#candidateType) return
    this.#handshake = new Handshake(this.#machine.clock, this.#localType === 'answer', {
      certificate: certificateOf(this.#socket.address),
      transmit: (datagram) => this.#transmit(datagram),
      routed: () => this.#events.routed(),
      connected: () => this.#connected(),
      established: () => this.#established(),
      failed: (reason) => {
        const error = new NetError('ERR_CONNECTION_ERROR', `The connection could not be made: ${reason}.`)
        this.#end([ConnectionState.Failed], error)
      },
    })
    this.later(() => this.#events.connectionState(ConnectionState.Connecting))
  }

  #connected(): void {
    this.#consent = new Consent(this.#machine.clock, this.#random, {
      transmit: (datagram) => this.#transmit(datagram),
      expired: () => this.#end([ConnectionState.Disconnected, ConnectionState.Failed]),
    })
    this.#events.connectionState(ConnectionState.Connected)
  }

  #established(): void {
    if (this.#over) return
    const association = new Association(this.#machine.clock, this.#persistence, {
      transmit: (packet) => this.#transmit(sctpDatagram(packet)),
      message: (stream, payload) => this.#message(stream, payload),
      progressed: () => {
        for (const channel of this.#channels) channel.progressed()
      },
      // As libdatachannel does.
      failed: () => this.#end([ConnectionState.Disconnected, ConnectionState.Closed]),
    })
    this.#association = association
    for (const channel of [...this.#channels]) {
      if (this.#over) return
      const id = channel.id ?? this.#freeStream()
      this.#byStream.set(id, channel)
      channel.established(association, id)
    }
  }

  /** The DTLS client opens even streams, the server odd ones (RFC 8832, 6). */
  #freeStream(): number {
    let id = this.#localType === 'answer' ? 0 : 1
    while (this.#byStream.has(id)) id += 2
    return id
  }

  #receive(datagram: Datagram): void {
    if (this.#over || !this.#handshake) return
    this.#consent?.heard()
    switch (datagram.type) {
      case 'handshake':
        if (this.#isKnown(datagram.certificate)) this.#handshake.receive(datagram)
        else
          this.#end([ConnectionState.Failed], new NetError('ERR_CONNECTION_ERROR', 'The certificate is another one.'))
        break
      case 'consent':
        if (!datagram.isAnswer) this.#transmit(consentAnswer)
        break
      case 'sctp':
        this.#handshake.dataReceived()
        this.#association?.receive(datagram.packet)
        break
      case 'close':
        if (this.#consent) this.#end([ConnectionState.Disconnected, ConnectionState.Closed])
    }
  }

  #isKnown(certificate: string): boolean {
    return this.#certificates.length === 0 || this.#certificates.includes(certificate)
  }

  #message(stream: number, payload: Payload): void {
    const channel = this.#byStream.get(stream)
    if (payload.type === 'open') this.#accept(stream, payload)
    else if (payload.type === 'ack') channel?.opened()
    else if (payload.type === 'reset') channel?.reset()
    else if (channel) channel.receive(payload.data)
    // A negotiated channel that this side did not make: libdatachannel closes the stream, and with it the other's.
    else if (this.#association) resetStream(this.#association, stream)
  }

  #accept(stream: number, { label, protocol, reliability }: Payload & { type: 'open' }): void {
    const association = this.#association
    if (!association || this.#byStream.has(stream)) return
    const { ordered, maxRetransmits, maxPacketLifeTime } = reliability
    const channel = new SimulatedChannel(this, label, {
      protocol,
      ordered,
      ...(maxRetransmits !== undefined && { maxRetransmits }),
      ...(maxPacketLifeTime !== undefined && { maxPacketLifeTime }),
    })
    this.#channels.add(channel)
    this.#byStream.set(stream, channel)
    channel.accepted(association, stream)
    this.#events.channel(channel)
    if (!this.#over && channel.isOpen) channel.events?.open()
  }

  #transmit(datagram: Datagram): void {
    if (!this.#over && this.#remote) this.#socket.send(this.#remote, datagram)
  }

  #stop(): void {
    this.#over = true
    this.#handshake?.close()
    this.#consent?.close()
    this.#association?.close()
    this.#socket.close()
  }

  /** Over, and not by this side's wish. */
  #end(states: readonly ConnectionState[], error?: NetError): void {
    if (this.#over) return
    this.#stop()
    // The core may close this connection from inside any of these.
    if (error) this.#events.error(error)
    for (const state of states) if (!this.#closed) this.#events.connectionState(state)
    for (const channel of [...this.#channels]) {
      if (this.#closed) channel.silence()
      else channel.lost()
    }
  }
}
