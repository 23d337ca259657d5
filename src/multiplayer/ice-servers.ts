// Which STUN and TURN servers a connection is made with: the user's own, or those that signaling recommends.

import type { Clock } from '../net/clock.ts'
import type { IceServer } from '../net/drivers/driver.ts'
import { NetError } from '../net/errors.ts'
import type { SignalingSession } from '../net/signaling/transport.ts'
import { ICE_SERVERS_TIMEOUT_MS } from './constants.ts'

/** The user's own: as they are, or a function that is asked before every connection, so that credentials can be fresh. */
export type IceServersOption = readonly IceServer[] | (() => readonly IceServer[] | Promise<readonly IceServer[]>)

/** Those for the connection that is made now; `attempt` above 0 dials again. Rejects with what the user's function throws. */
export type IceServersForDial = (attempt: number) => readonly IceServer[] | Promise<readonly IceServer[]>

export function iceServersForDial(
  own: IceServersOption | undefined,
  session: SignalingSession,
  clock: Clock,
): IceServersForDial {
  if (typeof own === 'function') return () => inTime(own, clock)
  if (own) return () => own
  // Signaling renews them before they expire. When a connection failed, what it was made with may be why.
  return (attempt) => (attempt > 0 && session.refreshIceServers?.()) || session.iceServers
}

/**
 * Those for a connection that does not wait for them: signaling renews its own. A function's are what it said last; it is asked
 * for the next time. `undefined`: not known.
 */
export function iceServersAtHand(
  own: IceServersOption | undefined,
  session: SignalingSession,
  clock: Clock,
): () => readonly IceServer[] | undefined {
  if (typeof own !== 'function') return () => own ?? session.iceServers
  let last: readonly IceServer[] | undefined
  return () => {
    inTime(own, clock).then(
      (servers) => {
        last = servers
      },
      () => {},
    )
    return last
  }
}

async function inTime(
  ask: () => readonly IceServer[] | Promise<readonly IceServer[]>,
  clock: Clock,
): Promise<readonly IceServer[]> {
  let cancel: () => void = () => {}
  const timeout = new Promise<never>((_, reject) => {
    const message = `The function \`iceServers\` did not answer within ${ICE_SERVERS_TIMEOUT_MS / 1000} s.`
    cancel = clock.setTimeout(() => reject(new NetError('ERR_TIMEOUT', message)), ICE_SERVERS_TIMEOUT_MS)
  })
  try {
    return await Promise.race([ask(), timeout])
  } finally {
    cancel()
  }
}
