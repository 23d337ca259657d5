// What a page of the suite runs: a host that takes its commands from the test.

import { attempt, describeError, Host, type Json, type Reply } from './host.ts'

const host = new Host()

async function conformance(method: keyof Host, args: readonly Json[]): Promise<Reply> {
  const reply = attempt(host, method, args)
  try {
    return { ...reply, value: await reply.value }
  } catch (error) {
    return { error: describeError(error) }
  }
}

Object.assign(globalThis, { conformance })
