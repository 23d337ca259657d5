// Hosts, routers and wires of the laboratory: Linux network namespaces, virtual Ethernet and nftables.

import { type ChildProcess, execFile, execFileSync, type SpawnOptions, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findProgram } from '../../scripts/programs.js'

const run = promisify(execFile)

/** What the address translation of a router does with UDP, or what stands in its way. */
export type NatKind = 'full cone' | 'port-restricted' | 'symmetric' | 'UDP blocked'

/** Why there can be no laboratory on this machine; undefined: there can. */
export function whyNoLaboratory(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces need Linux'
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  const nft = findProgram('nft')
  if (!nft) return 'nft is missing: `npm test` installs it'
  const name = `skein-${process.pid}-try`
  const attempts: [what: string, program: string, ...args: string[]][] = [
    ['ip netns add', 'ip', 'netns', 'add', name],
    ['a virtual Ethernet', 'ip', '-n', name, 'link', 'add', 'left', 'type', 'veth', 'peer', 'name', 'right'],
    ['a bridge', 'ip', '-n', name, 'link', 'add', 'middle', 'type', 'bridge'],
    ['to forward packets', 'ip', 'netns', 'exec', name, 'sh', '-c', `echo 1 > ${FORWARDING[4]}`],
    ['nftables with NAT', 'ip', 'netns', 'exec', name, nft, TRY_RULES],
  ]
  try {
    for (const [what, program, ...args] of attempts) {
      try {
        execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
      } catch (error) {
        const { stderr } = error as { stderr?: Buffer }
        return `the kernel or this container does not allow ${what} (${String(stderr ?? error).trim()})`
      }
    }
    return undefined
  } finally {
    try {
      execFileSync('ip', ['netns', 'del', name], { stdio: 'ignore' })
    } catch {
      // It was never made.
    }
  }
}

const FORWARDING = { 4: '/proc/sys/net/ipv4/ip_forward', 6: '/proc/sys/net/ipv6/conf/all/forwarding' } as const

const TRY_RULES =
  'add table ip nat; add chain ip nat post { type nat hook postrouting priority srcnat; }; ' +
  'add rule ip nat post masquerade random,fully-random'

/** Made of hosts; removed as a whole. Names carry the process id, so that two runs do not meet. */
export class Namespaces {
  readonly #prefix = `skein-${process.pid}-`
  readonly #hosts = new Set<string>()
  readonly #processes = new Set<ChildProcess>()
  #folder: string | undefined

  name(host: string): string {
    return this.#prefix + host
  }

  /** Runs lines of `ip`'s own language in one go. `{host}` stands for the name of a namespace. */
  async ip(host: string | undefined, lines: readonly string[]): Promise<void> {
    const batch = lines.map((line) => line.replace(/\{(.+?)\}/g, (_, name: string) => this.name(name))).join('\n')
    await this.#feed(batch, 'ip', ...(host === undefined ? [] : ['-n', this.name(host)]), '-batch', '-')
  }

  async add(...hosts: string[]): Promise<void> {
    for (const host of hosts) this.#hosts.add(host)
    await this.ip(
      undefined,
      hosts.map((host) => `netns add {${host}}`),
    )
    await Promise.all(hosts.map((host) => this.ip(host, ['link set lo up'])))
  }

  /** Makes a router of a host. */
  async forward(host: string, version: 4 | 6): Promise<void> {
    await run('ip', ['netns', 'exec', this.name(host), 'sh', '-c', `echo 1 > ${FORWARDING[version]}`])
  }

  async nft(host: string, rules: string): Promise<void> {
    await this.#feed(rules, 'ip', 'netns', 'exec', this.name(host), findProgram('nft')!, '-f', '-')
  }

  /** The path of a script that starts a program on a host, with the arguments that it is given. */
  wrap(host: string, program: string): string {
    this.#folder ??= mkdtempSync(join(tmpdir(), 'skein-nat-'))
    const path = join(this.#folder, host)
    writeFileSync(path, `#!/bin/sh\nexec ip netns exec ${this.name(host)} ${program} --no-proxy-server "$@"\n`, {
      mode: 0o755,
    })
    return path
  }

  /** Starts a program on a host. It is killed with the laboratory at the latest. */
  spawn(host: string, program: string, args: readonly string[], options: SpawnOptions): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', this.name(host), program, ...args], options)
    this.#processes.add(child)
    child.once('exit', () => this.#processes.delete(child))
    return child
  }

  /** Ends every process and removes every host. */
  async remove(): Promise<void> {
    await Promise.all([...this.#processes].map(ended))
    for (const host of this.#hosts) await run('ip', ['netns', 'del', this.name(host)]).catch(() => {})
    this.#hosts.clear()
    if (this.#folder) rmSync(this.#folder, { recursive: true, force: true })
  }

  async #feed(text: string, program: string, ...args: string[]): Promise<void> {
    const running = run(program, args)
    // A program that ends before it has read everything says why by how it ends.
    running.child.stdin!.on('error', () => {})
    running.child.stdin!.end(`${text}\n`)
    await running
  }
}

/** Removes the hosts of runs that were killed, and what runs on them. */
export async function removeLeftOvers(): Promise<void> {
  const { stdout } = await run('ip', ['netns', 'list'])
  for (const [, name, pid] of stdout.matchAll(/^(skein-(\d+)-\S+)/gm)) {
    if (existsSync(`/proc/${pid}`)) continue
    const { stdout: pids } = await run('ip', ['netns', 'pids', name!])
    for (const each of pids.split('\n').filter(Boolean)) process.kill(Number(each), 'SIGKILL')
    await run('ip', ['netns', 'del', name!]).catch(() => {})
  }
}

/** Kills a process that `spawn` started: `ip netns exec` has become the program itself. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await exit
}

/** The rules of a router between the interfaces `lan` and `wan`; `inside` is the only host behind it. */
export function natRules(kind: NatKind, inside: string): string {
  const isCone = kind === 'full cone'
  return `
    table ip nat {
      chain in { type nat hook prerouting priority dstnat;
        # Whoever sends to the port gets through: a mapping that asks nobody who he is.
        ${isCone ? `iifname wan udp dport 1024-65535 dnat to ${inside}` : ''}
      }
      chain out { type nat hook postrouting priority srcnat;
        # Linux keeps the port where it can, and lets in only whom the host has sent to: port-restricted. With a new
        # port for each destination it is symmetric.
        oifname wan masquerade ${kind === 'symmetric' ? 'random,fully-random' : ''}
      }
    }
    table ip filter {
      # Without this, a packet that comes before the host has sent would take the port that the host's mapping needs.
      chain input { type filter hook input priority filter;
        iifname wan ct state new drop
      }
      chain forward { type filter hook forward priority filter; policy drop;
        ${kind === 'UDP blocked' ? 'meta l4proto udp drop' : ''}
        ct state established,related accept
        iifname lan accept
        ${isCone ? `iifname wan ip daddr ${inside} udp dport 1024-65535 accept` : ''}
      }
    }`
}

/** The rules of a router without translation that lets in answers only, as those of homes with IPv6 do. */
export const FIREWALL_RULES = `
  table ip6 filter {
    chain forward { type filter hook forward priority filter; policy drop;
      ct state established,related accept
      meta l4proto ipv6-icmp accept
      iifname lan accept
    }
  }`
