// The program of a page that is one end of a line. line-ends.ts serves it, calls it and carries its signals.

import { browserDriver } from '../../src/net/index.ts'
import type { LineStack } from './line.ts'
import { lineHandlers } from './line-calls.ts'
import type { RawSignal } from './raw-connection.ts'
import { RawPageStack } from './raw-page-line.ts'
import { skeinStack } from './skein-line.ts'

export interface PageLine {
  call(name: string, params: unknown): Promise<unknown>
  receive(signal: unknown): void
}

declare global {
  interface Window {
    line: PageLine
    /** Carries a signal to the other end. */
    signalOther(signal: unknown): void
  }
}

const raw = new RawPageStack((signal) => window.signalOther(signal))

async function stackOf(name: string): Promise<LineStack> {
  return name === 'raw' ? raw : skeinStack(browserDriver)
}

const handlers = lineHandlers(stackOf, () => performance.now()) as unknown as Record<
  string,
  (params: unknown) => Promise<unknown>
>
window.line = {
  call: (name, params) => handlers[name]!(params),
  receive: (signal) => raw.receive(signal as RawSignal),
}
