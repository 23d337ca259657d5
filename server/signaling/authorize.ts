// Who may enter: asks the operator's `authorize`, and takes nothing but a clear answer for a yes.

import type { CancelTimer, Clock } from '../../src/net/clock.ts'
import { NetError } from '../../src/net/errors.ts'
import { AUTHORIZE_TIMEOUT_MS } from './constants.ts'
import type { Ticket } from './tickets.ts'

/** What `authorize` is asked. Strings come from the client: only `address` and `ticket` can be relied on. */
export interface AuthorizeRequest {
  readonly action: 'create' | 'join' | 'match' | 'list'
  /** The code of the room to join. */
  readonly room?: string
  readonly token?: string
  /** What the token says, where the server has a ticket secret: checked, but not yet used up. */
  readonly ticket?: Ticket
  readonly address: string
  /** The page's origin, as browsers send it. */
  readonly origin: string | undefined
  /** Path and query of the request. Do not log it: there are clients that put tokens into it. */
  readonly url: string
}

/** What an `authorize` that says more than yes knows of the client. */
export interface Grant {
  /** Who it is, the same at every visit: what a ban holds on to. Left out: its address. */
  readonly subject?: string
  /** The player's name, which the client cannot change. */
  readonly name?: string
}

/** Whether somebody may enter. What throws and what says nothing says no. */
export type Authorize = (request: AuthorizeRequest) => boolean | Grant | Promise<boolean | Grant>

/**
 * What `authorize` grants. A refusal, a failure and silence are all a no.
 * @param failed Hears of an `authorize` that threw or did not answer.
 * @throws {NetError} ERR_TOKEN_REFUSED, or the NetError that `authorize` threw.
 */
export async function askAuthorize(
  authorize: Authorize,
  request: AuthorizeRequest,
  clock: Clock,
  failed: (error: unknown) => void,
): Promise<Grant> {
  let cancel: CancelTimer | undefined
  const timeout = new Promise<never>((_, reject) => {
    const late = () => reject(new Error('authorize did not answer in time'))
    cancel = clock.setTimeout(late, AUTHORIZE_TIMEOUT_MS)
  })
  let answer: unknown = false
  try {
    answer = await Promise.race([authorize(request), timeout])
  } catch (error) {
    if (error instanceof NetError) throw error
    failed(error)
  } finally {
    cancel?.()
  }
  const grant = grantOf(answer)
  if (grant) return grant
  throw new NetError('ERR_TOKEN_REFUSED', 'The signaling server refused the token.')
}

/** Only `true` itself or a grant is a yes: a forgotten `await` inside `authorize` must not let everyone in. */
export function grantOf(answer: unknown): Grant | undefined {
  if (answer === true) return {}
  return typeof answer === 'object' && answer !== null && !('then' in answer) ? answer : undefined
}
