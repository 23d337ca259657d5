// What the server tells its operator. No tokens, no session descriptions: logs are read by more people than they concern.

import type { NetErrorCode } from '../../src/net/errors.ts'
import type { Topology } from '../../src/net/signaling/messages.ts'
import type { AuthorizeRequest } from './authorize.ts'

/** One thing that happened. `connection` numbers the connections of this process. */
export type SignalingLogEvent =
  | { readonly event: 'listening'; readonly url: string }
  | { readonly event: 'draining'; readonly connections: number }
  | { readonly event: 'stopped' }
  | { readonly event: 'connection_opened'; readonly connection: number; readonly address: string }
  | { readonly event: 'connection_closed'; readonly connection: number; readonly code: number; readonly reason: string }
  | {
      readonly event: 'connection_refused'
      readonly address: string
      readonly reason: 'connections' | 'address' | 'rate' | 'origin' | 'draining'
    }
  /** It did not answer a ping, did not read what was sent, or broke WebSocket's rules. */
  | {
      readonly event: 'connection_cut'
      readonly connection: number
      readonly reason: CutReason
    }
  /** A client is in; `ms` is what that took, from its first message on. */
  | {
      readonly event: 'entered'
      readonly connection: number
      readonly action: AuthorizeRequest['action'] | 'resume'
      readonly ms: number
    }
  | { readonly event: 'room_created'; readonly connection: number; readonly room: string; readonly topology: Topology }
  | { readonly event: 'peer_joined'; readonly connection: number; readonly room: string; readonly peer: number }
  /** Its socket broke; its place is kept for the grace time. */
  | { readonly event: 'peer_dropped'; readonly connection: number; readonly room: string; readonly peer: number }
  | { readonly event: 'peer_resumed'; readonly connection: number; readonly room: string; readonly peer: number }
  | { readonly event: 'peer_left'; readonly connection: number; readonly room: string; readonly peer: number }
  /** `connection` is undefined where its last places ran out. */
  | { readonly event: 'room_ended'; readonly connection: number | undefined; readonly room: string }
  /** Something that a client asked for was not done. */
  | { readonly event: 'refused'; readonly connection: number; readonly code: NetErrorCode; readonly message: string }
  | { readonly event: 'signal_relayed'; readonly connection: number; readonly room: string; readonly to: number }
  /** A signal to a peer that its sender does not connect with: it just left, or the client is wrong. */
  | { readonly event: 'signal_dropped'; readonly connection: number; readonly room: string; readonly to: number }
  /** Something failed that is not the client's fault: the adapter, `authorize`. */
  | { readonly event: 'failed'; readonly connection: number | undefined; readonly error: unknown }

export type CutReason = 'unanswered_ping' | 'slow_reader' | 'bad_frame'

/** Hears what the server tells its operator. */
export type SignalingLog = (event: SignalingLogEvent) => void
