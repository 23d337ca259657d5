// The public names of signaling.

export type { BroadcastChannelSignalingOptions } from './broadcast-channel.ts'
export { BroadcastChannelSignaling } from './broadcast-channel.ts'
export {
  DEFAULT_MAX_PEERS,
  MAX_CANDIDATE_LENGTH,
  MAX_METADATA_LENGTH,
  MAX_NAME_LENGTH,
  MAX_PASSWORD_LENGTH,
  MAX_PEERS_LIMIT,
  MAX_PRESENCE_LENGTH,
  MAX_PROPERTIES,
  MAX_PROPERTY_LENGTH,
  MAX_SDP_LENGTH,
  MAX_TOKEN_LENGTH,
  SIGNALING_TIMEOUT_MS,
} from './constants.ts'
export type { MemorySignalingOptions } from './memory.ts'
export { MemorySignaling } from './memory.ts'
export type { ListedRoom, RoomFilter, RoomInfo, Signal, Topology } from './messages.ts'
export { ClientMessage, PROTOCOL_VERSION, ServerMessage } from './messages.ts'
export type { PlayerPresence, PresenceChange, Properties } from './presence.ts'
export { generateRoomCode, normalizeRoomCode } from './room-code.ts'
export { SessionEvents } from './session-events.ts'
export type {
  MemberRequest,
  NewRoom,
  RoomPage,
  RoomQuery,
  SignalingContext,
  SignalingEvent,
  SignalingRequest,
  SignalingSession,
  SignalingTransport,
} from './transport.ts'
export type { WebSocketSignalingOptions } from './websocket.ts'
export { WebSocketSignaling } from './websocket.ts'
export type { WebSocketConstructor, WebSocketLike } from './websocket-implementation.ts'
export { setWebSocketImplementation } from './websocket-implementation.ts'
