// Refuses ICE servers as browsers and the Node driver do. Nothing is ever sent to them.

import type { IceServer } from '../drivers/driver.ts'
import { NetError } from '../errors.ts'

const URL_PATTERN = /^(?:stuns?|(turns?)):(?:\[[0-9a-f:.]+\]|[^:?[\]]+)(?::\d{1,5})?(?:\?transport=(?:udp|tcp))?$/i

/**
 * Returns whether there is a TURN server among them.
 * @throws {NetError} ERR_INVALID_PARAMETER: not a STUN or TURN URL, or TURN without username and credential.
 */
export function checkIceServers(servers: readonly IceServer[]): boolean {
  let hasRelay = false
  for (const { urls, username, credential } of servers) {
    for (const url of [urls].flat()) {
      const match = URL_PATTERN.exec(url)
      if (!match) {
        throw new NetError('ERR_INVALID_PARAMETER', `Not a STUN or TURN URL: "${url}". Write it as "turn:host:port".`)
      }
      if (!match[1]) continue
      if (username === undefined || credential === undefined) {
        throw new NetError('ERR_INVALID_PARAMETER', `The TURN server "${url}" needs a username and a credential.`)
      }
      hasRelay = true
    }
  }
  return hasRelay
}
