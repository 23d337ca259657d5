// The client's address behind proxies.

import type { IncomingMessage } from 'node:http'

/**
 * For `createSignalingServer({ addressOf })` behind `proxies` proxies that each add the address they see to
 * X-Forwarded-For. What stands further left in the header was written by the client and is not believed.
 */
export function forwardedAddress(proxies: number): (request: IncomingMessage) => string {
  return (request) => {
    const header = request.headers['x-forwarded-for']
    const addresses = [header ?? []].flat().flatMap((line) => line.split(','))
    const seen = [...addresses.map((address) => address.trim()), request.socket.remoteAddress ?? 'unknown']
    // The socket's own address is the last proxy; each step to the left is one proxy further out.
    return withoutPort(seen[Math.max(0, seen.length - 1 - proxies)] || 'unknown').slice(0, 64)
  }
}

/** Some proxies add the port, with which every connection of a client would be another client. */
function withoutPort(address: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\](?::\d+)?|([^:]*):\d+)$/.exec(address) ?? []
  return bracketed ?? plain ?? address
}
