// What is kept of one remote player.

import type { Profile } from '../profile.ts'
import { SnapshotBuffer } from './interpolation.ts'

export interface RemotePlayer {
  readonly id: number
  readonly buffer: SnapshotBuffer
  profile: Profile
  /** As it was shown last, to notice a spawn. */
  shownLife: number | undefined
}

export function createRemotePlayer(id: number, profile: Profile): RemotePlayer {
  return { id, buffer: new SnapshotBuffer(), profile, shownLife: undefined }
}
