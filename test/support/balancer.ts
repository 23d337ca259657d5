// A TCP balancer: passes each connection to one of several ports in turn, and to the next where nobody listens.

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface Balancer {
  readonly port: number
  /** How many connections each port took. */
  readonly taken: ReadonlyMap<number, number>
  close(): Promise<void>
}

export async function startBalancer(ports: readonly number[]): Promise<Balancer> {
  const taken = new Map(ports.map((port) => [port, 0]))
  const open = new Set<Socket>()
  let turn = 0
  const pass = (client: Socket, choice: number, tries: number) => {
    const port = ports[choice % ports.length]!
    const server = connect({ port, host: '127.0.0.1' })
    open.add(server)
    server.on('close', () => open.delete(server))
    let reached = false
    server.once('connect', () => {
      reached = true
      taken.set(port, taken.get(port)! + 1)
      client.pipe(server).pipe(client)
      server.on('close', () => client.destroy())
    })
    server.on('error', () => {
      if (!reached && !client.destroyed && tries > 1) pass(client, choice + 1, tries - 1)
      else client.destroy()
    })
    client.on('close', () => server.destroy())
  }
  const listener = createServer((client) => {
    open.add(client)
    client.on('close', () => open.delete(client))
    client.on('error', () => client.destroy())
    pass(client, turn++, ports.length)
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return {
    port: (listener.address() as AddressInfo).port,
    taken,
    async close() {
      for (const socket of open) socket.destroy()
      await new Promise<void>((resolve) => listener.close(() => resolve()))
    },
  }
}
