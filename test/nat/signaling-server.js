// The signaling server of the laboratory, once for each version of IP, with credentials for its coturn; and the page that a
// browser there loads.
//
// node signaling-server.js '<JSON: secret, for each server its host and the address of coturn, and the page's folder>'

import { createServer } from 'node:http'
import sirv from 'sirv'

/** @type {typeof import('../../server/index.ts')} */
const { createSignalingServer, MemoryAdapter, turnServers } = await import(
  String(new URL('../../dist/server/index.js', import.meta.url))
)

// The laboratory is gone.
process.on('disconnect', () => process.exit())

/** @type {{ secret: string, servers: { host: string, turn: string }[], site: string }} */
const { secret, servers, site } = JSON.parse(process.argv[2] ?? '{}')
const adapter = new MemoryAdapter()
/** @type {string[]} */
const urls = []
for (const { host, turn } of servers) {
  const iceServers = turnServers({ urls: [`stun:${turn}`, `turn:${turn}`, `turn:${turn}?transport=tcp`], secret })
  const server = await createSignalingServer({ host, port: 0, adapter, iceServers })
  urls.push(server.url)
}
const page = createServer(sirv(site)).listen(0, servers[0]?.host, () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (page.address())
  process.send?.({ event: 'listening', urls, page: `http://${servers[0]?.host}:${port}/` })
})
