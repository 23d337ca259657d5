import { afterEach, describe, expect, it } from 'vitest'
import { MAX_EARLY_CANDIDATES, MAX_REMOTE_CANDIDATES } from '../../src/net/constants.ts'
import type { WebRTCDataChannel } from '../../src/net/data-channel.ts'
import { ChannelState, ConnectionState, GatheringState, SignalingState } from '../../src/net/drivers/driver.ts'
import type { NetError } from '../../src/net/errors.ts'
import type { WebRTCPeerConnection } from '../../src/net/peer-connection.ts'
import { thrown } from '../support/net-errors.ts'
import { atEnd, closeAll, crossWire, LOOPBACK, newConnection, until } from '../support/peers.ts'
import { turn } from '../support/turn.ts'
import { CHAT, connected, next, opened, someOffer } from './support.ts'

afterEach(closeAll)

describe('connecting', () => {
  it('goes by descriptions and candidates from New over Connecting to Connected, and events come later, not within a call', async () => {
    const [a, b] = [newConnection(), newConnection()]
    const states: Record<'a' | 'b', ConnectionState[]> = { a: [], b: [] }
    a.on('connectionStateChanged', (state) => states.a.push(state))
    b.on('connectionStateChanged', (state) => states.b.push(state))
    const [atA, atB] = [a.createDataChannel('chat', CHAT), b.createDataChannel('chat', CHAT)]
    expect([a.connectionState, a.gatheringState, a.signalingState]).toEqual([
      ConnectionState.New,
      GatheringState.New,
      SignalingState.Stable,
    ])
    let within = true
    a.on('sessionDescriptionCreated', (type) => {
      expect(type).toBe('offer')
      expect(within).toBe(false)
    })
    b.on('sessionDescriptionCreated', (type) => expect(type).toBe('answer'))
    a.on('iceCandidateCreated', (media, index, name) => {
      expect([typeof media, index]).toEqual(['string', 0])
      expect(name).toMatch(/^candidate:/)
    })
    crossWire(a, b)
    a.createOffer()
    within = false
    expect(a.connectionState).toBe(ConnectionState.Connecting)
    await Promise.all([opened(atA), opened(atB)])
    await until(() => states.a.length === 2 && states.b.length === 2)
    expect(states).toEqual({
      a: [ConnectionState.Connecting, ConnectionState.Connected],
      b: [ConnectionState.Connecting, ConnectionState.Connected],
    })
    expect([a.signalingState, b.signalingState]).toEqual([SignalingState.Stable, SignalingState.Stable])
    await until(() => a.gatheringState === GatheringState.Complete)
    expect(await a.selectedRoute()).toMatchObject({ local: 'host' })
    a.poll()
    expect(a.restartIce()).toBe(false)
  })

  it('keeps candidates back until the description was passed to setLocalDescription', async () => {
    const a = newConnection()
    a.createDataChannel('chat', CHAT)
    let candidates = 0
    a.on('iceCandidateCreated', () => candidates++)
    const sdp = next<string>((resolve) => a.on('sessionDescriptionCreated', (_type, text) => resolve(text)))
    a.createOffer()
    const offer = await sdp
    // Longer than it takes to find this machine's own addresses, which needs no answer from anywhere.
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect([candidates, a.gatheringState]).toEqual([0, GatheringState.New])
    a.setLocalDescription('offer', offer)
    expect(candidates).toBe(0)
    await until(() => candidates > 0)
  })

  it('takes candidates that come before the description', async () => {
    const [a, b] = [newConnection(), newConnection()]
    const [atA, atB] = [a.createDataChannel('chat', CHAT), b.createDataChannel('chat', CHAT)]
    const offer = next<string>((resolve) => a.on('sessionDescriptionCreated', (_type, text) => resolve(text)))
    let early = 0
    a.on('iceCandidateCreated', (media, index, name) => {
      early += 1
      b.addIceCandidate(media, index, name)
    })
    b.on('iceCandidateCreated', (media, index, name) => a.addIceCandidate(media, index, name))
    b.on('sessionDescriptionCreated', (type, sdp) => {
      b.setLocalDescription(type, sdp)
      a.setRemoteDescription(type, sdp)
    })
    a.createOffer()
    const sdp = await offer
    a.setLocalDescription('offer', sdp)
    await until(() => early > 0)
    expect(b.connectionState).toBe(ConnectionState.New)
    b.setRemoteDescription('offer', sdp)
    await Promise.all([opened(atA), opened(atB)])
  })

  it('does not take candidates without end, before or after the description', async () => {
    const connection = newConnection()
    const add = () => connection.addIceCandidate('0', 0, 'candidate:1 1 UDP 1 127.0.0.1 9 typ host')
    for (let i = 0; i < MAX_EARLY_CANDIDATES; i++) add()
    expect(thrown(add).code).toBe('ERR_OUT_OF_MEMORY')
    connection.setRemoteDescription('offer', await someOffer())
    const more = () => {
      for (let i = 0; i <= MAX_REMOTE_CANDIDATES; i++) add()
    }
    expect(thrown(more).code).toBe('ERR_OUT_OF_MEMORY')
  })

  it('reports a candidate that makes no sense, and connects nevertheless', async () => {
    const { a } = await connected()
    const errors: NetError[] = []
    a.on('error', (error) => errors.push(error))
    for (const name of ['', 'nonsense', 'candidate:', 'candidate:1 1 UDP x y z typ host', 'a\0b'])
      a.addIceCandidate('0', 0, name)
    a.addIceCandidate('no such media', 7, 'candidate:1 1 UDP 1 127.0.0.1 9 typ host')
    await turn()
    expect(errors.every(({ code }) => code === 'ERR_INVALID_DATA')).toBe(true)
    expect(a.connectionState).toBe(ConnectionState.Connected)
  })
})

describe('using a connection again', () => {
  it('initialize closes what was open, and what it said is not mixed up with the new', async () => {
    const { a, b, atA, atB } = await connected()
    const events: string[] = []
    a.on('connectionStateChanged', (state) => events.push(`state ${state}`))
    atA.on('closed', () => events.push('closed'))
    a.initialize({ node: LOOPBACK })
    expect([a.connectionState, a.signalingState, a.gatheringState]).toEqual([0, 0, 0])
    expect(atA.readyState).toBe(ChannelState.Closed)
    expect(events).toEqual(['closed'])
    await until(() => atB.readyState === ChannelState.Closed)
    expect(a.connectionState).toBe(ConnectionState.New)

    const other = newConnection()
    const [again, atOther] = [a.createDataChannel('chat', CHAT), other.createDataChannel('chat', CHAT)]
    const offer = next<string>((resolve) => a.on('sessionDescriptionCreated', (_type, sdp) => resolve(sdp)))
    a.on('iceCandidateCreated', (media, index, name) => other.addIceCandidate(media, index, name))
    other.on('iceCandidateCreated', (media, index, name) => a.addIceCandidate(media, index, name))
    other.on('sessionDescriptionCreated', (type, sdp) => {
      other.setLocalDescription(type, sdp)
      a.setRemoteDescription(type, sdp)
    })
    // The wires to the first partner are still there: it is closed, so they carry nothing.
    b.close()
    a.createOffer()
    const sdp = await offer
    other.setRemoteDescription('offer', sdp)
    await Promise.all([opened(again), opened(atOther)])
  })

  it('initialize in the middle of connecting drops the attempt', async () => {
    const a = newConnection()
    let descriptions = 0
    a.on('sessionDescriptionCreated', () => descriptions++)
    a.createDataChannel('chat')
    a.createOffer()
    a.initialize({ node: LOOPBACK })
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(descriptions).toBe(0)
    expect(a.connectionState).toBe(ConnectionState.New)
  })
})

describe('closing', () => {
  it('is told once, to the channels first, and to the other side', async () => {
    const { a, b, atA, atB } = await connected()
    const events: string[] = []
    atA.on('closed', () => events.push('a: channel'))
    a.on('connectionStateChanged', (state) => events.push(`a: ${state}`))
    const closedAtB = next<void>((resolve) => atB.on('closed', resolve))
    a.close()
    expect(events).toEqual(['a: channel', `a: ${ConnectionState.Closed}`])
    await closedAtB
    await until(() => b.connectionState === ConnectionState.Closed)
    expect([a.connectionState, atB.readyState, atB.bufferedAmount]).toEqual([
      ConnectionState.Closed,
      ChannelState.Closed,
      0,
    ])
    expect(thrown(() => atA.putPacket('x')).code).toBe('ERR_UNCONFIGURED')
    expect(thrown(() => atB.putPacket('x')).code).toBe('ERR_UNCONFIGURED')
    expect(events.length).toBe(2)
  })

  it('is possible from inside any callback', async () => {
    const closeIn = {
      description: (a: WebRTCPeerConnection) => a.on('sessionDescriptionCreated', () => a.close()),
      candidate: (a: WebRTCPeerConnection) => a.on('iceCandidateCreated', () => a.close()),
      state: (a: WebRTCPeerConnection) => a.on('connectionStateChanged', (state) => state === 2 && a.close()),
      open: (a: WebRTCPeerConnection, channel: WebRTCDataChannel) => channel.on('open', () => a.close()),
      packet: (a: WebRTCPeerConnection, channel: WebRTCDataChannel) => channel.on('packet', () => a.close()),
      closed: (a: WebRTCPeerConnection, channel: WebRTCDataChannel) => channel.on('closed', () => a.close()),
    }
    for (const [where, install] of Object.entries(closeIn)) {
      const [a, b] = [newConnection(), newConnection()]
      const [atA, atB] = [a.createDataChannel('chat', CHAT), b.createDataChannel('chat', CHAT)]
      install(a, atA)
      if (where === 'packet') atB.on('open', () => atB.putPacket('hello'))
      if (where === 'closed') atB.on('open', () => atB.close())
      crossWire(a, b)
      a.createOffer()
      await until(() => a.connectionState === ConnectionState.Closed)
      expect(atA.readyState, where).toBe(ChannelState.Closed)
      b.close()
    }
  })

  it('a hundred connections that never connected leaves nothing that keeps failing', async () => {
    for (let i = 0; i < 100; i++) {
      const connection = newConnection()
      connection.createDataChannel('chat')
      if (i % 2 === 0) connection.createOffer()
      connection.close()
    }
    const { atA, atB } = await connected()
    const heard = next<Uint8Array>((resolve) => atB.on('packet', (packet) => resolve(packet)))
    atA.putPacket('still works')
    expect(Buffer.from(await heard).toString()).toBe('still works')
  })
})

describe('channels that the other side opens', () => {
  it('are received with their label and protocol, and work both ways', async () => {
    const [a, b] = [newConnection(), newConnection()]
    atEnd(() => a.close())
    const atA = a.createDataChannel('from a', { protocol: 'game/1' })
    expect(atA.id).toBe(65_535)
    const received = next<WebRTCDataChannel>((resolve) => b.on('dataChannelReceived', resolve))
    crossWire(a, b)
    a.createOffer()
    const atB = await received
    expect([atB.label, atB.protocol, atB.negotiated]).toEqual(['from a', 'game/1', false])
    await Promise.all([opened(atA), opened(atB)])
    expect(atA.id).toBe(atB.id)
    expect(atA.id).toBeLessThan(1_024)
    atA.putPacket('ping')
    atB.on('packet', () => atB.putPacket('pong'))
    await until(() => atA.availablePacketCount > 0)
    expect(Buffer.from(atA.getPacket()).toString()).toBe('pong')
  })

  it('are refused when nobody listens for them', async () => {
    const [a, b] = [newConnection(), newConnection()]
    const wanted = a.createDataChannel('chat', CHAT)
    const unwanted = a.createDataChannel('unwanted')
    b.createDataChannel('chat', CHAT)
    crossWire(a, b)
    a.createOffer()
    await next<void>((resolve) => unwanted.on('closed', resolve))
    expect(wanted.readyState).toBe(ChannelState.Open)
    expect(unwanted.readyState).toBe(ChannelState.Closed)
  })
})
