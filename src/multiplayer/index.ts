// `skein/multiplayer`: many connections.

export type { LaneSettings } from '../net/link/lanes.ts'
export type { PeerAuthentication, PendingPeer } from './api/authentication.ts'
export type { Courier, ServicePart } from './api/courier.ts'
export { MultiplayerAPI, type MultiplayerAPIEvents, type MultiplayerAPIOptions } from './api/multiplayer-api.ts'
export type { IceServersOption } from './ice-servers.ts'
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
export {
  type ConnectionHooks,
  WebRTCMultiplayerPeer,
  type WebRTCMultiplayerPeerOptions,
} from './webrtc-multiplayer-peer.ts'
