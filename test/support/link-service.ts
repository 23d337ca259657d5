// Lets ends of a UDP link that are other processes, or pages, ask for its rewriting. See linked-driver.ts.

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { LinkAnswer, LinkQuestion } from './linked-driver.ts'
import type { UdpLink } from './udp-link.ts'

export interface LinkService {
  /** For the `LinkEnd` of each end. */
  readonly url: string
  close(): void
}

export async function startLinkService(link: UdpLink): Promise<LinkService> {
  const server = createServer(async (request, response) => {
    const { from, to, signal, connection } = JSON.parse(await text(request)) as LinkQuestion
    const answer: LinkAnswer = { signal: await link.rewrite(from, to, signal, connection) }
    response.setHeader('access-control-allow-origin', '*')
    response.end(JSON.stringify(answer))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
