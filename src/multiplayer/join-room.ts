// The way in: from options to a room.

import { systemClock } from '../net/clock.ts'
import { NetError } from '../net/errors.ts'
import { WebRTCPeerConnection } from '../net/peer-connection.ts'
import { systemRandom } from '../net/random.ts'
import type { RoomPage, SignalingEvent, SignalingRequest, SignalingTransport } from '../net/signaling/transport.ts'
import { WebSocketSignaling } from '../net/signaling/websocket.ts'
import { checkSealing } from './api/checks.ts'
import { MultiplayerAPI } from './api/multiplayer-api.ts'
import { checkPatience } from './checks.ts'
import { Dialer } from './dialer.ts'
import { iceServersAtHand, iceServersForDial } from './ice-servers.ts'
import { Detours } from './relay/detours.ts'
import { JoinedRoom } from './room.ts'
import type { JoinRoomOptions, ListRoomsOptions, QuickMatchOptions, Room } from './room-types.ts'
import { TARGET_PEER_SERVER } from './types.ts'
import { isPageVisible } from './visibility.ts'
import { WebRTCMultiplayerPeer } from './webrtc-multiplayer-peer.ts'

/**
 * Joins the room with the code `room`, or opens a new one when none is given.
 *
 * Resolves when this peer is in the room: in a star, when it is connected to the host, which is then in `peers`; in a mesh
 * at once, and the others follow as `peerConnected` events.
 * @throws {NetError} ERR_SIGNALING_URL, ERR_SIGNALING_UNREACHABLE, ERR_SIGNALING_PROTOCOL, ERR_TIMEOUT,
 * ERR_ROOM_NOT_FOUND (or the password is wrong), ERR_ROOM_FULL, ERR_ROOM_SEALED, ERR_ROOM_CLOSED, ERR_KICKED,
 * ERR_DOES_NOT_EXIST (the place is not kept any more), ERR_TOKEN_REFUSED, ERR_RATE_LIMITED, ERR_UNAVAILABLE,
 * ERR_WEBRTC_UNSUPPORTED, ERR_DRIVER_MISSING, ERR_CONNECTION_ERROR, ERR_INVALID_PARAMETER, ERR_ABORTED
 */
export function joinRoom(options: JoinRoomOptions): Promise<Room> {
  return enter(options, 'mesh')
}

/**
 * Joins any open public room of the topology (and the size, where `maxPeers` is given) whose metadata has all of `metadata`;
 * where there is none, opens one. Two that ask at the same instant end in the same room.
 * @throws {NetError} as `joinRoom` does; ERR_UNAVAILABLE where signaling knows no public rooms.
 */
export function quickMatch(options: QuickMatchOptions): Promise<Room> {
  return enter(options, 'mesh', 'match')
}

/**
 * The public rooms, page by page: give `next` of one page as `after` for the following one. A page may be empty although
 * there is a next one.
 * @throws {NetError} ERR_UNAVAILABLE where signaling knows no public rooms; otherwise as `joinRoom` does.
 */
export async function listRooms(options: ListRoomsOptions): Promise<RoomPage> {
  const { signaling, token, signal, clock = systemClock, random = systemRandom, ...query } = options
  const transport = chooseTransport(signaling)
  if (!transport.list) {
    throw new NetError('ERR_UNAVAILABLE', 'This kind of signaling knows no public rooms. A signaling server does.')
  }
  return transport.list(
    { ...query, ...(token !== undefined && { token }) },
    { clock, random, ...(signal && { signal }) },
  )
}

/** Opens a new room, as its host. A star unless `topology` says otherwise: then this peer's id is 1. See `joinRoom`. */
export function hostRoom(options: Omit<JoinRoomOptions, 'room'>): Promise<Room> {
  return enter(options, 'star')
}

async function enter(
  options: JoinRoomOptions,
  defaultTopology: 'mesh' | 'star',
  newRoom: 'create' | 'match' = 'create',
): Promise<Room> {
  const { channels = [], autoPoll = true, signal } = options
  const { clock = systemClock, random = systemRandom, suspicionMs, graceMs } = options
  checkPatience({ suspicionMs, graceMs })
  checkSealing(options.sealRelayed === true, options.authentication)
  const transport = chooseTransport(options.signaling)
  const ownConfiguration = {
    ...(options.iceTransportPolicy && { iceTransportPolicy: options.iceTransportPolicy }),
    ...(options.node && { node: options.node }),
    ...(options.driver && { driver: options.driver }),
  }
  // What is missing or misconfigured here shall not cost a place in the room, so it is found out first. Relay-only needs
  // TURN servers, which may be known only when signaling has named them.
  tryWebRTC(
    typeof options.iceServers === 'object'
      ? { ...ownConfiguration, iceServers: options.iceServers }
      : { ...(options.node && { node: options.node }), ...(options.driver && { driver: options.driver }) },
  )

  const session = await transport.open(requestOf(options, defaultTopology, newRoom), {
    clock,
    random,
    ...(signal && { signal }),
  })

  const isStar = session.room.topology === 'star'
  const hostReached = isStar && session.id !== TARGET_PEER_SERVER ? deferred() : undefined
  const peer = new WebRTCMultiplayerPeer({
    autoPoll,
    clock,
    ...(options.lanes && { lanes: options.lanes }),
    ...(options.bulkConnection !== undefined && { bulkConnection: options.bulkConnection }),
    ...{ random, suspicionMs, graceMs },
    ...(options.relay !== undefined && { relay: options.relay }),
    ...(options.serverRelay !== undefined && { serverRelay: options.serverRelay }),
    ...(options.sealRelayed !== undefined && { sealRelayed: options.sealRelayed }),
    hooks: {
      reconnecting: (id) => dialer.repair(id),
      settled: (id) => dialer.settled(id),
      connected: (id) => {
        dialer.connected(id)
        detours?.forget(id)
        // Whoever polls cannot do so before there is a room.
        if (!options.authentication || !autoPoll) hostReached?.resolve()
      },
      failed: (id, error) => {
        const again = dialer.retry(id, error)
        if (!again) hostReached?.reject(error)
        return again || detours?.seek(id, error) === true
      },
      wantsRelayed: (id) => dialer.mayBeRelayed(id),
      relayLost: (id, reason, isSpoiled) => detours?.lost(id, reason, isSpoiled),
      iceServers: iceServersAtHand(options.iceServers, session, clock),
    },
  })
  const iceServers = iceServersForDial(options.iceServers, session, clock)
  const dialer = new Dialer(session, peer, { ...ownConfiguration, clock }, iceServers, clock, {
    failed: (id, error) => {
      hostReached?.reject(error)
      if (!detours?.seek(id, error)) room.dialFailed(id, error)
    },
    error: (error) => room.dialError(error),
  })
  const detours = isStar
    ? undefined
    : new Detours({
        ...{ peer, clock },
        knows: (id) => dialer.knows(id),
        dial: (id, alone) => dialer.again(id, alone),
        failed: (id, error) => room.dialFailed(id, error),
      })
  if (!isStar) peer.createMesh(session.id, channels)
  else if (session.id === TARGET_PEER_SERVER) peer.createServer(channels)
  else peer.createClient(session.id, channels)
  let known: { readonly host: number } = session.room
  const api = new MultiplayerAPI({
    multiplayerPeer: peer,
    clock,
    random,
    host: () => known.host,
    session: session.room.code,
    refused: (id, via) => (via === undefined ? room.refuse(id) : dialer.refuseRelayed(id)),
    ...(options.authentication && { authentication: options.authentication }),
    ...(options.authTimeoutMs !== undefined && { authTimeoutMs: options.authTimeoutMs }),
  })
  api.on('connectedToServer', () => hostReached?.resolve())
  api.on('peerAuthenticationFailed', (_id, error) => hostReached?.reject(error))
  const room = new JoinedRoom({ session, api, peer, dialer, detours, clock, keepPlace: options.keepPlace ?? false })
  known = room
  try {
    session.listen((event: SignalingEvent) => {
      if (event.type === 'closed') hostReached?.reject(event.error)
      room.handle(event)
    })
    if (hostReached) await abortable(hostReached.promise, signal)
    return room
  } catch (error) {
    void room.leave()
    throw error
  }
}

/** What is asked of signaling. */
function requestOf(
  options: JoinRoomOptions,
  defaultTopology: 'mesh' | 'star',
  newRoom: 'create' | 'match',
): SignalingRequest {
  const { room, place, token, password, topology = defaultTopology, maxPeers, metadata, whenHostLeaves } = options
  const presence = { ...options.presence, ...(!isPageVisible() && { visible: false }) }
  const common = {
    ...(token !== undefined && { token }),
    ...(Object.keys(presence).length > 0 && { presence }),
  }
  const secret = password !== undefined && { password }
  if (place !== undefined) return { action: 'resume', place, ...common }
  if (room !== undefined) return { action: 'join', room, ...secret, ...common }
  const wanted = {
    topology,
    ...(maxPeers !== undefined && { maxPeers }),
    ...(metadata !== undefined && { metadata }),
    ...(whenHostLeaves !== undefined && { whenHostLeaves }),
    ...common,
  }
  if (newRoom === 'match') return { action: 'match', ...wanted }
  return { action: 'create', ...(options.public !== undefined && { public: options.public }), ...secret, ...wanted }
}

function chooseTransport(signaling: string | SignalingTransport): SignalingTransport {
  if (typeof signaling === 'string') return new WebSocketSignaling(signaling)
  if (typeof signaling?.open === 'function') return signaling
  throw new NetError('ERR_INVALID_PARAMETER', '`signaling` is the URL of a signaling server or a SignalingTransport.')
}

/** @throws {NetError} ERR_WEBRTC_UNSUPPORTED, ERR_DRIVER_MISSING, ERR_INVALID_PARAMETER */
function tryWebRTC(configuration: Parameters<WebRTCPeerConnection['initialize']>[0]): void {
  const probe = new WebRTCPeerConnection()
  probe.initialize(configuration)
  probe.close()
}

function deferred(): { promise: Promise<void>; resolve: () => void; reject: (error: NetError) => void } {
  let resolve: () => void = () => {}
  let reject: (error: NetError) => void = () => {}
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  promise.catch(() => {})
  return { promise, resolve, reject }
}

function abortable(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const abort = () => reject(new NetError('ERR_ABORTED', 'Joining was aborted.', { cause: signal.reason }))
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
