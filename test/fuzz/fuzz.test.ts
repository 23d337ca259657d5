// Everything that reads what a stranger sent, fed with chance. The same inputs at every run; SKEIN_FUZZ_ROUNDS=100 tries
// a hundred times as many. What is checked is in support/campaign.ts and in each target.

import { describe, it } from 'vitest'
import { campaign, type Target, timeoutOf } from './support/campaign.ts'
import { codecTarget } from './targets/codec.ts'
import { gameTarget } from './targets/game.ts'
import { linkTarget } from './targets/link.ts'
import { reliableTarget, streamTarget, unreliableTarget } from './targets/ports.ts'
import { relayClientTarget, relayHostTarget } from './targets/relay.ts'
import { rpcTarget } from './targets/rpc.ts'
import { clientTarget, serverTarget, tabTarget } from './targets/sessions.ts'
import { clientMessageTarget, roomCodeTarget, serverMessageTarget } from './targets/texts.ts'

function survives<Input>(target: Target<Input>): void {
  it(`${target.name} of any kind does no harm`, () => campaign(target), timeoutOf())
}

describe('whatever comes', () => {
  survives(codecTarget)
  survives(reliableTarget)
  survives(streamTarget)
  survives(unreliableTarget)
  survives(linkTarget)
  survives(rpcTarget)
  survives(relayHostTarget)
  survives(relayClientTarget)
  survives(clientMessageTarget)
  survives(serverMessageTarget)
  survives(roomCodeTarget)
  survives(serverTarget)
  survives(clientTarget)
  survives(tabTarget)
  survives(gameTarget)
})
