// A room as the server keeps it: the record that members know, and beside it who holds which place, until when, and who
// may not come back. Pure functions; times are ms since 1970, secrets and passwords come hashed.

import { NetError } from '../../src/net/errors.ts'
import type { PresenceChange } from '../../src/net/signaling/presence.ts'
import type { RoomChange, RoomRecord } from '../../src/net/signaling/room.ts'
import {
  addPeer,
  changed,
  connects,
  isOpen,
  isSame,
  kick,
  offers,
  present,
  removePeer,
  roomInfo,
} from '../../src/net/signaling/room.ts'
import type { StoredRecord } from './adapter.ts'
import type { PasswordHash } from './password.ts'

/** A member's place. It outlives a broken socket by the grace time. */
export interface Place {
  /** The revision with which its peer entered. Another one under the same id is another peer. */
  readonly life: number
  /** The revision with which its socket came. An older socket has lost the place. */
  readonly link: number
  /** The revision at which its process was cut off from the others last: what it sent before, or should hear, may be lost. */
  readonly mended?: number
  /** The address of the process that serves it, where adapters have one: signals go there. */
  readonly at?: string | undefined
  /** The hash of the secret with which a new socket takes it over. */
  readonly secret: string
  /** That of the one before, with which its socket came: good until the client shows that it has read the new one. */
  readonly previous?: string
  /** When it is given up, unless somebody renews it. */
  readonly until: number
  /** Whose it is, in a form that a ban can keep. */
  readonly holder: string
  /** Its player's name was given by the operator. */
  readonly isNamed?: boolean
}

export interface RoomState extends RoomRecord, StoredRecord {
  /** Of every member, and of a star's host that the room waits for. */
  readonly places: Readonly<Record<number, Place>>
  /** Holders that may not come in. */
  readonly bans: readonly string[]
  readonly password?: PasswordHash | undefined
  /** Who was thrown out last. */
  readonly kicked?: number | undefined
}

/** What a newcomer brings. */
export type Arrival = Pick<Place, 'secret' | 'holder' | 'until' | 'at' | 'isNamed'>

const NO_BANS: readonly string[] = []

/** The state of a room that was just created. */
export function openState(room: RoomRecord, creator: Arrival, password?: PasswordHash): RoomState {
  const place = newPlace(creator, room.revision)
  return indexed({ ...room, places: { [room.host]: place }, bans: NO_BANS, ...(password && { password }) })
}

/**
 * With a newcomer under `id`.
 * @throws {NetError} what `addPeer` throws; ERR_KICKED for a holder that is banned.
 */
export function admit(state: RoomState, id: number, presence: PresenceChange, arrival: Arrival): RoomState {
  if (state.bans.includes(arrival.holder)) {
    throw new NetError('ERR_KICKED', `The host of room ${state.code} does not let this peer in.`)
  }
  const room = addPeer(state, id, presence)
  const place = newPlace(arrival, room.revision)
  return indexed({ ...room, places: { ...state.places, [id]: place } })
}

/** Written out: an object that is made by spreading and adding takes half as much again, and there is one for every player. */
function newPlace({ secret, until, holder, at, isNamed }: Arrival, revision: number): Place {
  const place = { life: revision, link: revision, secret, until, holder }
  return at === undefined && !isNamed ? place : { ...place, at, ...(isNamed && { isNamed }) }
}

/**
 * With the place of `id` in the hands of a new socket, which showed the hash of the place's secret, or of the one before it
 * where nobody has used the newer one: its answer was lost. `fresh`: its connections of before are gone, so it enters like a
 * newcomer under the same id.
 * @throws {NetError} ERR_DOES_NOT_EXIST, one and the same for every reason.
 */
export function resume(
  state: RoomState | undefined,
  id: number,
  shown: string,
  arrival: Pick<Arrival, 'secret' | 'until' | 'at'>,
  options: { readonly fresh: boolean; readonly presence: PresenceChange },
): RoomState {
  const place = state?.places[id]
  if (!state || !place || (place.secret !== shown && place.previous !== shown)) throw noSuchPlace()
  const isHere = state.peers.includes(id)
  const anew = options.fresh || !isHere
  const others = state.peers.filter((peer) => peer !== id)
  const room = changed(state, {
    peers: anew ? [...others, id] : state.peers,
    presence: isHere ? state.presence : { ...state.presence, [id]: { name: '', properties: {}, visible: true } },
  })
  const revision = room.revision
  const taken: Place = { ...place, ...arrival, previous: shown, link: revision, life: anew ? revision : place.life }
  const resumed = { ...room, places: { ...state.places, [id]: taken } }
  return indexed({ ...introduce(resumed, id, options.presence), revision })
}

/** The socket that came with `link` has read the secret of `id`: the one before it is spent. Nobody needs to hear of that. */
export function confirm(state: RoomState, id: number, link: number): RoomState {
  const place = state.places[id]
  if (place?.link !== link || place.previous === undefined) return state
  return { ...state, places: { ...state.places, [id]: withoutPrevious(place) } }
}

function withoutPrevious({ previous: _, ...place }: Place): Place {
  return place
}

/** With what `id` says of itself, except a name that it was given. */
export function introduce(state: RoomState, id: number, presence: PresenceChange): RoomState {
  const { name: _, ...rest } = presence
  return present(state, id, state.places[id]?.isNamed ? rest : presence)
}

/** The refusal of every `resume` that fails. */
export function noSuchPlace(): NetError {
  return new NetError('ERR_DOES_NOT_EXIST', 'That place is not kept any more. Join the room anew.')
}

/** The socket of `id` broke: its place is kept until `until`. Nobody needs to hear of that. */
export function drop(state: RoomState, id: number, until: number): RoomState {
  const place = state.places[id]
  return place ? indexed({ ...state, places: { ...state.places, [id]: { ...place, until } } }) : state
}

/** Without `id`, which leaves for good; undefined when the room ends. A star that waits keeps its host's place until `until`. */
export function leave(state: RoomState, id: number, until: number): RoomState | undefined {
  const rest = removePeer(state, id)
  if (!rest) return undefined
  const { [id]: place, ...places } = state.places
  // Of a mesh nobody, and of a star without its host and without a word of waiting nothing, would be left.
  const waits = state.topology === 'star' && id === state.host && state.peers.includes(id) && place
  if (!waits && rest.peers.length === 0 && !places[state.host]) return undefined
  return indexed({ ...rest, places: waits ? { ...places, [id]: { ...place, until } } : places })
}

/** Without `id`, which `by` threw out; with `ban` it cannot come back. @throws {NetError} what `kick` throws. */
export function throwOut(state: RoomState, by: number, id: number, ban: boolean, maxBans: number): RoomState {
  const rest = kick(state, by, id)
  const { [id]: place, ...places } = state.places
  const bans = ban && place ? [...state.bans, place.holder].slice(-maxBans) : state.bans
  return indexed({ ...rest, places, bans, kicked: id })
}

/**
 * With the places that `links` holds kept until `until`; the same state when none of them is in it. `mended`: their process
 * was cut off from the others, who shall hear of it.
 */
export function renew(
  state: RoomState,
  links: ReadonlyMap<number, number>,
  until: number,
  { mended = false } = {},
): RoomState {
  const next = mended ? changed(state, {}) : state
  const renewed = Object.fromEntries(
    [...links].flatMap(([id, link]) => {
      const place = state.places[id]
      return place?.link === link ? [[id, { ...place, until, ...(mended && { mended: next.revision }) }]] : []
    }),
  )
  if (Object.keys(renewed).length === 0) return state
  return indexed({ ...next, places: { ...state.places, ...renewed } })
}

/** Without those whose time is up; undefined when the room ends with that. */
export function expire(state: RoomState, now: number, hostWaitMs: number): RoomState | undefined {
  let rest: RoomState | undefined = state
  for (const [key, place] of Object.entries(state.places)) {
    if (place.until > now || !rest) continue
    const id = Number(key)
    // A star's host that nobody waits for any longer.
    if (!rest.peers.includes(id)) return undefined
    rest = leave(rest, id, now + hostWaitMs)
  }
  return rest
}

/**
 * The newer one of what the store has and what a member remembers: the store may have lost the room, or gone back to an
 * earlier state of it.
 */
export function restored(stored: RoomState | undefined, remembered: RoomState): RoomState {
  if (stored && stored.revision >= remembered.revision) return stored
  // Which of the secrets are spent was told to nobody: the older ones are, rather than that one is good twice.
  const places = Object.entries(remembered.places).map(([id, place]) => [id, withoutPrevious(place)])
  return { ...remembered, places: Object.fromEntries(places), revision: remembered.revision + 1 }
}

/** What changed for one member, replaced and returned peers included. */
export interface StateChange extends RoomChange {
  /** Those with whom signals may have been lost: their socket is another one, or a process was cut off from the others. */
  readonly back: readonly number[]
}

/** Compares two states of a room as member `id` of both sees them. */
export function stateChange(before: RoomState, after: RoomState, id: number): StateChange {
  const { gone, come, stayed, presence, anew, back, info } = comparison(before, after)
  const saw = (peer: number) => connects(before, id, peer)
  const sees = (peer: number) => connects(after, id, peer)
  return {
    left: [...gone, ...anew].filter(saw),
    joined: [...come, ...anew].filter(sees),
    playersLeft: gone.filter((peer) => peer !== id && !saw(peer)),
    playersJoined: come.filter((peer) => peer !== id && !sees(peer)),
    // Whoever connects with a peer that came anew hears of it with that.
    presence: presence.filter((peer) => peer !== id && !(anew.includes(peer) && sees(peer))),
    back: (before.places[id]?.mended === after.places[id]?.mended ? back : stayed).filter(sees),
    info,
  }
}

interface Comparison {
  readonly gone: readonly number[]
  readonly come: readonly number[]
  /** Those who stayed, and live the same life. */
  readonly stayed: readonly number[]
  /** Those who stayed, and live another life: their connections of before are gone. */
  readonly anew: readonly number[]
  /** Those who stayed, with another presence. */
  readonly presence: readonly number[]
  readonly back: readonly number[]
  readonly info: boolean
}

let last: { readonly before: RoomState; readonly after: RoomState; readonly change: Comparison } | undefined

/** What changed for everybody. The last one is kept, because each member of a room asks for the same. */
function comparison(before: RoomState, after: RoomState): Comparison {
  if (last?.before === before && last.after === after) return last.change
  const had = new Set(before.peers)
  const has = new Set(after.peers)
  const stayed = after.peers.filter((peer) => had.has(peer))
  const isAnew = (peer: number) => before.places[peer]?.life !== after.places[peer]?.life
  const isBack = (peer: number) => {
    const [was, is] = [before.places[peer], after.places[peer]]
    return was?.link !== is?.link || was?.mended !== is?.mended
  }
  const same = stayed.filter((peer) => !isAnew(peer))
  const change: Comparison = {
    gone: before.peers.filter((peer) => !has.has(peer)),
    come: after.peers.filter((peer) => !had.has(peer)),
    stayed: same,
    anew: stayed.filter(isAnew),
    presence: stayed.filter((peer) => !isSame(before.presence[peer]!, after.presence[peer]!)),
    back: same.filter(isBack),
    info: !isSame(roomInfo(before), roomInfo(after)),
  }
  last = { before, after, change }
  return change
}

/** Whether `id` sends the offer to `to`. */
export function offersTo(state: RoomState, id: number, to: number): boolean {
  return offers(state, id, to)
}

/** With what the store finds the room by. */
export function indexed(state: RoomState): RoomState {
  const dueAt = Math.min(...Object.values(state.places).map(({ until }) => until))
  const { tags: _, ...rest } = state
  return { ...rest, dueAt, ...(state.public && { tags: tagsOf(state) }) }
}

function tagsOf(room: RoomRecord): string[] {
  return [
    'public',
    `topology=${room.topology}`,
    `maxPeers=${room.maxPeers}`,
    `locked=${room.locked}`,
    `open=${isOpen(room)}`,
    ...Object.entries(room.metadata).map(([key, value]) => propertyTag(key, value)),
  ]
}

/** The tag of a room whose metadata says this. The type is part of it: 1 is not '1'. */
export function propertyTag(key: string, value: string | number | boolean): string {
  return `metadata.${key}=${JSON.stringify(value)}`
}
