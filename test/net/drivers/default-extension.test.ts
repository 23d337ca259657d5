import { afterEach, describe, expect, it } from 'vitest'
import {
  ChannelState,
  ConnectionState,
  type DataChannelOptions,
  type DriverChannel,
  type DriverChannelEvents,
  type DriverConnection,
  type DriverConnectionEvents,
  type WebRTCDriver,
} from '../../../src/net/drivers/driver.ts'
import { NetError } from '../../../src/net/errors.ts'
import { WebRTCPeerConnection } from '../../../src/net/peer-connection.ts'
import { meet } from '../../support/meet.ts'
import { rejection, thrown } from '../../support/net-errors.ts'

afterEach(() => WebRTCPeerConnection.setDefaultExtension(undefined))

/** A driver in a few lines: two connections are joined by the text of their "SDP". */
class PaperDriver implements WebRTCDriver {
  readonly name = 'paper'
  readonly connections: PaperConnection[] = []

  createConnection(_configuration: unknown, events: DriverConnectionEvents): PaperConnection {
    const connection = new PaperConnection(this, this.connections.length, events)
    this.connections.push(connection)
    return connection
  }
}

class PaperConnection implements DriverConnection {
  readonly channels: PaperChannel[] = []
  readonly candidates: string[] = []
  readonly events: DriverConnectionEvents
  readonly #driver: PaperDriver
  readonly #number: number
  closed = false

  constructor(driver: PaperDriver, number: number, events: DriverConnectionEvents) {
    this.#driver = driver
    this.#number = number
    this.events = events
  }

  createDataChannel(label: string, options: DataChannelOptions): PaperChannel {
    if (label === 'refused') throw new Error('no more paper')
    const channel = new PaperChannel(label, options)
    this.channels.push(channel)
    return channel
  }

  createOffer(): void {
    later(() => this.events.description('offer', `v=0 ${this.#number}`))
  }

  setLocalDescription(): void {
    later(() => this.events.candidate('0', 0, 'candidate:paper'))
  }

  setRemoteDescription(type: 'offer' | 'answer', sdp: string): void {
    if (sdp.includes('torn')) {
      later(() => this.events.error(new NetError('ERR_INVALID_DATA', 'The paper is torn.')))
      later(() => this.events.connectionState(ConnectionState.Failed))
      return
    }
    const other = this.#driver.connections[Number(sdp.split(' ')[1])]!
    if (type === 'offer') {
      later(() => this.events.description('answer', `v=0 ${this.#number}`))
      return
    }
    for (const [i, channel] of this.channels.entries()) channel.join(other.channels[i]!)
    later(() => this.events.connectionState(ConnectionState.Connected))
    later(() => other.events.connectionState(ConnectionState.Connected))
  }

  addIceCandidate(_media: string, _index: number, name: string): void {
    this.candidates.push(name)
  }

  restartIce(): boolean {
    return true
  }

  async selectedRoute() {
    return { local: 'paper', remote: 'paper' }
  }

  close(): void {
    this.closed = true
  }
}

class PaperChannel implements DriverChannel {
  readonly label: string
  readonly protocol = ''
  readonly id: number | undefined
  readonly negotiated: boolean
  readonly ordered = true
  readonly maxRetransmits = undefined
  readonly maxPacketLifeTime = undefined
  readonly bufferedAmount = 0
  readonly maxMessageSize = 100
  readyState: ChannelState = ChannelState.Connecting
  drainThreshold = 0
  events: DriverChannelEvents | undefined
  #other: PaperChannel | undefined

  constructor(label: string, { negotiated = false, id }: DataChannelOptions) {
    this.label = label
    this.negotiated = negotiated
    this.id = id
  }

  join(other: PaperChannel): void {
    for (const [channel, partner] of [
      [this, other],
      [other, this],
    ] as const) {
      channel.#other = partner
      channel.readyState = ChannelState.Open
      later(() => channel.events?.open())
    }
  }

  send(data: Uint8Array | string): void {
    const copy = typeof data === 'string' ? data : data.slice()
    later(() => this.#other?.events?.message(copy))
  }

  close(): void {
    this.readyState = ChannelState.Closed
  }
}

function later(task: () => void): void {
  void Promise.resolve().then(task)
}

function paper(): { driver: PaperDriver; connection: () => WebRTCPeerConnection } {
  const driver = new PaperDriver()
  WebRTCPeerConnection.setDefaultExtension(driver)
  return { driver, connection: () => new WebRTCPeerConnection() }
}

describe('a driver of one’s own', () => {
  it('carries connections that are made after it was chosen', async () => {
    const { driver, connection } = paper()
    const [a, b] = [connection(), connection()]
    const options = { negotiated: true, id: 1 }
    const [atA, atB] = [a.createDataChannel('chat', options), b.createDataChannel('chat', options)]
    const heard = new Promise((resolve) => atB.on('packet', (packet) => resolve(Buffer.from(packet).toString())))
    atA.on('open', () => atA.putPacket('on paper'))
    meet(a, b)
    expect(await heard).toBe('on paper')
    expect([a.connectionState, b.connectionState]).toEqual([ConnectionState.Connected, ConnectionState.Connected])
    expect(driver.connections.map(({ candidates }) => candidates)).toEqual([['candidate:paper'], ['candidate:paper']])
    expect(a.restartIce()).toBe(true)
    expect(await a.selectedRoute()).toEqual({ local: 'paper', remote: 'paper' })
    a.close()
    expect(driver.connections[0]!.closed).toBe(true)
    expect(thrown(() => atA.putPacket('x')).code).toBe('ERR_UNCONFIGURED')
  })

  it('is asked nothing before the first use', () => {
    const { driver, connection } = paper()
    connection().close()
    expect(driver.connections.length).toBe(0)
  })

  it('whose refusals are reported as NetErrors', () => {
    const { connection } = paper()
    const refused = thrown(() => connection().createDataChannel('refused'))
    expect(refused.code).toBe('ERR_INVALID_PARAMETER')
    expect(refused.message).toContain('no more paper')
    expect(refused.cause).toBeInstanceOf(Error)
  })

  it('whose late failure of a description fails the connection', async () => {
    const { connection } = paper()
    const a = connection()
    const states: ConnectionState[] = []
    const errors: NetError[] = []
    a.on('error', (error) => errors.push(error))
    const failed = new Promise<void>((resolve) => {
      a.on('connectionStateChanged', (state) => {
        states.push(state)
        if (state === ConnectionState.Failed) resolve()
      })
    })
    a.setRemoteDescription('offer', 'v=0 torn')
    await failed
    expect(errors.map(({ message }) => message)).toEqual(['The paper is torn.'])
    expect(states).toEqual([ConnectionState.Connecting, ConnectionState.Failed])
  })

  it('whose error alone, as of a bad candidate, is reported and changes nothing', () => {
    const { driver, connection } = paper()
    const a = connection()
    const errors: NetError[] = []
    a.on('error', (error) => errors.push(error))
    a.createDataChannel('chat')
    a.createOffer()
    driver.connections[0]!.events.error(new NetError('ERR_INVALID_DATA', 'A bad candidate.'))
    expect(errors.length).toBe(1)
    expect(a.connectionState).toBe(ConnectionState.Connecting)
  })

  it('whose events after the connection went on to another are not heard', async () => {
    const { driver, connection } = paper()
    const a = connection()
    const channel = a.createDataChannel('chat')
    const log: string[] = []
    a.on('connectionStateChanged', (state) => log.push(`${state}`))
    a.on('sessionDescriptionCreated', (type) => log.push(type))
    channel.on('closed', () => log.push('channel closed'))
    a.initialize()
    const [old] = driver.connections
    old!.events.connectionState(ConnectionState.Connected)
    old!.events.description('offer', 'v=0 0')
    old!.events.candidate('0', 0, 'x')
    old!.events.error(new NetError('ERR_INVALID_DATA', 'late'))
    expect(log).toEqual(['channel closed'])
    expect([a.connectionState, old!.closed, driver.connections.length]).toEqual([ConnectionState.New, true, 2])
  })

  it('whose failed connection closes its channels', () => {
    const { driver, connection } = paper()
    const a = connection()
    const channel = a.createDataChannel('chat')
    a.createOffer()
    driver.connections[0]!.events.connectionState(ConnectionState.Failed)
    expect(a.connectionState).toBe(ConnectionState.Failed)
    expect(channel.readyState).toBe(ChannelState.Closed)
  })

  it('whose short interruption changes the state, and comes back', () => {
    const { driver, connection } = paper()
    const a = connection()
    a.createDataChannel('chat')
    a.createOffer()
    const states: ConnectionState[] = []
    a.on('connectionStateChanged', (state) => states.push(state))
    const { events } = driver.connections[0]!
    for (const state of [2, 3, 2, 2, 0, 3] as const) events.connectionState(state)
    expect(states).toEqual([2, 3, 2, 3])
  })
})

describe('no driver', () => {
  it('outside of a browser: says what to import', () => {
    WebRTCPeerConnection.setDefaultExtension(undefined)
    const refused = thrown(() => new WebRTCPeerConnection().initialize())
    expect(refused.code).toBe('ERR_DRIVER_MISSING')
    expect(refused.message).toContain("import 'skein/node'")
  })

  it('in a browser without WebRTC: says what to use', async () => {
    const page = globalThis as { document?: unknown }
    page.document = {}
    try {
      const refused = await rejection(Promise.resolve().then(() => new WebRTCPeerConnection().createDataChannel('x')))
      expect(refused.code).toBe('ERR_WEBRTC_UNSUPPORTED')
    } finally {
      delete page.document
    }
  })
})
