// How often a pair has dialled: a byte in signals, so it goes round.

export function nextAttempt(attempt: number): number {
  return (attempt + 1) & 0xff
}

/** How many attempts `later` comes after `earlier`. Half the round and more: it came before. */
export function attemptsAfter(later: number, earlier: number): number {
  return (later - earlier) & 0xff
}

export function isLaterAttempt(later: number, earlier: number): boolean {
  const distance = attemptsAfter(later, earlier)
  return distance > 0 && distance < 0x80
}
