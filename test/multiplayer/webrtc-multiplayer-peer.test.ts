import { afterEach, describe, expect, it } from 'vitest'
import { ConnectionStatus, TransferMode } from '../../src/multiplayer/types.ts'
import { WebRTCMultiplayerPeer } from '../../src/multiplayer/webrtc-multiplayer-peer.ts'
import { ConnectionState } from '../../src/net/drivers/driver.ts'
import { MAX_RELIABLE_PACKET, MAX_UNRELIABLE_PACKET } from '../../src/net/link/constants.ts'
import { seededRandom } from '../../src/net/random.ts'
import { thrown } from '../support/net-errors.ts'
import { closeAll, connectPeers, crossWire, newConnection, newPeer, until, Witness } from '../support/peers.ts'

const { Reliable, Unreliable, UnreliableOrdered } = TransferMode

afterEach(closeAll)

const mesh = (id: number, channels: TransferMode[] = []) => newPeer((peer) => peer.createMesh(id, channels))

/** Two peers of a mesh, 2 and 3, that are connected. */
async function meshOfTwo(channels: TransferMode[] = []) {
  const [a, b] = [mesh(2, channels), mesh(3, channels)]
  const [hearsA, hearsB] = [new Witness(a), new Witness(b)]
  connectPeers(a, b)
  await Promise.all([hearsA.met(1), hearsB.met(1)])
  return { a, b, hearsA, hearsB }
}

describe('becoming a peer', () => {
  it('sets the id and the status: a server and a mesh are connected, a client is connecting', () => {
    const created = (create: (peer: WebRTCMultiplayerPeer) => void) => {
      const peer = newPeer(create)
      return [peer.uniqueId, peer.connectionStatus, peer.isServer]
    }
    expect(created((peer) => peer.createServer())).toEqual([1, ConnectionStatus.Connected, true])
    expect(created((peer) => peer.createMesh(1))).toEqual([1, ConnectionStatus.Connected, true])
    expect(created((peer) => peer.createMesh(2 ** 31 - 1))).toEqual([2 ** 31 - 1, ConnectionStatus.Connected, false])
    expect(created((peer) => peer.createClient(7))).toEqual([7, ConnectionStatus.Connecting, false])
    expect(created(() => {})).toEqual([0, ConnectionStatus.Disconnected, false])
  })

  it('refuses a silence that is too short, too long or none', () => {
    for (const suspicionMs of [0, 999, 30_001, Number.NaN]) {
      expect(thrown(() => new WebRTCMultiplayerPeer({ suspicionMs })).code).toBe('ERR_INVALID_PARAMETER')
    }
    for (const graceMs of [-1, 120_001, Number.NaN]) {
      expect(thrown(() => new WebRTCMultiplayerPeer({ graceMs })).code).toBe('ERR_INVALID_PARAMETER')
    }
    for (const suspicionMs of [1_000, 30_000]) new WebRTCMultiplayerPeer({ suspicionMs, graceMs: 0 })
  })

  it('refuses ids and channels that cannot be', () => {
    const peer = new WebRTCMultiplayerPeer()
    expect(thrown(() => peer.createClient(1)).message).toContain('Id 1 is the server')
    for (const id of [0, -1, 2 ** 31, 1.5, Number.NaN]) {
      expect(thrown(() => peer.createMesh(id)).code).toBe('ERR_INVALID_PARAMETER')
      expect(thrown(() => peer.createClient(id)).code).toBe('ERR_INVALID_PARAMETER')
    }
    expect(thrown(() => peer.createServer([3 as TransferMode])).code).toBe('ERR_INVALID_PARAMETER')
    expect(thrown(() => peer.createServer(new Array(33).fill(Reliable))).message).toContain('32 are possible')
    expect(peer.connectionStatus).toBe(ConnectionStatus.Disconnected)
    peer.createServer(new Array(32).fill(Reliable))
  })

  it('is done once, until it is closed', async () => {
    const peer = new WebRTCMultiplayerPeer()
    peer.createServer()
    expect(thrown(() => peer.createMesh(5)).code).toBe('ERR_ALREADY_IN_USE')
    await peer.close()
    expect([peer.uniqueId, peer.connectionStatus]).toEqual([0, ConnectionStatus.Disconnected])
    peer.createMesh(5)
    expect(peer.uniqueId).toBe(5)
  })

  it('draws unique ids of 31 bits that are never 0 or 1', () => {
    const drawn = [0, 1, 0x8000_0000, 0x8000_0001, 0xffff_fffe]
    expect(WebRTCMultiplayerPeer.generateUniqueId(() => drawn.shift()!)).toBe(0x7fff_fffe)
    const random = seededRandom(1)
    const ids = new Set(Array.from({ length: 500 }, () => WebRTCMultiplayerPeer.generateUniqueId(random)))
    expect(ids.size).toBe(500)
    expect([...ids].every((id) => id > 1 && id < 2 ** 31)).toBe(true)
  })
})

describe('adding a peer', () => {
  it('is refused before the peer was created', () => {
    const refused = thrown(() => new WebRTCMultiplayerPeer().addPeer(newConnection(), 2))
    expect(refused.code).toBe('ERR_UNCONFIGURED')
    expect(refused.message).toContain('createServer, createClient or createMesh')
  })

  it('is refused with an id that does not fit the mode', () => {
    const client = newPeer((peer) => peer.createClient(5))
    expect(thrown(() => client.addPeer(newConnection(), 2)).message).toContain('connects to the server, id 1')
    const server = newPeer((peer) => peer.createServer())
    expect(thrown(() => server.addPeer(newConnection(), 1)).message).toContain('own id')
    expect(thrown(() => mesh(9).addPeer(newConnection(), 9)).message).toContain('own id')
    for (const id of [0, -3, 2 ** 31, 1.5]) {
      expect(thrown(() => server.addPeer(newConnection(), id)).code).toBe('ERR_INVALID_PARAMETER')
    }
  })

  it('is refused while refusing, for an id that is taken, and for a connection that has started', () => {
    const server = newPeer((peer) => peer.createServer())
    const connection = newConnection()
    server.addPeer(connection, 2)
    expect(thrown(() => server.addPeer(newConnection(), 2)).code).toBe('ERR_ALREADY_IN_USE')
    connection.createOffer()
    expect(thrown(() => server.addPeer(connection, 3)).code).toBe('ERR_INVALID_PARAMETER')
    const closed = newConnection()
    closed.close()
    expect(thrown(() => server.addPeer(closed, 3)).code).toBe('ERR_INVALID_PARAMETER')
    server.refuseNewConnections = true
    expect(thrown(() => server.addPeer(newConnection(), 4)).code).toBe('ERR_UNAUTHORIZED')
    expect([...server.getPeers().keys()]).toEqual([2])
  })

  it('opens the two channels and one for each user channel: negotiated, unreliable ones truly so', () => {
    const connection = newConnection()
    const made: unknown[] = []
    const create = connection.createDataChannel.bind(connection)
    connection.createDataChannel = (label, options) => {
      const { id, negotiated, ordered, maxRetransmits } = create(label, options)
      made.push([label, id, negotiated, ordered, maxRetransmits])
      return create('unused', { negotiated: true, id: 100 + made.length })
    }
    mesh(5, [Reliable, Unreliable, UnreliableOrdered]).addPeer(connection, 6)
    expect(made).toEqual([
      ['reliable', 1, true, true, 65_535],
      ['unreliable', 2, true, false, 0],
      ['3', 3, true, true, 65_535],
      ['4', 4, true, false, 0],
      ['5', 5, true, false, 0],
    ])
  })

  it('makes it known, and not yet connected', () => {
    const peer = mesh(5)
    const connection = newConnection()
    peer.addPeer(connection, 6)
    expect(peer.hasPeer(6)).toBe(true)
    expect(peer.getPeer(6)).toEqual({ connection, connected: false, reconnecting: false })
    expect(peer.connectedPeers).toEqual([])
    expect(peer.stats(6)).toMatchObject({ id: 6, state: 'connecting', roundTripTimeMs: undefined, packetsIn: 0 })
    expect(peer.hasPeer(7)).toBe(false)
    expect(thrown(() => peer.getPeer(7)).code).toBe('ERR_DOES_NOT_EXIST')
    expect(thrown(() => peer.stats(7)).code).toBe('ERR_DOES_NOT_EXIST')
  })
})

describe('sending', () => {
  it('is refused where it cannot be meant', async () => {
    const fresh = new WebRTCMultiplayerPeer()
    expect(thrown(() => fresh.send(1)).code).toBe('ERR_UNCONFIGURED')
    expect(thrown(() => fresh.sendBytes(new Uint8Array(1))).code).toBe('ERR_UNCONFIGURED')
    const { a, hearsB } = await meshOfTwo([Unreliable])
    const refused = (options: Parameters<typeof a.send>[1]) => thrown(() => a.send('x', options))
    expect(refused({ to: 99 }).message).toContain('Peer 99 is not connected')
    expect(refused({ to: 2 }).code).toBe('ERR_INVALID_PARAMETER')
    expect(refused({ to: Number.NaN }).code).toBe('ERR_INVALID_PARAMETER')
    expect(refused({ to: 0.5 }).code).toBe('ERR_INVALID_PARAMETER')
    expect(refused({ channel: 2 }).message).toContain('There is no channel 2: 1 were set up')
    expect(refused({ channel: -1 }).code).toBe('ERR_INVALID_PARAMETER')
    expect(refused({ channel: 1, mode: Reliable }).message).toContain('Channel 1 was set up with mode 0, not 2')
    expect(refused({ mode: 5 as TransferMode }).code).toBe('ERR_INVALID_PARAMETER')
    expect(thrown(() => a.send({ f: (() => {}) as never })).message).toContain('at f')
    expect(thrown(() => a.sendBytes('text' as never)).code).toBe('ERR_INVALID_PARAMETER')
    a.send('allowed', { channel: 1, mode: Unreliable })
    a.send('end')
    await hearsB.until(() => hearsB.values().includes('end'))
    expect(hearsB.values().filter((value) => value === 'x')).toEqual([])
  })

  it('is refused with what only unreliable packets have, and with a receipt that cannot be called', async () => {
    const { a } = await meshOfTwo()
    const refusals = [{ key: 1 }, { receipt: () => {} }, { mode: Unreliable, receipt: 'yes' as never }]
    for (const options of refusals) expect(thrown(() => a.send(1, options)).code).toBe('ERR_INVALID_PARAMETER')
  })

  it('takes packets up to the limits, and one byte more is too large', async () => {
    const { a, hearsB } = await meshOfTwo()
    const tooLarge = (size: number, mode: TransferMode) =>
      thrown(() => a.sendBytes(new Uint8Array(size + 1), { mode })).message
    expect(tooLarge(MAX_RELIABLE_PACKET, Reliable)).toContain('send it in parts')
    expect(tooLarge(MAX_UNRELIABLE_PACKET, Unreliable)).toContain('send it reliably')
    a.sendBytes(new Uint8Array(MAX_RELIABLE_PACKET).fill(5))
    a.sendBytes(new Uint8Array(MAX_UNRELIABLE_PACKET), { mode: Unreliable })
    a.sendBytes(new Uint8Array(0))
    await hearsB.heard(3)
    const sizes = hearsB.packets.map(({ value }) => (value as Uint8Array).length)
    expect(sizes.sort((x, y) => x - y)).toEqual([0, MAX_UNRELIABLE_PACKET, MAX_RELIABLE_PACKET])
  })

  it('of values and bytes in each mode and on each channel tells the receiver how it came', async () => {
    const { a, b, hearsA, hearsB } = await meshOfTwo([UnreliableOrdered, Reliable])
    const ways = [
      { mode: Reliable, channel: 0 },
      { mode: Unreliable, channel: 0 },
      { mode: UnreliableOrdered, channel: 0 },
      { mode: UnreliableOrdered, channel: 1 },
      { mode: Reliable, channel: 2 },
    ]
    for (const [i, { mode, channel }] of ways.entries()) {
      a.send({ i }, { channel, ...(channel === 0 && { mode }) })
      b.sendBytes(Uint8Array.of(i), { channel, mode })
    }
    await Promise.all([hearsA.heard(ways.length), hearsB.heard(ways.length)])
    const atB = new Map(hearsB.packets.map((packet) => [(packet.value as { i: number }).i, packet]))
    const atA = new Map(hearsA.packets.map((packet) => [(packet.value as Uint8Array)[0], packet]))
    for (const [i, way] of ways.entries()) {
      expect(atB.get(i)).toEqual({ value: { i }, from: 2, ...way })
      expect(atA.get(i)).toEqual({ value: Uint8Array.of(i), from: 3, ...way })
    }
  })

  it('answers that the peer is ready, until its buffer fills', async () => {
    const { a, hearsB } = await meshOfTwo()
    expect(a.send('small')).toBe(true)
    const chunk = new Uint8Array(200_000)
    let sent = 0
    while (a.sendBytes(chunk)) sent += 1
    expect(sent).toBeLessThan(10)
    expect(a.stats(3).bufferedBytes).toBeGreaterThan(0)
    await hearsB.heard(sent + 2)
    await until(() => a.stats(3).bufferedBytes === 0)
    expect(a.send('small again')).toBe(true)
  })
})

describe('the end of a connection', () => {
  it('by close: the others are told at once, own events end', async () => {
    const { a, b, hearsA, hearsB } = await meshOfTwo()
    for (let i = 0; i < 100; i++) a.send(i)
    const before = performance.now()
    const closing = a.close()
    expect([a.connectionStatus, a.connectedPeers, a.hasPeer(3)]).toEqual([ConnectionStatus.Disconnected, [], false])
    expect(await hearsB.lost(2)).toBe('left')
    expect(performance.now() - before).toBeLessThan(1_000)
    expect(hearsB.values().length).toBe(100)
    await closing
    expect(hearsA.disconnected).toEqual([])
    expect(b.connectedPeers).toEqual([])
  })

  it('by disconnectPeer: an event here and there', async () => {
    const { a, hearsA, hearsB } = await meshOfTwo()
    a.disconnectPeer(3)
    expect(hearsA.disconnected).toEqual([[3, 'kicked']])
    expect(await hearsB.lost(2)).toBe('disconnected_by_remote')
    expect(thrown(() => a.disconnectPeer(3)).code).toBe('ERR_DOES_NOT_EXIST')
    expect(thrown(() => a.send(1, { to: 3 })).code).toBe('ERR_INVALID_PARAMETER')
  })

  it('by disconnectPeer with force: an event there only', async () => {
    const { a, hearsA, hearsB } = await meshOfTwo()
    a.disconnectPeer(3, true)
    expect(await hearsB.lost(2)).toBe('disconnected_by_remote')
    expect(hearsA.disconnected).toEqual([])
    expect(a.connectedPeers).toEqual([])
  })

  it('by removePeer: the other side loses the connection', async () => {
    const { a, hearsA, hearsB } = await meshOfTwo()
    a.removePeer(3)
    a.removePeer(3)
    expect(hearsA.disconnected).toEqual([[3, 'kicked']])
    expect(await hearsB.lost(2)).toBe('connection_lost')
  })

  it('by its connection being closed beneath it', async () => {
    const { a, hearsA, hearsB } = await meshOfTwo()
    a.getPeer(3).connection.close()
    expect(await hearsA.lost(3)).toBe('connection_lost')
    expect(await hearsB.lost(2)).toBe('connection_lost')
  })

  it('by both at once', async () => {
    const { a, b, hearsA, hearsB } = await meshOfTwo()
    await Promise.all([a.close(), b.close()])
    expect([hearsA.disconnected, hearsB.disconnected]).toEqual([[], []])
  })

  it('before it stood is told by connectionFailed, also to a client of its server', async () => {
    const client = newPeer((peer) => peer.createClient(5))
    const hears = new Witness(client)
    const connection = newConnection()
    client.addPeer(connection, 1)
    connection.createOffer()
    connection.close()
    await hears.until(() => hears.failed.length > 0)
    expect(hears.failed[0]).toMatchObject([1, { code: 'ERR_CONNECTION_ERROR' }])
    expect(hears.failed[0]![1].message).toContain('Peer 1 could not be connected to')
    expect(client.connectionStatus).toBe(ConnectionStatus.Disconnected)
    expect(hears.disconnected).toEqual([])
  })

  it('because the user channels differ: both are told what does not fit', async () => {
    const [a, b] = [mesh(2, [Reliable]), mesh(3, [Unreliable])]
    const [hearsA, hearsB] = [new Witness(a), new Witness(b)]
    connectPeers(a, b)
    await Promise.all([hearsA.until(() => hearsA.failed.length > 0), hearsB.until(() => hearsB.failed.length > 0)])
    expect([hearsA.connected, hearsB.connected]).toEqual([[], []])
    const codes = [hearsA, hearsB].map((hears) => hears.failed[0]![1].code)
    expect(codes).toContain('ERR_INVALID_DATA')
  })

  it('allows the same id to come again', async () => {
    const { a, b, hearsA, hearsB } = await meshOfTwo()
    a.disconnectPeer(3)
    await hearsB.lost(2)
    connectPeers(a, b)
    await Promise.all([hearsA.met(2), hearsB.met(2)])
    a.send('again')
    await hearsB.heard(1)
  })
})

describe('a star', () => {
  it('has a server with id 1 and clients that see only it', async () => {
    const server = newPeer((peer) => peer.createServer(), { serverRelay: false })
    const clients = [5, 6].map((id) => newPeer((peer) => peer.createClient(id)))
    const hearsServer = new Witness(server)
    const hears = clients.map((client) => new Witness(client))
    for (const client of clients) connectPeers(client, server)
    await Promise.all([hearsServer.met(2), ...hears.map((each) => each.met(1))])
    expect(server.connectedPeers).toEqual([5, 6])
    expect(clients.map((client) => client.connectedPeers)).toEqual([[1], [1]])
    expect(clients.map((client) => client.connectionStatus)).toEqual([2, 2])
    server.send('to all but 5', { to: -5 })
    server.send('to 5', { to: 5 })
    clients[0]!.send('up', { to: 1 })
    await Promise.all([hears[0]!.heard(1), hears[1]!.heard(1), hearsServer.heard(1)])
    expect(hears.map((each) => each.values())).toEqual([['to 5'], ['to all but 5']])
    expect(hearsServer.packets[0]).toMatchObject({ value: 'up', from: 5 })
  })
})

it('a client may answer as well as offer', async () => {
  const [server, client] = [newPeer((peer) => peer.createServer()), newPeer((peer) => peer.createClient(2))]
  const [hearsServer, hearsClient] = [new Witness(server), new Witness(client)]
  const [toClient, toServer] = [newConnection(), newConnection()]
  crossWire(toClient, toServer)
  server.addPeer(toClient, 2)
  client.addPeer(toServer, 1)
  toClient.createOffer()
  await Promise.all([hearsServer.met(1), hearsClient.met(1)])
  await until(() => toClient.connectionState === ConnectionState.Connected)
})
