// A peer that says to another one whatever it likes, as RPCs, tables and replies; a third one calls that one meanwhile.

import * as v from 'valibot'
import { FIRST_RPC, Service } from '../../../src/multiplayer/api/wire.ts'
import { rpc } from '../../../src/multiplayer/rpc/definition.ts'
import { describe, toWire } from '../../../src/multiplayer/rpc/table.ts'
import {
  encodeAgreed,
  encodeFailure,
  encodeResult,
  encodeTable,
  ReplyKind,
  writeHeader,
} from '../../../src/multiplayer/rpc/wire.ts'
import { TransferMode } from '../../../src/multiplayer/types.ts'
import { encodeSequence, type PacketValue } from '../../../src/net/codec/codec.ts'
import { Hub } from '../../multiplayer/rpc/hub.ts'
import { hexOf } from '../../vectors/notation.ts'
import type { Target } from '../support/campaign.ts'
import type { Chance } from '../support/chance.ts'
import { byteCorpus } from '../support/corpus.ts'
import { msgpackOf } from '../support/msgpack.ts'
import { mutated } from '../support/mutate.ts'
import { clocked, must } from '../support/oracles.ts'

const [STRANGER, VICTIM, FRIEND] = [1, 2, 3]

interface Message {
  readonly bytes: Uint8Array
  readonly mode: TransferMode
  readonly channel: number
}

type Script = readonly Message[]

function definitions(heard: (args: readonly unknown[]) => void = () => {}) {
  return {
    ask: rpc.request('any_peer', { args: [v.string()] }, (_context, text) => {
      heard([text])
      return text
    }),
    checked: rpc.reliable('any_peer', { args: [v.number(), v.optional(v.array(v.string()))] }, (_context, ...args) =>
      heard(args),
    ),
    free: rpc.unreliable('any_peer', { timed: true }, (_context, ..._args: unknown[]) => {}),
    host: rpc.reliable('authority', { channel: 1 }, () => {}),
  }
}

export const rpcTarget: Target<Script> = {
  name: 'an RPC message',
  rounds: 2_500,
  corpus: byteCorpus('rpc').map((bytes) => [{ bytes, mode: TransferMode.Reliable, channel: 0 }]),
  make: (chance) =>
    chance.list(1 + chance.size(20), () => {
      const bytes = messageOf(chance)
      const mode = chance.pick([TransferMode.Reliable, TransferMode.Reliable, TransferMode.Unreliable])
      return { bytes: chance.oneIn(2) ? bytes : mutated(chance, bytes), mode, channel: chance.oneIn(10) ? 1 : 0 }
    }),
  async run(script) {
    const hub = new Hub()
    hub.host = VICTIM!
    const [stranger, victim, friend] = [STRANGER, VICTIM, FRIEND].map((id) => hub.add(id!))
    stranger!.api.rpcs(definitions())
    const calls = victim!.api.rpcs(
      definitions((args) => {
        must(typeof args[0] === 'string' || typeof args[0] === 'number', 'a handler is given what is not valid')
        must(args[1] === undefined || Array.isArray(args[1]), 'a handler is given what is not valid')
      }),
    )
    const friends = friend!.api.rpcs(definitions())
    await hub.flush()
    const asked = calls.ask
      .to(STRANGER!)('a')
      .catch(() => {})
    hub.lose()
    for (const { bytes, mode, channel } of script) {
      const before = Uint8Array.from(bytes)
      clocked(() => victim!.peer.deliver({ bytes, from: STRANGER!, mode, channel }))
      must(Buffer.compare(bytes, before) === 0, 'the message was written to')
    }
    await hub.flush()
    for (const { error } of victim!.peer.rejections) {
      must(!error.message.startsWith('A message of peer'), `it throws ${String(error.cause)}`)
    }
    const answer = friends.ask.to(VICTIM!)('honest')
    await hub.flush()
    must((await answer) === 'honest', 'an honest request is not answered')
    hub.clock.advance(10_000)
    await asked
    must(hub.clock.pendingTimers === 0, 'timers run on')
  },
  show: (script) => script.map(({ bytes, mode, channel }) => `${mode} ${channel} ${hexOf(bytes)}`).join('\n'),
}

function messageOf(chance: Chance): Uint8Array {
  switch (chance.below(9)) {
    case 0:
      return Uint8Array.of(
        chance.pick([Service.RpcTable, Service.RpcReply, Service.RpcLong, FIRST_RPC, 255]),
        ...chance.bytes(chance.size(30)),
      )
    case 1:
      return encodeAgreed(chance.below(4)).slice()
    case 2:
      return encodeTable(chance.pick(['', 'other', '__proto__']), rowsOf(chance)).slice()
    case 3:
      return encodeResult(chance.below(3), chance.pick(['text', 7, undefined, null]), false).slice()
    case 4:
      return encodeFailure(
        chance.pick([ReplyKind.Refusal, ReplyKind.Failure]),
        chance.below(3),
        chance.pick(['ERR_UNAVAILABLE', '__proto__', 'X']),
        'why',
      ).slice()
    case 5:
      return Uint8Array.of(Service.RpcReply, chance.below(4), chance.below(3), 0, ...msgpackOf(chance))
    default:
      return callOf(chance)
  }
}

function callOf(chance: Chance): Uint8Array {
  const number = chance.below(5)
  const header = { number: chance.oneIn(20) ? 240 + number : number, hasReply: number === 0, timed: number === 2 }
  const args = chance.list(chance.size(4), () =>
    chance.pick<PacketValue>(['text', 1, -1.5, ['a'], [1], null, { a: 1 }, Uint8Array.of(1)]),
  )
  const bytes = encodeSequence(chance.pick([1, 3, 5]), args).slice()
  writeHeader(bytes, header, chance.below(70_000), 5_000)
  return chance.oneIn(4) ? Uint8Array.from([...bytes, ...msgpackOf(chance)]) : bytes
}

function rowsOf(chance: Chance): PacketValue[] {
  const names = ['ask', 'checked', 'free', 'host', '__proto__', 'x'].sort()
  const some = names.filter(() => !chance.oneIn(3))
  return some.map((name) =>
    toWire(describe(name, chance.oneIn(2) ? definitions().ask : rpc.unreliable('any_peer', () => {}))),
  )
}
