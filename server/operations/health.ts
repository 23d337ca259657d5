// Answers those who ask over plain HTTP whether the process lives and takes players. Says nothing about either.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../src/net/clock.ts'
import type { SignalingAdapter } from '../signaling/adapter.ts'
import { READY_CACHE_MS, READY_TIMEOUT_MS } from './constants.ts'

/** Whether new players can be taken. */
export type ReadyCheck = () => Promise<boolean>

/** Asks the adapter's store for something small, at most once a second, and takes silence for a no. */
export function adapterCheck(adapter: Pick<SignalingAdapter, 'list'>, clock: Clock): ReadyCheck {
  let askedAt = Number.NEGATIVE_INFINITY
  let answer: Promise<boolean> = Promise.resolve(false)
  return () => {
    if (clock.now() - askedAt < READY_CACHE_MS) return answer
    askedAt = clock.now()
    const late = new Promise<boolean>((resolve) => clock.setTimeout(() => resolve(false), READY_TIMEOUT_MS))
    const found = adapter.list({ dueBefore: 0, limit: 1 }).then(
      () => true,
      () => false,
    )
    answer = Promise.race([found, late])
    return answer
  }
}

/** Answers /healthz and /readyz, and returns whether the request was one of them. */
export function answerHealth(request: IncomingMessage, response: ServerResponse, isReady: ReadyCheck): boolean {
  const [path] = (request.url ?? '').split('?', 1)
  if (path === '/healthz') {
    answer(response, 200, 'ok')
    return true
  }
  if (path !== '/readyz') return false
  isReady().then(
    (ready) => answer(response, ready ? 200 : 503, ready ? 'ready' : 'not ready'),
    () => answer(response, 503, 'not ready'),
  )
  return true
}

export function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' })
  response.end(`${text}\n`)
}
