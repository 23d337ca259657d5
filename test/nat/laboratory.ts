// A small internet: a core to which a signaling server, a coturn and any number of routers are connected, each on its own
// host, and pairs of peers behind routers of every kind.

import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { findProgram } from '../../scripts/programs.js'
import type { SelectedRoute } from '../../src/net/drivers/driver.ts'
import { launchBrowser } from '../support/browser.ts'
import { startCoturn } from '../support/coturn.ts'
import { buildSite, type Site } from '../support/site.ts'
import { FIREWALL_RULES, Namespaces, type NatKind, natRules, removeLeftOvers } from './namespaces.ts'

/** RFC 2544: addresses of laboratories. */
const CORE = '198.18.0.254'
const SIGNALING = '198.18.0.1'
const TURN = '198.18.0.2'
const CORE_6 = '2001:db8::fe'
const SIGNALING_6 = '2001:db8::1'
const TURN_6 = '2001:db8::2'

/** Longer than joinRoom takes to give a peer up (CONNECT_TIMEOUT_MS), with the start of two processes. */
const OUTCOME_TIMEOUT_MS = 25_000
const START_TIMEOUT_MS = 30_000
/** Until a pair is given up (CONNECT_TIMEOUT_MS) and looks for a third, or tries anew (DETOUR_RETRY_MS) and connects. */
const DETOUR_TIMEOUT_MS = 60_000

/** Enters a room and tells after how many ms it was connected, or given up. */
const PAGE = `
  import { joinRoom } from 'skein'
  window.enter = async (options) => {
    const startedAt = performance.now()
    const room = await joinRoom(options)
    return new Promise((resolve) => {
      room.on('peerConnected', (id) => {
        room.send('through', { to: id })
        resolve({ ms: performance.now() - startedAt })
      })
      room.on('connectionFailed', (id, { code, message }) => {
        resolve({ ms: performance.now() - startedAt, error: code + ': ' + message })
      })
    })
  }`

export type Policy = 'all' | 'relay'
/** What stands between a peer and the internet: a router with IPv4, or a firewall with IPv6 and nothing else. */
export type Access = NatKind | 'IPv6 only'

export interface Outcome {
  /** From `joinRoom` of the second peer on until the connection stood or was given up. */
  readonly ms: number
  /** undefined: not connected. */
  readonly route: SelectedRoute | undefined
  /** Of those that were not connected: what the users of both sides were told. */
  readonly errors: readonly string[]
}

/** What a player was told, and what came from the others. */
export interface Account {
  readonly id: number
  /** How many reliable packets it sent to everyone. */
  readonly sent: number
  /** The numbers that came, by who sent them. */
  readonly heard: Readonly<Record<number, readonly number[]>>
  /** Events and their peers, in order. */
  readonly words: readonly string[]
}

export interface Move {
  /** Until both sides were told that the other is back. */
  readonly ms: number
  readonly accounts: readonly [Account, Account]
}

export interface Detour {
  /** From the entrance of the last on, until everyone was connected with both others. */
  readonly metMs: number
  /** Through whom the two that cannot connect were connected, each as it says. */
  readonly via: readonly (number | undefined)[]
  /** Those two, and then the one that passed on for them. */
  readonly accounts: readonly [Account, Account, Account]
}

type Report =
  | { readonly event: 'met'; readonly vias: Readonly<Record<number, number | undefined>> }
  | { readonly event: 'direct' }
  | ({ readonly event: 'account' } & Account)
  | { readonly event: 'peerReconnected' }
  | { readonly event: 'listening'; readonly urls: string[]; readonly page: string }
  | { readonly event: 'joined'; readonly code: string }
  | { readonly event: 'connected'; readonly ms: number; readonly route: SelectedRoute }
  | { readonly event: 'packet'; readonly value: unknown }
  | { readonly event: 'failed'; readonly ms: number; readonly code: string; readonly message: string }

export class Laboratory {
  readonly #net = new Namespaces()
  readonly #secret = randomBytes(16).toString('hex')
  #urls: { readonly v4: string; readonly v6: string; readonly page: string } | undefined
  #site: Site | undefined
  #routers = 0
  /** Of the hosts behind routers with IPv4. */
  readonly #addresses = new Map<string, string>()

  /** Builds the core with its servers. */
  async start(): Promise<void> {
    const net = this.#net
    this.#site = await buildSite('nat', PAGE)
    await removeLeftOvers()
    await net.add('core', 'signaling', 'turn')
    await net.ip('core', [
      // With an address of its own: a bridge takes the lowest of its ports', and changes it when one is added.
      'link add core address 02:00:00:00:00:01 type bridge',
      'link set core up',
      `addr add ${CORE}/15 dev core`,
      `addr add ${CORE_6}/64 dev core nodad`,
    ])
    await net.forward('core', 6)
    await this.#attach('signaling', 's', [`${SIGNALING}/15`], [`${SIGNALING_6}/64`])
    await this.#attach('turn', 't', [`${TURN}/15`], [`${TURN_6}/64`])
    await startCoturn({
      addresses: [TURN, TURN_6],
      port: 3478,
      secret: this.#secret,
      spawn: (program, args, options) => net.spawn('turn', program, args, options),
    })
    const servers = [
      { host: SIGNALING, turn: `${TURN}:3478` },
      { host: SIGNALING_6, turn: `[${TURN_6}]:3478` },
    ]
    const signaling = this.#node('signaling', 'signaling-server.js', {
      secret: this.#secret,
      servers,
      site: dirname(this.#site.assets),
    })
    const { urls, page } = await heard(signaling, ['listening'], START_TIMEOUT_MS)
    this.#urls = { v4: urls[0]!, v6: urls[1]!, page }
  }

  async stop(): Promise<void> {
    await this.#site?.close()
    await this.#net.remove()
  }

  /** Has two peers meet; the second one offers. */
  async meet(accesses: readonly [Access, Access], policies: readonly [Policy, Policy]): Promise<Outcome> {
    const hosts = await this.#pair(accesses)
    const { v4, v6 } = this.#urls!
    const enter = (side: 0 | 1, room?: string) =>
      this.#node(hosts[side]!, 'peer.js', {
        signaling: accesses[side] === 'IPv6 only' ? v6 : v4,
        room,
        iceTransportPolicy: policies[side],
      })
    const first = enter(0)
    const { code } = await heard(first, ['joined'], START_TIMEOUT_MS)
    const second = enter(1, code)
    const outcomes = await Promise.all([first, second].map(outcome))
    for (const peer of [first, second]) peer.kill('SIGKILL')
    const errors = outcomes.flatMap((each) => (each.event === 'failed' ? [`${each.code}: ${each.message}`] : []))
    const last = outcomes[1]!
    return { ms: last.ms, route: last.event === 'connected' ? last.route : undefined, errors }
  }

  /**
   * Two peers play; then one of them goes from one network to another, as from Wi-Fi to mobile: its address is gone, and it
   * has another. `moves`: which of the two; 1 is the one that offers.
   */
  async move(moves: 0 | 1): Promise<Move> {
    const hosts = await this.#pair(['port-restricted', 'port-restricted'])
    const mobile = await this.#secondRouter(hosts[moves])
    const players: ChildProcess[] = []
    const enter = (host: string, room?: string) => {
      const player = this.#node(host, 'player.js', { others: 1, signaling: this.#urls!.v4, room })
      players.push(player)
      return player
    }
    const first = enter(hosts[0])
    const { code } = await heard(first, ['joined'], START_TIMEOUT_MS)
    enter(hosts[1], code)
    await Promise.all(players.map((player) => heard(player, ['met'], OUTCOME_TIMEOUT_MS)))
    await sleep(1_000)
    const back = players.map((player) => heard(player, ['peerReconnected'], OUTCOME_TIMEOUT_MS))
    const startedAt = performance.now()
    await this.#net.ip(hosts[moves], mobile)
    await Promise.all(back)
    const ms = performance.now() - startedAt
    await sleep(1_500)
    return { ms, accounts: (await end(players)) as [Account, Account] }
  }

  /** The same with a page in Chromium as the second peer. */
  async meetPage(accesses: readonly [Access, Access]): Promise<Outcome> {
    const [host, pageHost] = await this.#pair(accesses)
    const { v4: signaling, page: url } = this.#urls!
    const peer = this.#node(host, 'peer.js', { signaling })
    const { code } = await heard(peer, ['joined'], START_TIMEOUT_MS)
    const browser = await launchBrowser('chromium', { program: this.#net.wrap(pageHost, findProgram('chromium')!) })
    try {
      const page = await browser.newPage()
      await page.goto(url)
      await page.waitForFunction('window.enter')
      const options = JSON.stringify({ signaling, room: code })
      const entering = page.evaluate(`window.enter(${options})`) as Promise<{ ms: number; error?: string }>
      const [seen, { ms, error }] = await Promise.all([outcome(peer), entering])
      const errors = seen.event === 'failed' ? [`${seen.code}: ${seen.message}`] : []
      if (error) errors.push(error)
      return { ms, route: seen.event === 'connected' ? seen.route : undefined, errors }
    } finally {
      peer.kill('SIGKILL')
      await browser.close()
    }
  }

  /**
   * Two peers whose routers let no connection between them come about, with no TURN server, and a third one that both can reach.
   * When all have met, the two get routers that let one through; it ends when they have it.
   */
  async detour(): Promise<Detour> {
    const [[one, two], [third]] = await Promise.all([
      this.#pair(['symmetric', 'symmetric']),
      this.#pair(['full cone', 'full cone']),
    ])
    const players: ChildProcess[] = []
    const enter = (host: string, room?: string) => {
      const iceServers = [{ urls: `stun:${TURN}:3478` }]
      // A machine that stands still for a second is not what is looked at here: only what ICE says of its ways is.
      const suspicionMs = 10_000
      const options = { others: 2, signaling: this.#urls!.v4, room, iceServers, suspicionMs }
      const player = this.#node(host, 'player.js', options)
      players.push(player)
      return player
    }
    const first = enter(one)
    const { code } = await heard(first, ['joined'], START_TIMEOUT_MS)
    await heard(enter(two, code), ['joined'], START_TIMEOUT_MS)
    await heard(enter(third, code), ['joined'], START_TIMEOUT_MS)
    const startedAt = performance.now()
    const met = await Promise.all(players.map((player) => heard(player, ['met'], DETOUR_TIMEOUT_MS)))
    const metMs = performance.now() - startedAt
    const direct = players.slice(0, 2).map((player) => heard(player, ['direct'], DETOUR_TIMEOUT_MS))
    for (const host of [one, two]) await this.#exchangeRouter(host, 'full cone')
    await Promise.all(direct)
    await sleep(1_000)
    const accounts = (await end(players)) as [Account, Account, Account]
    const [a, b] = accounts
    return { metMs, via: [met[0]!.vias[b.id], met[1]!.vias[a.id]], accounts }
  }

  /** Another router for a host that has one. Returns what has to be done on the host to change over. */
  async #secondRouter(host: string): Promise<string[]> {
    const net = this.#net
    const number = 200 + ++this.#routers
    const router = `${number}-router`
    const lan = `10.${number}.0`
    await net.add(router)
    await net.ip(router, [`link add lan type veth peer name eth1 netns {${host}}`, 'link set lan up'])
    await this.#attach(router, String(number), [`198.19.0.${number}/15`], [])
    await net.ip(router, [`addr add ${lan}.1/24 dev lan`])
    await net.forward(router, 4)
    await net.nft(router, natRules('port-restricted', `${lan}.2`))
    return ['link set eth0 down', 'link set eth1 up', `addr add ${lan}.2/24 dev eth1`, `route add default via ${lan}.1`]
  }

  /** From now on the router of a host is one of another kind. What passes through it goes on. */
  async #exchangeRouter(host: string, kind: NatKind): Promise<void> {
    const router = host.replace('-host', '-router')
    await this.#net.nft(router, `flush ruleset\n${natRules(kind, this.#addresses.get(host)!)}`)
  }

  async #pair(accesses: readonly [Access, Access]): Promise<[string, string]> {
    const number = ++this.#routers
    const connect = (side: 0 | 1) => this.#connect(`${number}${'ab'[side]}`, number * 2 + side, accesses[side])
    return Promise.all([connect(0), connect(1)])
  }

  /** A router and the one host behind it. Returns the host's name. */
  async #connect(name: string, number: number, access: Access): Promise<string> {
    const net = this.#net
    const [router, host] = [`${name}-router`, `${name}-host`]
    await net.add(router, host)
    await net.ip(router, [`link add lan type veth peer name eth0 netns {${host}}`, 'link set lan up'])
    await net.ip(host, ['link set eth0 up'])
    if (access === 'IPv6 only') {
      const prefix = `2001:db8:${number.toString(16)}:`
      await this.#attach(router, name, [], [`2001:db8::${number.toString(16)}00/64`])
      await net.ip('core', [`route add ${prefix}:/64 via 2001:db8::${number.toString(16)}00`])
      await net.ip(router, [`addr add ${prefix}:1/64 dev lan nodad`])
      await net.ip(host, [`addr add ${prefix}:2/64 dev eth0 nodad`, `route add default via ${prefix}:1`])
      await net.forward(router, 6)
      await net.nft(router, FIREWALL_RULES)
      return host
    }
    const lan = `10.${number}.0`
    await this.#attach(router, name, [`198.19.0.${number}/15`], [])
    await net.ip(router, [`addr add ${lan}.1/24 dev lan`])
    await net.ip(host, [`addr add ${lan}.2/24 dev eth0`, `route add default via ${lan}.1`])
    await net.forward(router, 4)
    await net.nft(router, natRules(access, `${lan}.2`))
    this.#addresses.set(host, `${lan}.2`)
    return host
  }

  /** Connects a host to the core as its interface `wan`. What has no place to go is dropped there, as on the internet. */
  async #attach(host: string, port: string, v4: readonly string[], v6: readonly string[]): Promise<void> {
    await this.#net.ip('core', [
      `link add p-${port} type veth peer name wan netns {${host}}`,
      `link set p-${port} master core`,
      `link set p-${port} up`,
    ])
    await this.#net.ip(host, [
      ...v4.map((address) => `addr add ${address} dev wan`),
      ...v6.map((address) => `addr add ${address} dev wan nodad`),
      'link set wan up',
      ...v4.map(() => `route add default via ${CORE}`),
      ...v6.map(() => `route add default via ${CORE_6}`),
    ])
  }

  #node(host: string, program: string, options: unknown): ChildProcess {
    const path = fileURLToPath(new URL(program, import.meta.url))
    return this.#net.spawn(host, process.execPath, [path, JSON.stringify(options)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
  }
}

/** The first report of a process that fits. Rejects when the process ends, or the time is up. */
function heard<Event extends Report['event']>(
  child: ChildProcess,
  events: readonly Event[],
  timeoutMs: number,
): Promise<Extract<Report, { event: Event }>> {
  return new Promise((resolve, reject) => {
    const seen: string[] = []
    const stop = () => {
      clearTimeout(timer)
      child.off('message', listen)
      child.off('exit', exit)
    }
    const fail = (why: string) => {
      stop()
      reject(
        new Error(`No ${events.join(' or ')} from a process that ${why}. It said: ${seen.join(', ') || 'nothing'}.`),
      )
    }
    const listen = (report: Report) => {
      seen.push(JSON.stringify(report))
      if (!events.includes(report.event as Event)) return
      stop()
      resolve(report as Extract<Report, { event: Event }>)
    }
    const exit = (code: number | null) => fail(`ended with ${code}`)
    const timer = setTimeout(() => fail(`was waited for ${timeoutMs} ms`), timeoutMs)
    child.on('message', listen)
    child.once('exit', exit)
  })
}

/** The end of a game: what each player has to tell when everything has arrived. */
async function end(players: readonly ChildProcess[]): Promise<Account[]> {
  for (const player of players) player.send('pause')
  await sleep(1_500)
  const accounts = await Promise.all(
    players.map((player) => {
      const account = heard(player, ['account'], START_TIMEOUT_MS)
      player.send('account')
      return account
    }),
  )
  for (const player of players) player.kill('SIGKILL')
  return accounts
}

/** A connection counts when a packet came through it. */
async function outcome(child: ChildProcess): Promise<Extract<Report, { event: 'connected' | 'failed' }>> {
  const packet = heard(child, ['packet', 'failed'], OUTCOME_TIMEOUT_MS)
  const [result] = await Promise.all([heard(child, ['connected', 'failed'], OUTCOME_TIMEOUT_MS), packet])
  return result
}
