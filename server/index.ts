// The public surface of `skein/server`.

export { forwardedAddress } from './operations/forwarded.ts'
export { createSignalingLog } from './operations/logging.ts'
export type { SignalingMetrics } from './operations/metrics.ts'
export { createSignalingMetrics } from './operations/metrics.ts'
export type {
  ChannelEvent,
  RecordChannel,
  RecordQuery,
  RecordUpdate,
  RelayedSignal,
  SignalingAdapter,
  StoredRecord,
} from './signaling/adapter.ts'
export type { Authorize, AuthorizeRequest, Grant } from './signaling/authorize.ts'
export type { IceServersOption, IceServersRequest, IssuedIceServers, IssueIceServers } from './signaling/ice-servers.ts'
export type { SignalingLog, SignalingLogEvent } from './signaling/log.ts'
export type { MemoryAdapterOptions } from './signaling/memory-adapter.ts'
export { MemoryAdapter } from './signaling/memory-adapter.ts'
export type { PlaceOptions, SignalingLimits, SignalingServerOptions } from './signaling/options.ts'
export type { PassportOptions } from './signaling/passports.ts'
export { createPassport } from './signaling/passports.ts'
export type { RedisAdapterOptions } from './signaling/redis-adapter.ts'
export { RedisAdapter } from './signaling/redis-adapter.ts'
export type { SignalingServer } from './signaling/server.ts'
export { createSignalingServer } from './signaling/server.ts'
export type { Ticket, TicketOptions, TicketRight } from './signaling/tickets.ts'
export { createTicket } from './signaling/tickets.ts'
export type { TurnServersOptions } from './signaling/turn-credentials.ts'
export { turnCredential, turnServers } from './signaling/turn-credentials.ts'
