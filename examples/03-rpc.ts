// Functions of other peers. Their types follow from the handlers, so a wrong call does not compile; validators keep out what
// strangers send; a request has a reply.
//
// Run it:   npm run example 03
// You see:  Ann: hello
//           Ben paid 3 for a sword.
//           Ben is refused: NOT_ENOUGH_GOLD, A castle costs 900.
//           Ben may not say that: Argument 1 of "say" is not valid

import 'skein/node'
import { hostRoom, joinRoom, MemorySignaling, NetError, type Room, RpcError, rpc } from 'skein'
import * as v from 'valibot' // Or zod, arktype: any Standard Schema

const PRICES: Readonly<Record<string, number>> = { sword: 3, castle: 900 }
const text = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(200))

/** What all peers define alike. */
function define(room: Room, name: string) {
  return room.rpcs({
    say: rpc.reliable('any_peer', { args: [text] }, (_context, said) => console.log(`${name}: ${said}`)),
    // Everybody may ask; the host answers.
    buy: rpc.request('authority', { args: [text, v.number()] }, async (_context, item, gold) => {
      const price = PRICES[item] ?? 0
      if (gold < price) throw new RpcError('NOT_ENOUGH_GOLD', `A ${item} costs ${price}.`)
      return { item, price }
    }),
  })
}

const signaling = new MemorySignaling() // Both peers are in this process.
const ann = await hostRoom({ signaling })
define(ann, 'Ann')
const ben = await joinRoom({ signaling, room: ann.code })
const calls = define(ben, 'Ben')

calls.say('hello') // Everyone. One: calls.say.to(id)('hello'). Not everyone: calls.say.toAllBut(id)('hello')
const { item, price } = await calls.buy.toHost({ timeoutMs: 2_000 })('sword', 10)
console.log(`Ben paid ${price} for a ${item}.`)

await calls.buy
  .toHost()('castle', 10)
  .catch((error) => {
    if (error instanceof RpcError) console.log(`Ben is refused: ${error.code}, ${error.message}`)
  })
try {
  calls.say('')
} catch (error) {
  if (error instanceof NetError) console.log(`Ben may not say that: ${error.message.split(':')[0]}`)
}
await Promise.all([ben.leave(), ann.leave()])
