// What the parts of a link share: its user, its channels, and what is known of the way to the other side.

import type { Clock } from '../clock.ts'
import type { Acknowledger } from './acknowledger.ts'
import type { Faults } from './faults.ts'
import type { Life } from './life.ts'
import type { LinkEvents } from './link-types.ts'
import type { News } from './news.ts'
import type { Ports } from './ports.ts'

export interface LinkParts {
  readonly clock: Clock
  readonly events: LinkEvents
  readonly news: News
  readonly life: Life
  readonly faults: Faults
  readonly ports: Ports
  readonly acknowledger: Acknowledger
  /** See `PeerLinkOptions`. */
  readonly acknowledgesLate: boolean
}
