// What `npm start` prints.

import { networkInterfaces } from 'node:os'
import { expect, it } from 'vitest'
import { startDemoServer } from '../support/demo-server.ts'

const ends = /Ctrl\+C/

it('prints a link for this machine, and one for others where it has a network', async () => {
  const server = await startDemoServer()
  try {
    await expect.poll(() => server.printed.some((line) => ends.test(line))).toBe(true)
    const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
    const own = addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address
    const links = server.printed.flatMap((line) => /http:\S+/.exec(line) ?? [])
    const forOthers = own === undefined ? [] : [server.link.replace('localhost', own)]
    expect(links).toEqual([server.link, ...forOthers])
  } finally {
    await server.stop()
  }
})

it('prints the link of the only address that it listens on', async () => {
  const server = await startDemoServer(['--host', '127.0.0.1'])
  try {
    await expect.poll(() => server.printed.some((line) => ends.test(line))).toBe(true)
    expect(server.printed.flatMap((line) => /http:\S+/.exec(line) ?? [])).toEqual([server.link])
    expect(server.link).toContain('//127.0.0.1:')
  } finally {
    await server.stop()
  }
})
