// The signaling server of the laboratory, once for each version of IP, with credentials for its coturn.
//
// node signaling-server.js '<JSON: secret, and for each server its host and the address of coturn>'

/** @type {typeof import('../../server/index.ts')} */
const { createSignalingServer, MemoryAdapter, turnServers } = await import(
  String(new URL('../../dist/server/index.js', import.meta.url))
)

/** @type {{ secret: string, servers: { host: string, turn: string }[] }} */
const { secret, servers } = JSON.parse(process.argv[2] ?? '{}')
const adapter = new MemoryAdapter()
const urls = []
for (const { host, turn } of servers) {
  const iceServers = turnServers({ urls: [`stun:${turn}`, `turn:${turn}`], secret })
  const server = await createSignalingServer({ host, port: 0, adapter, iceServers })
  urls.push(server.url)
}
process.send?.({ event: 'listening', urls })
