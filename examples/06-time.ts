// One time for everybody, and steps with the same numbers everywhere: what happens at tick 100 happens at tick 100 on every
// machine, whatever its own clock says.
//
// Run it:   npm run example 06
// You see:  The clocks differ by less than 16 ms.
//           Both ran the ticks … to …, and their balls met at every one of them.

import 'skein/node'
import { joinRoom, MemorySignaling, type Room } from 'skein'

const HZ = 60

/** A ball that everybody can work out alone: nothing of it is sent. */
const ballAt = (tick: number) => Math.abs(((tick * 3) % 200) - 100)

function simulate(room: Room): Map<number, number> {
  const seen = new Map<number, number>()
  const ticker = room.ticker({ hz: HZ })
  ticker.on('tick', (tick) => seen.set(tick, ballAt(tick)))
  // After a long pause the oldest ticks are left out: fetch the state from somebody then.
  ticker.on('skipped', (count) => console.log(`${count} ticks were left out.`))
  ticker.start() // It waits until the room's time is known. In a page, draw with ticker.alpha.
  return seen
}

const signaling = new MemorySignaling()
const ann = await joinRoom({ signaling })
const ben = await joinRoom({ signaling, room: ann.code })
const [hers, his] = [simulate(ann), simulate(ben)]

await Promise.all([ann.clock.ready, ben.clock.ready])
console.log(`The clocks differ by less than ${Math.abs(ann.clock.now() - ben.clock.now()) < 16 ? 16 : 1_000} ms.`)
await new Promise((resolve) => setTimeout(resolve, 1_000))

const both = [...his.keys()].filter((tick) => hers.has(tick))
const met = both.every((tick) => hers.get(tick) === his.get(tick))
console.log(
  `Both ran the ticks ${both[0]} to ${both.at(-1)}, and their balls ${met ? 'met at every one of them' : 'differed'}.`,
)
await Promise.all([ann.leave(), ben.leave()])
