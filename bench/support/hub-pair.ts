// A process that hosts, and a process with all the peers that are connected to it, over plain loopback.

import { fileURLToPath } from 'node:url'
import { createSignalingServer } from '../../server/index.ts'
import type { Stack } from './calls.ts'
import { Child } from './child.ts'
import type { HubCalls, Ticks } from './hub-calls.ts'

const PROGRAM = fileURLToPath(new URL('./hub-process.js', import.meta.url))
/**
 * So much room for young objects that nothing is collected during a run: then the heap's growth is what was allocated.
 * Not for measuring processor time, which collecting is part of.
 */
export const WITHOUT_COLLECTING = ['--expose-gc', '--max-semi-space-size=128', '--min-semi-space-size=128']

export class HubPair {
  readonly host: Child<HubCalls>
  readonly guests: Child<HubCalls>

  private constructor(execArgv: readonly string[]) {
    this.host = new Child<HubCalls>(PROGRAM, execArgv)
    this.guests = new Child<HubCalls>(PROGRAM, execArgv)
  }

  /**
   * Makes a pair with `count` connections, gives it to `action`, and ends it however that goes.
   * @param execArgv For Node.
   */
  static async with<T>(
    stack: Stack,
    count: number,
    action: (pair: HubPair) => Promise<T>,
    execArgv: readonly string[] = [],
  ): Promise<T> {
    const server = await createSignalingServer({ host: '127.0.0.1' })
    const pair = new HubPair(execArgv)
    try {
      pair.host.onSignal = (signal) => pair.guests.signal(signal)
      pair.guests.onSignal = (signal) => pair.host.signal(signal)
      // Raw guests have to wait for the offers before they come.
      const early = stack === 'raw' ? pair.guests.call('join', { stack, url: '', room: '', count }) : undefined
      const { room } = await pair.host.call('host', { stack, url: server.url, count })
      const hosted = pair.host.call('hosted', {})
      hosted.catch(() => {})
      await (early ?? pair.guests.call('join', { stack, url: server.url, room, count }))
      await hosted
      return await action(pair)
    } finally {
      await Promise.all([pair.host.stop(), pair.guests.stop()])
      await server.close()
    }
  }

  /** The host sends; counts what arrives and what it costs on both sides. */
  async measure(ticks: Ticks): Promise<{
    readonly sent: number
    readonly encodings: number
    readonly received: number
    readonly hostCpuMs: number
    readonly guestsCpuMs: number
  }> {
    await Promise.all([this.host.call('count', {}), this.guests.call('count', {})])
    const sending = await this.host.call('tick', ticks)
    const [host, guests] = await Promise.all([this.host.call('counted', {}), this.guests.call('counted', {})])
    return { ...sending, received: guests.received, hostCpuMs: host.cpuMs, guestsCpuMs: guests.cpuMs }
  }
}
