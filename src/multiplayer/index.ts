// `skein/multiplayer`: many connections.

export type { LaneSettings } from '../net/link/lanes.ts'
export type { ConnectionBinding, PeerAuthentication, PendingPeer } from './api/authentication.ts'
export type { Courier, ServicePart } from './api/courier.ts'
export { MultiplayerAPI } from './api/multiplayer-api.ts'
export type { MultiplayerAPIEvents, MultiplayerAPIOptions } from './api/multiplayer-api-types.ts'
export type { IceServersOption } from './ice-servers.ts'
export {
  type IdentifyOptions,
  type IdentityAuthentication,
  identify,
  type PeerIdentity,
} from './identity/identify.ts'
export { createIdentity, exportIdentity, type Identity, identityFromKeys, importIdentity } from './identity/identity.ts'
export type { Passport } from './identity/passport.ts'
export type { WaitingPacket } from './inbox.ts'
export { hostRoom, joinRoom, listRooms, quickMatch } from './join-room.ts'
export type { LaneName } from './lane-names.ts'
export { MultiplayerPeer, type MultiplayerPeerEvents } from './multiplayer-peer.ts'
export { OfflineMultiplayerPeer } from './offline-multiplayer-peer.ts'
export type {
  JoinRoomOptions,
  ListRoomsOptions,
  QuickMatchOptions,
  Room,
  RoomEvents,
  SignalingOptions,
} from './room-types.ts'
export { RpcDefinition, rpc } from './rpc/definition.ts'
export { RpcError } from './rpc/rpc-error.ts'
export type { RpcStats } from './rpc/rpc-service.ts'
export type { StandardSchema } from './rpc/standard-schema.ts'
export type {
  RequestOptions,
  RpcCall,
  RpcContext,
  RpcDefinitions,
  RpcMode,
  RpcOptions,
  RpcRateLimit,
  RpcRequest,
  RpcSetOptions,
  Rpcs,
} from './rpc/types.ts'
export type { RoomClock, RoomClockEvents } from './time/room-clock.ts'
export type { TickSource } from './time/tick-source.ts'
export { Ticker, type TickerEvents, type TickerOptions } from './time/ticker.ts'
export { isNewerTick, type TickBits, tickDelta, unwrapTick, wrapTick } from './time/ticks.ts'
export {
  ConnectionStatus,
  type DisconnectReason,
  type PacketValue,
  type PeerChannelStats,
  type PeerStats,
  type SendOptions,
  TARGET_PEER_BROADCAST,
  TARGET_PEER_SERVER,
  type TapEvent,
  TransferMode,
  type TransferProgress,
} from './types.ts'
export { WebRTCMultiplayerPeer } from './webrtc-multiplayer-peer.ts'
export type { ConnectedPeer, ConnectionHooks, WebRTCMultiplayerPeerOptions } from './webrtc-multiplayer-peer-types.ts'
