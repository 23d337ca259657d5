// The numbers are those of Godot's own tests of SceneMultiplayer.

import { describe, expect, it } from 'vitest'
import type { PeerAuthentication, PendingPeer } from '../../../src/multiplayer/api/authentication.ts'
import { MAX_HELD_PACKETS } from '../../../src/multiplayer/api/constants.ts'
import { MultiplayerAPI } from '../../../src/multiplayer/api/multiplayer-api.ts'
import { ConnectionStatus, TransferMode } from '../../../src/multiplayer/types.ts'
import { VirtualClock } from '../../../src/net/clock.ts'
import { thrown } from '../../support/net-errors.ts'
import { ScriptedPeer } from './scripted-peer.ts'

const COMPLETE = [0, 1]

function authenticating(method: Partial<PeerAuthentication> = {}, authTimeoutMs?: number) {
  const peer = new ScriptedPeer()
  const clock = new VirtualClock()
  const received: string[] = []
  const handles: PendingPeer[] = []
  const api = new MultiplayerAPI({
    multiplayerPeer: peer,
    clock,
    ...(authTimeoutMs !== undefined && { authTimeoutMs }),
    authentication: {
      begin: (handle) => {
        handles.push(handle)
      },
      receive: ({ id }, data) => {
        received.push(`${id}: ${data}`)
      },
      ...method,
    },
  })
  const log: string[] = []
  api.on('peerAuthenticating', (id) => log.push(`authenticating ${id}`))
  api.on('peerAuthenticationFailed', (id, { code }) => log.push(`failed ${id} ${code}`))
  api.on('peerConnected', (id) => log.push(`connected ${id}`))
  api.on('peerDisconnected', (id) => log.push(`disconnected ${id}`))
  api.on('packet', (value, from) => log.push(`${from}: ${value}`))
  return { api, peer, clock, received, handles, log }
}

const throwing = () => {
  throw new Error('a stranger')
}

describe('a peer that connects', () => {
  it('is told as authenticating, and not as connected (8)', () => {
    const { api, peer, log, handles } = authenticating()
    peer.arrive(42)
    expect(log).toEqual(['authenticating 42'])
    api.sendAuth(42, Uint8Array.of(1, 2))
    expect([api.authenticatingPeers, api.peers, handles[0]!.pending]).toEqual([[42], [], true])
    expect(peer.services).toEqual([{ bytes: [0, 0, 1, 2], to: 42 }])
  })

  it('can be sent to, refused and let in by who hears of it, at once, as in Godot', () => {
    const { api, peer, log, handles } = authenticating()
    api.on('peerAuthenticating', (id) => {
      if (id === 43) api.disconnectPeer(id)
      else {
        api.sendAuth(id, Uint8Array.of(7))
        api.completeAuth(id)
      }
    })
    peer.arrive(42)
    expect(peer.services.map(({ bytes }) => bytes)).toEqual([[0, 0, 7], COMPLETE])
    peer.hear(42, ...COMPLETE)
    peer.arrive(43)
    expect(log).toEqual(['authenticating 42', 'connected 42', 'authenticating 43', 'failed 43 ERR_UNAUTHORIZED'])
    expect([handles.length, api.authenticatingPeers, peer.disconnected]).toEqual([1, [], [43]])
  })

  it('is connected when both sides are satisfied, whoever is first (13)', () => {
    const { api, peer, log, handles, received } = authenticating()
    for (const id of [3, 4]) peer.arrive(id)
    peer.hear(3, 0, 0, 7)
    api.completeAuth(3)
    expect(log).toHaveLength(2)
    peer.hear(3, ...COMPLETE)
    peer.hear(4, ...COMPLETE)
    handles[1]!.complete()
    expect(log.slice(2)).toEqual(['connected 3', 'connected 4'])
    expect([api.peers, api.authenticatingPeers, received]).toEqual([[3, 4], [], ['3: 7']])
    expect(handles.map(({ pending }) => pending)).toEqual([false, false])
    peer.depart(3)
    expect(log.at(-1)).toBe('disconnected 3')
  })

  it('and leaves before failed, and was never there (9)', () => {
    const { api, peer, log } = authenticating()
    peer.arrive(42)
    peer.depart(42)
    expect(log).toEqual(['authenticating 42', 'failed 42 ERR_CONNECTION_ERROR'])
    expect(api.authenticatingPeers).toEqual([])
  })

  it('and takes too long is disconnected, each in its turn (10)', async () => {
    const { peer, clock, log } = authenticating({}, 10)
    peer.arrive(42)
    await clock.advance(4)
    peer.arrive(84)
    await clock.advance(6)
    expect(log.slice(2)).toEqual(['failed 42 ERR_TIMEOUT'])
    await clock.advance(4)
    expect(log.slice(3)).toEqual(['failed 84 ERR_TIMEOUT'])
    expect(peer.disconnected).toEqual([42, 84])
    expect(clock.pendingTimers).toBe(0)
  })

  it('has 3 s, or as long as it likes with a time of 0', async () => {
    const usual = authenticating()
    usual.peer.arrive(42)
    await usual.clock.advance(2_999)
    expect(usual.log).toHaveLength(1)
    await usual.clock.advance(1)
    expect(usual.log).toHaveLength(2)
    const patient = authenticating({}, 0)
    patient.peer.arrive(42)
    await patient.clock.advance(1e9)
    expect(patient.log).toHaveLength(1)
  })

  it.each<[string, Partial<PeerAuthentication>]>([
    ['begin', { begin: throwing }],
    ['begin, later', { begin: () => Promise.reject(new Error('a stranger')) }],
    ['receive', { receive: throwing }],
    ['receive, later', { receive: () => Promise.reject(new Error('a stranger')) }],
    ['its own word', { receive: (pending) => pending.refuse('a stranger') }],
  ])('is refused by %s', async (_name, method) => {
    const { api, peer, log } = authenticating(method)
    const failures: string[] = []
    api.on('peerAuthenticationFailed', (_id, { message }) => failures.push(message))
    peer.arrive(42)
    peer.hear(42, 0, 0, 1)
    await new Promise((resolve) => setImmediate(resolve))
    expect(log).toEqual(['authenticating 42', 'failed 42 ERR_UNAUTHORIZED'])
    expect(failures[0]).toContain('a stranger')
    expect(peer.disconnected).toEqual([42])
  })

  it('can be disconnected by hand', () => {
    const { api, peer, log } = authenticating()
    peer.arrive(42)
    api.disconnectPeer(42)
    expect([peer.disconnected, log]).toEqual([[42], ['authenticating 42', 'failed 42 ERR_UNAUTHORIZED']])
  })
})

describe('misuse', () => {
  it('without a peer says so (11)', () => {
    const { api, peer } = authenticating()
    peer.connectionStatus = ConnectionStatus.Disconnected
    for (const act of [() => api.sendAuth(42, Uint8Array.of(1)), () => api.completeAuth(42)]) {
      expect(thrown(act).code).toBe('ERR_UNCONFIGURED')
    }
  })

  it('with a peer that is not to be authenticated, or without data, says so (12)', () => {
    const { api, peer } = authenticating()
    peer.arrive(42)
    const acts = [
      () => api.sendAuth(1, Uint8Array.of(1)),
      () => api.completeAuth(1),
      () => api.sendAuth(42, new Uint8Array(0)),
      () => api.sendAuth(42, new Uint8Array(65_537)),
      () => api.sendAuth(42, 'text' as never),
      () => new MultiplayerAPI().completeAuth(1),
    ]
    for (const act of acts) expect(thrown(act).code).toBe('ERR_INVALID_PARAMETER')
  })

  it('after this side was satisfied says that nothing can follow (14)', () => {
    const { api, peer, handles } = authenticating()
    peer.arrive(42)
    api.completeAuth(42)
    const [handle] = handles
    for (const act of [
      () => api.sendAuth(42, Uint8Array.of(1)),
      () => api.completeAuth(42),
      () => handle!.send(Uint8Array.of(1)),
      () => handle!.complete(),
    ]) {
      expect(thrown(act).code).toBe('ERR_FILE_CANT_WRITE')
    }
    peer.hear(42, ...COMPLETE)
    // It is connected: an answer that comes too late, of a question to some backend, does nothing.
    handle!.send(Uint8Array.of(1))
    handle!.complete()
    handle!.refuse('too late')
    expect(api.peers).toEqual([42])
  })
})

describe('who is not admitted', () => {
  it('is sent nothing', () => {
    const { api, peer } = authenticating()
    for (const id of [3, 4, 5]) peer.arrive(id)
    for (const id of [4, 5]) {
      api.completeAuth(id)
      peer.hear(id, ...COMPLETE)
    }
    api.send('all')
    api.send('all but one', { to: -5 })
    api.sendBytes(new Uint8Array(0), { to: [4] })
    expect(peer.sent.map(({ to }) => to)).toEqual([[4, 5], [4], [4]])
    for (const to of [3, [4, 3]]) expect(thrown(() => api.send('one', { to })).code).toBe('ERR_INVALID_PARAMETER')
  })

  it.each([
    ['another service', [1, 0]],
    ['no data', [0, 0]],
    ['a command that does not exist', [0, 2, 1]],
    ['more than the word that completes', [0, 1, 0]],
    ['nothing', []],
    ['too much', [0, 0, ...new Array(65_537).fill(1)]],
  ])('and sends %s is rejected', (_what, bytes) => {
    const { peer, received, log } = authenticating()
    peer.arrive(42)
    peer.hear(42, ...bytes)
    expect([peer.rejections.length, received, log]).toEqual([1, [], ['authenticating 42']])
  })

  it('is not listened to, but for what overtook its last word', () => {
    const { api, peer, log } = authenticating()
    peer.arrive(42)
    peer.packet(42, 'too early')
    api.completeAuth(42)
    peer.packet(42, 'first')
    peer.packet(42, 'lost', TransferMode.Unreliable)
    peer.packet(42, 'second')
    peer.hear(42, ...COMPLETE)
    peer.packet(42, 'third')
    expect(log).toEqual(['authenticating 42', 'connected 42', '42: first', '42: second', '42: third'])
  })

  it('and floods meanwhile is refused', () => {
    const { api, peer, log } = authenticating()
    peer.arrive(42)
    api.completeAuth(42)
    for (let i = 0; i <= MAX_HELD_PACKETS; i++) peer.packet(42, 'more')
    expect(log).toEqual(['authenticating 42', 'failed 42 ERR_OUT_OF_MEMORY'])
  })

  it('cannot go on after it was complete', () => {
    const { peer } = authenticating()
    peer.arrive(42)
    peer.hear(42, ...COMPLETE)
    peer.hear(42, ...COMPLETE)
    peer.hear(42, 0, 0, 1)
    expect(peer.rejections).toHaveLength(2)
  })

  it("what overtakes the last word, such as a question of the clock, is nobody's fault", () => {
    const { api, peer, handles, log } = authenticating()
    peer.arrive(42)
    handles[0]!.complete()
    for (let i = 0; i < 100; i++) peer.hearEarly(42, 1, 0, i, 0)
    expect(peer.rejections).toEqual([])
    peer.hear(42, ...COMPLETE)
    peer.hearEarly(42, 1, 0, 7, 7)
    expect(log).toContain('connected 42')
    expect(peer.rejections).toEqual([])
    void api.close()
  })
})
