// Translates W3C ICE servers for node-datachannel, which knows STUN and TURN over UDP only.

import type { IceServer as NativeIceServer } from 'node-datachannel'
import { NetError } from '../errors.ts'
import type { ConnectionConfiguration } from './driver.ts'

const URL_PATTERN = /^(stuns?|turns?):(\[[0-9a-fA-F:.]+\]|[^:?[\]]+)(?::(\d+))?(?:\?transport=(udp|tcp))?$/

/** @throws {NetError} ERR_INVALID_PARAMETER: not a STUN or TURN URL, or relay-only without a usable TURN server. */
export function toNativeIceServers(configuration: ConnectionConfiguration): NativeIceServer[] {
  const servers: NativeIceServer[] = []
  let relays = 0
  for (const { urls, username, credential } of configuration.iceServers ?? []) {
    for (const url of typeof urls === 'string' ? [urls] : urls) {
      const [, scheme, host, port, transport] = URL_PATTERN.exec(url) ?? []
      if (!scheme || !host) {
        throw new NetError('ERR_INVALID_PARAMETER', `Not a STUN or TURN URL: "${url}". Write it as "turn:host:port".`)
      }
      if (scheme === 'stuns' || scheme === 'turns' || transport === 'tcp') continue
      // As fields: the library reads no URL with an IPv6 address, and resolves none in brackets.
      const server = { hostname: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port ?? 3478) }
      if (scheme === 'stun') {
        servers.push(server)
        continue
      }
      relays += 1
      servers.push({
        ...server,
        relayType: 'TurnUdp',
        ...(username !== undefined && { username }),
        ...(credential !== undefined && { password: credential }),
      })
    }
  }
  if (configuration.iceTransportPolicy === 'relay' && relays === 0) {
    throw new NetError(
      'ERR_INVALID_PARAMETER',
      "iceTransportPolicy 'relay' needs a TURN server, and in Node one over UDP: add one to iceServers.",
    )
  }
  return servers
}
