import { describe, expect, it } from 'vitest'
import { BULK_REDIAL_MS, ICE_SERVERS_TIMEOUT_MS, MAX_REDIALS } from '../../src/multiplayer/constants.ts'
import { joinRoom } from '../../src/multiplayer/join-room.ts'
import type { JoinRoomOptions, Room } from '../../src/multiplayer/room-types.ts'
import type { DriverConnection, IceServer, WebRTCDriver } from '../../src/net/drivers/driver.ts'
import { ConnectionState } from '../../src/net/drivers/driver.ts'
import type { NetError } from '../../src/net/errors.ts'
import type { SignalingTransport } from '../../src/net/signaling/transport.ts'
import { SimulatedNetwork } from '../../src/testing.ts'

const network = () => new SimulatedNetwork({ seed: 3, latencyMs: 20 })

/** The driver of a peer, and the ICE servers that its connections were made with. The first `failing` offers fail. */
function watched(
  driver: WebRTCDriver,
  failing = 0,
): { driver: WebRTCDriver; made: (readonly IceServer[] | undefined)[]; connections: DriverConnection[] } {
  const made: (readonly IceServer[] | undefined)[] = []
  const connections: DriverConnection[] = []
  let offers = 0
  return {
    made,
    connections,
    driver: {
      name: 'watched',
      createConnection(configuration, events) {
        made.push(configuration.iceServers)
        const connection = driver.createConnection(configuration, {
          ...events,
          description: (type, sdp) => {
            events.description(type, sdp)
            if (type === 'offer' && offers++ < failing) events.connectionState(ConnectionState.Failed)
          },
        })
        connections.push(connection)
        return connection
      },
    },
  }
}

/** Two peers of one room; the second, which offers, has the options given. */
async function meet(net: SimulatedNetwork, options: Partial<JoinRoomOptions>): Promise<[Room, Room]> {
  const first = await net.until(joinRoom(net.peerOptions('first')))
  const second = await net.until(joinRoom({ ...net.peerOptions('second'), room: first.code, ...options }))
  return [first, second]
}

describe('iceServers', () => {
  it('as a function is asked before every connection, and waited for', async () => {
    const net = network()
    const { clock, driver } = net.peerOptions('second')
    const peer = watched(driver, 1)
    let asked = 0
    const iceServers = () => {
      const urls = `stun:${++asked}.example`
      return new Promise<IceServer[]>((resolve) => clock.setTimeout(() => resolve([{ urls }]), 100))
    }
    const [first] = await meet(net, { iceServers, driver: peer.driver })
    await net.until(() => first.peers.length === 1)
    // The first one only tries whether there is WebRTC at all.
    expect(peer.made).toEqual([undefined, [{ urls: 'stun:1.example' }], [{ urls: 'stun:2.example' }]])
  })

  it('as a function of the side that answers: what the other side signals meanwhile is kept', async () => {
    const net = network()
    const { clock } = net.peerOptions('first')
    const iceServers = () => new Promise<IceServer[]>((resolve) => clock.setTimeout(() => resolve([]), 1_000))
    const first = await net.until(joinRoom({ ...net.peerOptions('first'), iceServers }))
    const second = await net.until(joinRoom({ ...net.peerOptions('second'), room: first.code }))
    await net.until(() => first.peers.length === 1 && second.peers.length === 1)
    expect(net.clock.now()).toBeLessThan(2_000)
  })

  it.each<[string, () => Promise<IceServer[]>, string]>([
    ['rejects', () => Promise.reject(new Error('no credit left')), 'no credit left'],
    ['never answers', () => new Promise(() => {}), `within ${ICE_SERVERS_TIMEOUT_MS / 1000} s`],
  ])('as a function that %s fails the connection, and says so', async (_, iceServers, words) => {
    const net = network()
    const failed: NetError[] = []
    const [first, second] = await meet(net, { iceServers })
    second.on('connectionFailed', (id, error) => {
      expect(id).toBe(first.id)
      failed.push(error)
    })
    await net.until(() => failed.length > 0)
    expect(failed[0]!.message).toContain(words)
  })

  it('of signaling are asked for anew when a connection failed', async () => {
    const net = network()
    const peer = watched(net.peerOptions('second').driver, MAX_REDIALS)
    let refreshed = 0
    const signaling: SignalingTransport = {
      async open(request, context) {
        const session = await net.signaling.open(request, context)
        Object.defineProperty(session, 'iceServers', { value: [{ urls: 'stun:joined.example' }] })
        session.refreshIceServers = async () => [{ urls: `stun:fresh-${++refreshed}.example` }]
        return session
      },
    }
    const [first] = await meet(net, { signaling, driver: peer.driver })
    await net.until(() => first.peers.length === 1)
    expect(peer.made.slice(1)).toEqual([
      [{ urls: 'stun:joined.example' }],
      [{ urls: 'stun:fresh-1.example' }],
      [{ urls: 'stun:fresh-2.example' }],
    ])
  })

  it.each([
    ['restarts', 'browser'],
    ['is made anew', 'node'],
  ] as const)('of signaling are asked for anew when a connection that stood %s', async (_, transport) => {
    const net = new SimulatedNetwork({ seed: 3, latencyMs: 20, transport })
    let refreshed = 0
    const signaling: SignalingTransport = {
      async open(request, context) {
        const session = await net.signaling.open(request, context)
        session.refreshIceServers = async () => {
          refreshed += 1
          return session.iceServers
        }
        return session
      },
    }
    const [first, second] = await meet(net, { signaling })
    await net.until(() => first.peers.length === 1 && second.peers.length === 1)
    expect(refreshed).toBe(0)
    let back = false
    second.on('peerReconnected', () => {
      back = true
    })
    net.interrupt(3_000)
    await net.until(() => back)
    expect(refreshed).toBeGreaterThan(0)
  })

  it('of signaling are those of now where bulk gets a connection of its own: credentials for a relay last ten minutes', async () => {
    const net = network()
    const peer = watched(net.peerOptions('second').driver)
    let urls = 'stun:joined.example'
    const signaling: SignalingTransport = {
      async open(request, context) {
        const session = await net.signaling.open(request, context)
        Object.defineProperty(session, 'iceServers', { get: () => [{ urls }] })
        return session
      },
    }
    const [first, second] = await meet(net, { signaling, driver: peer.driver })
    await net.until(() => first.peers.length === 1 && second.peers.length === 1)
    urls = 'stun:renewed.example'
    first.sendBytes(new Uint8Array(300_000))
    await net.until(() => first.stats(second.id).bulkRoute === 'own')
    expect(peer.made.slice(1)).toEqual([[{ urls: 'stun:joined.example' }], [{ urls: 'stun:renewed.example' }]])
  })

  it('as a function is asked for that connection, too: what it says is for the next attempt, which need not wait', async () => {
    const net = network()
    const peer = watched(net.peerOptions('second').driver)
    let asked = 0
    const iceServers = async () => [{ urls: `stun:${++asked}.example` }]
    const [first, second] = await meet(net, { iceServers, driver: peer.driver })
    await net.until(() => first.peers.length === 1 && second.peers.length === 1)
    for (let n = 0; n < 2; n++) {
      first.sendBytes(new Uint8Array(300_000))
      await net.until(() => first.stats(second.id).bulkRoute === 'own')
      peer.connections.at(-1)!.close()
      await net.run(BULK_REDIAL_MS)
    }
    expect(peer.made.slice(1).map((servers) => servers?.[0]?.urls)).toEqual([
      'stun:1.example',
      'stun:1.example',
      'stun:2.example',
    ])
  })

  it('that a connection cannot use are told to whoever only just joined', async () => {
    const net = network()
    const { driver } = net.peerOptions('second')
    const refusing: WebRTCDriver = {
      name: 'refusing',
      createConnection(configuration, events) {
        if (configuration.iceServers?.length) throw new Error('not a URL')
        return driver.createConnection(configuration, events)
      },
    }
    const failed: NetError[] = []
    const [, second] = await meet(net, { driver: refusing, iceServers: () => [{ urls: 'nonsense' }] })
    second.on('connectionFailed', (_, error) => failed.push(error))
    await net.until(() => failed.length > 0)
    expect(failed[0]!.message).toContain('could not be dialled')
  })
})
