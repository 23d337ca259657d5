import { describe, expect, it } from 'vitest'
import { MultiplayerAPI } from '../../../src/multiplayer/api/multiplayer-api.ts'
import { OfflineMultiplayerPeer } from '../../../src/multiplayer/offline-multiplayer-peer.ts'
import { ConnectionStatus, TransferMode } from '../../../src/multiplayer/types.ts'
import { WebRTCMultiplayerPeer } from '../../../src/multiplayer/webrtc-multiplayer-peer.ts'
import { NetError } from '../../../src/net/errors.ts'
import { thrown } from '../../support/net-errors.ts'
import { ScriptedPeer } from './scripted-peer.ts'

function api(peer = new ScriptedPeer()) {
  const api = new MultiplayerAPI({ multiplayerPeer: peer })
  const log: string[] = []
  api.on('peerConnected', (id) => log.push(`connected ${id}`))
  api.on('peerDisconnected', (id, reason) => log.push(`disconnected ${id} ${reason}`))
  api.on('connectedToServer', () => log.push('connected to server'))
  api.on('serverDisconnected', () => log.push('server disconnected'))
  api.on('error', ({ code }) => log.push(code))
  return { api, peer, log }
}

describe('a new API', () => {
  it('is a single-player game: the server, alone, and everything works', () => {
    const api = new MultiplayerAPI()
    expect(api.multiplayerPeer).toBeInstanceOf(OfflineMultiplayerPeer)
    expect([api.uniqueId, api.isServer, api.peers, api.authenticatingPeers]).toEqual([1, true, [], []])
    expect(api.send('to nobody')).toBe(true)
    api.poll()
  })

  it('refuses what is no peer, and a peer that is disconnected', () => {
    expect(thrown(() => new MultiplayerAPI({ multiplayerPeer: {} as never })).code).toBe('ERR_INVALID_PARAMETER')
    const peer = new WebRTCMultiplayerPeer()
    expect(thrown(() => new MultiplayerAPI({ multiplayerPeer: peer })).code).toBe('ERR_INVALID_PARAMETER')
    const { api: other, peer: before } = api()
    expect(thrown(() => Object.assign(other, { multiplayerPeer: peer })).code).toBe('ERR_INVALID_PARAMETER')
    expect(other.multiplayerPeer).toBe(before)
  })

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])(
    'refuses a time of %s ms for authentication',
    (authTimeoutMs) => {
      expect(thrown(() => new MultiplayerAPI({ authTimeoutMs })).code).toBe('ERR_INVALID_PARAMETER')
    },
  )
})

describe('peers', () => {
  it('that were there before are known, and those that come and go are told', () => {
    const peer = new ScriptedPeer()
    Object.defineProperty(peer, 'connectedPeers', { value: [7] })
    const { api: one, log } = api(peer)
    peer.arrive(3)
    expect(one.peers).toEqual([3, 7])
    peer.depart(7)
    expect([one.peers, log]).toEqual([[3], ['connected 3', 'disconnected 7 left']])
  })

  it('include the server, which a client is told of by name', () => {
    const { peer, log } = api()
    Object.assign(peer, { isClientOfStar: true, uniqueId: 9 })
    peer.arrive(1)
    peer.connectionStatus = ConnectionStatus.Disconnected
    peer.depart(1, 'timeout')
    expect(log).toEqual(['connected to server', 'connected 1', 'disconnected 1 timeout', 'server disconnected'])
  })

  it('of another peer than before are others', () => {
    const { api: one, peer, log } = api()
    peer.arrive(3)
    const next = new ScriptedPeer()
    one.multiplayerPeer = next
    expect(one.peers).toEqual([])
    peer.arrive(4)
    next.arrive(5)
    expect([one.peers, log]).toEqual([[5], ['connected 3', 'connected 5']])
  })
})

describe('services', () => {
  const part = () => {
    const told: string[] = []
    return {
      told,
      receive: (message: Uint8Array, from: number) => {
        told.push(`${from}: ${message}`)
        if (message[1] === 9) throw new NetError('ERR_INVALID_DATA', 'No.')
        if (message[1] === 8) throw new TypeError('a mistake of ours')
      },
      joined: (id: number) => told.push(`+${id}`),
      left: (id: number) => told.push(`-${id}`),
      poll: () => told.push('poll'),
      close: () => told.push('close'),
    }
  }

  it('hear of admitted peers, of their messages, of polls and of the end', async () => {
    const { api: one, peer } = api()
    const service = part()
    const courier = one.addPart([1, 20], service)
    peer.arrive(3)
    peer.hear(3, 1, 2)
    peer.hear(3, 20)
    one.poll()
    peer.depart(3)
    await one.close()
    expect(service.told).toEqual(['+3', '3: 1,2', '3: 20', 'poll', '-3', 'close'])
    expect([courier.id, courier.host, courier.peers, courier.autoPoll]).toEqual([1, 1, [], true])
  })

  it('send over the peer', () => {
    const { api: one, peer } = api()
    one.addPart([1], part()).send(Uint8Array.of(1, 5), { to: 3, mode: TransferMode.Unreliable })
    expect(peer.services).toEqual([{ bytes: [1, 5], to: 3 }])
  })

  it('that throw do no harm: it counts against the sender', () => {
    const { api: one, peer } = api()
    one.addPart([1], part())
    peer.arrive(3)
    peer.hear(3, 1, 9)
    peer.hear(3, 1, 8)
    expect(peer.rejections).toEqual(['3: No.', '3: A message of peer 3 could not be understood.'])
  })

  it('that nobody has are a bad message, as is none', () => {
    const { peer } = api()
    peer.arrive(3)
    peer.hear(3, 9)
    peer.hear(3)
    expect(peer.rejections[0]).toContain('a service (9) that this side does not')
    expect(peer.rejections).toHaveLength(2)
  })
})
