import { afterEach, describe, expect, it } from 'vitest'
import { ConnectionStatus, TransferMode } from '../../src/multiplayer/types.ts'
import { thrown } from '../support/net-errors.ts'
import { closeAll, connectPeers, newPeer, until, Witness } from '../support/peers.ts'

const { Reliable, UnreliableOrdered } = TransferMode

afterEach(closeAll)

const mesh = (id: number, channels: TransferMode[] = []) => newPeer((peer) => peer.createMesh(id, channels))

describe('the polled style', () => {
  it('keeps packets until they are taken, and describes the next one', async () => {
    const [a, b] = [mesh(2, [Reliable]), mesh(3, [Reliable])]
    const [hearsA, hearsB] = [new Witness(a), new Witness(b, { packets: false })]
    connectPeers(a, b)
    await Promise.all([hearsA.met(1), hearsB.met(1)])
    expect(b.availablePacketCount).toBe(0)
    for (const read of [
      () => b.getPacket(),
      () => b.getVar(),
      () => b.packetPeer,
      () => b.packetMode,
      () => b.packetChannel,
    ]) {
      expect(thrown(read).code).toBe('ERR_UNAVAILABLE')
    }
    a.putVar({ first: 1 })
    a.putPacket(Uint8Array.of(9, 9))
    a.putPacket(new Uint8Array(0))
    await until(() => b.availablePacketCount === 3)
    a.transferChannel = 1
    a.targetPeer = 3
    a.putVar('on channel 1')
    a.transferChannel = 0
    a.transferMode = UnreliableOrdered
    await until(() => b.availablePacketCount === 4)
    a.putVar('unreliable')
    await until(() => b.availablePacketCount === 5)
    const taken: unknown[] = []
    while (b.availablePacketCount > 0) {
      const how = [b.packetPeer, b.packetMode, b.packetChannel]
      taken.push([...how, taken.length === 1 || taken.length === 2 ? b.getPacket() : b.getVar()])
    }
    expect(taken).toEqual([
      [2, Reliable, 0, { first: 1 }],
      [2, Reliable, 0, Uint8Array.of(9, 9)],
      [2, Reliable, 0, new Uint8Array(0)],
      [2, Reliable, 1, 'on channel 1'],
      [2, UnreliableOrdered, 0, 'unreliable'],
    ])
  })

  it('takes turns between peers that flood', async () => {
    const [a, b, c] = [mesh(2), mesh(3), mesh(4)]
    const hears = [new Witness(a), new Witness(b), new Witness(c, { packets: false })]
    connectPeers(a, c)
    connectPeers(b, c)
    await Promise.all([hears[0]!.met(1), hears[1]!.met(1), hears[2]!.met(2)])
    for (let i = 0; i < 50; i++) a.send(i)
    await until(() => c.availablePacketCount === 50)
    for (let i = 0; i < 50; i++) b.send(i)
    await until(() => c.availablePacketCount === 100)
    const order: number[] = []
    const values = new Map<number, unknown[]>([
      [2, []],
      [3, []],
    ])
    while (c.availablePacketCount > 0) {
      order.push(c.packetPeer)
      values.get(c.packetPeer)!.push(c.getVar())
    }
    expect(order).toEqual(Array.from({ length: 100 }, (_, i) => 2 + (i % 2)))
    expect(values.get(2)).toEqual(Array.from({ length: 50 }, (_, i) => i))
    expect(values.get(3)).toEqual(values.get(2))
  })

  it('turns into the event style when somebody listens: what waits comes first', async () => {
    const [a, b] = [mesh(2), mesh(3)]
    const [hearsA, hearsB] = [new Witness(a), new Witness(b, { packets: false })]
    connectPeers(a, b)
    await Promise.all([hearsA.met(1), hearsB.met(1)])
    for (let i = 0; i < 5; i++) a.send(i)
    await until(() => b.availablePacketCount === 5)
    const once: unknown[] = []
    b.once('packet', (value) => once.push(value))
    expect(once).toEqual([0])
    expect(b.availablePacketCount).toBe(4)
    const heard: unknown[] = []
    b.on('packet', (value) => heard.push(value))
    expect(heard).toEqual([1, 2, 3, 4])
    a.send(5)
    await until(() => heard.length === 5)
    expect(b.availablePacketCount).toBe(0)
  })
})

describe('autoPoll: false', () => {
  async function polledPair() {
    const a = mesh(2)
    const b = newPeer((peer) => peer.createMesh(3), { autoPoll: false })
    const [hearsA, hearsB] = [new Witness(a), new Witness(b)]
    connectPeers(a, b)
    await hearsA.met(1)
    await until(() => b.getPeer(2).connected)
    return { a, b, hearsA, hearsB }
  }

  it('tells nothing before poll, then everything in order', async () => {
    const { a, b, hearsB } = await polledPair()
    for (let i = 0; i < 20; i++) a.send(i)
    await until(() => b.stats(2).packetsIn === 20)
    await a.close()
    await until(() => !b.hasPeer(2))
    expect(hearsB.log).toEqual([])
    expect(b.connectedPeers).toEqual([])
    b.poll()
    expect(hearsB.log).toEqual(['connected 2', ...new Array(20).fill('packet 2'), 'disconnected 2'])
    expect(hearsB.values()).toEqual(Array.from({ length: 20 }, (_, i) => i))
    b.poll()
    expect(hearsB.log.length).toBe(22)
  })

  it('lets the game send to a peer that is gone, as long as the game was not told', async () => {
    const { a, b, hearsB } = await polledPair()
    b.poll()
    expect(hearsB.connected).toEqual([2])
    await a.close()
    await until(() => !b.hasPeer(2))
    expect(b.connectedPeers).toEqual([2])
    expect(() => b.send('into the void', { to: 2 })).not.toThrow()
    b.poll()
    expect(hearsB.disconnected).toEqual([[2, 'left']])
    expect(thrown(() => b.send('x', { to: 2 })).code).toBe('ERR_INVALID_PARAMETER')
  })

  it('lets a client send to a server that is gone, as long as the game was not told', async () => {
    const server = newPeer((peer) => peer.createServer())
    const client = newPeer((peer) => peer.createClient(5), { autoPoll: false })
    const hearsClient = new Witness(client)
    connectPeers(client, server)
    // Whoever closes before it is connected itself has nobody to say goodbye to.
    await until(() => client.getPeer(1).connected && server.getPeer(5).connected)
    expect(client.connectionStatus).toBe(ConnectionStatus.Connecting)
    client.poll()
    expect(client.connectionStatus).toBe(ConnectionStatus.Connected)
    await server.close()
    await until(() => !client.hasPeer(1))
    expect(() => client.send('x')).not.toThrow()
    expect(() => client.send('x', { to: 1 })).not.toThrow()
    client.poll()
    expect(hearsClient.disconnected).toEqual([[1, 'left']])
    expect(client.connectionStatus).toBe(ConnectionStatus.Disconnected)
    expect(thrown(() => client.send('x')).code).toBe('ERR_UNCONFIGURED')
  })

  it('tells nothing more when a listener closes the peer', async () => {
    const { a, b, hearsB } = await polledPair()
    for (let i = 0; i < 5; i++) a.send(i)
    await until(() => b.stats(2).packetsIn === 5)
    b.on('packet', (value) => {
      if (value === 2) void b.close()
    })
    b.poll()
    expect(hearsB.values()).toEqual([0, 1, 2])
  })

  it('announces nobody any more when a listener closes the peer', async () => {
    const [a, c] = [mesh(2), mesh(4)]
    const b = newPeer((peer) => peer.createMesh(3), { autoPoll: false })
    const hearsB = new Witness(b)
    connectPeers(a, b)
    connectPeers(c, b)
    await until(() => b.getPeer(2).connected && b.getPeer(4).connected)
    b.on('peerConnected', () => void b.close())
    b.poll()
    expect(hearsB.log.length).toBe(1)
    expect(b.connectedPeers).toEqual([])
  })

  it('tells nothing of a peer that was dropped by force before poll', async () => {
    const { a, b, hearsA, hearsB } = await polledPair()
    a.send('one')
    await until(() => b.stats(2).packetsIn === 1)
    b.disconnectPeer(2, true)
    b.poll()
    expect(hearsB.log).toEqual([])
    expect(await hearsA.lost(3)).toBe('disconnected_by_remote')
  })

  it('tells nothing more of a peer that a listener drops by force', async () => {
    const { a, b, hearsB } = await polledPair()
    for (let i = 0; i < 5; i++) a.send(i)
    await until(() => b.stats(2).packetsIn === 5)
    b.on('packet', (value) => {
      if (value === 1) b.disconnectPeer(2, true)
    })
    b.poll()
    expect(hearsB.log).toEqual(['connected 2', 'packet 2', 'packet 2'])
  })

  it('keeps packets for the polled style until poll, and puts those before a late listener', async () => {
    const a = mesh(2)
    const b = newPeer((peer) => peer.createMesh(3), { autoPoll: false })
    const hearsA = new Witness(a)
    connectPeers(a, b)
    await hearsA.met(1)
    await until(() => b.getPeer(2).connected)
    for (let i = 0; i < 3; i++) a.send(i)
    await until(() => b.stats(2).packetsIn === 3)
    expect(b.availablePacketCount).toBe(0)
    b.poll()
    expect(b.availablePacketCount).toBe(3)
    expect(b.getVar()).toBe(0)
    const heard: unknown[] = []
    b.on('packet', (value) => heard.push(value))
    a.send(3)
    await until(() => b.stats(2).packetsIn === 4)
    expect(heard).toEqual([])
    b.poll()
    expect(heard).toEqual([1, 2, 3])
  })
})
