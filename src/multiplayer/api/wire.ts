// The first byte of a service message: whose it is. docs/STANDARD.md has what follows.

export const Service = {
  /** command:u8, data. Authentication between two peers. */
  Auth: 0,
  /** The room's clock. */
  Clock: 1,
  /** RPC: what both sides must agree upon, requests' replies, and numbers beyond those below. */
  RpcTable: 2,
  RpcReply: 3,
  RpcLong: 4,
} as const
export type Service = (typeof Service)[keyof typeof Service]

/** From here on the first byte is an RPC's number plus this, so that a call costs a single byte. */
export const FIRST_RPC = 16

export const AuthCommand = { Data: 0, Complete: 1 } as const
