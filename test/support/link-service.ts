// The link's rewriting of candidates, for ends that run in other processes and in pages. An end asks for every candidate
// that it is told, however it was told: so no connection finds a way around the link, nor one that is dialled over another.

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { RewriteRequest } from './link-client.ts'
import type { UdpLink } from './udp-link.ts'

export interface LinkService {
  readonly url: string
  readonly server: Server
  close(): void
}

export async function startLinkService(link: UdpLink): Promise<LinkService> {
  /** Connections are told apart by number. */
  const attempts = new Map<string, number>()
  const attemptOf = (key: string) => {
    const attempt = attempts.get(key) ?? attempts.size
    attempts.set(key, attempt)
    return attempt
  }
  const server = createServer(async (request, response) => {
    response.setHeader('access-control-allow-origin', '*')
    if (request.method !== 'POST') {
      response.end()
      return
    }
    const { to, key, signal } = JSON.parse(await text(request)) as RewriteRequest
    const rewritten = await link.rewrite(3 - to, to, { ...signal, attempt: attemptOf(key) })
    response.end(JSON.stringify({ signal: rewritten }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
