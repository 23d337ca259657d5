// Rooms whose members seal what others pass on, over a simulated network, and a hand on what is passed on.

import { vi } from 'vitest'
import { type IdentityAuthentication, identify } from '../../../src/multiplayer/identity/identify.ts'
import { createIdentity, type Identity } from '../../../src/multiplayer/identity/identity.ts'
import { hostRoom, joinRoom } from '../../../src/multiplayer/join-room.ts'
import { RelayHub } from '../../../src/multiplayer/relay/hub.ts'
import type { JoinRoomOptions, Room } from '../../../src/multiplayer/room-types.ts'
import { SimulatedNetwork, type SimulatedNetworkOptions } from '../../../src/testing.ts'
import { runUntil, settled, watchCryptography } from '../identity/support.ts'

/** The one that rooms are on now. */
export let network: SimulatedNetwork
/** Whom `enter` can send in. */
export let identities: readonly Identity[]
const rooms = new Set<Room>()

/** For `beforeAll`. */
export async function prepare(): Promise<() => void> {
  watchCryptography()
  identities = await Promise.all([createIdentity(), createIdentity(), createIdentity()])
  return () => vi.restoreAllMocks()
}

/** For `afterEach`. */
export async function leaveAll(): Promise<void> {
  forward.restore()
  const leaving = [...rooms].map((room) => room.leave())
  rooms.clear()
  await settled(network, Promise.all(leaving))
}

/** One of them leaves before the test ends. */
export async function leave(room: Room): Promise<void> {
  rooms.delete(room)
  await settled(network, room.leave())
}

/** Rooms are on a new network from now on. */
export function useNetwork(options: SimulatedNetworkOptions): void {
  network = new SimulatedNetwork(options)
}

/** A member of a room, and what it was told. */
export interface Guest {
  readonly room: Room
  readonly authentication: IdentityAuthentication
  readonly log: string[]
  readonly packets: unknown[]
}

/** `which` of the identities enters, and seals unless `options` say otherwise. */
export async function enter(which: number, options: Partial<JoinRoomOptions>, how = joinRoom): Promise<Guest> {
  const authentication = identify({ identity: identities[which]! })
  const common = { ...network.peerOptions(String(which)), authentication, sealRelayed: true }
  const room = await settled(network, how({ ...common, ...options }))
  rooms.add(room)
  const guest: Guest = { room, authentication, log: [], packets: [] }
  const note = (id: number, word: string) => guest.log.push(`${id === room.host ? 'host' : 'peer'} ${word}`)
  room.on('peerConnected', (id) => note(id, 'connected'))
  room.on('peerDisconnected', (id, reason) => note(id, reason))
  room.on('peerAuthenticationFailed', (id, { message }) => note(id, `refused: ${message}`))
  room.on('error', ({ code }) => guest.log.push(code))
  room.on('packet', (value, from) => {
    if (from !== room.host || room.topology === 'mesh') guest.packets.push(value)
  })
  return guest
}

type Forward = RelayHub['forward']
/** Of the hub of whoever passes on: the host's, or that of a peer of a mesh. */
export type Call = Parameters<Forward>

const real = RelayHub.prototype.forward
/** Every call of every hub. */
export const forward = {
  /** What passed through, sealed or not, as text. */
  text: '',
  /** What becomes of it. */
  be(what: (go: (...call: Call) => boolean, ...call: Call) => boolean): void {
    RelayHub.prototype.forward = function (this: RelayHub, ...call: Call) {
      forward.text += Buffer.from(call[4].packet).toString('latin1')
      return what((...changed) => real.apply(this, changed), ...call)
    }
  },
  restore(): void {
    RelayHub.prototype.forward = real
    forward.text = ''
  },
}

/** A host and two clients, which need not know each other yet. */
export async function star(own: Partial<JoinRoomOptions> = {}): Promise<[host: Guest, a: Guest, b: Guest]> {
  useNetwork({ seed: 1, latencyMs: 20 })
  const host = await enter(0, own, hostRoom)
  const a = await enter(1, { ...own, room: host.room.code })
  const b = await enter(2, { ...own, room: host.room.code })
  return [host, a, b]
}

/** A host and two clients that know each other. */
export async function sealedStar(own: Partial<JoinRoomOptions> = {}): Promise<[host: Guest, a: Guest, b: Guest]> {
  const all = await star(own)
  await runUntil(network, () => all.every(({ room }) => room.peers.length === 2))
  return all
}
