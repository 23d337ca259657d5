// The Dockerfile and the compose file, as far as they can be tried without a container engine: every step is done in empty
// folders with exactly the files that are copied, and what comes of it is started with the settings of the compose file.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { parseDocument } from 'yaml'
import { ALL_FLAGS, variableOf } from '../../../server/operations/flags.ts'
import { buildImage, type Image } from '../../support/image.ts'
import { freePort, RedisServer } from '../../support/redis-server.ts'

interface Service {
  readonly build?: { readonly context: string; readonly dockerfile: string }
  readonly image?: string
  readonly environment?: Readonly<Record<string, string | number>>
  readonly command?: readonly string[]
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly network_mode?: string
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly healthcheck?: { readonly test: readonly string[]; readonly [key: string]: unknown }
  readonly stop_grace_period?: string
  readonly restart?: string
  readonly ulimits?: { readonly nofile: number }
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, unknown>>
}

const COMPOSE = readFileSync('deploy/compose.yaml', 'utf8')
const DOCKERFILE = readFileSync('deploy/Dockerfile', 'utf8')
const IGNORED = readFileSync('deploy/Dockerfile.dockerignore', 'utf8').split('\n').filter(Boolean)
/** What the compose file's head tells its reader to set. */
const EXPORTED: Readonly<Record<string, string>> = {
  SKEIN_TICKET_SECRET: 'a-secret-of-more-than-thirty-two-bytes',
  TURN_SECRET: 'another-secret-of-more-than-thirty-two-bytes',
  TURN_HOST: 'turn.example',
  PUBLIC_ADDRESS: '203.0.113.7',
  GAME_ORIGIN: 'https://game.example',
}

const document = parseDocument(COMPOSE, { merge: true, strict: true, uniqueKeys: true })
const compose = document.toJS() as Compose
const signaling = Object.values(compose.services).filter(({ build }) => build !== undefined)

/** With the variables that the shell would have. */
function interpolated(text: string | number): string {
  return String(text).replaceAll(/\$\{([A-Z_]+)(:\?[^}]*)?\}/g, (_, name: string) => {
    const value = EXPORTED[name]
    if (value === undefined) throw new Error(`nobody is told to set ${name}`)
    return value
  })
}

describe('the compose file', () => {
  it('is YAML without a fault', () => {
    expect([...document.errors, ...document.warnings]).toEqual([])
    expect(Object.keys(compose.services)).toEqual(['signaling-1', 'signaling-2', 'redis', 'coturn'])
  })

  it('has in its services only what there is to say of one', () => {
    const known = new Set([
      ...['build', 'image', 'environment', 'command', 'ports', 'volumes', 'network_mode', 'depends_on', 'healthcheck'],
      ...['stop_grace_period', 'restart', 'ulimits'],
    ])
    const said = Object.values(compose.services).flatMap((service) => Object.keys(service))
    expect(said.filter((key) => !known.has(key))).toEqual([])
    for (const { depends_on = {}, volumes = [], restart, network_mode, ports } of Object.values(compose.services)) {
      expect(restart).toBe('unless-stopped')
      // One excludes the other.
      expect(network_mode === 'host' && ports !== undefined).toBe(false)
      for (const [name, { condition }] of Object.entries(depends_on)) {
        expect(condition).toBe('service_healthy')
        expect(compose.services[name]?.healthcheck).toBeDefined()
      }
      for (const volume of volumes) expect(Object.keys(compose.volumes)).toContain(volume.split(':')[0])
    }
  })

  it('tells its reader to set every variable that it uses, and no other', () => {
    const head = COMPOSE.split('\n').filter((line) => line.startsWith('#   export'))
    const told = head.flatMap((line) => [...line.matchAll(/\b([A-Z_]+)=/g)].map(([, name]) => name!))
    const used = new Set([...COMPOSE.matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name!))
    expect(new Set(told)).toEqual(used)
    expect(new Set(Object.keys(EXPORTED))).toEqual(used)
  })

  it('builds the signaling services from the Dockerfile, forwards its port and gives it time to drain', () => {
    expect(signaling).toHaveLength(2)
    const { default: drainSeconds } = ALL_FLAGS.find(({ name }) => name === 'drain-seconds')!
    for (const { build, ports, stop_grace_period, environment = {} } of signaling) {
      expect(resolve('deploy', build!.context)).toBe(resolve('.'))
      expect(resolve('deploy', build!.context, build!.dockerfile)).toBe(resolve('deploy/Dockerfile'))
      expect(ports).toEqual([expect.stringMatching(/^127\.0\.0\.1:\d+:8090$/)])
      expect(Number.parseInt(stop_grace_period!, 10)).toBeGreaterThan(Number(drainSeconds))
      const variables = new Set(ALL_FLAGS.map(variableOf))
      expect(Object.keys(environment).filter((name) => !variables.has(name))).toEqual([])
      expect(new URL(interpolated(environment.SKEIN_REDIS!)).hostname).toBe('redis')
    }
    const [one, two] = signaling.map(({ ports }) => ports![0])
    expect(one).not.toBe(two)
  })

  it('starts Redis with settings that it takes', async () => {
    const [program, ...settings] = compose.services.redis!.command!
    const folder = mkdtempSync(join(tmpdir(), 'skein-redis-'))
    const child = spawn(program!, [...settings, '--port', `${await freePort()}`, '--dir', folder], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    try {
      let output = ''
      for await (const text of child.stdout.setEncoding('utf8')) {
        output += text
        if (output.includes('Server initialized')) break
      }
      expect(output).toContain('Server initialized')
    } finally {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

describe('the image', () => {
  let folder: string
  let image: Image
  const children: ChildProcess[] = []

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'skein-image-'))
    image = buildImage(DOCKERFILE, folder, resolve('.'), IGNORED)
  }, 180_000)

  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  })

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const environment = (own: Readonly<Record<string, string>>) => ({
    PATH: process.env.PATH ?? '',
    ...image.env,
    ...own,
  })
  const start = (env: Record<string, string>) => {
    const cwd = join(image.root, image.workdir)
    const child = spawn(join(cwd, image.entrypoint[0]!), image.entrypoint.slice(1), { cwd, env })
    children.push(child)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    }
    return { child, output: () => output }
  }
  /** Resolves to 0 as soon as the image's own health check is content. */
  const health = (env: Record<string, string>) => {
    const [program, ...args] = image.healthcheck
    return expect
      .poll(() => spawnSync(program!, args, { env, encoding: 'utf8' }).status, { timeout: 15_000, interval: 200 })
      .toBe(0)
  }

  it('holds a server that starts, is healthy and ends at SIGTERM, with the settings of the compose file', async () => {
    const redis = await RedisServer.start()
    try {
      const settings = Object.entries(signaling[0]!.environment!).map(([name, value]) => [name, interpolated(value)])
      const [port, opsPort] = [await freePort(), await freePort()]
      const env = environment({
        ...Object.fromEntries(settings),
        // What differs from a container: its own address, its own ports, and a name for Redis.
        ...{ SKEIN_PORT: `${port}`, SKEIN_OPS_PORT: `${opsPort}`, SKEIN_REDIS: redis.url, SKEIN_OPS_HOST: '127.0.0.1' },
      })
      const { child, output } = start(env)
      await health(env)
      const ready = await fetch(`http://127.0.0.1:${opsPort}/readyz`)
      expect(ready.status, output()).toBe(200)
      expect(await (await fetch(`http://127.0.0.1:${opsPort}/metrics`)).text()).toContain('skein_')
      child.kill('SIGTERM')
      const [code] = await once(child, 'exit')
      expect(code, output()).toBe(0)
      for (const secret of [EXPORTED.SKEIN_TICKET_SECRET!, EXPORTED.TURN_SECRET!])
        expect(output()).not.toContain(secret)
    } finally {
      await redis.kill()
    }
  })

  it('does not start without a ticket secret', async () => {
    const { child, output } = start(environment({ SKEIN_PORT: '0', SKEIN_OPS_PORT: '0' }))
    const [code] = await once(child, 'exit')
    expect(code).toBe(2)
    await expect.poll(output).toContain('SKEIN_TICKET_SECRET')
  })
})
