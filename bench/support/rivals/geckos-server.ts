// The server of geckos.io, in Node.

import { createServer } from 'node:net'
import type { LineEnd, LineStack } from '../line.ts'
import { type GeckosChannel, GeckosLine } from './geckos.ts'
import { importRival } from './install.ts'

interface GeckosServer {
  listen(port: number): void
  onConnection(callback: (channel: GeckosChannel) => void): void
}

/** The server's end: it listens. */
export const geckosServer: LineStack = {
  async listen() {
    const { geckos } = await importRival<{ geckos: (options: object) => GeckosServer }>(
      '@geckos.io/server/lib/index.js',
    )
    const server = geckos({ iceServers: [], bindAddress: '127.0.0.1' })
    const port = await freePort()
    server.listen(port)
    const connected = new Promise<LineEnd>((resolve) => {
      server.onConnection((channel) => resolve(new GeckosLine(channel, () => 0)))
    })
    return { room: String(port), connected }
  },
  dial: async () => {
    throw new Error('The server of geckos.io listens only.')
  },
}

async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0))
    })
  })
}
