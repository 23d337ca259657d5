// deploy/nginx.conf in a real nginx, with nothing changed but ports and the certificate.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { findProgram } from '../../../scripts/programs.js'
import { forwardedAddress } from '../../../server/operations/forwarded.ts'
import { MemoryAdapter } from '../../../server/signaling/memory-adapter.ts'
import { createSignalingServer, type SignalingServer } from '../../../server/signaling/server.ts'
import { freePort } from '../../support/redis-server.ts'
import { RawClient } from '../signaling/support.ts'

/** What the servers here say to everything but a WebSocket: only `skein-server` has a /healthz. */
const UPGRADE_REQUIRED = 426
const TOKEN = 'a-token-that-no-log-may-hold'

let folder: string
let nginx: ChildProcess
let servers: SignalingServer[]
let port: number
/** From where every client came in, and at which server. */
const came: { readonly server: number; readonly address: string }[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skein-nginx-'))
  const adapter = new MemoryAdapter()
  const start = (server: number) =>
    createSignalingServer({
      ...{ host: '127.0.0.1', adapter, addressOf: forwardedAddress(1) },
      authorize: ({ address }) => {
        came.push({ server, address })
        return true
      },
    })
  servers = [await start(0), await start(1)]
  port = await freePort()
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const subject = ['-subj', '/CN=signaling.example', '-days', '1']
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', ...subject]
  execFileSync(findProgram('openssl')!, [...made, '-keyout', key, '-out', certificate], { stdio: 'ignore' })
  const example = readFileSync('deploy/nginx.conf', 'utf8')
    .replace('127.0.0.1:8091', new URL(servers[0]!.url).host)
    .replace('127.0.0.1:8092', new URL(servers[1]!.url).host)
    .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
    .replace('listen [::]:443 ssl;', '')
    .replace(/ssl_certificate .*;/, `ssl_certificate ${certificate};`)
    .replace(/ssl_certificate_key .*;/, `ssl_certificate_key ${key};`)
  const config = join(folder, 'nginx.conf')
  const bodies = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  )
  writeFileSync(
    config,
    `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log info; events {}
    http { access_log ${folder}/access.log; ${bodies.join(' ')} ${example} }`,
  )
  nginx = spawn(findProgram('nginx')!, ['-e', join(folder, 'error.log'), '-c', config], { stdio: 'inherit' })
  await vi.waitFor(async () => expect(await askHealth()).toBe(UPGRADE_REQUIRED), { timeout: 10_000 })
})

afterAll(async () => {
  if (nginx?.exitCode === null) {
    nginx.kill('SIGTERM')
    await once(nginx, 'exit')
  }
  await Promise.all((servers ?? []).map((server) => server.close()))
  rmSync(folder, { recursive: true, force: true })
})

function askHealth(): Promise<number> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: '/healthz', rejectUnauthorized: false }, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    }).on('error', reject)
  })
}

function connect(headers: Record<string, string> = {}): Promise<RawClient> {
  return RawClient.connect(`wss://127.0.0.1:${port}/signaling?token=${TOKEN}`, { rejectUnauthorized: false, headers })
}

describe('deploy/nginx.conf', () => {
  it('brings players by TLS to the processes behind it, who meet wherever they are served', async () => {
    const host = await connect()
    const { room, id } = await host.create()
    const guests = await Promise.all(Array.from({ length: 4 }, () => connect()))
    for (const guest of guests) await guest.join(room.code)
    guests[3]!.say({ type: 'signal', to: id, signal: { kind: 'description', type: 'offer', sdp: 'v=0' } })
    await host.heard('signal')
    expect(new Set(came.map(({ server }) => server))).toEqual(new Set([0, 1]))
    for (const client of [host, ...guests]) client.socket.terminate()
  })

  it("tells the server the player's address, whatever the player says that it is", async () => {
    came.length = 0
    const client = await connect({ 'x-forwarded-for': '203.0.113.7' })
    await client.create()
    expect(came.map(({ address }) => address)).toEqual(['127.0.0.1'])
    client.socket.terminate()
  })

  it('writes no token into a log', async () => {
    const client = await connect()
    await client.create()
    client.socket.terminate()
    await askHealth()
    const logs = ['access.log', 'error.log'].map((name) => readFileSync(join(folder, name), 'utf8'))
    expect(logs[0]).toContain('/healthz')
    expect(logs.join('\n')).not.toContain(TOKEN)
  })
})
