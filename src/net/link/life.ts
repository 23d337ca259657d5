// How far a link has come.

export class Life {
  phase: 'opening' | 'connected' | 'leaving' | 'over' = 'opening'
  /** The channels are gone, or not greeted on yet: nothing is handed over. */
  isCut = false

  /** What is sent goes out. */
  get flows(): boolean {
    return this.phase === 'connected' && !this.isCut
  }
}
