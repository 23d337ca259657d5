// What runs in a page that answers calls: the counterpart of page-end.ts.

import type { Handlers } from './child.ts'
import type { LineCalls } from './line-calls.ts'

declare global {
  interface Window {
    line: {
      call(name: string, params: unknown): Promise<unknown>
      receive(signal: unknown): void
    }
    /** Carries a signal to the other end. */
    signalOther(signal: unknown): void
  }
}

/** @param onSignal Called with what the other end sent. */
export function servePage(handlers: Handlers<LineCalls>, onSignal: (signal: unknown) => void): void {
  const table = handlers as unknown as Record<string, (params: unknown) => Promise<unknown>>
  window.line = { call: (name, params) => table[name]!(params), receive: onSignal }
}
