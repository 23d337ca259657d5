// How connections over the network come about and end.

import { describe, expect, test } from 'vitest'
import type { WebRTCDataChannel } from '../../../src/net/data-channel.ts'
import { ConnectionState, GatheringState, SignalingState } from '../../../src/net/drivers/driver.ts'
import { WebRTCPeerConnection } from '../../../src/net/peer-connection.ts'
import { Handshake } from '../../../src/net/simulation/handshake.ts'
import { SimulatedNetwork, VirtualClock } from '../../../src/testing.ts'
import { meet } from '../../support/meet.ts'
import { thrown } from '../../support/net-errors.ts'
import { close, end, pair, RELIABLE, UNRELIABLE } from './support.ts'

const { Connecting, Connected, Disconnected, Failed, Closed } = ConnectionState

describe('connecting', () => {
  test('takes the round trips of ICE, DTLS and SCTP', async () => {
    const network = new SimulatedNetwork({ latencyMs: 50 })
    const a = end(network, 'a', [RELIABLE])
    const b = end(network, 'b', [RELIABLE])
    meet(a.connection, b.connection)
    await network.until(() => a.connection.connectionState === Connected)
    expect(network.clock.now()).toBeGreaterThanOrEqual(250)
    await network.until(() => a.channels[0]!.readyState === 1 && b.channels[0]!.readyState === 1)
    // Five round trips, and half of one more for the side that was ready first.
    expect(network.clock.now()).toBeGreaterThanOrEqual(500)
    expect(network.clock.now()).toBeLessThanOrEqual(600)
    expect(a.states).toEqual([Connecting, Connected])
    expect(b.states).toEqual([Connecting, Connected])
    expect(a.connection.signalingState).toBe(SignalingState.Stable)
    expect(a.connection.gatheringState).toBe(GatheringState.Complete)
    expect(await a.connection.selectedRoute()).toEqual({ local: 'host', remote: 'host' })
    close(a, b)
  })

  test.each([1, 2, 3, 4, 5])('survives the loss of a third: seed %i', async (seed) => {
    const network = new SimulatedNetwork({ seed, latencyMs: 50, loss: 0.3, reorder: 0.2 })
    const [a, b] = await pair(network)
    expect(network.clock.now()).toBeLessThan(35_000)
    close(a, b)
    await network.run(1000)
    expect(network.clock.pendingTimers).toBe(0)
  })

  test('fails in time when nothing comes through, and says what was missing', async () => {
    const network = new SimulatedNetwork({ outage: true })
    const a = end(network, 'a', [RELIABLE])
    const b = end(network, 'b', [RELIABLE])
    const errors: string[] = []
    a.connection.on('error', ({ message }) => errors.push(message))
    b.connection.on('error', ({ message }) => errors.push(message))
    meet(a.connection, b.connection)
    await network.until(() => a.states.includes(Failed) && b.states.includes(Failed))
    expect(network.clock.now()).toBeCloseTo(39_500, -2)
    expect(errors).toHaveLength(2)
    expect(errors[0]).toMatch(/ICE check/)
    expect(network.clock.pendingTimers).toBe(0)
  })

  test('a description without data channels fails the connection, a bad candidate is reported', async () => {
    const network = new SimulatedNetwork()
    const refusing = end(network, 'c', [RELIABLE])
    refusing.connection.setRemoteDescription('offer', 'v=0\r\ns=-\r\n')
    await network.run(1)
    expect(refusing.states.at(-1)).toBe(4)
    const a = end(network, 'a', [RELIABLE])
    const errors: string[] = []
    const b = end(network, 'b', [RELIABLE])
    b.connection.on('error', ({ code }) => errors.push(code))
    meet(a.connection, b.connection)
    await network.run(1)
    b.connection.addIceCandidate('0', 0, 'nonsense')
    await network.run(1)
    expect(errors).toEqual(['ERR_INVALID_DATA'])
  })

  test('relay only: with a TURN server a relayed route, without one none', async () => {
    const network = new SimulatedNetwork()
    const { driver } = network.peerOptions('a')
    const iceServers = [{ urls: ['stun:s.example', 'turn:t.example'], username: 'u', credential: 'c' }]
    const candidates: string[] = []
    for (const servers of [iceServers, []]) {
      const connection = new WebRTCPeerConnection()
      connection.initialize({ driver, iceTransportPolicy: 'relay', iceServers: servers })
      connection.on('iceCandidateCreated', (_media, _index, name) => candidates.push(name))
      connection.on('sessionDescriptionCreated', (type, sdp) => connection.setLocalDescription(type, sdp))
      connection.createDataChannel('x')
      connection.createOffer()
    }
    await network.run(10)
    expect(candidates).toHaveLength(1)
    expect(candidates[0]).toMatch(/typ relay$/)
  })

  test('connections of the network’s own driver are machines of their own', async () => {
    const network = new SimulatedNetwork({ latencyMs: 10 })
    WebRTCPeerConnection.setDefaultExtension(network.driver)
    try {
      const [a, b] = [new WebRTCPeerConnection(), new WebRTCPeerConnection()]
      a.createDataChannel('x', RELIABLE)
      b.createDataChannel('x', RELIABLE)
      meet(a, b)
      await network.until(() => a.connectionState === Connected && b.connectionState === Connected)
      a.close()
      b.close()
    } finally {
      WebRTCPeerConnection.setDefaultExtension(undefined)
    }
  })
})

test('a passive side that is asked again when all is done answers once, and goes on no timer', () => {
  const clock = new VirtualClock()
  let sent = 0
  const handshake = new Handshake(clock, false, {
    certificate: '',
    transmit: () => sent++,
    routed: () => {},
    connected: () => {},
    established: () => {},
    failed: () => {},
  })
  for (const step of [0, 1, 2, 3, 4, 4]) handshake.receive({ step, isAnswer: false })
  expect(handshake.done).toBe(true)
  expect(sent).toBe(7)
  expect(clock.pendingTimers).toBe(0)
})

describe('channels', () => {
  test('opened in band: label, protocol and reliability arrive, then the messages', async () => {
    const network = new SimulatedNetwork({ latencyMs: 20, loss: 0.2, seed: 9 })
    const a = end(network, 'a')
    const b = end(network, 'b')
    const received: string[] = []
    let remote: WebRTCDataChannel | undefined
    b.connection.on('dataChannelReceived', (channel) => {
      remote = channel
      channel.on('packet', (packet) => received.push(new TextDecoder().decode(packet)))
    })
    const own = a.connection.createDataChannel('chat', { ordered: false, maxPacketLifeTime: 500, protocol: 'json' })
    own.on('open', () => own.putPacket('hello'))
    expect(own.id).toBe(65_535)
    meet(a.connection, b.connection)
    await network.until(() => own.readyState === 1)
    await network.run(1000)
    expect(remote).toMatchObject({
      label: 'chat',
      protocol: 'json',
      ordered: false,
      maxPacketLifeTime: 500,
      id: own.id,
    })
    expect(own.id % 2).toBe(1)
    expect(received).toEqual(['hello'])
    close(a, b)
  })

  test('one that nobody wants is refused: it closes', async () => {
    const network = new SimulatedNetwork({ latencyMs: 20 })
    const a = end(network, 'a')
    const b = end(network, 'b')
    const own = a.connection.createDataChannel('unwanted')
    meet(a.connection, b.connection)
    await network.until(() => own.readyState === 3)
    expect(a.connection.connectionState).toBe(Connected)
    close(a, b)
  })

  test('a negotiated one that the other side does not have closes when it is used', async () => {
    const network = new SimulatedNetwork({ latencyMs: 20 })
    const a = end(network, 'a', [RELIABLE, { negotiated: true, id: 7 }])
    const b = end(network, 'b', [RELIABLE])
    meet(a.connection, b.connection)
    await network.until(() => a.channels[1]!.readyState === 1)
    await network.run(5000)
    expect(a.channels[1]!.readyState).toBe(1)
    a.channels[1]!.putPacket('anybody?')
    await network.run(100)
    expect(a.channels[1]!.readyState).toBe(3)
    expect(a.channels[0]!.readyState).toBe(1)
    close(a, b)
  })

  test.each([1, 2, 3])('closing one sends what waits, then closes the other side : seed %i', async (seed) => {
    const network = new SimulatedNetwork({ seed, latencyMs: 20, loss: 0.2 })
    const [a, b] = await pair(network)
    let closed = 0
    b.channels[0]!.on('closed', () => closed++)
    for (let i = 0; i < 100; i++) a.channels[0]!.putPacket(String(i).padEnd(1000))
    a.channels[0]!.close()
    expect(a.channels[0]!.readyState).toBe(2)
    await network.until(() => a.channels[0]!.readyState === 3)
    expect(b.received[0]).toHaveLength(100)
    expect(closed).toBe(1)
    expect(b.channels[0]!.readyState).toBe(3)
    expect(b.channels[1]!.readyState).toBe(1)
    close(a, b)
  })
})

describe('ending', () => {
  test('the other side hears of a close one way later', async () => {
    const network = new SimulatedNetwork({ latencyMs: 40 })
    const [a, b] = await pair(network, [RELIABLE])
    const start = network.clock.now()
    let closedAt = 0
    b.channels[0]!.on('closed', () => {
      closedAt = network.clock.now()
    })
    a.connection.close()
    expect(a.connection.connectionState).toBe(Closed)
    await network.run(1000)
    expect(closedAt - start).toBeCloseTo(40, 6)
    expect(b.states.slice(-2)).toEqual([Disconnected, Closed])
    expect(network.clock.pendingTimers).toBe(0)
  })

  test('silence is noticed after 30 s', async () => {
    const network = new SimulatedNetwork({ latencyMs: 40 })
    const [a] = await pair(network, [UNRELIABLE])
    await network.run(7000)
    network.kill('b')
    const start = network.clock.now()
    await network.until(() => a.states.includes(Failed))
    expect(network.clock.now() - start).toBeLessThan(30_000)
    expect(network.clock.now() - start).toBeGreaterThan(23_000)
    expect(a.states.slice(-2)).toEqual([Disconnected, Failed])
    expect(network.clock.pendingTimers).toBe(0)
  })

  test('an idle connection stays, for hours', async () => {
    const network = new SimulatedNetwork({ latencyMs: 40, loss: 0.2, seed: 3 })
    const [a, b] = await pair(network)
    await network.run(3_600_000)
    expect(a.connection.connectionState).toBe(Connected)
    expect(b.connection.connectionState).toBe(Connected)
    close(a, b)
  })

  test('closing from inside every callback', async () => {
    for (const event of ['open', 'packet', 'closed'] as const) {
      const network = new SimulatedNetwork({ latencyMs: 10 })
      const [a, b] = [end(network, 'a', [RELIABLE, UNRELIABLE]), end(network, 'b', [RELIABLE, UNRELIABLE])]
      let seen = 0
      b.channels[0]!.on(event, () => {
        seen += 1
        b.connection.close()
      })
      a.channels[0]!.on('open', () => {
        a.channels[0]!.putPacket('x')
        a.channels[0]!.putPacket('y')
      })
      meet(a.connection, b.connection)
      await network.run(2000)
      if (event === 'closed') a.connection.close()
      await network.run(1000)
      expect(seen, event).toBe(1)
      expect(b.connection.connectionState).toBe(Closed)
      close(a)
      await network.run(100)
      expect(network.clock.pendingTimers, event).toBe(0)
    }
  })

  test('both close notices lost: silence', async () => {
    const network = new SimulatedNetwork({ latencyMs: 40 })
    const [a, b] = await pair(network, [RELIABLE])
    network.between('a', 'b').there.interrupt(1)
    a.connection.close()
    await network.run(20_000)
    expect(b.connection.connectionState).toBe(Connected)
    await network.run(15_000)
    expect(b.connection.connectionState).toBe(Failed)
    expect(network.clock.pendingTimers).toBe(0)
  })
})

test('a connection whose certificate is not the one that was named fails', async () => {
  const network = new SimulatedNetwork({ seed: 1 })
  const [a, b] = [end(network, 'a', [RELIABLE]), end(network, 'b', [RELIABLE])]
  const other = 'a=fingerprint:sha-256 00:11'
  meet(a.connection, b.connection, (from, sdp) =>
    from === a.connection ? sdp.replace(/^a=fingerprint:[^\r]*/m, other) : sdp,
  )
  await network.run(5_000)
  expect(b.connection.connectionState).toBe(ConnectionState.Failed)
  expect(b.connection.remoteFingerprints).toEqual(['sha-256 00:11'])
  expect(a.connection.localFingerprints).not.toEqual(b.connection.remoteFingerprints)
  close(a, b)
})

test('a restart of ICE with another certificate is refused before the platform hears of it', async () => {
  const network = new SimulatedNetwork({ latencyMs: 20 })
  const { driver } = network.peerOptions('b')
  const heard: string[] = []
  const b = new WebRTCPeerConnection()
  // The simulated connections cannot restart ICE: this one only says that it can.
  b.initialize({
    driver: {
      ...driver,
      createConnection: (configuration, events) => {
        const connection = driver.createConnection(configuration, events)
        const first = connection.setRemoteDescription.bind(connection)
        return Object.assign(connection, {
          restartsIce: true,
          setRemoteDescription: (type: 'offer' | 'answer', sdp: string) => {
            if (heard.push(sdp) === 1) first(type, sdp)
          },
        })
      },
    },
  })
  b.createDataChannel('channel 0', RELIABLE)
  const a = end(network, 'a', [RELIABLE])
  meet(a.connection, b)
  await network.until(() => b.connectionState === Connected)
  const sdp = heard[0]!
  const forgeries = [
    sdp.replace(/(a=fingerprint:\S+ )../, '$1EE'),
    sdp.replace(/^a=fingerprint.*$/m, ''),
    `${sdp}a=fingerprint:sha-256 EE:EE\r\n`,
  ]
  for (const each of forgeries) {
    expect(each).not.toBe(sdp)
    expect(thrown(() => b.setRemoteDescription('offer', each)).code).toBe('ERR_UNAUTHORIZED')
  }
  expect(heard).toEqual([sdp])
  expect(b.remoteFingerprints).toEqual(a.connection.localFingerprints)
  b.setRemoteDescription('offer', sdp)
  expect(heard).toEqual([sdp, sdp])
  b.close()
  a.connection.close()
})
