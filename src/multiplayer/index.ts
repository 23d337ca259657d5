// `skein/multiplayer`: many connections.

export type { IceServersOption } from './ice-servers.ts'
export type { WaitingPacket } from './inbox.ts'
export { hostRoom, joinRoom, listRooms, quickMatch } from './join-room.ts'
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
export {
  ConnectionStatus,
  type DisconnectReason,
  type PacketValue,
  type PeerStats,
  type SendOptions,
  TARGET_PEER_BROADCAST,
  TARGET_PEER_SERVER,
  TransferMode,
} from './types.ts'
export {
  type ConnectionHooks,
  WebRTCMultiplayerPeer,
  type WebRTCMultiplayerPeerOptions,
} from './webrtc-multiplayer-peer.ts'
